"""What every row is given: how thorough to be, a folder, PostgreSQL, and an office to measure."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import postgres, processes, seeds
from benchmarks.office import Place
from benchmarks.platform import Platform
from benchmarks.postgres import Postgres
from benchmarks.processes import Server, free_ports
from benchmarks.sampler import BEGIN

TOP = 14  # lines of a profile


@dataclass
class Bench:
    """One run."""

    folder: Path
    quick: bool = False
    only_sqlite: bool = False
    most_rounds: int = 5
    _postgres: Postgres | None = None
    _looked: bool = False

    @property
    def rounds(self) -> int:
        """How often everything is measured."""
        return 1 if self.quick else self.most_rounds

    def size(self, full: int, quick: int) -> int:
        """How much of something."""
        return quick if self.quick else full

    def say(self, words: str) -> None:
        """Tell whoever waits how far it is."""
        print(f"  … {words}", file=sys.stderr, flush=True)

    def place(self, name: str, database: str = "") -> Place:
        """A new office; on SQLite unless told."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        own, api = free_ports(2)
        place = Place(folder, database or f"sqlite:///{folder / 'tiantong.db'}", own, api)
        place.write_config()
        seeds.empty(place.database)
        return place

    def databases(self) -> Iterator[tuple[str, str]]:
        """(name, address; "" for a file in the office's folder) of each engine there is."""
        yield "SQLite", ""
        if not self.only_sqlite and (server := self.server()):
            yield "PostgreSQL", server.database()

    def server(self) -> Postgres | None:
        """PostgreSQL, started when it is first needed."""
        if not self._looked:
            self._looked = True
            self._postgres = postgres.found()
            if self._postgres:
                self._postgres.start()
        return self._postgres

    def close(self) -> None:
        """End what was started."""
        if self._postgres:
            self._postgres.stop()

    @asynccontextmanager
    async def serving(
        self, place: Place, *, held: bool = False, samples: Path | None = None
    ) -> AsyncIterator[tuple[Server, Platform]]:
        """The bot of this office, and a platform that it may call, for as long as it is needed."""
        bot = processes.bot(place, held=held, samples=samples)
        platform = Platform()
        await platform.start(place.api_port)
        try:
            await bot.start()
            if samples:
                os.kill(bot.pid, BEGIN)
            yield bot, platform
        finally:
            await bot.stop()
            await platform.close()


@contextmanager
def opened(*, quick: bool = False, only_sqlite: bool = False, rounds: int = 5) -> Iterator[Bench]:
    """A run, with everything it leaves behind removed."""
    with TemporaryDirectory(prefix="tiantong-bench-") as folder:
        bench = Bench(Path(folder), quick, only_sqlite, rounds)
        try:
            yield bench
        finally:
            bench.close()


def profile(file: Path, of: str) -> list[str]:
    """What the sampler has written, in a few lines."""
    found = json.loads(file.read_text(encoding="utf-8"))
    total = sum(found["own"].values()) or 1.0
    packages = ", ".join(f"{name} {spent / total:.0%}" for name, spent in _most(found["packages"]))
    own = ", ".join(f"`{name}` {spent / total:.0%}" for name, spent in _most(found["own"]))
    return [f"Profile of {of} (CPU time by where it is spent): {packages}.", f"Single functions: {own}."]


def _most(sums: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(sums.items(), key=lambda one: -one[1])[:TOP]


async def settle(seconds: float = 0.5) -> None:
    """Let what was started come to rest before the clock starts."""
    await asyncio.sleep(seconds)
