"""Pictures, voices and files sent in the middle of a draft: kept as attachments of the step they were sent in."""

import re
from collections.abc import Callable, Sequence

from bot.questions import Exchange, bare
from bot.turn import Turn
from bot.wecom import updates
from handlers.attached import names_of, of_what
from handlers.draft.parts import IN_HAND, proposal_of
from models.attachment import KINDS, Attachment, attachments_of, forget
from models.errors import Refused
from models.proposal import Proposal

MAKES_ROOM = "回复“删除附件 1”可以腾出位置。"
_REMOVAL = re.compile(r"(?:删除|删掉|去掉)附件\s*第?\s*(\d{1,2})\s*个?")
TO_TEXT = "要变成文字：按住这条语音，点“转文字”，再把文字发过来。"
WhenFull = Callable[[Sequence[Attachment]], str]


def attach(
    exchange: Exchange, update: updates.Update, when_full: WhenFull = lambda have: MAKES_ROOM
) -> tuple[str, int]:
    """Note what was sent in answer to a question about a draft. Returns what to say, and its id."""
    step = exchange.conversation.step
    return keep(exchange.turn, update, proposal_of(exchange), step, of_what(step), when_full)


def keep(
    turn: Turn, update: updates.Update, proposal: Proposal, step: str, of: str, when_full: WhenFull
) -> tuple[str, int]:
    """Note what was sent, `of` what of the proposal; its bytes are fetched by bot/fetcher.py.

    Refused when there are too many; `when_full` says what this person can do about it.
    """
    _must_be_in_hand(proposal)
    most, there = turn.rules.attachments_max, attachments_of(turn.session, proposal.id)
    if (have := len(there)) >= most:
        raise Refused(f"附件最多{most}个，这一个没有收下。{when_full(there) if have else '有材料请交给提案委。'}")
    kind, media_id, name = _sent(update)
    row = Attachment(
        proposal_id=proposal.id or 0,
        person=turn.actor.userid,
        step=step,
        kind=kind,
        name=name,
        media_id=media_id[:256],
        created_at=turn.now,
    )
    turn.session.add(row)
    turn.session.flush()
    told = f"{KINDS[kind]}收到，作{of}的附件，共{have + 1}个。"
    return told + (TO_TEXT if kind == "voice" else "不要了回复“撤回”。"), row.id or 0


def _must_be_in_hand(proposal: Proposal) -> None:
    """What has ended elsewhere keeps what it has, though it still lies open here: it may have been withdrawn."""
    if proposal.state not in IN_HAND:
        raise Refused(f"这件提案现在是“{proposal.state.value}”，附件不能再改。回复“取消”离开。")


def _sent(update: updates.Update) -> tuple[str, str, str]:
    match update:
        case updates.Picture(media_id=media_id):
            return "image", media_id, ""
        case updates.Voice(media_id=media_id):
            return "voice", media_id, ""
        case updates.File(media_id=media_id, file_name=name):
            return "file", media_id, name[:200]
    raise Refused("这里收图片、语音和文件，其他的请用文字说明。")


def detach(exchange: Exchange, key: int) -> str:
    """Taken back at once."""
    row = exchange.turn.session.get(Attachment, key)
    if row is None:
        raise Refused("这个附件已经不在了。")
    _must_be_in_hand(exchange.turn.get(Proposal, row.proposal_id))
    forget(exchange.turn.session, row)
    return f"已撤回刚才的{KINDS[row.kind]}。"


def asked_away(text: str) -> int | None:
    """删除附件 2: which one somebody wants taken away; None when these are no such words."""
    found = _REMOVAL.fullmatch(bare(text))
    return int(found[1]) if found else None


def numbered(have: Sequence[Attachment], place: int) -> Attachment:
    """The one of that number in the preview."""
    if not 1 <= place <= len(have):
        raise Refused(f"没有第{place}个附件，现在有{len(have)}个。")
    return have[place - 1]


def remove(turn: Turn, proposal: Proposal, have: Sequence[Attachment], place: int) -> str:
    """Taken away later, by its number in the preview."""
    _must_be_in_hand(proposal)
    forget(turn.session, numbered(have, place))
    return f"删除了第{place}个附件，还有{len(have) - 1}个。" if have[1:] else f"删除了第{place}个附件。"


def listed_in_short(exchange: Exchange) -> str:
    """1图片（情况分析） 2语音; empty when there is none."""
    session = exchange.turn.session
    names = names_of(session, attachments_of(session, proposal_of(exchange).id), to_writers=True)
    return "　".join(f"{place}{name}" for place, name in enumerate(names, 1))
