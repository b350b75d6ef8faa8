"""A PostgreSQL that may go down: a cluster of our own, or, on somebody else's server, a database whose door is shut."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.databases import QUICK, Server, _account, _binaries, _stop, _wait_until_ready

KEPT = {"synchronous_commit": "on", "restart_after_crash": "on"}  # a crash of the server must lose nothing


class Mortal(Protocol):
    """A database server that can be taken away."""

    url: str

    def down(self, *, crash: bool) -> None:
        """Take it away."""

    def up(self) -> None:
        """Bring it back."""


class Cluster:
    """A server of our own, ended and started again by its pid."""

    def __init__(self, binaries: Path, home: Path) -> None:
        self._binaries, self._home, self._data = binaries, home, home / "data"
        self._account = _account()
        self._process: subprocess.Popen[str] | None = None
        self.url = f"postgresql://postgres@/postgres?host={home}"
        if self._account:
            shutil.chown(home, self._account, self._account)
        make = ["initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8"]
        made = self._begun(*make, "--no-sync")
        said = made.communicate(timeout=60)[1]
        assert made.returncode == 0, said

    def up(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = [word for name, value in {**QUICK, **KEPT}.items() for word in ("-c", f"{name}={value}")]
        self._process = self._begun("postgres", "-D", str(self._data), "-k", str(self._home), *settings)
        _wait_until_ready(self._process)

    def down(self, *, crash: bool) -> None:
        """SIGINT ends it at once but in order; SIGQUIT as a power cut does: what it must know is in its log."""
        assert self._process
        self._process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self._process.wait(timeout=30)

    def close(self) -> None:
        """End it for good."""
        if self._process and self._process.poll() is None:
            _stop(self._process)

    def _begun(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self._binaries / program), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._home,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            user=self._account,
            group=self._account,
            start_new_session=True,
        )


class Shut:
    """A database of a server that is not ours: nobody is let in, and whoever is in is thrown out."""

    def __init__(self, server: Server) -> None:
        self._server = server._url
        self.url = server.fresh()

    def down(self, *, crash: bool) -> None:
        """Shut the door; a crash looks the same from here."""
        self._say("ALTER DATABASE {} ALLOW_CONNECTIONS false")
        with psycopg.connect(self._server, autocommit=True) as connection:
            name = make_url(self.url).database
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    def up(self) -> None:
        """Open it again."""
        self._say("ALTER DATABASE {} ALLOW_CONNECTIONS true")

    def _say(self, words: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(words).format(sql.Identifier(make_url(self.url).database or "")))


@contextmanager
def own_cluster() -> Iterator[Cluster | None]:
    """A cluster of our own, running; None where there are no binaries."""
    binaries = _binaries()
    if binaries is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="tiantong-faults-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    try:
        cluster = Cluster(binaries, home)
        try:
            cluster.up()
            yield cluster
        finally:
            cluster.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
