"""`python -m benchmarks [names…] [--quick] [--write]`: measures, prints, and keeps the page."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from benchmarks import accept, bench, cipher, growth, outbox, postgres, rest, results, scale, sweep, turns
from benchmarks.load import Stuck
from benchmarks.processes import MEASURING, Failed, pinned

ROWS: dict[str, Callable[[bench.Bench], Awaitable[results.Row]]] = {
    "accept": accept.run,
    "turns": turns.run,
    "cipher": cipher.run,
    "sweep": sweep.run,
    "outbox": outbox.run,
    "growth": growth.run,
    "rest": rest.run,
    "scale": scale.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 when a bar was missed, 2 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast the bot is.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of: {' '.join(ROWS)}; all of them unless told")
    parser.add_argument("--quick", action="store_true", help="one small round of each: whether it runs, not how fast")
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured; 5 unless told")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {results.PAGE.name}")
    given = parser.parse_args(arguments)
    if strange := [name for name in given.names if name not in ROWS]:
        parser.error(f"no such row: {' '.join(strange)}")
    if given.quick and given.write:
        parser.error("a quick run is no measurement: leave --write out")
    try:
        with bench.opened(quick=given.quick, only_sqlite=given.sqlite, rounds=given.rounds) as run, pinned(MEASURING):
            rows = asyncio.run(_until_told(measured(run, given.names or list(ROWS), write=given.write)))
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("stopped; everything that was started has ended", file=sys.stderr)
        return 130
    except (Failed, Stuck) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    return int(any(figure.met is False for row in rows for figure in row.figures))


async def _until_told(measuring: Coroutine[Any, Any, list[results.Row]]) -> list[results.Row]:
    """SIGTERM ends it as Ctrl-C does: whatever was started is stopped first."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def measured(run: bench.Bench, names: Sequence[str], *, write: bool = False) -> list[results.Row]:
    """These rows, one after the other; the page is written after each, so that nothing measured is lost."""
    rows = []
    for name in names:
        row = await ROWS[name](run)
        results.print_row(row)
        rows.append(row)
        if write:
            before = results.PAGE.read_text(encoding="utf-8") if results.PAGE.exists() else ""
            here = {"machine": results.machine(), "versions": results.versions(postgres.named())}
            text = results.page([row], rounds=run.rounds, **here, before=before)
            results.PAGE.write_text(text, encoding="utf-8")
    return rows


if __name__ == "__main__":
    sys.exit(main())
