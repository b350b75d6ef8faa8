"""Log lines as JSON on stderr: short fixed phrases with ids; never a text, a name, a number or a secret."""

import asyncio
import logging
import sys
import threading
from contextlib import suppress
from typing import TextIO

import structlog


class Together:
    """Writes the lines of one round of the event loop with one call; outside a loop each line at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Take a line; it is out before the loop waits again."""
        with self._lock:
            first = not self._lines
            self._lines.append(text)
        try:
            if first:
                asyncio.get_running_loop().call_soon(self._out)
        except RuntimeError:
            self._out()

    def flush(self) -> None:
        """Nothing: lines go out by themselves."""

    def _out(self) -> None:
        with self._lock:
            text = "".join(self._lines)
            self._lines.clear()
        with suppress(OSError):  # the disk is full: what cannot be told must not stop the work
            self._stream.write(text)
            self._stream.flush()


def log_to_stderr(*, quiet: bool = False) -> None:
    """Set the program's log up; `quiet` keeps warnings and worse."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(Together(sys.stderr)),  # type: ignore[arg-type]  # a file to write to
        cache_logger_on_first_use=True,
    )
