"""Where the CPU goes: looks at every thread now and then and books the CPU time it used since to where it stands."""

import json
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

EVERY = 0.002  # seconds
OFTEN = 0.0001  # else we would be let in only where a thread waits, and see nothing of those that compute
PACKAGES = ("site-packages/", "lib/python3.")
BEGIN = signal.SIGUSR1  # sent when the start is over
OURS = ("bot", "handlers", "models", "scheduler", "protocol", "benchmarks")


class Sampler:
    """`with Sampler(file):` writes {"file:function": CPU seconds since BEGIN} and, by package, the sums."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stop = threading.Event()
        self._own: defaultdict[str, float] = defaultdict(float)
        self._within: defaultdict[str, float] = defaultdict(float)
        self._packages: defaultdict[str, float] = defaultdict(float)
        self._thread = threading.Thread(target=self._look, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        signal.signal(BEGIN, lambda number, frame: self.begin())
        return self

    def begin(self) -> None:
        """The start is over: look from now on."""
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        if self._thread.ident:
            self._thread.join()
        found = {"own": self._own, "within": self._within, "packages": self._packages}
        self._file.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")

    def _look(self) -> None:
        sys.setswitchinterval(OFTEN)
        used: dict[int, float] = {}
        me = threading.get_ident()
        while not self._stop.wait(EVERY):
            for thread, frame in sys._current_frames().items():
                if thread == me:
                    continue
                try:
                    now = time.clock_gettime(time.pthread_getcpuclockid(thread))
                except OSError:  # it has just ended
                    continue
                spent = now - used.get(thread, now)
                used[thread] = now
                if spent > 0:
                    self._book(frame, spent)

    def _book(self, frame: FrameType, spent: float) -> None:
        self._own[_name(frame)] += spent
        self._packages[_package(frame)] += spent
        seen: set[str] = set()
        above: FrameType | None = frame
        while above is not None:
            name = _name(above)
            if name not in seen:
                seen.add(name)
                self._within[name] += spent
            above = above.f_back


def _name(frame: FrameType) -> str:
    file = frame.f_code.co_filename
    for mark in PACKAGES:
        if mark in file:
            file = file.rpartition(mark)[2]
            break
    else:
        file = "/".join(Path(file).parts[-2:])
    return f"{file}:{frame.f_code.co_qualname}"


def _package(frame: FrameType) -> str:
    file = frame.f_code.co_filename
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2].split("/")[0]
    if "lib/python3." in file:
        return "python: " + Path(file).stem if "asyncio" not in file else "python: asyncio"
    return next((part for part in Path(file).parts if part in OURS), "other")
