"""Figures, what they are held against, and the page they are kept on."""

import os
import platform
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PAGE = HERE / "RESULTS.md"
COLUMNS = "| row | what | measured: median (least–most) | beside it, in the same run | ratio | must reach | |"
PACKAGES = (
    "aiohttp",
    "sqlalchemy",
    "sqlmodel",
    "httpx",
    "wechatpy",
    "cryptography",
    "psycopg",
    "fastapi",
    "uvicorn",
    "uvloop",
)


@dataclass(frozen=True)
class Bar:
    """What must be reached: by the ratio or by the figure itself, by the median or (`always`) in every round."""

    least: float | None = None
    most: float | None = None
    ratio: bool = False
    always: bool = False

    def met(self, values: Sequence[float], ratios: Sequence[float]) -> bool:
        """Whether it was."""
        wanted = ratios if self.ratio else values
        if self.always:
            low, high = min(wanted), max(wanted)
        else:
            low = high = median(wanted)
        return (self.least is None or low >= self.least) and (self.most is None or high <= self.most)

    def words(self, unit: str) -> str:
        """As the client wrote it."""
        unit = "×" if self.ratio else unit
        if self.least is not None:
            return f"≥ {self.least:g} {unit}"
        return f"≤ {self.most:g} {unit}{', always' if self.always else ''}"


@dataclass(frozen=True)
class Figure:
    """One thing measured, a value for each round, with the values of something else taken between them."""

    what: str
    unit: str
    values: Sequence[float]
    beside: str = ""
    beside_values: Sequence[float] = ()
    bar: Bar | None = None

    @property
    def ratios(self) -> list[float]:
        """Round by round."""
        return [ours / theirs for ours, theirs in zip(self.values, self.beside_values, strict=False) if theirs]

    @property
    def met(self) -> bool | None:
        """Whether the bar was reached; None where there is none."""
        return self.bar.met(self.values, self.ratios) if self.bar else None

    def cells(self) -> str:
        """One line of the page."""
        shown = f"{_short(median(self.values))} {self.unit} ({_short(min(self.values))}–{_short(max(self.values))})"
        beside = f"{self.beside}: {_short(median(self.beside_values))}" if self.beside_values else self.beside or "—"
        ratio = f"{_short(median(self.ratios))} ×" if self.ratios else "—"
        wanted = self.bar.words(self.unit) if self.bar else "—"
        verdict = {True: "met", False: "**missed**", None: ""}[self.met]
        return f"{self.what} | {shown} | {beside} | {ratio} | {wanted} | {verdict} |"


@dataclass
class Row:
    """One promise: its figures, and what is to be said about them."""

    name: str
    how: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what bounds it, what was not measured

    def lines(self) -> list[str]:
        """Its part of the table."""
        return [f"| {self.name} | {figure.cells()}" for figure in self.figures]

    def section(self, stamp: str) -> str:
        """Its part of the remarks."""
        return "\n".join(
            [f"## {self.name}", "", f"_{stamp}_ — {self.how}", "", *[f"- {note}" for note in self.notes], ""]
        )


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


# --- the page ---------------------------------------------------------------------------------------------------------


def machine() -> str:
    """What it was measured on."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def versions(postgres: str) -> str:
    """What was measured with."""
    named = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", postgres]
    for package in PACKAGES:
        try:
            named.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            named.append(f"{package} not installed")
    return ", ".join(named)


def stamp(rounds: int) -> str:
    """When, and of which commit."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes not committed"],  # noqa: S607
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {said.stdout.strip() or 'unknown'}, {rounds} rounds"


def page(rows: Sequence[Row], *, rounds: int, machine: str, versions: str, before: str = "") -> str:
    """The whole page; rows that were not measured this time stay as they stood."""
    when = stamp(rounds)
    lines = {row.name: row.lines() for row in rows}
    sections = {row.name: row.section(when) for row in rows}
    old_lines: dict[str, list[str]] = {}
    for line in before.splitlines():
        if (cells := line.split("|")) and len(cells) == 9 and (name := cells[1].strip()) not in ("row", "---"):
            old_lines.setdefault(name, []).append(line)
    old_sections = {
        found[1]: found[0].rstrip() + "\n" for found in re.finditer(r"(?ms)^## (\w+)\n.*?(?=^## |\Z)", before)
    }
    names = list(dict.fromkeys([name for name in ORDER if name in {*lines, *old_lines}]))
    head = [
        "# Results",
        "",
        "Written by `make bench`. Figures drift with the machine and the hour, so each stands beside something else that was",
        "measured in the same run, turn and turn about; medians. How each is measured, and what bounds it, is said below.",
        "",
        f"- Machine: {machine}. The server on one core, the load on another, loopback only.",
        f"- Versions: {versions}",
        f"- Last run: {when}",
        "",
        COLUMNS,
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    body = [line for name in names for line in lines.get(name, old_lines.get(name, []))]
    tail = [sections.get(name, old_sections.get(name, "")) for name in names]
    return "\n".join([*head, *body, "", *tail]).rstrip() + "\n"


ORDER = ("accept", "turns", "cipher", "sweep", "outbox", "growth", "similar", "rest", "scale")


def print_row(row: Row) -> None:
    """For whoever waits."""
    for line in [*row.lines(), *row.notes]:
        print(line, file=sys.stdout, flush=True)
