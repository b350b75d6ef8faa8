"""The store: SQLite or PostgreSQL. Only this room (and what migrations write down) knows how the two differ.

transactions.py  a transaction on either, rows held, numbers counted, replicas woken
keys.py          what proposals are found by: the few questions that each engine asks in its own words
triggers.py      what the database itself refuses
copying.py       an office from one database into another
backup.py        an office in one file
"""

from models.store.transactions import (
    Counter,
    Store,
    StoreDown,
    WrongSchema,
    answers,
    claimed,
    count_up,
    database_url,
    is_passing,
    locked,
    notify,
    put_all,
)

__all__ = [
    "Counter",
    "Store",
    "StoreDown",
    "WrongSchema",
    "answers",
    "claimed",
    "count_up",
    "database_url",
    "is_passing",
    "locked",
    "notify",
    "put_all",
]
