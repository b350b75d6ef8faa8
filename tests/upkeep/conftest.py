"""Offices with a past, on both databases."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import sqlite_url
from tests.upkeep.hands import live_in


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a past, to be copied."""
    folder = tmp_path_factory.mktemp("past")
    live_in(sqlite_url(folder))
    return folder / "tiantong.db"


@pytest.fixture
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes a database with a past: `lived("sqlite")`, `lived("postgresql")`; each has lived through it by itself."""

    def make(kind: str) -> str:
        if kind == "postgresql":
            return str(request.getfixturevalue("postgres").fresh(live_in))
        folder = tmp_path / f"office{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        shutil.copy(request.getfixturevalue("past"), folder / "tiantong.db")
        return sqlite_url(folder)

    return make


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes the address of a database with nothing in it, not even tables."""

    def make(kind: str) -> str:
        if kind == "postgresql":
            return str(request.getfixturevalue("postgres").fresh())
        return sqlite_url(tmp_path / f"new{len(list(tmp_path.iterdir()))}")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, lived: Callable[[str], str]) -> str:
    """A database with a past, on either engine."""
    return lived(request.param)
