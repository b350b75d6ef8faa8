"""Both databases for the tests: a file for SQLite, a throw-away cluster for PostgreSQL, and a fresh database for each test.

PostgreSQL is, in this order: the server named by TIANTONG_TEST_POSTGRES_URL; a cluster of our own, started from the binaries
found here; else its tests are skipped, or fail where CI=true. Every xdist worker has its own cluster.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

ENVIRONMENT = "TIANTONG_TEST_POSTGRES_URL"
READY = "database system is ready to accept connections"
QUICK = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",  # else many at once wait a second for each that stands crosswise
}


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'tiantong.db'}"


class Server:
    """A PostgreSQL server on which databases may be made and dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []
        self._templates: dict[Callable[[str], None], str] = {}

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """The address of a database of its own: empty, or a copy of one that `prepare` has filled once."""
        if prepare is None:
            return self._create()
        if prepare not in self._templates:
            url = self._create()
            prepare(url)  # and lets go of every connection: PostgreSQL copies no database in use
            self._templates[prepare] = url
        return self._create(make_url(self._templates[prepare]).database)

    def _create(self, template: str | None = None) -> str:
        name = f"tiantong_test_{os.getpid()}_{token_hex(4)}"
        copied = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._say(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
        self._made.append(name)
        return make_url(self._url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """This database is done with."""
        name = make_url(url).database or ""
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.remove(name)

    def drop_all(self) -> None:
        for name in self._made:
            self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _say(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


_running: list[Server] = []  # the server of this process, once for everybody who asks at the same time


@contextmanager
def postgres_server() -> Iterator[Server]:
    """The server; whoever asks first starts it, and it ends with them. Skips, or fails where CI=true, if there is none."""
    if _running:
        yield _running[0]
        return
    if url := os.environ.get(ENVIRONMENT):
        server = Server(url)
        _running.append(server)
        try:
            yield server
        finally:
            _running.clear()
            server.drop_all()
        return
    binaries = _binaries()
    if binaries is None:
        words = f"PostgreSQL is not here: install it (Debian: postgresql), or set {ENVIRONMENT}"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(words)
        pytest.skip(words)
    with _cluster(binaries) as url:
        _running.append(Server(url))
        try:
            yield _running[0]
        finally:
            _running.clear()


def has_postgres() -> bool:
    """Whether stories that could do without PostgreSQL can have it: where CI=true it must be there."""
    return any((os.environ.get(ENVIRONMENT), os.environ.get("CI", "").lower() == "true", _binaries()))


def _binaries() -> Path | None:
    """The folder of initdb and postgres, the newest version first."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: -int(folder.parent.name) if folder.parent.name.isdecimal() else 0)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and _may_run():
            return folder
    return None


def _may_run() -> bool:
    return os.geteuid() != 0 or _account() is not None


def _account() -> str | None:
    """As whom to run where we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return None


@contextmanager
def _cluster(binaries: Path) -> Iterator[str]:
    account = _account()
    room = "/dev/shm" if tempfile.gettempdir() == "/dev/shm" else "/tmp"  # short: a socket's path has at most 107 bytes
    home = Path(tempfile.mkdtemp(prefix="tiantong-pg-", dir=room))
    data = str(home / "data")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    make = [str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8"]
    serve = [str(binaries / "postgres"), "-D", data, "-k", str(home)]
    serve += [word for name, value in QUICK.items() for word in ("-c", f"{name}={value}")]
    try:
        if account:
            shutil.chown(home, account, account)
        made = subprocess.run(
            [*make, "--no-sync"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=environment,
            user=account,
            group=account,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")
        process = subprocess.Popen(
            serve,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=environment,
            user=account,
            group=account,
            start_new_session=True,  # Ctrl-C is for the tests; the cluster is stopped by us
        )
        try:
            _wait_until_ready(process)
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    ready, last = threading.Event(), deque[str](maxlen=20)

    def listen() -> None:  # to the end: a full pipe would stop the server
        assert process.stderr is not None
        for line in process.stderr:
            last.append(line)
            if READY in line:
                ready.set()
        ready.set()

    threading.Thread(target=listen, daemon=True, name="postgres-log").start()
    if not ready.wait(timeout=60) or process.poll() is not None:
        raise RuntimeError("PostgreSQL did not start:\n" + "".join(last))


def _stop(process: subprocess.Popen[str]) -> None:
    """End the server we started: quickly, and at once if it does not."""
    for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(signum)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
            return
