"""`kill -9` at random moments, while twenty people are at it: nothing taken is lost, nothing is done twice."""

import asyncio
import os
import random
import secrets

import pytest

from tests.faults.account import all_is_well, as_played, complaints, repeated, waiting
from tests.faults.conftest import Opening
from tests.faults.nursery import Nursery
from tests.faults.players import Play, some_cases
from tests.faults.stage import Stage

KILLS = 50
PACE = 9.0  # seconds of the town in one of ours: a lease holds for five seconds
EARLY = 0.2  # of the processes are killed while they are still starting
SEED = "TIANTONG_TEST_SEED"


async def kills(stage: Stage, dice: random.Random) -> None:
    """Kill the bot again and again, and each time start another; the last one lives."""
    bot = stage.bot
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.02, 0.8))
        with stage.blow("kill"):
            bot.kill()
        before = bot.starts
        bot.begin()
        if dice.random() > EARLY:
            await bot.ready(before)
    await bot.ready(before)


@pytest.mark.timeout(400)
async def test_killed_fifty_times_while_twenty_people_are_at_it(stages: Opening, nursery: Nursery) -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"{SEED}={seed}")
    stage = await stages(pace=PACE, nursery=nursery)
    dice = random.Random(seed)  # noqa: S311
    killing = asyncio.create_task(kills(stage, dice))
    play = Play(stage.platform)
    wanted = some_cases(28, also=["P012", "P019", "P023", "P026", "P027", "P034", "P036", "P037"])
    await play.through(wanted, enough=killing.done)
    await killing
    await stage.at_rest(waiting)
    print(f"{len(stage.blows)} kills, {len(play.ended)} lives, {len(stage.platform.callbacks)} messages,")
    print(
        f"{sum(d.attempts > 1 for d in stage.platform.callbacks)} of them delivered again, {repeated(stage)} texts repeated"
    )
    all_is_well(play.troubles, complaints(stage), as_played(stage, play.ended))
    assert len(stage.blows) == KILLS
    assert len(play.ended) >= 20
    assert await stage.bot.stop() == 0
