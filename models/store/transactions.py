"""SQLite or PostgreSQL behind one transaction."""

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Field, Session, SQLModel, col, select

T = TypeVar("T")
M = TypeVar("M", bound=SQLModel)

_BUSY_MS = 4_000  # the platform hangs up after 5 s: give up a little earlier and let it deliver again
_RETRIES = 10
_CHANNEL = "tiantong"
_OLDEST = 13  # PostgreSQL; older ones are no longer mended
_PASSING = {  # PostgreSQL
    "25006",  # read-only, as a server is when its disk is full, or after a fail-over
    "25P03",  # this process stood still in the midst of a transaction
    "25P04",
}
_OUTAGES = {"08", "53", "57", "58"}  # connection, resources, operator, system
_CLASHES = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock: the other one went on, try again


class Counter(SQLModel, table=True):
    """The last number given out of a series, for example `serial:2026`."""

    name: str = Field(primary_key=True, max_length=64)
    value: int = 0


class StoreDown(Exception):
    """The database does not answer just now (locked, full, gone); worth another try later."""


class WrongSchema(Exception):
    """The database is of another version than this program; the text says what to type."""


def database_url(text: str | URL) -> URL:
    """SQLAlchemy's address of `sqlite:///file` or `postgresql://…` (psycopg 3); ValueError for anything else."""
    url = make_url(text)
    if url.drivername == "sqlite":
        return url
    if url.drivername in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise ValueError("database.url must begin with sqlite:/// or postgresql://")


class Store:
    """One office's database.

    Work is a plain function of a Session. SQLite has one writer thread (its transactions begin IMMEDIATE, so nothing is
    lost between reading and writing); PostgreSQL has a few. Readers never wait for the writer.
    """

    def __init__(self, url: str | URL, *, threads: int = 4) -> None:
        self.url = database_url(url)
        self.is_sqlite = self.url.drivername == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.writers = 1 if self.is_sqlite else threads
        self._writing = _engine(self.url, immediate=True, size=self.writers + 1)
        self._reading = _engine(self.url, immediate=False, size=2) if self.is_sqlite else self._writing
        self._write_threads = ThreadPoolExecutor(self.writers, "store-write")
        self._read_threads = ThreadPoolExecutor(2, "store-read")
        self._closed = threading.Event()

    async def run(self, work: Callable[[Session], T]) -> T:
        """Do `work` in one transaction: all of it is kept, or nothing. StoreDown when the database does not answer."""
        return await self._in_thread(self._write_threads, lambda: self.write(work))

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do `work` that changes nothing, beside the writer."""
        return await self._in_thread(self._read_threads, lambda: self._read(work))

    def write(self, work: Callable[[Session], T]) -> T:
        """`run` for callers that are in a thread already (command line, tests)."""
        for left in reversed(range(_RETRIES)):
            try:
                with Session(self._writing, expire_on_commit=False) as session:
                    done = work(session)
                    session.commit()
                    return done
            except (DBAPIError, StaleDataError) as error:
                if left and _is_clash(error):
                    time.sleep(random.uniform(0, 0.01) * (_RETRIES - left))  # noqa: S311 - so as not to meet again
                    continue
                if isinstance(error, StaleDataError):
                    raise
                raise _explained(error) from error
        raise AssertionError("unreachable")

    def _read(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._reading, expire_on_commit=False) as session:
                return work(session)
        except DBAPIError as error:
            raise _explained(error) from error

    async def _in_thread(self, threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        if self._closed.is_set():
            raise StoreDown("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(threads, call)

    @property
    def poll(self) -> float:
        """Seconds after which to look for work that nobody has rung for: a safety net, wide where NOTIFY rings."""
        return 1.0 if self.is_sqlite else 5.0

    async def listen(self, ring: Callable[[], None]) -> None:
        """Ring whenever another replica has written something down (PostgreSQL). On SQLite there is nobody to hear."""
        if self.is_sqlite:
            return
        import psycopg  # 9 MB that an office with SQLite has no use for

        while not self._closed.is_set():
            try:
                address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
                async with await psycopg.AsyncConnection.connect(
                    address, autocommit=True, connect_timeout=5
                ) as hearing:
                    await hearing.execute(f"LISTEN {_CHANNEL}")
                    ring()  # for what came before we listened
                    async for _ in hearing.notifies():
                        ring()
            except psycopg.Error:
                await asyncio.sleep(self.poll)

    def close(self) -> None:
        """Finish what runs, then let go of the database."""
        self._closed.set()
        self._write_threads.shutdown(wait=True)
        self._read_threads.shutdown(wait=True)
        self._writing.dispose()
        self._reading.dispose()

    @contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """A bare connection in a transaction, for migrations."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A bare connection that sees one moment of the store, however long it reads; writers go on meanwhile."""
        with self._reading.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                if self.is_sqlite:
                    connection.execute(sa.text("SELECT count(*) FROM sqlite_master")).scalar()  # the moment is now
                else:
                    connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                yield connection


