"""附件 of a collective proposal: who may take which away again, and how whoever wants room for one more gets it."""

from collections.abc import Sequence

from bot.turn import Turn
from handlers.cards.told import named
from handlers.draft.attachments import MAKES_ROOM, numbered, remove
from models import access, collective
from models.attachment import Attachment, attachments_of
from models.errors import Refused
from models.messages import Lane
from models.people import Person
from models.proposal import Proposal


def take_away(turn: Turn, proposal: Proposal, place: int) -> str:
    """删除附件 2: by the head, or by whoever sent it, who hears of it when it was the head."""
    have = attachments_of(turn.session, proposal.id)
    row = numbered(have, place)
    if turn.actor.userid not in {proposal.proposer, row.person}:
        raise Refused(_not_yours(turn, proposal, row, place))
    sender = access.active(turn.session, row.person)
    told = remove(turn, proposal, have, place)
    if sender and sender.userid != turn.actor.userid:
        called = f"{collective.author(turn.session, proposal)}集体提案{named(proposal)}"
        turn.say(f"{turn.actor.name}删去了您给{called}发的一个附件。", to=sender, lane=Lane.NOTICE)
    return told


def _not_yours(turn: Turn, proposal: Proposal, row: Attachment, place: int) -> str:
    whom = f"负责人{turn.session.get_one(Person, proposal.proposer).name}"
    sender = access.active(turn.session, row.person) if row.person != proposal.proposer else None
    if sender and collective.has_a_hand(turn.session, proposal, sender.userid):
        whom = f"{sender.name}或{whom}"
    return f"第{place}个附件不是您发的，要删去请找{whom}。"


def room(turn: Turn, proposal: Proposal, have: Sequence[Attachment]) -> str:
    """What this person can do for a place among those that are there."""
    me = turn.actor.userid
    if proposal.proposer == me:
        return MAKES_ROOM
    if own := [place for place, row in enumerate(have, 1) if row.person == me]:
        which = "、".join(str(place) for place in own)
        return f"您发的是第{which}个，回复“删除附件 {own[-1]}”可以腾出位置。"
    return f"请负责人{turn.session.get_one(Person, proposal.proposer).name}先删去不要的附件。"
