"""The bot's own tick, twice, in a process of its own at a moment of ours: what is due is said, then nothing is left."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from benchmarks.files import NOW
from benchmarks.sampler import Sampler
from bot.__main__ import assemble
from bot.config import load
from models.messages import Outgoing


def _said(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Outgoing)).one()


async def _ticks(config: Path, begin: Callable[[], None]) -> dict[str, Any]:
    """The same application as `serve` runs, without its door and its clock."""
    app = assemble(load(config), now=lambda: NOW, ticking=False)
    seconds, said = [], []
    try:
        before = await app.store.read(_said)
        begin()
        for _ in range(2):
            begun = time.perf_counter()
            await app.tick()
            seconds.append(time.perf_counter() - begun)
            after = await app.store.read(_said)
            said.append(after - before)
            before = after
    finally:
        app.store.close()
    return {"seconds": seconds, "said": said, "peak": peak()}


def peak() -> float:
    """The most memory this process has had, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def main(config: str, samples: str = "") -> None:
    """The office of this config file; looking at itself where it is told into which file."""
    if not samples:
        print(json.dumps(asyncio.run(_ticks(Path(config), lambda: None))))
        return
    with Sampler(Path(samples)) as sampler:
        asyncio.run(_ticks(Path(config), sampler.begin))


if __name__ == "__main__":
    main(*sys.argv[1:])
