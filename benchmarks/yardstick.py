"""What the machine gives without us: bare transactions on the same database, measured between the figures they stand beside."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.processes import MEASURED, pinned

SECONDS = 0.5
TEXT = "字" * 300
TABLE = "CREATE TABLE IF NOT EXISTS bare (id {} PRIMARY KEY, words TEXT)"


def commits(database: str, seconds: float = SECONDS) -> float:
    """Transactions a second, each with one INSERT of a usual length, kept as safely as the bot keeps them."""
    with pinned(MEASURED), _bare(database) as insert:
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            insert(1)
            done += 1
        return done / (time.perf_counter() - begun)


def writes(database: str, rows: int, at_once: int = 100) -> float:
    """Seconds for so many INSERTs, some to a transaction."""
    with pinned(MEASURED), _bare(database) as insert:
        begun = time.perf_counter()
        for left in range(rows, 0, -at_once):
            insert(min(left, at_once))
        return time.perf_counter() - begun


@contextmanager
def _bare(database: str) -> Iterator[Callable[[int], None]]:
    """Inserts so many rows in one transaction of its own."""
    file = make_url(database).database
    if make_url(database).drivername == "sqlite":
        with closing(sqlite3.connect(f"{file}.yardstick", isolation_level=None)) as connection:
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE.format("INTEGER")):
                connection.execute(statement)

            def insert(rows: int) -> None:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO bare (words) VALUES (?)", [(TEXT,)] * rows)
                connection.execute("COMMIT")

            yield insert
        return
    with psycopg.connect(database) as server:
        server.execute(TABLE.format("SERIAL").encode())

        def insert_there(rows: int) -> None:
            server.cursor().executemany("INSERT INTO bare (words) VALUES (%s)", [(TEXT,)] * rows)
            server.commit()

        yield insert_there
