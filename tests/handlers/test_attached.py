"""What an attachment is called: the part it was sent for, and of the suggestions of several writers the one it is now."""

from collections.abc import Sequence

import pytest
from sqlmodel import Session

from bot.turn import Turn
from handlers.attached import names_of, of_what, step_of
from handlers.draft.steps import DRAFT
from models import collective
from models.attachment import Attachment
from models.collective import Section
from models.people import Organisation
from models.proposal import Proposal
from models.states import State
from tests.handlers.office import LIN, Office

OF_ALL = {"which", "rest", "preview"}  # questions about the whole of it


def sent(turn: Turn, proposal: Proposal, *steps: str) -> list[Attachment]:
    """A picture in each of these steps."""
    return [
        Attachment(proposal_id=proposal.id or 0, person=LIN, step=step, kind="image", media_id="m", created_at=turn.now)
        for step in steps
    ]


def test_every_question_is_called_as_it_is_asked() -> None:
    for ask in DRAFT.steps:
        assert of_what(ask.name) == ("提案" if ask.name in OF_ALL else f"“{ask.label}”")


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("analysis", "图片（情况分析）"),
        ("suggestions", "图片（具体建议）"),
        ("suggestion", "图片（建议）"),  # as it was noted before
        ("suggestion:99", "图片（建议）"),
        ("suggestion:", "图片（建议）"),
        ("preview", "图片"),
        ("desk", "图片"),
        ("", "图片"),
        ("gone", "图片"),
    ],
)
def test_an_older_row_is_still_called_something(office: Office, step: str, name: str) -> None:
    def work(turn: Turn) -> list[str]:
        proposal = Proposal(proposer=LIN, created_at=turn.now)
        turn.session.add(proposal)
        turn.session.flush()
        return names_of(turn.session, sent(turn, proposal, step))

    assert office.act(LIN, work) == [name]


def test_which_suggestion_it_is_follows_the_suggestions(office: Office) -> None:
    def work(turn: Turn) -> None:
        session = turn.session
        proposal = collective.begin(session, session.get_one(Organisation, "s14"), turn.now, "")
        collective.add_suggestion(session, proposal)
        collective.add_suggestion(session, proposal)
        _, _, *three = collective.sections_of(session, proposal)
        rows = sent(turn, proposal, *map(step_of, three))
        assert called(session, rows) == ["建议1", "建议2", "建议3"]
        written(turn, proposal, three)
        three[0].dropped = True
        session.add(three[0])
        collective.gather(session, proposal)
        assert called(session, rows) == ["建议", "建议1", "建议2"]
        proposal.state, proposal.suggestions = State.RETURNED, ["新加的", "第3条"]
        assert called(session, rows) == ["建议", "建议", "建议2"]

    office.act(LIN, work)


def called(session: Session, rows: Sequence[Attachment]) -> list[str]:
    """Only the part."""
    return [name.removeprefix("图片（").removesuffix("）") for name in names_of(session, rows)]


def written(turn: Turn, proposal: Proposal, parts: Sequence[Section]) -> None:
    """第1条, 第2条 …."""
    for place, part in enumerate(parts, 1):
        collective.write(turn.session, proposal, part, f"第{place}条", LIN, turn.now)
