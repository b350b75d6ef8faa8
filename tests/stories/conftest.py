"""Every story is told three times: with cards on both databases, and with typed numbers by people who see no cards.

Some are told a fourth time, by people who tap on pages.
"""

from pathlib import Path

import pytest

from tests.conftest import fresh_database

CARDS = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`cards_only` says why a story is about cards as such; one that names its database has its own reasons."""
    if "surroundings" not in metafunc.fixturenames or _names_its_database(metafunc.definition):
        return
    words = () if metafunc.definition.get_closest_marker("cards_only") else ("words",)
    page = ("page",) if metafunc.definition.get_closest_marker("pages_too") else ()
    metafunc.parametrize("surroundings", (*CARDS, *words, *page), indirect=True)


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
    return fresh_database(request, tmp_path, kind if kind in CARDS else "sqlite")


@pytest.fixture
def door(surroundings: str) -> str:
    """How people choose."""
    return "cards" if surroundings in CARDS else surroundings
