"""Servers as processes of their own: pinned to one core, watched through /proc, ended by the process that started them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from benchmarks.office import AES_KEY, CORP, HOST, TOKEN, Place

ROOT = Path(__file__).parents[1]
START_WITHIN, STOP_WITHIN = 30.0, 15.0
TICKS = os.sysconf("SC_CLK_TCK")


CORES = sorted(os.sched_getaffinity(0))
MEASURED, MEASURING = CORES[0], CORES[-1]  # one core for the server, another for the load; the same where there is one


@contextmanager
def pinned(*which: int) -> Iterator[None]:
    """This thread, and whatever it starts, on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, which)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on just now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class Failed(Exception):
    """A process did not start or end as it must; its last words are in it."""


class Server:
    """One process that answers /healthz when it is ready."""

    def __init__(self, command: list[str], port: int, log: Path, cores: Sequence[int] = (MEASURED,)) -> None:
        self.command, self.port, self.log, self.cores = command, port, log, cores
        self.ready_after = 0.0  # seconds
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it on its cores, and wait until it is ready."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("TIANTONG_", "PYTHON"))
        }
        begun = time.perf_counter()
        with self.log.open("ab") as log, pinned(*self.cores):
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603  # pinned as this thread is
                self.command, stdout=log, stderr=log, cwd=ROOT, env=environment, start_new_session=True
            )
        while time.perf_counter() - begun < START_WITHIN:
            if self._process.poll() is not None:
                raise Failed(f"{self.command} ended with {self._process.returncode}:\n{self._last_words()}")
            if await self._is_ready():
                self.ready_after = time.perf_counter() - begun
                return
            await asyncio.sleep(0.005)
        await self.stop()
        raise Failed(f"{self.command} was not ready within {START_WITHIN:g} s:\n{self._last_words()}")

    async def _is_ready(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        try:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b" 200 " in await reader.readline()
        except OSError:
            return False
        finally:
            writer.close()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that does not help."""
        if self._process is None:
            return
        process, self._process = self._process, None
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, STOP_WITHIN)
                return

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of CPU used so far, kernel time and all threads included."""
        return spent(self.pid)

    def memory(self, what: str = "VmRSS") -> float:
        """Resident megabytes now, or (VmHWM) at most so far."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0.0

    def _last_words(self) -> str:
        with suppress(OSError):
            return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return ""


def spent(pid: int) -> float:
    """Seconds of CPU a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def bot(place: Place, *, held: bool = False, samples: Path | None = None, cores: Sequence[int] = (MEASURED,)) -> Server:
    """`python -m bot serve`; `held`: the same with its workers held back; `samples`: the same, looking at itself."""
    command = [sys.executable, "-m", "bot", "serve", "--config", str(place.config)]
    if held or samples:
        options = (["--held"] if held else []) + (["--samples", str(samples)] if samples else [])
        command = [sys.executable, "-m", "benchmarks.held", str(place.config), *options]
    return Server(command, place.port, place.folder / "bot.log", cores)


def peer(name: str, folder: Path) -> Server | None:
    """One of benchmarks/peers; None where its framework is not installed."""
    python = _with_fastapi() if name == "fastapi_peer" else sys.executable
    if python is None:
        return None
    [port] = free_ports(1)
    command = [python, "-m", f"benchmarks.peers.{name}", str(port), TOKEN, AES_KEY, CORP]
    return Server(command, port, folder / f"{name}.log")


@cache
def _with_fastapi() -> str | None:
    """This Python if it has FastAPI, else the one that scripts/bench has prepared."""
    for python in (sys.executable, str(ROOT / ".venv-bench" / "bin" / "python")):
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(  # noqa: S603
                [python, "-c", "import fastapi, uvicorn, uvloop, httptools"], check=True, capture_output=True
            )
            return python
    return None
