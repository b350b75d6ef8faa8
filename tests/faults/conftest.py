"""Stages for faults: the bots on them are processes, and none of them outlives its test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nursery import Nursery
from tests.faults.stage import Stage

HERE = Path(__file__).parent
Opening = Callable[..., Awaitable[Stage]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the long tests among the short ones: workers take them by the handful, and one must not get all of them."""
    ours = [item for item in items if item.path.parent == HERE]
    long = [item for item in ours if item.get_closest_marker("timeout")]
    short = [item for item in ours if item not in long]
    every = max(len(short) // (len(long) + 1), 1)
    mixed = [item for n, one in enumerate(long) for item in (one, *short[n * every : (n + 1) * every])]
    places = (place for place, item in enumerate(items) if item.path.parent == HERE)
    for place, item in zip(list(places), [*mixed, *short[len(long) * every :]], strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Whence bots are forked."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
async def stages_on(tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens stages: `await stages_on(url, replicas=2, pace=6, nursery=nursery)`; how else, see Stage and its `open`."""
    opened: list[Stage] = []

    async def open_(url: str, *, pace: float = 1.0, start: datetime | None = None, **how: Any) -> Stage:
        folder = tmp_path / f"stage{len(opened)}"
        folder.mkdir()
        stage = Stage(url, folder, pace=pace, start=start)
        opened.append(stage)
        await stage.open(**how)
        return stage

    yield open_
    for stage in opened:
        await stage.close()


@pytest.fixture
def stages(database_url: str, stages_on: Opening) -> Opening:
    """Opens stages on either database: `await stages(replicas=2)`."""
    return partial(stages_on, database_url)
