"""Whoever was invited to co-sign and has not answered is told once more before the time is over (DOMAIN §3.4)."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from bot.turn import Turn
from bot.wecom.messages import Card
from handlers.cards.buttons import buttons_for, subject
from handlers.cards.told import minute, named
from models import access
from models.joint import Signature
from models.messages import Lane, Outgoing
from models.people import Person
from models.proposal import Proposal
from models.states import Sign

BATCH = 50


def remind_the_invited(turn: Turn) -> bool:
    """Tell those whose time is nearly over (rule cosign_remind_minutes); whether there are more."""
    due = _due(turn)
    for key, number in list(due.items())[:BATCH]:
        place = turn.session.get_one(Signature, number)
        if reader := access.active(turn.session, place.person):
            turn.say(_card(turn, place, reader), to=reader, key=key, lane=Lane.NOTICE, subject=subject(place))
    return len(due) > BATCH


def _due(turn: Turn) -> dict[str, int]:
    """Of the open invitations those about to lapse, under the key of what is said; what was said already is left out."""
    left = timedelta(minutes=turn.rules.cosign_remind_minutes)
    open_ = select(col(Signature.id), col(Signature.lapses_at)).where(
        Signature.state == Sign.INVITED,
        col(Signature.lapses_at) > turn.now,
        col(Signature.lapses_at) <= turn.now + left,
        Signature.asked_at <= turn.now - left,  # who has only just been asked need not be told again
    )
    found = turn.session.exec(open_.order_by(col(Signature.id)))
    keys = {_key(number, until): number for number, until in found if number and until}
    if not keys:
        return {}
    said = set(turn.session.exec(select(Outgoing.key).where(col(Outgoing.key).in_(keys))))
    return {key: number for key, number in keys.items() if key not in said}


def _key(number: int, until: datetime) -> str:
    return f"invited:{number}:{until:%Y%m%d%H%M%S}"


def _card(turn: Turn, place: Signature, reader: Person) -> Card:
    proposal = turn.session.get_one(Proposal, place.proposal_id)
    first = turn.session.get_one(Person, proposal.proposer)
    return Card(
        title="联名邀请即将到期",
        text=f"{first.name}邀请您联名{named(proposal)}，逾期未答复即不署名。也可以回复“同意联名”或“谢绝联名”。",
        facts=(("案由", proposal.title), ("答复期限", minute(place.lapses_at))),
        buttons=buttons_for(turn.session, place, reader),
        link=turn.url(f"p/proposals/{proposal.id}"),
        link_text="查看全文",
    )
