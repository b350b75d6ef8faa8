"""A town for every story, on both databases."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvloop

from tests import browser
from tests.browser import Handset
from tests.databases import Server, postgres_server, sqlite_url
from tests.memory import Memory
from tests.town import Town, prepare, settings_for

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this worker."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the town in it, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    prepare(sqlite_url(folder))
    return folder / "tiantong.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of one's own with the town in it: first a file, then a server."""
    return fresh_database(request, tmp_path, request.param)


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> str:
    """A database of this kind with the town in it, and nothing else."""
    if kind == "postgresql":
        server = request.getfixturevalue("postgres")
        url = str(server.fresh(prepare))
        request.addfinalizer(lambda: server.drop(url))
        return url
    shutil.copy(request.getfixturevalue("filled_sqlite"), tmp_path / "tiantong.db")
    return sqlite_url(tmp_path)


@pytest.fixture
def rules() -> dict[str, Any]:
    """Rules of the office that differ from the defaults; a story may override this."""
    return {}


@pytest.fixture
def door() -> str:
    """How people choose: by taps on cards, unless a story is told through another door."""
    return "cards"


@pytest.fixture(scope="session")
def memory() -> Memory:
    """What the towns of this worker have lived through."""
    return {}


@pytest.fixture(scope="session")
def handset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handset]:
    """A browser for the stories of this worker."""
    with browser.handset(tmp_path_factory.mktemp("handset")) as held:
        yield held


@pytest.fixture
def held(request: pytest.FixtureRequest, door: str) -> Handset | None:
    """The browser, where people tap on pages."""
    return request.getfixturevalue("handset") if door == "page" else None


@pytest.fixture
async def town(
    database_url: str, rules: dict[str, Any], door: str, memory: Memory, held: Handset | None
) -> AsyncIterator[Town]:
    """The town, with one replica of the bot."""
    town = Town(
        settings_for(database_url, **rules),
        door,
        memory,
        held,
    )
    await town.open()
    try:
        yield town
    finally:
        await town.close()


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that `serve` runs on."""
    return {"uvloop": uvloop.new_event_loop}
