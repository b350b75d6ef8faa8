"""Every story is told three times: with cards on both databases, and with typed numbers by people who see no cards.

Those in which something is pressed are told a fourth time, by people who tap on pages in a browser. Of the numbers
every fourth story has PostgreSQL below it, of the pages every twelfth, always the same ones: its rows are locked one by one.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.conftest import fresh_database
from tests.databases import has_postgres

CARDS = ("sqlite", "postgresql")
BELOW = {
    "words": 8,
    "page": 24,
}  # every so many-th has PostgreSQL; pages begin with much that must be tapped there anew


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`cards_only` says why a story is about cards as such, `not_on_pages` why it cannot be told by tapping on pages.

    One that names its database has its own reasons.
    """
    story = metafunc.definition
    if "surroundings" not in metafunc.fixturenames or _names_its_database(story):
        return
    doors = () if story.get_closest_marker("cards_only") else ("words", "page")
    if doors and (story.get_closest_marker("not_on_pages") or not _presses(metafunc.function, set())):
        doors = ("words",)
    told = [_on_its_database(story, door) for door in doors]
    metafunc.parametrize("surroundings", (*CARDS, *told), indirect=True)


def _on_its_database(story: pytest.Function, door: str) -> str:
    """The door, and which database, where it is not SQLite."""
    is_one = zlib.crc32(f"{story.nodeid}[{door}]".encode()) % BELOW[door] == 0
    return f"{door}-postgresql" if is_one and has_postgres() else door


def _presses(function: FunctionType, seen: set[FunctionType]) -> bool:
    """Whether something is pressed by this function or the acts it calls; what a story begins with is told elsewhere."""
    seen.add(function)
    names = set(_names_in(function.__code__))
    acts = [act for act in (function.__globals__.get(name) for name in names) if isinstance(act, FunctionType)]
    own = [act for act in acts if act.__module__.startswith("tests.stories") and not hasattr(act, "__wrapped__")]
    return bool(names & {"presses", "chooses"}) or any(_presses(act, seen) for act in own if act not in seen)


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)


def _names_its_database(story: pytest.Function) -> bool:
    return any("database_url" in mark.args[0] for mark in story.iter_markers("parametrize"))


@pytest.fixture
def surroundings(request: pytest.FixtureRequest) -> str:
    """Which of them."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path, surroundings: str) -> str:
    """A database of one's own with the town in it."""
    kind = str(getattr(request, "param", surroundings))
    return fresh_database(request, tmp_path, "postgresql" if kind.endswith("postgresql") else "sqlite")


@pytest.fixture
def door(surroundings: str) -> str:
    """How people choose."""
    return "cards" if surroundings in CARDS else surroundings.partition("-")[0]
