"""`python -m bot serve`, with its workers held back (only accepting is measured) or with somebody looking over its shoulder."""

import argparse
import asyncio
from contextlib import ExitStack
from pathlib import Path

from benchmarks.sampler import Sampler
from bot.__main__ import serve
from bot.inbox import Inbox


async def _does_nothing(self: Inbox) -> None:
    while not self._stopping:
        self.bell.begin()
        await self.bell.listen(60)


def main() -> None:
    """The bot's own `serve`, nothing else changed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--held", action="store_true")
    parser.add_argument("--samples", type=Path)
    given = parser.parse_args()
    if given.held:
        assert asyncio.iscoroutinefunction(Inbox._worker), "the inbox has other workers now"
        Inbox._worker = _does_nothing  # type: ignore[method-assign]
    with ExitStack() as watched:
        if given.samples:
            watched.enter_context(Sampler(given.samples))
        serve(given.config)


if __name__ == "__main__":
    main()
