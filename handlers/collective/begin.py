"""Beginning a collective proposal, and finding the way back to those that are being written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.payload import Payload
from bot.router import Router, listed
from bot.turn import Turn
from handlers.cards.told import day, named
from models import access, collective
from models.errors import Refused
from models.messages import Lane
from models.people import Organisation, Person
from models.proposal import Proposal
from models.states import State

router = Router()


@dataclass(frozen=True)
class Desk(Payload, tag="desk"):
    """Open the workspace of a collective proposal."""

    proposal: int


@dataclass(frozen=True)
class Found(Payload, tag="found"):
    """Begin a collective proposal in this organisation's name."""

    organisation: str


@router.command("集体提案", "开始写")
def collective_proposals(turn: Turn) -> None:
    """The one that is being written, a new one, or a list of what is possible."""
    me = turn.actor.userid
    drafts, mine = collective.in_hand(turn.session, me), collective.spoken_for(turn.session, me)
    if not drafts and not mine:
        raise Refused(_whom_to_ask(turn))
    offers: list[tuple[Payload, str]] = [(Desk(p.id or 0), f"接着写：{_called(turn, p)}") for p in drafts]
    offers += [(Found(body.id), f"以{body.name}名义新写一件") for body in mine]
    if len(offers) == 1:
        _open(turn, offers[0][0])
        return
    if current := turn.dialogues.current(turn):  # a number would answer its question
        turn.dialogues.step_aside(current)
    listed(turn, [payload for payload, _ in offers])
    lines = [f"{place} {words}" for place, (_, words) in enumerate(offers, 1)]
    turn.say("集体提案，请回复序号：\n" + "\n".join(lines))


def _whom_to_ask(turn: Turn) -> str:
    """A member hears who may begin one for them."""
    bodies = collective.belongs_to(turn.session, turn.actor)
    if not bodies:
        return (
            "集体提案由各专委会、界别、党派、团体、联络组的负责人或联系人发起，您的账号没有登记。有疑问请联系提案委。"
        )
    heads = "；".join(f"{body.name}请找{turn.session.get_one(Person, body.head).name}" for body in bodies)
    return f"集体提案由组织的负责人或联系人发起，再请委员执笔。{heads}。"


def _called(turn: Turn, p: Proposal) -> str:
    return f"{collective.organisation_of(turn.session, p).name}{named(p)}"


def _open(turn: Turn, payload: Payload) -> None:
    if isinstance(payload, Desk):
        open_desk(turn, payload.proposal)
    elif isinstance(payload, Found):
        found(turn, payload.organisation)


@router.press(Desk)
def enter(pressed: tuple[Desk, Any], turn: Turn) -> None:
    """A number of the list, or the button of an invitation."""
    payload, _ = pressed
    open_desk(turn, payload.proposal)


@router.press(Found)
def anew(pressed: tuple[Found, Any], turn: Turn) -> None:
    """A new one."""
    payload, _ = pressed
    found(turn, payload.organisation)


def found(turn: Turn, organisation: str) -> None:
    """An empty one, and its workspace."""
    body = turn.session.get(Organisation, organisation)
    if body is None or turn.actor.userid not in {body.head, body.contact}:
        raise Refused("这个组织现在不由您负责或联系，不能以它的名义发起提案。")
    drafts = [p for p in collective.in_hand(turn.session, turn.actor.userid) if p.organisation == organisation]
    if empty := next((p for p in drafts if collective.is_untouched(turn.session, p)), None):
        open_desk(turn, empty.id or 0)
        return
    proposal = collective.begin(turn.session, body, turn.now, turn.rules.term_session)
    head = access.active(turn.session, body.head)
    if head and head.userid != turn.actor.userid:
        words = f"{turn.actor.name}以{body.name}名义发起了一件集体提案，由您最后确认提交。回复“集体提案”打开。"
        turn.say(words, to=head, lane=Lane.NOTICE)
    open_desk(turn, proposal.id or 0)


def tell_heads(turn: Turn, proposals: Iterable[Proposal]) -> None:
    """A new head hears what is being written in the organisation's name, and waits for a press of theirs."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for p in proposals:
        stands = f"（退回修改，{day(p.due_on)}前改好）" if p.state is State.RETURNED else ""
        waiting.setdefault((p.organisation, p.proposer), []).append(f"{named(p)}{stands}")
    for (organisation, userid), names in waiting.items():
        if head := access.active(turn.session, userid):
            body = turn.session.get_one(Organisation, organisation).name
            words = (
                f"您现在是{body}的负责人，正在起草的集体提案由您最后确认提交：{'、'.join(names)}。回复“集体提案”打开。"
            )
            turn.say(words, to=head, lane=Lane.NOTICE)


def open_desk(turn: Turn, number: int, note: str = "") -> None:
    """The workspace, as it stands: the one somebody has laid aside, or a new one. With a note it is not shown anew."""
    proposal = turn.get(Proposal, number)
    if not collective.has_a_hand(turn.session, proposal, turn.actor.userid):
        raise Refused("您不在这件集体提案的执笔人之列，看不到草稿。有疑问请联系负责人。")
    if not collective.is_written(proposal):
        raise Refused(f"这件集体提案现在是“{proposal.state.value}”，不用再写了。")
    if not collective.sections_of(turn.session, proposal):
        raise Refused("这件集体提案已经作废，不用再写了。")
    turn.dialogues.open(turn, "collective", str(number), silent=bool(note))
    if note:
        turn.say(note + what_is_left(turn, proposal))


def what_is_left(turn: Turn, proposal: Proposal) -> str:
    """还差情况分析、建议2; or that all is there."""
    sections = collective.sections_of(turn.session, proposal)
    missing = [collective.label(turn.session, section) for section in sections if not section.text]
    left = f"还差{'、'.join(missing)}。" if missing else "各部分都有了。"
    return f"{left}回复序号接着写，“集体提案”看分工。"
