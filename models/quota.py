"""集体提案分派: which organisation owes how many collective proposals, and how many it has handed in (DOMAIN §13.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from models.access import submitted
from models.collective import is_collective
from models.people import Organisation
from models.proposal import Proposal
from models.rules import Rules
from models.states import State

GROUPS = {  # as the quota is spoken of 〔S0〕: 8 + 17 + 9 + 8
    "专委会": ("committee",),
    "界别": ("sector",),
    "参加单位": ("party", "org"),
    "联络组": ("liaison_group",),
    "小组": ("group",),
}


@dataclass(frozen=True)
class Owing:
    """One organisation."""

    organisation: Organisation
    quota: int
    done: int

    @property
    def missing(self) -> int:
        """How many are still owed."""
        return max(0, self.quota - self.done)


def quotas(session: Session, rules: Rules) -> Sequence[Owing]:
    """Every organisation that owes something this session, and what it has handed in; a withdrawn one does not count."""
    counted = select(Proposal.organisation, func.count()).where(
        is_collective(),
        submitted(),
        col(Proposal.state) != State.WITHDRAWN,
        Proposal.term_session == rules.term_session,
    )
    done = dict(session.exec(counted.group_by(col(Proposal.organisation))).all())
    bodies = session.exec(select(Organisation).where(col(Organisation.active)).order_by(Organisation.id)).all()
    owed = [Owing(body, _quota(body, rules), done.get(body.id, 0)) for body in bodies]
    return [one for one in owed if one.quota]


def _quota(body: Organisation, rules: Rules) -> int:
    return rules.collective_quota_per_org if body.quota is None else body.quota


def filed(session: Session, rules: Rules) -> tuple[int, int]:
    """(collective, all) among what was filed this session: 集体提案占比 is their ratio."""
    counted = select(func.count()).where(
        col(Proposal.proposal_no).is_not(None), Proposal.term_session == rules.term_session
    )
    return session.exec(counted.where(is_collective())).one(), session.exec(counted).one()
