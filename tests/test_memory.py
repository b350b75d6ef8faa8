"""What is put back is what was lived: rows, phones, time; and a town to which something has happened is never put back."""

from collections.abc import Sequence

from models.audit import Audit
from models.proposal import Proposal
from models.states import State
from tests.memory import Memory
from tests.stories.acts import LIN, SU, TITLE, WEN, all_have_read, edit, filed, proposal, rows, submitted, taps
from tests.town import Town


def screens(town: Town) -> dict[str, Sequence[str]]:
    return {userid: [shown.text for shown in town.person(userid).inbox] for userid in town.platform.people}


async def all_rows(town: Town) -> list[dict[str, object]]:
    return [row.model_dump() for kind in (Proposal, Audit) for row in await rows(town, kind)]


async def test_the_past_comes_back_and_life_goes_on(town: Town, memory: Memory) -> None:
    await filed(town)
    past = next(
        past for key, past in memory.items() if key[0].endswith(".filed") and LIN in key[1] and key[2] == town.kind
    )
    lived, shown, moment = await all_rows(town), screens(town), town.calendar.now()
    await town.returns_to(past)
    assert (await all_rows(town), screens(town), town.calendar.now()) == (lived, shown, moment)
    await taps(town, "dispatch_gov", "交办")
    await town.person("dispatch_gov").reads("用哪种办理方式")
    assert town.platform.violations == []


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
