"""润色, 建议更具体: help with the wording of one part. With a model it proposes and the member chooses; without, hints."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from bot.assistant import KEEP, USE, Choose, about
from bot.questions import Exchange, pieces
from bot.router import Router
from bot.turn import Turn
from bot.undo import remember
from models import hints
from models.advice import Advice, to_choose, waits
from models.conversation import Conversation
from models.errors import Refused
from models.masking import mask
from models.messages import Wait
from models.people import Person

router = Router()
POLISH, CONCRETE = "润色", "建议更具体"
ASKED = re.compile(
    r"(润色|建议更具体|更具体)(?:一下)?\s*(?:(第)?\s*(\d{1,3})\s*([条项])?|(案由|标题|情况分析|分析|(?:具体)?建议))?"
)
NAMES = {"案由": "title", "标题": "title", "情况分析": "analysis", "分析": "analysis"}
NUMBERS = {1: "title", 3: "analysis", 4: "suggestions"}  # as 修改 counts the parts
LABELS = {"title": "案由", "analysis": "情况分析"}
LONGEST = 4_000  # characters that are sent
WHICH = f"请说明润色哪一项：“{POLISH} 1”案由，“{POLISH} 3”情况分析；一条建议回复“{CONCRETE} 2”。"
BY_MODEL = "by_model"  # where a draft's answers keep what was taken from the model


@dataclass(frozen=True)
class Spot:
    """One text of a draft: where it is kept, and what it says."""

    name: str  # of the answer
    part: str
    place: int
    label: str
    text: str


# --- asking -----------------------------------------------------------------------------------------------------------


def wanted(exchange: Exchange, words: str) -> str | None:
    """润色, 润色 3, 建议更具体 2, at whatever question; None for any other words."""
    found = ASKED.fullmatch(words)
    if found is None:
        return None
    kind = "polish" if found[1] == POLISH else "concrete"
    spot = _meant(exchange, kind, found)
    if exchange.turn.has_model:
        _ask(exchange, kind, spot)
    else:
        exchange.turn.say(_hinted(spot))
    return ""


def _meant(exchange: Exchange, kind: str, found: re.Match[str]) -> Spot:
    ordinal, number, unit, name = found[2], found[3], found[4], found[5]
    step = exchange.conversation.step
    if name in NAMES and kind == "polish":
        return _spot(exchange, NAMES[name])
    if kind == "concrete" or ordinal or unit == "条" or step == "suggestions" or (name and name.endswith("建议")):
        return _suggestion(exchange, int(number) if number else None)
    if number:
        if int(number) not in NUMBERS:
            raise Refused(f"这一项不用润色。{WHICH}")
        part = NUMBERS[int(number)]
        return _suggestion(exchange, None) if part == "suggestions" else _spot(exchange, part)
    if step in LABELS:
        return _spot(exchange, step)
    raise Refused(WHICH)


def _spot(exchange: Exchange, part: str) -> Spot:
    half = pieces(part)
    name = half if exchange.answers.get(half) else part
    said = exchange.answers.get(name) or ""
    text = "\n".join(said) if isinstance(said, list) else str(said)
    if not text:
        raise Refused(f"还没有写{LABELS[part]}，写了再回复“{POLISH}”。")
    return Spot(name, part, 0, LABELS[part], text)


def _suggestion(exchange: Exchange, number: int | None) -> Spot:
    half = pieces("suggestions")
    name = half if exchange.answers.get(half) else "suggestions"
    items = exchange.answers.get(name) or []
    if not items:
        raise Refused(f"还没有写建议，写了再回复“{CONCRETE}”。")
    if number is None and len(items) > 1 and exchange.conversation.step != "suggestions":
        raise Refused(f"有{len(items)}条建议，请说哪一条，例如“{CONCRETE} 2”。")
    place = (number or len(items)) - 1
    if not 0 <= place < len(items):
        raise Refused(f"没有第{number}条，现在有{len(items)}条建议。")
    return Spot(name, "suggestions", place, f"第{place + 1}条建议", items[place])


def _ask(exchange: Exchange, kind: str, spot: Spot) -> None:
    """A row, and nothing else: the model is asked when this turn is over."""
    turn = exchange.turn
    if waits(turn.session, turn.actor.userid):
        raise Refused("上一次还在等模型回答，请稍等，可以先接着写。")
    if len(spot.text) > LONGEST:
        raise Refused(f"{spot.label}太长了，请先精简到{LONGEST}字以内。")
    if before := to_choose(turn.session, turn.actor.userid):  # one answer at a time waits to be chosen about
        before.chosen = "old"
        before.forget()
        turn.settle_cards(about(before), "已另外请教")
    masked, hidden = mask(spot.text, turn.session.exec(select(Person.name)).all())
    rules = turn.rules
    most = {"title": rules.title_max, "analysis": rules.body_max, "suggestions": rules.suggestion_max_chars}
    turn.session.add(
        Advice(
            person=turn.actor.userid,
            conversation=exchange.conversation.id or 0,
            kind=kind,
            part=spot.part,
            place=spot.place,
            label=spot.label,
            before=spot.text,
            masked=masked,
            hidden=hidden,
            most=most[spot.part],
            created_at=turn.now,
        )
    )
    turn.asks_model = True
    turn.say(f"已请模型看{spot.label}（名单里的姓名和电话已隐去），写好了给您看，由您选用。可以先接着写。")


def _hinted(spot: Spot) -> str:
    """What a colleague would say of it."""
    return hints.of_part(spot.part, spot.label, spot.text) or f"{spot.label}没有看出要改的，可以接着写。"


@router.text
def beside(words: str, turn: Turn) -> bool:
    """Where nothing is being written."""
    if not ASKED.fullmatch(words):
        return False
    raise Refused(f"写提案的时候才能“{words}”。发送“我要提案”开始写，“继续”接着写没写完的。")


# --- choosing ---------------------------------------------------------------------------------------------------------


@router.press(Choose)
def pressed(pressed: tuple[Choose, Any], turn: Turn) -> None:
    """A button beside old and new."""
    payload, _ = pressed
    advice = turn.get(Advice, payload.advice)
    if advice.person != turn.actor.userid:
        raise Refused("这不是给您的建议。发送“待办”可以看现在等您办的事。")
    _choose(turn, advice, payload.use)


def _typed(word: str, use: str) -> None:
    @router.command(word)
    def choose(turn: Turn) -> None:
        newest = to_choose(turn.session, turn.actor.userid)
        if newest is None:
            raise Refused(f"现在没有等您选的建议。写提案时回复“{POLISH}”或“{CONCRETE}”可以请教。")
        _choose(turn, turn.get(Advice, newest.id), use)


_typed(USE, "new")
_typed(KEEP, "old")


def _choose(turn: Turn, advice: Advice, use: str) -> None:
    if advice.chosen or advice.state is not Wait.DONE:
        turn.card_now("已经选过")
        turn.say("这一条已经选过了。要再改，回复“修改”。")
        return
    if use == "new":
        _put(turn, advice)
    done = USE if use == "new" else KEEP
    advice.chosen = use
    advice.forget()
    turn.session.add(advice)
    turn.card_now(f"已选：{done}")
    turn.settle_cards(about(advice), f"已选：{done}")
    if use != "new":
        turn.say(f"{advice.label}还用您原来的。")


def _put(turn: Turn, advice: Advice) -> None:
    """Into the draft, wherever it stands; 撤回 takes it out again."""
    conversation = turn.session.get(Conversation, advice.conversation)
    if conversation is None or conversation.person != turn.actor.userid:
        raise Refused("那份草稿已经提交或不在了，没有换上。发送“我的提案”看您的提案。")
    exchange = Exchange(turn, conversation)
    spot = _same(exchange, advice)
    if spot is None:
        raise Refused(f"{advice.label}后来又改过，没有换上。要再请教，回复“{POLISH}”。")
    remember(exchange, USE)
    exchange.put(spot.name, _replaced(exchange.answers[spot.name], advice))
    exchange.put(BY_MODEL, [*(exchange.answers.get(BY_MODEL) or []), digest(advice.after)])
    turn.dialogues.by_name[conversation.dialogue].keep(exchange)
    turn.dialogues.touch(exchange)
    told = f"{advice.label}换上了由模型建议的文字，回复“撤回”换回原来的。"
    if conversation.open and conversation.step == "preview":
        exchange.note = f"{told}\n"
        turn.dialogues.ask(exchange)
    else:
        turn.say(told)


def _same(exchange: Exchange, advice: Advice) -> Spot | None:
    """The text that was asked about, if it still says the same."""
    one_of_them = advice.part == "suggestions"
    try:
        spot = _suggestion(exchange, advice.place + 1) if one_of_them else _spot(exchange, advice.part)
    except Refused:
        return None
    return spot if spot.text == advice.before else None


def _replaced(said: Any, advice: Advice) -> Any:
    if advice.part != "suggestions":
        return [advice.after] if isinstance(said, list) else advice.after
    return [advice.after if place == advice.place else item for place, item in enumerate(said)]


# --- marking ----------------------------------------------------------------------------------------------------------


def marked(exchange: Exchange) -> str:
    """Which parts stand as the model wrote them: 由模型建议：情况分析、第2条建议; empty when none does."""
    said = exchange.answers
    if not (known := said.get(BY_MODEL)):
        return ""
    texts = [("案由", said.get("title") or ""), ("情况分析", said.get("analysis") or "")]
    texts += [(f"第{place}条建议", item) for place, item in enumerate(said.get("suggestions") or [], 1)]
    parts = [label for label, text in texts if digest(text) in known]
    return f"由模型建议：{'、'.join(parts)}，提交前请核对事实和数字。" if parts else ""


def digest(text: str) -> str:
    """To know a text again."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
