"""Backup: a whole office in one portable SQLite file, whichever engine it comes from or goes back to."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from models import books, schema
from models.books import Books
from models.store import Store, WrongSchema, copying
from models.store.copying import Counted, Heard
from models.trouble import Trouble

PAGES = 2_000  # of a SQLite file, copied at a time
_MAGIC = b"SQLite format 3\0"


class BadBackup(Trouble):
    """The file cannot be restored from; the text says why."""


@dataclass(frozen=True)
class Done:
    """What was carried over, and how the books stand there."""

    counted: list[Counted]
    books: Books

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(one.target for one in self.counted)


def back_up(store: Store, out: Path, heard: Heard) -> Done:
    """Write the office as it is at this moment into `out`, while others go on writing; `out` is whole or not there."""
    with _appearing(out) as part:
        with store.snapshot() as source:
            copying.check_version(source)
            (_copy_pages if store.is_sqlite else _copy_rows)(source, part, heard)
        try:
            with opened(part) as copy:
                counted = [Counted(table.name, n, n) for table in copying.TABLES for n in [copying.count(copy, table)]]
                return Done(counted, books.verify(copy))
        except BadBackup as bad:
            raise BadBackup("写出的备份没有通过检查，多半是数据库本身已有损坏。") from bad


def _copy_pages(source: sa.Connection, part: Path, heard: Heard) -> None:
    """The pages as SQLite itself copies them; the snapshot keeps a busy writer from making it begin again."""
    live = source.connection.dbapi_connection
    assert isinstance(live, sqlite3.Connection)
    with closing(sqlite3.connect(part)) as copy:
        live.backup(copy, pages=PAGES, progress=lambda _, left, all_: heard("", all_ - left, all_))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions


def _copy_rows(source: sa.Connection, part: Path, heard: Heard) -> None:
    kept = Store(sa.URL.create("sqlite", database=str(part)))
    try:
        with kept.connection() as target:
            copying.prepare(target)
            copying.copy(source, target, heard)
    finally:
        kept.close()
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")


def restore(store: Store, path: Path, heard: Heard, *, replace: bool = False) -> Done:
    """Put the office of a backup into the store, all or nothing; NotEmpty when it holds one already, unless replaced."""
    with opened(path) as source, store.connection() as target:
        given_out = copying.prepare(target, replace=replace)
        return Done(copying.copy(source, target, heard, given_out), books.verify(target))


@contextmanager
def held(source: Store) -> Iterator[sa.Connection]:
    """An office that is about to move: nobody writes to it while this lasts."""
    with source.connection() as old:
        copying.check_version(old)
        copying.hold(old)
        yield old


def move(old: sa.Connection, target: Store, heard: Heard) -> Done:
    """Carry an office that is held over into an empty database, all or nothing."""
    with target.connection() as new:
        copying.prepare(new)
        return Done(copying.copy(old, new, heard), books.verify(new))


# --- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[sa.Connection]:
    """A backup opened for reading only; BadBackup unless it is whole and of this program's version."""
    if not path.is_file():
        raise BadBackup("没有这个文件。")
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise BadBackup("不是备份文件。")
    reader = sa.create_engine("sqlite://", creator=lambda: _reading(path), poolclass=NullPool)
    with reader.connect() as connection:
        try:
            connection.exec_driver_sql("BEGIN")
            _check(connection)
        except DatabaseError as error:
            raise BadBackup("备份已损坏，打不开。") from error
        yield connection


def _reading(path: Path) -> sqlite3.Connection:
    alone = not path.with_name(path.name + "-wal").exists()  # then nothing need be made beside it to read it
    how = "mode=ro&immutable=1" if alone else "mode=ro"
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True, isolation_level=None)


def _check(connection: sa.Connection) -> None:
    if connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar() != "ok":
        raise BadBackup("备份已损坏。")
    if not schema.version(connection):
        raise BadBackup("不是提案通的备份。")
    try:
        copying.check_version(connection)
    except WrongSchema as wrong:
        raise BadBackup(f"{wrong}请用写它的那一版程序。") from wrong
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise BadBackup("备份不完整，有的行指向不存在的行。")


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A file of another name beside `out`, for our eyes only, that takes its place when all has gone well."""
    part = out.with_name(f".{out.name}.{token_hex(4)}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        for tail in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + tail).unlink(missing_ok=True)
