"""What the machine gives without us: bare transactions on the same database, measured between the figures they stand beside."""

import sqlite3
import time

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.processes import MEASURED, pinned

SECONDS = 0.5


def commits(database: str, seconds: float = SECONDS) -> float:
    """Transactions a second, each with one INSERT of a usual length, kept as safely as the bot keeps them."""
    text = "字" * 300
    with pinned(MEASURED):
        if make_url(database).drivername == "sqlite":
            return _sqlite(database, text, seconds)
        return _postgres(database, text, seconds)


def _sqlite(database: str, text: str, seconds: float) -> float:
    file = make_url(database).database
    connection = sqlite3.connect(f"{file}.yardstick", isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, words TEXT)")
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare (words) VALUES (?)", (text,))
            connection.execute("COMMIT")
            done += 1
        return done / (time.perf_counter() - begun)
    finally:
        connection.close()


def _postgres(database: str, text: str, seconds: float) -> float:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id SERIAL PRIMARY KEY, words TEXT)")
        connection.commit()
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            connection.execute("INSERT INTO bare (words) VALUES (%s)", (text,))
            connection.commit()
            done += 1
        return done / (time.perf_counter() - begun)
