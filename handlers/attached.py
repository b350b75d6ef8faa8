"""Attachments as people read of them: what each is, and the part of the proposal it was sent for."""

from collections.abc import Sequence

from sqlmodel import Session

from models import collective
from models.attachment import KINDS, Attachment
from models.collective import LABELS, SUGGESTION, Section
from models.proposal import Proposal
from models.states import State

PARTS = {
    **LABELS,
    "suggestions": "具体建议",
    "category": "类别",
    "units": "建议承办单位",
    "researched": "是否调研",
    "public": "是否同意公开",
    "no_public_reason": "不公开的原因",
    "secrecy": "涉密自查",
    "origin": "来源",
}  # what was sent at any other question belongs to all of it


def step_of(section: Section) -> str:
    """How a part of a collective proposal is noted: which of the suggestions is told by its id, for others may go."""
    return f"{SUGGESTION}:{section.id}" if section.kind == SUGGESTION else section.kind


def of_what(step: str) -> str:
    """As whose attachment it is taken: “情况分析”, or 提案."""
    return f"“{PARTS[step]}”" if step in PARTS else "提案"


def names_of(session: Session, rows: Sequence[Attachment], *, to_writers: bool = False) -> list[str]:
    """图片（情况分析）, 盖章件, 名单.docx（建议2）: one for each attachment of a proposal.

    `to_writers`: beside the text as they are writing it, which in one that was returned is not the one that stands.
    """
    places = _places(session, rows, to_writers)
    return [_named(row.name or KINDS[row.kind], _part(row.step, places)) for row in rows]


def _named(name: str, part: str) -> str:
    return f"{name}（{part}）" if part else name


def _part(step: str, places: dict[str, str]) -> str:
    kind, _, _ = step.partition(":")
    return places.get(step) or PARTS.get(kind, "")


def _places(session: Session, rows: Sequence[Attachment], to_writers: bool) -> dict[str, str]:
    """Where the suggestions are now that something was sent for: 建议2. Afterwards their texts tell: they may have moved."""
    if not any(":" in row.step for row in rows):
        return {}
    proposal = session.get_one(Proposal, rows[0].proposal_id)
    parts = [part for part in collective.sections_of(session, proposal) if part.kind == SUGGESTION]
    if proposal.state is State.DRAFT or (to_writers and collective.is_written(proposal)):
        found = {step_of(part): place for place, part in enumerate(parts, 1)}
    else:
        texts = proposal.suggestions
        found = {step_of(part): texts.index(part.text) + 1 for part in parts if part.text in texts}
    return {step: f"{LABELS[SUGGESTION]}{place}" for step, place in found.items()}