def is_passing(error: Exception) -> bool:
    """Whether it is the database's trouble of the moment, and no mistake of who asked it."""
    if _is_clash(error):
        return True
    return isinstance(error, DBAPIError) and isinstance(_explained(error), StoreDown)


def _is_clash(error: Exception) -> bool:
    """Whether somebody else was quicker: begun again, it will do."""
    if isinstance(error, StaleDataError):  # a row that counts its changes had been read before another's was written
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CLASHES


def _explained(error: DBAPIError) -> Exception:
    """StoreDown for what time may heal, else the error itself: a wrong statement is a bug."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    transient = isinstance(error, OperationalError)
    if transient and isinstance(error.orig, sqlite3.Error):
        transient = error.orig.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR  # that one is our own statement
    transient = transient or state in _PASSING or state[:2] in _OUTAGES
    return StoreDown(type(error.orig).__name__) if transient or error.connection_invalidated else error


def _engine(url: URL, *, immediate: bool, size: int) -> Engine:
    if url.drivername != "sqlite":
        limits = "-c timezone=UTC -c lock_timeout=4000 -c idle_in_transaction_session_timeout=15000"
        server = sa.create_engine(
            url,
            hide_parameters=True,
            pool_size=size,
            max_overflow=2,
            pool_pre_ping=True,
            connect_args={"options": limits, "connect_timeout": 5},
        )
        event.listen(server, "connect", _old_enough, insert=True)  # before SQLAlchemy asks it anything
        return server
    engine = sa.create_engine(
        url,
        hide_parameters=True,  # a log line must not hold what people wrote
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _old_enough(connection: Any, _record: Any) -> None:
    version = connection.info.server_version // 10_000
    if version < _OLDEST:
        connection.close()
        raise WrongSchema(f"PostgreSQL 的版本是 {version}，至少需要 {_OLDEST}。请先升级数据库服务器。")


def notify(session: Session) -> None:
    """Let the other replicas know, once this transaction is committed."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sa.text(f"NOTIFY {_CHANNEL}"))


def put_all(session: Session, kind: type[SQLModel], rows: Sequence[dict[str, Any]], *, unique: str = "key") -> None:
    """Insert rows (every column but the id) unless their unique `key` is there already: doing it twice changes nothing."""
    if rows:
        session.connection().execute(_putting(kind, session.get_bind().dialect.name, unique), rows)


@cache
def _putting(kind: type[SQLModel], dialect: str, unique: str) -> Any:
    return _insert(dialect)(kind).on_conflict_do_nothing(index_elements=[unique])


def _insert(dialect: str) -> Any:
    return insert_sqlite if dialect == "sqlite" else insert_postgresql


def locked(session: Session, kind: type[M], key: Any) -> M | None:
    """The row, held against other replicas until this transaction ends (SQLite's writer is alone anyway)."""
    return session.get(kind, key, with_for_update=True, populate_existing=True)


def claimed(session: Session, statement: Any) -> Any:
    """Rows of `statement` that no other replica holds; they stay ours until this transaction ends."""
    return session.exec(statement.with_for_update(skip_locked=True))


def count_up(session: Session, name: str) -> int:
    """The next number of a series, without gaps or repetition."""
    statement = _insert(session.get_bind().dialect.name)(Counter).values(name=name, value=1)
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": col(Counter.value) + 1})
    )
    return session.exec(select(Counter.value).where(Counter.name == name)).one()


def answers(session: Session) -> bool:
    """Whether the database answers at all (for /healthz)."""
    return session.connection().execute(sa.text("SELECT 1")).scalar() == 1
