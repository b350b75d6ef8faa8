"""What is put back is what was lived: rows, phones, time; and a town to which something has happened is never put back."""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from models import schema
from models.proposal import Proposal
from models.states import State
from tests.conftest import fresh_database
from tests.memory import lived_once
from tests.stories.acts import (
    LIN,
    MENG,
    SU,
    TITLE,
    WEN,
    all_have_read,
    dissatisfied,
    edit,
    filed,
    proposal,
    rows,
    submitted,
    taps,
)
from tests.stories.pages import opens
from tests.town import Town, settings_for

# every process, or every story, has its own
NOT_LIVED = ("_api_base", "_courier", "_runner", "_platform", "_news", "_calendar", "calendar", "seal", "door")


@pytest.fixture
async def elsewhere(request: pytest.FixtureRequest, town: Town, tmp_path: Path) -> AsyncIterator[Town]:
    """A second town on a database of the same kind, which knows only what the first remembers."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    town.memory = {}
    kind = town.settings.database.url.partition(":")[0]
    other = Town(settings_for(fresh_database(request, folder, kind)), memory=town.memory)
    await other.open()
    try:
        yield other
    finally:
        await other.close()


def plain(what: Any) -> Any:
    """All that a thing of the platform holds, and all that this holds."""
    match what:
        case Mapping():
            return {key: plain(value) for key, value in what.items()}
        case list() | tuple() | deque():
            return [plain(value) for value in what]
        case set() | frozenset():
            return sorted(what)
    if callable(what) or not hasattr(what, "__dict__"):
        return what.__qualname__ if callable(what) else what
    return {name: plain(value) for name, value in vars(what).items() if name not in NOT_LIVED}


def all_rows(session: Session) -> dict[str, list[str]]:
    return {table.name: sorted(map(repr, session.execute(select(table)))) for table in schema.METADATA.sorted_tables}


async def all_of(town: Town) -> dict[str, Any]:
    """Whatever there is in a town."""
    return {"rows": await town.look(all_rows), "moment": town.calendar.now(), **plain(town.platform)}


async def test_the_past_comes_back_and_life_goes_on(town: Town, elsewhere: Town) -> None:
    lived: list[dict[str, Any]] = []

    @lived_once
    async def much(town: Town) -> None:
        await town.change(lambda _: None)  # so that nothing of it is remembered from before
        await dissatisfied(town)
        await town.person(LIN).sends_picture()
        await opens(town, LIN, "/p/todo")
        await filed(town, SU, "关于社区食堂的提案")
        await town.quiet()
        lived.append(await all_of(town))

    await much(town)
    await much(elsewhere)
    [was], found = lived, await all_of(elsewhere)
    assert found.pop("calls")[: len(was["calls"])] == was.pop("calls"), "but for what the bot asks for when it begins"
    assert found == was
    phones = [shown for userid in elsewhere.platform.people for shown in elsewhere.person(userid).inbox]
    assert any(shown.live for shown in phones)
    assert any(shown.selected for shown in phones)
    assert any(shown.replaced_text for shown in phones)
    assert (len(was["rows"]["proposal"]), len(was["media"]["_media"]), len(was["codes"]["_codes"])) == (2, 1, 1)
    await taps(elsewhere, MENG, "交办")
    await elsewhere.person(MENG).reads("用哪种办理方式")
    assert elsewhere.platform.violations == []


async def test_who_is_told_something_new_is_told_it_once(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    await taps(town, WEN, "受理")
    await town.person(WEN).reads("已受理", TITLE)
    await town.person(LIN).reads("已受理")
    town.person(WEN).reads_nothing_more()
    assert (await proposal(town)).state is State.FIRST_REVIEW


async def test_what_has_happened_is_not_wiped_out(town: Town) -> None:
    await submitted(town)
    await edit(town, Proposal, 1, lambda row: setattr(row, "title", "关于社区食堂的提案"))
    assert not town.is_untouched
    await submitted(town, SU, TITLE)
    assert [row.title for row in await rows(town, Proposal)] == ["关于社区食堂的提案", TITLE]
