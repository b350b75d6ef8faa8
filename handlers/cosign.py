"""联名: whom to ask, by name; the word of whoever is asked, perhaps with an opinion; handing in what others signed (DOMAIN §3.4)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlmodel import col, select

from bot.questions import Ask, Dialogue, Exchange, NotYet, bare, pieces
from bot.router import Router
from bot.turn import Turn
from handlers.actions import acknowledge, get_row, held, perform
from handlers.cards.buttons import do
from handlers.cards.told import minute, named, who_is_asked
from handlers.moves import LABELS, about, forget_draft, make
from handlers.names import BETWEEN
from models.errors import Refused
from models.joint import MEMBER, Signature, digest, signatures_of
from models.joint_guards import HOLDS_A_PLACE, why_not_invite
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Event, Sign, State
from models.step import Step
from models.tasks import open_to

router = Router()
ASKING = re.compile(r"(?:邀请联名|邀请|请联名|联名)[\s:：,，]*(.+)", re.DOTALL)
TAKING_BACK = re.compile(r"收回(?:邀请)?[\s:：,，]*(.+)", re.DOTALL)
SECONDING = re.compile(r"附议[\s:：,，]*第?([A-Za-z0-9]+)号?")
ANSWERING = re.compile(r"(同意联名|谢绝联名)[\s:：,，。;；]+(.+)", re.DOTALL)
AND = re.compile("[和与跟及]")
BRACKETS = re.compile(r"(.+?)[(（](.+?)[)）]")
SHOWN = 6
OPINION_MAX = 200


# --- who is meant -----------------------------------------------------------------------------------------------------


@dataclass
class Meant:
    """Who is meant by the names in a message: sure, or one of several."""

    people: list[str] = field(default_factory=list)
    unclear: list[list[str]] = field(default_factory=list)


def names_in(turn: Turn, text: str) -> Meant:
    """Every member named; Refused, with what is near, for a name that is nobody's."""
    everybody = turn.session.exec(select(Person).order_by(Person.userid)).all()
    held_by = set(turn.session.exec(select(Holding.person).where(Holding.role == MEMBER)))
    members = [person for person in everybody if person.active and person.userid in held_by]
    meant = Meant()
    for word in _words(text, members):
        fits = _called(members, word)
        if len(fits) == 1:
            meant.people.append(fits[0].userid)
        elif fits:
            meant.unclear.append([person.userid for person in fits[:SHOWN]])
        else:
            raise Refused(_nobody(everybody, members, word))
    if not meant.people and not meant.unclear:
        raise Refused("请写委员姓名，几位之间用顿号隔开，例如“邀请 张三、李四”。")
    meant.people = list(dict.fromkeys(meant.people))
    return meant


def _words(text: str, members: Sequence[Person]) -> list[str]:
    """The names in a message; 和 parts two of them unless it belongs to one."""
    words: list[str] = []
    for word in BETWEEN.split(text.strip()):
        bare_word = word.removesuffix("委员")
        split = not _called(members, bare_word) and [part.removesuffix("委员") for part in AND.split(bare_word)]
        words += [part for part in (split or [bare_word]) if part]
    return words


def _called(members: Sequence[Person], word: str) -> list[Person]:
    """By the whole name (with the sector in brackets where two have it), by the account, or by a part of the name."""
    hint = ""
    if found := BRACKETS.fullmatch(word):
        word, hint = found[1], found[2].removesuffix("界")
    exact = [p for p in members if word in {p.name, p.userid}]
    fits = exact or [p for p in members if word in p.name]
    if hint:
        fits = [p for p in fits if hint in f"{p.sector}{p.title}{p.userid}"]
    if len(fits) == 1 and not exact and len(word) == 1:
        return []  # a single letter says too little
    return fits


def _nobody(everybody: Sequence[Person], members: Sequence[Person], word: str) -> str:
    if any(word == person.name for person in everybody):
        return f"{word}不是现任委员，请写其他委员的姓名。"
    names = [person.name for person in members]
    near = get_close_matches(word, names, n=3, cutoff=0.4) or [n for n in names if set(word) & set(n)][:SHOWN]
    hint = f"相近的有：{'、'.join(near)}。" if near else ""
    return f"委员名单里没有“{word[:20]}”。{hint}请写委员的姓名。"


def _which(turn: Turn, unclear: list[str]) -> str:
    people = [turn.session.get_one(Person, userid) for userid in unclear]
    lines = [f"{place} {p.name}（{p.sector or p.title or p.userid}）" for place, p in enumerate(people, 1)]
    return "您请的是哪一位？请回复数字：\n" + "\n".join(lines)


# --- inviting ---------------------------------------------------------------------------------------------------------


def asked_in(text: str) -> str:
    """The names in 邀请 张三、李四; empty for any other words."""
    found = ASKING.fullmatch(text.strip())
    return found[1] if found and text.strip() not in LABELS else ""


