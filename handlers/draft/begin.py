"""Beginning a proposal, and finding the way back to one that was begun."""

from typing import Any

from bot.questions import Resume
from bot.router import Router, listed
from bot.turn import Turn
from models import access
from models.errors import Refused
from models.proposal import Proposal

router = Router()
MEMBER = "member"


@router.command("我要提案", "提案")
def propose(turn: Turn) -> None:
    """Start a proposal, or ask whether to go on with the one begun."""
    if not any(h.role == MEMBER for h in access.holdings(turn.session, turn.actor.userid)):
        raise Refused("提案由政协委员提出，您的账号不是委员。发送“待办”看等您办的事，“帮助”看能做什么。")
    current = turn.dialogues.current(turn)
    drafts = [e for e in [current, *turn.dialogues.laid_aside(turn)] if e and e.conversation.dialogue == "draft"]
    if drafts:
        turn.dialogues.open(turn, "again", str(drafts[0].conversation.id))
    else:
        start(turn)


def start(turn: Turn) -> None:
    """An empty draft and its first question."""
    proposal = Proposal(proposer=turn.actor.userid, created_at=turn.now, term_session=turn.rules.term_session)
    turn.session.add(proposal)
    turn.session.flush()
    turn.dialogues.open(turn, "draft", str(proposal.id))


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
        lines = [f"{place} {turn.dialogues.title(e)}" for place, e in enumerate(rest, 1)]
        turn.say("您有几份没写完的，请回复序号：\n" + "\n".join(lines))


@router.press(Resume)
def resume(pressed: tuple[Resume, Any], turn: Turn) -> None:
    """A number of the list above."""
    payload, _ = pressed
    for exchange in turn.dialogues.laid_aside(turn):
        if exchange.conversation.id == payload.conversation:
            turn.dialogues.resume(exchange)
            return
    raise Refused("这一份已经写完或不在了。发送“我的提案”看您的提案。")
