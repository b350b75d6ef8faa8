"""An office for each test, with the town in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.office import Office, opened


@pytest.fixture
def office(filled_sqlite: Path, tmp_path: Path, rules: dict[str, Any]) -> Iterator[Office]:
    """Never started: turns on a file of its own."""
    with opened(filled_sqlite, tmp_path, **rules) as office:
        yield office
