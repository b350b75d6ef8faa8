"""A PostgreSQL server for the length of a run, as safe as a real one: fsync and synchronous_commit stay on."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql

from benchmarks.processes import CORES, Failed, pinned, spent

SETTINGS = {"listen_addresses": "", "shared_buffers": "256MB", "max_connections": "60", "max_wal_size": "4GB"}
START_WITHIN = 30.0


class Postgres:
    """A cluster of our own in a temporary folder."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self._made: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._account = "postgres" if os.geteuid() == 0 else None

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        self._made = Path(tempfile.mkdtemp(prefix="tiantong-pg-", dir="/tmp"))  # short: a socket's path may not be long
        if self._account:
            shutil.chown(self._home, self._account, self._account)
        data = str(self._home / "data")
        make = ["initdb", "-D", data, "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync"]
        made = subprocess.run(self._as(make), capture_output=True, cwd=self._home, **self._who())  # type: ignore[call-overload]  # noqa: S603
        if made.returncode:
            raise Failed(f"initdb: {made.stderr.decode(errors='replace')}")
        serve = ["postgres", "-D", data, "-k", str(self._home)]
        serve += [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self._home / "log").open("wb") as log, pinned(*CORES):
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603
                self._as(serve), stdout=log, stderr=log, cwd=self._home, start_new_session=True, **self._who()
            )
        ends = time.monotonic() + START_WITHIN
        while time.monotonic() < ends:
            with suppress(psycopg.OperationalError), psycopg.connect(self._url("postgres"), connect_timeout=2):
                return
            time.sleep(0.05)
        raise Failed(f"PostgreSQL did not start: {(self._home / 'log').read_text(errors='replace')[-2000:]}")

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"bench_{token_hex(4)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name)

    def cpu(self) -> float:
        """Seconds of CPU used so far by the server and all the backends it has now."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii")
        return sum(map(spent, [self._process.pid, *map(int, children.split())]))

    def stop(self) -> None:
        """End it quickly and remove everything."""
        if self._process:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout=20)
                    break
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)

    @property
    def _home(self) -> Path:
        assert self._made, "not started"
        return self._made

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._home}"

    def _as(self, command: list[str]) -> list[str]:
        return [str(self.binaries / command[0]), *command[1:]]

    def _who(self) -> dict[str, object]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        return {"env": environment, "user": self._account, "group": self._account}


def named() -> str:
    """The version of it, for the page."""
    server = found()
    if server is None:
        return "no PostgreSQL"
    said = subprocess.run([str(server.binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    return said.stdout.strip().replace("postgres (PostgreSQL)", "PostgreSQL")


def found() -> Postgres | None:
    """A server that could be started here; None without PostgreSQL, or as root where nobody else may run it."""
    folders = [Path(initdb).resolve().parent] if (initdb := shutil.which("initdb")) else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: -int(folder.parent.name) if folder.parent.name.isdecimal() else 0)
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            return None
    return next((Postgres(folder) for folder in folders if (folder / "initdb").exists()), None)
