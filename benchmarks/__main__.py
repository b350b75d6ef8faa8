"""`python -m benchmarks [names…] [--quick] [--write]`: measures, prints, and keeps the page."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from benchmarks import accept, bench, cipher, growth, outbox, postgres, rest, results, sweep, turns
from benchmarks.processes import MEASURING, pinned

ROWS: dict[str, Callable[[bench.Bench], Awaitable[results.Row]]] = {
    "accept": accept.run,
    "turns": turns.run,
    "cipher": cipher.run,
    "sweep": sweep.run,
    "outbox": outbox.run,
    "growth": growth.run,
    "rest": rest.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 when a bar was missed."""
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
    with bench.opened(quick=given.quick, only_sqlite=given.sqlite, rounds=given.rounds) as run, pinned(MEASURING):
        rows = asyncio.run(measured(run, given.names or list(ROWS), write=given.write))
    return int(any(figure.met is False for row in rows for figure in row.figures))


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