def invite(turn: Turn, proposal: Proposal, names: str = "") -> None:
    """Ask these people to co-sign; whom, if that is not clear."""
    if not names:
        perform(turn, proposal, Event.INVITE)
        return
    meant = names_in(turn, names)
    if meant.unclear:
        so_far = {"people": meant.people, "unclear": meant.unclear}
        turn.dialogues.open(turn, "cosign", do(proposal, Event.INVITE).key, {pieces("people"): so_far}, "people")
    else:
        _check(turn, proposal, meant.people)
        _invite(turn, proposal, meant.people)


def _check(turn: Turn, proposal: Proposal, people: Sequence[str]) -> None:
    step = Step(turn.session, turn.rules, turn.now, turn.today, proposal, turn.person)
    for userid in people:
        if why := why_not_invite(step, userid):
            raise Refused(why)


def _invite(turn: Turn, proposal: Proposal, people: Sequence[str]) -> None:
    perform(turn, proposal, Event.INVITE, {"people": list(people)})
    forget_draft(turn, proposal)
    places = len(signatures_of(turn.session, proposal, *HOLDS_A_PLACE))
    names = "、".join(turn.session.get_one(Person, userid).name for userid in people)
    many = f"（联名人已有{places}位，贵在真正参与）" if places > turn.rules.co_signers_hint else ""
    acknowledge(turn, proposal, f"已邀请{names}联名{many}")


def _people(exchange: Exchange, text: str) -> list[str] | NotYet:
    """Names, and where a name is several people's, which of them."""
    turn, so_far = exchange.turn, exchange.so_far
    proposal, _ = held(turn, exchange.subject)
    assert isinstance(proposal, Proposal)
    if so_far:
        people, unclear = [*so_far["people"], _picked(turn, so_far["unclear"][0], text)], so_far["unclear"][1:]
    else:
        meant = names_in(turn, asked_in(text) or text)
        people, unclear = meant.people, meant.unclear
    if unclear:
        return NotYet(_which(turn, unclear[0]), {"people": people, "unclear": unclear})
    _check(turn, proposal, people)
    return list(dict.fromkeys(people))


def member_in(turn: Turn, text: str, so_far: dict[str, list[list[str]]] | None) -> str | NotYet:
    """The one member named; where two have the name, which of them."""
    if so_far:
        return _picked(turn, so_far["unclear"][0], text)
    meant = names_in(turn, text)
    if len(meant.people) + len(meant.unclear) != 1:
        raise Refused("这里只能写一位委员。")
    if meant.unclear:
        return NotYet(_which(turn, meant.unclear[0]), {"unclear": meant.unclear})
    return meant.people[0]


def _picked(turn: Turn, unclear: list[str], text: str) -> str:
    words = bare(text)
    if words.isascii() and words.isdecimal() and 1 <= int(words) <= len(unclear):
        return unclear[int(words) - 1]
    fits = _called([turn.session.get_one(Person, userid) for userid in unclear], words)
    if len(fits) == 1:
        return fits[0].userid
    raise Refused(_which(turn, unclear))


def _question(exchange: Exchange) -> str:
    so_far = exchange.so_far
    if so_far:
        return _which(exchange.turn, so_far["unclear"][0])
    return "请哪几位委员联名？写姓名，用顿号隔开。他们会看到全文，各自同意后才署名。"


def _asked(exchange: Exchange) -> None:
    turn, people = exchange.turn, exchange.answers["people"]
    turn.response_code = exchange.conversation.response_code
    proposal, _ = held(turn, exchange.subject)
    assert isinstance(proposal, Proposal)
    turn.dialogues.drop(exchange)
    _invite(turn, proposal, people)


DIALOGUES = (Dialogue("cosign", about, (Ask("people", "联名人", _question, _people),), _asked),)


# --- handing in -------------------------------------------------------------------------------------------------------


def hand_in(turn: Turn, proposal: Proposal) -> str:
    """From the preview: hand it in, or first ask (again) whoever has to agree to this text. What was done, in words."""
    again = proposal.serial_no is not None
    if proposal.state is State.DRAFT and proposal.entered_by == turn.actor.userid:
        perform(turn, proposal, Event.HAND_OVER, {})
        return f"已请{turn.session.get_one(Person, proposal.proposer).name}确认"
    if any(place.digest != digest(proposal) for place in signatures_of(turn.session, proposal, *HOLDS_A_PLACE)):
        perform(turn, proposal, Event.INVITE, {"people": []})
        return "正文有实质修改，原有签名作废，已请联名人重新确认"
    if proposal.state is State.COSIGNING and who_is_asked(turn.session, proposal):
        return "已改好"
    perform(turn, proposal, Event.SUBMIT, {})
    return f"{'已重新提交' if again else '提交成功'}，流水号：{proposal.serial_no}"


