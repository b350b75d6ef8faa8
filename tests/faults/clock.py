"""A calendar that several processes share: it runs, at a pace of its own, and can be turned forward and back."""

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.calendar import Calendar

_LAYOUT = struct.Struct("dddd")  # the moment it began, the machine's monotonic clock then, pace, seconds turned
_TURNED = struct.Struct("d")
_TURNED_AT = _LAYOUT.size - _TURNED.size


class Shared:
    """The clock in a file: whoever opens it reads the same time, for the monotonic clock is that of the whole machine."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _LAYOUT.size)

    @staticmethod
    def made(file: Path, start: datetime, pace: float) -> "Shared":
        """A new clock; `pace`: so many of its seconds go by in one of ours."""
        file.write_bytes(_LAYOUT.pack(start.timestamp(), time.monotonic(), pace, 0.0))
        return Shared(file)

    def __call__(self) -> datetime:
        """The present moment."""
        began, since, pace, turned = _LAYOUT.unpack(self._shared[:])
        return datetime.fromtimestamp(began + pace * (time.monotonic() - since) + turned, UTC)

    def turn(self, seconds: float) -> None:
        """Forward, or back, for everybody at once."""
        (turned,) = _TURNED.unpack(self._shared[_TURNED_AT:])
        self._shared[_TURNED_AT:] = _TURNED.pack(turned + seconds)


class SharedCalendar(Calendar):
    """The platform's side of the shared clock."""

    def __init__(self, file: Path, *, start: datetime | None = None, pace: float = 1.0) -> None:
        super().__init__(running=True)
        self.file, self._start, self._pace = file, start or datetime.now(UTC), pace
        self._clock = Shared.made(file, self._start, pace)
        self._clocks = [self._clock]

    def beside(self, seconds: float) -> Path:
        """Another clock, so much ahead of this one; they are turned together."""
        file = self.file.with_name(f"{self.file.name}{len(self._clocks)}")
        other = Shared.made(file, self._start, self._pace)
        other.turn((self.now() - other()).total_seconds() + seconds)
        self._clocks.append(other)
        return file

    def now(self) -> datetime:
        """The present moment, in every process."""
        return self._clock()

    def jump(self, **step: float) -> None:
        """Turn it, `jump(days=1)`, `jump(hours=-1)`; nobody is woken."""
        for clock in self._clocks:
            clock.turn(timedelta(**step).total_seconds())
