"""The database goes away while people are at it: the platform is asked to come again, nothing taken is lost, all goes on by itself."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.databases import ENVIRONMENT, sqlite_url
from tests.faults.account import all_is_well, as_played, complaints, waiting
from tests.faults.cluster import Mortal, Shut, own_cluster
from tests.faults.conftest import Opening
from tests.faults.disk import SmallDisk, small_disk
from tests.faults.nursery import Nursery
from tests.faults.players import SHORT, Play, ShortLife, some_cases
from tests.faults.stage import REST, Stage
from tests.stories.acts import GONG, LEI, WEI
from tests.town import prepare

FEW, MANY = 9, 14  # people; not more, or the office would come to the limit of a member and wait for its minute to end
OTHERS = (WEI, LEI, GONG)  # who hand in nothing, and ask for help while the database is gone
TYPING = 0.3  # seconds for each answer
HELD = 5.5  # seconds
FULL = 5.5  # seconds; by the clock of a real office it may be a minute or a week
DOWN = 4.0  # seconds
PACE = 9.0  # seconds of the town in one of ours

pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def people_at_it(stage: Stage, number: int) -> AsyncIterator[None]:
    """So many people write and hand in proposals meanwhile; afterwards all is as it must be, in the same process."""
    play, pid = Play(stage.platform, number, ShortLife, TYPING), stage.bot.pid
    playing = asyncio.create_task(play.through(some_cases(number)))
    await stage.until(lambda: sum(delivery.accepted for delivery in stage.platform.callbacks) > number)
    yield
    await playing
    await asyncio.gather(*stage.beside)
    for userid in OTHERS:
        await stage.person(userid).reads("发送这些词就行", within=REST)
    await stage.at_rest(waiting)
    all_is_well(play.troubles, complaints(stage), as_played(stage, play.ended, short=SHORT))
    assert len(play.ended) == number
    assert asked_again(stage)
    assert (stage.bot.pid, stage.bot.lives) == (pid, True)
    assert await healthy(stage)
    assert await stage.bot.stop() == 0


async def refused(stage: Stage, seconds: float) -> None:
    """The database is gone, for so long at least: others ask for help meanwhile, until one of them is refused."""
    asking = [asyncio.create_task(stage.person(userid).says("帮助")) for userid in OTHERS]
    await asyncio.sleep(seconds)
    await stage.until(lambda: any("503" in delivery.answers for delivery in stage.platform.callbacks))
    stage.beside.extend(asking)


async def healthy(stage: Stage, within: float = 10.0) -> bool:
    """Whether it is well again soon."""
    ends = time.monotonic() + within
    while not await stage.bot.healthy():
        if time.monotonic() > ends:
            return False
        await asyncio.sleep(0.2)
    return True


def asked_again(stage: Stage) -> bool:
    """Whether the platform was asked to bring something again, and has brought all of that."""
    again = [delivery for delivery in stage.platform.callbacks if "503" in delivery.answers]
    return bool(again) and all(delivery.accepted for delivery in again)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture
def mortal(request: pytest.FixtureRequest) -> Iterator[Mortal]:
    """A server that may go down: our own, unless another was named."""
    if os.environ.get(ENVIRONMENT):
        yield Shut(request.getfixturevalue("postgres"))
        return
    with own_cluster() as cluster:
        yield cluster or Shut(request.getfixturevalue("postgres"))


@pytest.mark.parametrize("crash", [False, True], ids=["in order", "crash"])
async def test_postgresql_restarts_under_load(
    stages_on: Opening, nursery: Nursery, mortal: Mortal, crash: bool
) -> None:
    prepare(mortal.url)
    stage = await stages_on(mortal.url, pace=PACE, nursery=nursery)
    async with people_at_it(stage, MANY):
        with stage.blow("PostgreSQL goes down"):
            mortal.down(crash=crash)
            await refused(stage, DOWN)
            assert stage.bot.lives
            assert not await stage.bot.healthy()
            mortal.up()


# --- SQLite -----------------------------------------------------------------------------------------------------------


async def test_sqlite_is_held_by_somebody_else(stages_on: Opening, filled_sqlite: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(filled_sqlite, tmp_path / "tiantong.db"))
    stage = await stages_on(sqlite_url(tmp_path))
    async with people_at_it(stage, FEW):
        other = sqlite3.connect(file, isolation_level=None, timeout=20)
        other.execute("BEGIN IMMEDIATE")
        with stage.blow("held"):
            await refused(stage, HELD)
            other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Callable[..., SmallDisk]]:
    """Makes small disks, and takes them away in the end."""
    with ExitStack() as made:
        yield lambda mount: made.enter_context(small_disk(tmp_path / "disk", mount=mount))


@pytest.mark.parametrize("mount", [True, False], ids=["disk", "limit"])
async def test_the_disk_is_full(
    disks: Callable[..., SmallDisk], stages_on: Opening, filled_sqlite: Path, mount: bool
) -> None:
    disk = disks(mount)
    shutil.copy(filled_sqlite, disk.folder / "tiantong.db")
    stage = await stages_on(sqlite_url(disk.folder))
    print("a file system of its own" if disk.mounted else "a limit on the size of files")
    async with people_at_it(stage, FEW):
        disk.fill(stage.bot.pid)
        with stage.blow("full"):
            await refused(stage, FULL)
            disk.empty()