def said_before(proposal: Proposal) -> list[str]:
    """Above the preview: for whom it is written, and what somebody wants mended in the old text below."""
    lines = []
    if proposal.state is State.RETURNED:
        lines.append(f"审查意见：{proposal.reason}")
    elif proposal.state is State.DRAFT and proposal.entered_by and proposal.reason:
        lines.append(f"委员意见：{proposal.reason}")
    return lines


# --- words without a question -----------------------------------------------------------------------------------------


@router.text
def words(text: str, turn: Turn) -> bool:
    """邀请 张三、李四; 收回 张三; 附议 20260001; 同意联名，… with an opinion."""
    if text in LABELS:
        return False
    if found := SECONDING.fullmatch(text):
        _second(turn, found[1])
    elif found := ANSWERING.fullmatch(text):
        _answer(turn, Event.COSIGN if found[1] == Event.COSIGN.value else Event.DECLINE, found[2])
    elif (found := TAKING_BACK.fullmatch(text)) and open_to(turn.session, turn.actor, Event.TAKE_BACK):
        _take_back(turn, found[1])
    elif names := asked_in(text):
        _invite_to_the_one(turn, names)
    else:
        return False
    return True


def _answer(turn: Turn, event: Event, opinion: str) -> None:
    places = open_to(turn.session, turn.actor, event)
    if not places:
        raise Refused("现在没有请您联名的提案。发送“待办”可以看现在等您办的事。")
    if len(places) > 1:
        raise Refused(f"有{len(places)}件提案请您联名，请发送“待办”打开其中一件，点“{event.value}”。")
    if len(opinion) > OPINION_MAX:
        raise Refused(f"意见有{len(opinion)}字，请压缩到{OPINION_MAX}字以内。")
    [place] = places
    make(turn, get_row(turn, Signature, place.id or 0), event, {"opinion": opinion})


def _second(turn: Turn, number: str) -> None:
    found = turn.session.exec(select(Proposal).where(Proposal.proposal_no == number)).first()
    if found is None:
        raise Refused(f"没有提案号是“{number}”的提案，请写立案后的提案号，例如“附议 20260001”。")
    make(turn, turn.get(Proposal, found.id), Event.SECOND, {})


def _take_back(turn: Turn, text: str) -> None:
    for name in (word for word in BETWEEN.split(text.strip()) if word):
        places = [p for p in open_to(turn.session, turn.actor, Event.TAKE_BACK) if isinstance(p, Signature)]
        fits = [place for place in places if turn.session.get_one(Person, place.person).name == name]
        if not fits:
            asked = "、".join(turn.session.get_one(Person, place.person).name for place in places)
            raise Refused(f"没有等“{name[:20]}”答复的邀请。" + (f"可以收回的有：{asked}。" if asked else ""))
        if len(fits) > 1:
            raise Refused(f"您在{len(fits)}件提案里都请了{name}，请回复“收回邀请”按序号选。")
        make(turn, get_row(turn, Signature, fits[0].id or 0), Event.TAKE_BACK, {})


def _invite_to_the_one(turn: Turn, names: str) -> None:
    """Without a card at hand: the proposal that is being signed, else the one draft there is."""
    wanted = select(Proposal).where(
        Proposal.proposer == turn.actor.userid,
        Proposal.entered_by == "",
        Proposal.organisation == "",
        col(Proposal.state).in_([State.COSIGNING, State.DRAFT]),
        Proposal.title != "",
    )
    found = turn.session.exec(wanted.order_by(col(Proposal.id))).all()
    rows = [p for p in found if p.state is State.COSIGNING] or list(found)
    if not rows:
        raise Refused("没有可以邀请联名的提案。发送“我要提案”写好以后，在预览时回复“邀请 姓名”。")
    if len(rows) > 1:
        titles = "\n".join(named(p) for p in rows[:SHOWN])
        raise Refused(f"有几件提案可以邀请联名，请发送“我的提案”打开其中一件，再点“邀请联名”：\n{titles}")
    invite(turn, turn.get(Proposal, rows[0].id), names)


def places_in_words(turn: Turn, proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """For a card: who signs, who is asked. Whoever has not agreed is never among the first."""

    def names(*states: Sign) -> str:
        return "、".join(
            turn.session.get_one(Person, place.person).name for place in signatures_of(turn.session, proposal, *states)
        )

    facts: list[tuple[str, str]] = []
    if signed := names(Sign.SIGNED):
        facts.append(("联名人", signed))
    if proposal.state is State.COSIGNING and (asked := names(Sign.INVITED)):
        until = max(p.lapses_at for p in signatures_of(turn.session, proposal, Sign.INVITED) if p.lapses_at)
        facts.append(("等答复", f"{asked}（{minute(until)}前）"))
    return tuple(facts)
