"""docs/guarantees.md promises nothing that no test shows, and says the same in both languages."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
SHOWN_BY = re.compile(r"`(\w+/test_\w+\.py)::(test_\w+)`")
PROMISE = re.compile(r"(?m)^- \*\*")


def shown_by(page: str) -> list[tuple[str, str]]:
    """The tests a page names, in its order."""
    return SHOWN_BY.findall((DOCS / page).read_text("utf-8"))


@pytest.mark.parametrize("page", ["guarantees.md", "guarantees.zh-CN.md"])
def test_every_test_it_names_exists(page: str) -> None:
    for file, test in shown_by(page):
        assert re.search(rf"(?m)^(async )?def {test}\(", (TESTS / file).read_text("utf-8")), f"{file}::{test}"


def test_both_languages_promise_the_same() -> None:
    assert shown_by("guarantees.md") == shown_by("guarantees.zh-CN.md")
    english, chinese = ((DOCS / page).read_text("utf-8") for page in ("guarantees.md", "guarantees.zh-CN.md"))
    assert len(PROMISE.findall(english)) == len(PROMISE.findall(chinese))


def test_every_promise_names_a_test() -> None:
    promises, _, _ = (DOCS / "guarantees.md").read_text("utf-8").partition("## What is not guaranteed")
    for promise in PROMISE.split(promises)[1:]:
        assert SHOWN_BY.search(promise), promise


def test_every_fault_is_told() -> None:
    told = set(shown_by("guarantees.md"))
    for file in (TESTS / "faults").glob("test_*.py"):
        assert any(name == f"faults/{file.name}" for name, _ in told), file.name
