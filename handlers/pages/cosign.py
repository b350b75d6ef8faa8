"""/p/proposals/12/cosign: whoever is asked to co-sign reads the whole text here, and agrees or declines with a word."""

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlmodel import Session

from bot.acting import ACTING
from bot.turn import Turn
from handlers.actions import get_row
from handlers.cards.told import minute
from handlers.cosign import OPINION_MAX
from handlers.moves import make
from handlers.pages.forms import Sorry, cause_of, fields_of, one, page, reader, shown, sorry, token_for, writer
from handlers.pages.proposals import look
from handlers.pages.seen import MISSING, STRANGER
from models import access
from models.errors import Refused
from models.joint import Signature, digest, place_of, signed_this_session
from models.people import Person
from models.proposal import Proposal
from models.states import Event, Sign, State
from models.store import Store

WORDS = {"cosign": Event.COSIGN, "decline": Event.DECLINE}
ANSWERED = {  # what became of the invitation, and what one may still do
    Sign.SIGNED: ("您已同意联名", "已告诉第一提案人，您不用再操作。要退出，请在聊天里回复“退出联名”。"),
    Sign.DECLINED: ("您已谢绝联名", "已告诉第一提案人，不会署您的名，您不用再操作。"),
    Sign.EXPIRED: ("联名的期限已过", "您没有署名。如仍愿联名，请联系第一提案人“延长期限”。"),
    Sign.TAKEN_BACK: ("邀请已收回", "第一提案人收回了邀请，您没有署名，不用再操作。"),
    Sign.LEFT: ("您已退出联名", "不再署您的名，您不用再操作。"),
}
CLOSED = ("这件提案现在不在联名中", "您不用操作。发送“我的提案”可以看您联名的提案办到哪一步。")


def add_cosign(app: web.Application, store: Store) -> None:
    """Open the page."""
    app.router.add_get(r"/p/proposals/{number:\d{1,9}}/cosign", page(_show), allow_head=False)
    app.router.add_post(r"/p/proposals/{number:\d{1,9}}/cosign", page(_answer))


async def _show(request: web.Request) -> web.StreamResponse:
    userid, number = await reader(request), int(request.match_info["number"])
    values = await request.app[ACTING].look(userid, lambda turn: _values(turn, number))
    return shown(request, "cosign.html", {"token": token_for(request, userid), **values})


def _place(turn: Turn, number: int) -> Signature:
    """The reader's own place among those asked; for anybody else there is no such page."""
    if turn.person is None:
        raise Sorry(STRANGER)
    place = place_of(turn.session, number, turn.person.userid)
    if place is None:
        raise Sorry(MISSING)
    return place


def _values(turn: Turn, number: int) -> dict[str, Any]:
    """The text and the question; or what became of it."""
    place = _place(turn, number)
    proposal = turn.session.get_one(Proposal, number)
    waiting = place.state is Sign.INVITED and proposal.state is State.COSIGNING
    if waiting and place.lapses_at and turn.now >= place.lapses_at:
        return _told(turn, proposal, ANSWERED[Sign.EXPIRED], place)
    if not waiting:
        return _told(turn, proposal, ANSWERED.get(place.state, CLOSED), place)
    if not access.may_see(turn.session, turn.actor, proposal):
        raise Sorry(MISSING)
    done = signed_this_session(turn.session, turn.actor.userid, proposal)
    return {
        "p": proposal,
        "proposer": _name(turn.session, proposal.proposer),
        "others": look(turn.session, turn.actor.userid, number).values.get("signers", []),
        "stamp": place.stamp,
        "digest": digest(proposal),
        "until": minute(place.lapses_at),
        "left": _left(place.lapses_at, turn.now),
        "already": done if done > turn.rules.cosigned_hint else 0,
        "again": bool(place.stamp),
        "most": OPINION_MAX,
    }


def _told(turn: Turn, proposal: Proposal, words: tuple[str, str], place: Signature) -> dict[str, Any]:
    """What became of it; the text only for who may still read it."""
    sees = access.may_see(turn.session, turn.actor, proposal)
    return {"told": words, "opinion": place.opinion, "p": proposal if sees else None}


def _name(session: Session, userid: str) -> str:
    person = session.get(Person, userid)
    return person.name if person else ""


def _left(until: datetime | None, now: datetime) -> str:
    """还有2小时50分."""
    rest = max(timedelta(0), (until or now) - now)
    hours, minutes = divmod(-(-int(rest.total_seconds()) // 60), 60)
    return f"还有{f'{hours}小时' if hours else ''}{f'{minutes}分' if minutes or not hours else ''}"


async def _answer(request: web.Request) -> web.StreamResponse:
    """Yes or no, perhaps with a word: the same move as in the chat."""
    userid, number = await writer(request), int(request.match_info["number"])
    fields = await fields_of(request)
    cause = cause_of(request, userid, one(fields, "token"))
    event, opinion = WORDS.get(one(fields, "act")), one(fields, "opinion").strip()
    if event is None:
        raise Refused("请点“同意联名”或“谢绝联名”。")
    if len(opinion) > OPINION_MAX:
        raise Refused(f"意见有{len(opinion)}字，没有提交。请点“返回”，压缩到{OPINION_MAX}字以内。")
    seen = one(fields, "stamp"), one(fields, "digest")
    await request.app[ACTING].act(userid, cause, lambda turn: _make(turn, number, event, opinion, seen))
    raise web.HTTPSeeOther("cosign")


def _make(turn: Turn, number: int, event: Event, opinion: str, seen: tuple[str, str]) -> None:
    place = get_row(turn, Signature, _place(turn, number).id or 0)
    assert isinstance(place, Signature)
    if place.state is not Sign.INVITED:
        return  # said before: the page tells what stands
    if seen != (str(place.stamp), digest(turn.get(Proposal, number))):
        raise sorry(
            409,
            "正文刚刚改过",
            "您看到的不是现在的正文，没有提交。请再看一遍，然后答复。",
            back=f"proposals/{number}/cosign",
            back_text="看现在的正文",
        )
    make(turn, place, event, {"opinion": opinion})
