"""Beginning a proposal, and finding the way back to those that were begun."""

import re
from collections.abc import Sequence
from typing import Any

from bot.payload import read
from bot.questions import Exchange, Resume
from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import link
from handlers.draft.parts import called, new_draft, number_in, proposal_of, where
from models import access
from models.collective import CONTACT
from models.conversation import Listed
from models.errors import Refused
from models.paste import is_whole
from models.states import State

router = Router()
MEMBER = "member"


def is_member(turn: Turn) -> bool:
    """Whether the person may propose at all."""
    return any(h.role == MEMBER for h in access.holdings(turn.session, turn.actor.userid))


@router.command("我要提案", "提案")
def propose(turn: Turn) -> None:
    """Start a proposal, or ask whether to go on with the one begun."""
    if not is_member(turn):
        raise Refused("提案由政协委员提出，您的账号不是委员。发送“待办”看等您办的事，“帮助”看能做什么。")
    if any(h.role == CONTACT for h in access.holdings(turn.session, turn.actor.userid)):
        turn.say("要以单位名义提，请回复“集体提案”。")
    if drafts := _drafts(turn):
        turn.dialogues.open(turn, "again", str(drafts[0].conversation.id))
    else:
        start(turn)


def start(turn: Turn) -> None:
    """An empty draft and its first question."""
    turn.dialogues.open(turn, "draft", str(new_draft(turn).id))


def start_with(turn: Turn, text: str) -> None:
    """A draft out of a text that is there already."""
    turn.dialogues.open(turn, "draft", str(new_draft(turn).id), silent=True)
    turn.dialogues.hear(text, turn)


@router.pasted
def pasted(text: str, turn: Turn) -> bool:
    """A whole proposal out of the blue."""
    if not (is_member(turn) and is_whole(text)):
        return False
    start_with(turn, text)
    return True


# --- going on ---------------------------------------------------------------------------------------------------------


@router.command("继续")
def go_on(turn: Turn) -> None:
    """Take up what was laid aside; several are listed by number."""
    rest = turn.dialogues.laid_aside(turn)
    current = turn.dialogues.current(turn)
    if current:
        turn.dialogues.ask(current)
    elif not rest:
        raise Refused("没有写到一半的内容。发送“我要提案”写提案，“待办”看等您办的事。")
    elif len(rest) == 1:
        turn.dialogues.resume(rest[0])
    else:
        listed(turn, [Resume(e.conversation.id or 0) for e in rest])
        lines = [f"{place} {turn.dialogues.title(e)}，{where(e)}" for place, e in enumerate(rest, 1)]
        turn.say("您有几份没写完的，请回复序号：\n" + "\n".join(lines))


@router.press(Resume)
def resume(pressed: tuple[Resume, Any], turn: Turn) -> None:
    """A number of the list above."""
    payload, _ = pressed
    current = turn.dialogues.current(turn)
    for exchange in [*([current] if current else []), *turn.dialogues.laid_aside(turn)]:
        if exchange.conversation.id == payload.conversation:
            turn.dialogues.resume(exchange)
            return
    raise Refused("这一份已经写完或不在了。发送“我的提案”看您的提案。")


# --- several side by side ---------------------------------------------------------------------------------------------


def _drafts(turn: Turn) -> list[Exchange]:
    """The open one first, then those laid aside, newest first."""
    current = turn.dialogues.current(turn)
    begun = [*([current] if current else []), *turn.dialogues.laid_aside(turn)]
    return [exchange for exchange in begun if exchange.conversation.dialogue == "draft"]


@router.command("我的草稿", "草稿")
def drafts(turn: Turn) -> None:
    """Every draft, and where it stands."""
    begun = _drafts(turn)
    if not begun:
        raise Refused("没有草稿。发送“我要提案”写一件，或把写好的全文直接发来。")
    listed(turn, [Resume(e.conversation.id or 0) for e in begun])
    lines = [f"{place} {called(e)}，{where(e)}　{_page(e)}" for place, e in enumerate(begun, 1)]
    how = "接着写回复“继续 1”或点“页面”，不要了回复“删除草稿 1”。"
    turn.say(f"您有{len(begun)}份草稿：\n" + "\n".join(lines) + f"\n{how}")


def _page(exchange: Exchange) -> str:
    return link(exchange.turn.url(f"p/drafts/{number_in(exchange.subject)}"), "页面")


@router.pattern(r"继续\s*第?\s*(\d{1,2})\s*份?")
def go_on_with(found: re.Match[str], turn: Turn) -> None:
    """继续 2: as the list has it."""
    turn.dialogues.resume(_numbered(turn, int(found[1])))


@router.pattern(r"删除草稿\s*(\d{0,2})")
def discard(found: re.Match[str], turn: Turn) -> None:
    """删除草稿 2: asked once more, for it is gone then."""
    begun = _drafts(turn)
    if not begun:
        raise Refused("没有草稿可以删除。")
    if not found[1] and len(begun) > 1:
        raise Refused("您有几份草稿。回复“我的草稿”看序号，再回复“删除草稿 1”这样的话。")
    exchange = _numbered(turn, int(found[1] or 1))
    if exchange.conversation.dialogue != "draft":
        raise Refused("这不是提案草稿，不能这样删除。")
    if (proposal := proposal_of(exchange)).state is not State.DRAFT or proposal.serial_no:
        raise Refused(f"这件提案现在是“{proposal.state.value}”，不能当草稿删除；改好后回复“提交”，或联系提案委。")
    turn.dialogues.open(turn, "discard", str(exchange.conversation.id))


def _numbered(turn: Turn, place: int) -> Exchange:
    """By the numbers of the list last shown, or as they would be shown now."""
    begun: Sequence[Exchange] = [
        e for e in (turn.dialogues.current(turn), *turn.dialogues.laid_aside(turn)) if e is not None
    ]
    shown = turn.session.get(Listed, turn.actor.userid)
    payloads = [read(key) for key in shown.payloads] if shown else []
    if payloads and all(isinstance(payload, Resume) for payload in payloads):
        by_id = {e.conversation.id: e for e in begun}
        ordered = [by_id.get(payload.conversation) for payload in payloads if isinstance(payload, Resume)]
    else:
        ordered = [e for e in begun if e.conversation.dialogue == "draft"]
    if not 1 <= place <= len(ordered):
        raise Refused(f"没有第{place}份。回复“我的草稿”看有哪几份。")
    if (found := ordered[place - 1]) is None:
        raise Refused("这一份已经写完或不在了。回复“我的草稿”看还有哪几份。")
    return found
