"""Several replicas on one PostgreSQL behind a blind round-robin: some are killed, some freeze for longer than any lease."""

import asyncio
import os
import random
import secrets

import pytest

from tests.databases import Server
from tests.faults.account import all_is_well, as_played, complaints, repeated, waiting
from tests.faults.conftest import Opening
from tests.faults.fleet import Bot
from tests.faults.nursery import Nursery
from tests.faults.players import SHORT, Play, ShortLife, some_cases
from tests.faults.stage import Stage
from tests.faults.test_kill import SEED
from tests.town import prepare

PACE = 9.0  # seconds of the town in one of ours: the lease of the outbox holds for five seconds
FROZEN = 17.0  # seconds: longer than that, and than the 15 s after which PostgreSQL ends an idle transaction
PEOPLE = 20


async def killed(stage: Stage, bot: Bot, away: float) -> None:
    """One of them is killed, and after a while there is another in its place."""
    with stage.blow("kill"):
        bot.kill()
        await asyncio.sleep(away)
        await bot.start()


async def frozen(stage: Stage, bot: Bot) -> None:
    """One of them stands still, with all it holds, and then goes on."""
    with stage.blow("freeze"):
        bot.freeze()
        await asyncio.sleep(FROZEN)
        bot.thaw()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("replicas", [2, 3])
async def test_one_is_killed_and_one_freezes(
    stages_on: Opening, postgres: Server, nursery: Nursery, replicas: int
) -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"{SEED}={seed}")
    dice = random.Random(seed)  # noqa: S311
    stage = await stages_on(postgres.fresh(prepare), pace=PACE, nursery=nursery, replicas=replicas)
    first, *others = stage.bots

    async def faults() -> None:
        await asyncio.sleep(dice.uniform(1, 2))
        freezing = asyncio.create_task(frozen(stage, others[-1]))
        for _ in range(3):
            await asyncio.sleep(dice.uniform(1, 2))
            await killed(stage, dice.choice([first, *others[:-1]]), dice.uniform(0, 3))
        await freezing

    trouble = asyncio.create_task(faults())
    play = Play(stage.platform, PEOPLE, ShortLife)
    await play.through(some_cases(30), enough=trouble.done)
    await trouble
    await stage.at_rest(waiting)
    print(f"{len(play.ended)} lives, {len(stage.platform.callbacks)} messages,")
    print(f"{sum(d.attempts > 1 for d in stage.platform.callbacks)} delivered again, {repeated(stage)} texts repeated")
    all_is_well(play.troubles, complaints(stage), as_played(stage, play.ended, short=SHORT))
    assert len(play.ended) >= PEOPLE
    for bot in stage.bots:
        assert bot.lives
        assert await bot.healthy()
        assert await bot.stop() == 0
