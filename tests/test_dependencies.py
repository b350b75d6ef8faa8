"""docs/DEPENDENCIES.md names every locked package, in its locked version, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_locked_package_is_accounted_for() -> None:
    locked = {
        (name, version)
        for path in (ROOT / "requirements").glob("*.txt")
        for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[.*?\])?==([^ ]+)", path.read_text(encoding="utf-8"))
    }
    text = (ROOT / "docs" / "DEPENDENCIES.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^\| ([\w.-]+) \| (\d[^ ]*) \| [^|]*\w[^|]* \|", text))
    assert named == locked


def test_the_bench_measures_what_runs() -> None:
    """The bot in .venv-bench is made of the very packages it runs with; beside them there are only its rivals."""
    run, bench = (_pins(ROOT / "requirements" / name) for name in ("run.txt", "bench.txt"))
    assert run.items() <= bench.items()
    assert {"fastapi", "uvicorn", "httptools"} <= bench.keys() - run.keys()


def _pins(path: Path) -> dict[str, str]:
    """Every locked package with its version and hashes."""
    entries = re.split(r"(?m)^(?=[\w-])", path.read_text(encoding="utf-8"))[1:]
    return {entry.partition("==")[0]: entry for entry in entries}


def test_nothing_is_locked_without_a_hash() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        pinned = re.split(r"(?m)^(?=[\w-])", path.read_text(encoding="utf-8"))[1:]
        assert pinned
        assert all("--hash=sha256:" in entry for entry in pinned)
