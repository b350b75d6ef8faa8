"""The forty proposals of the rehearsal city as rows: three groups of near duplicates are among them."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from models.proposal import Proposal
from models.states import State
from simulator import town

PROPOSALS: list[dict[str, Any]] = town.read("proposals")["proposals"]
IN_2023 = datetime(2023, 2, 20, 2, 0, tzinfo=UTC)
BY_ID = {one["id"]: one for one in PROPOSALS}


def row(name: str, **changes: Any) -> Proposal:
    """P001 as it would be if it had been filed in 2023."""
    one = BY_ID[name]
    number = 20230000 + PROPOSALS.index(one) + 1
    given = {
        "state": State.CLOSED,
        "proposer": one["proposer"].get("first_proposer_id", "m013"),
        "serial_no": f"S{number}",
        "proposal_no": str(number),
        "title": one["title"],
        "category": one["category"],
        "analysis": one["analysis"],
        "suggestions": [item["text"] for item in one["suggestions"]],
        "consent_public": True,
        "created_at": IN_2023,
        "submitted_at": IN_2023,
        "filed_at": IN_2023,
    }
    return Proposal(**(given | changes))


def fill(session: Session) -> dict[int, str]:
    """All of them; their ids."""
    rows = {name: row(name) for name in BY_ID}
    session.add_all(rows.values())
    session.flush()
    return {proposal.id or 0: name for name, proposal in rows.items()}
