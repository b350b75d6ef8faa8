"""Stages for faults: the bots on them are processes, and none of them outlives its test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nursery import Nursery
from tests.faults.stage import Stage

Opening = Callable[..., Awaitable[Stage]]


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
