"""A bell for workers: rung when there may be work; it also knows when all of them have found nothing to do."""

import asyncio
from contextlib import suppress


class Bell:
    """Shared by `workers` loops: each calls `listen` when it found nothing, whoever brings work calls `ring`."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._listening = 0
        self._rung = asyncio.Event()
        self._quiet = asyncio.Event()

    def ring(self) -> None:
        """There may be something to do."""
        self._quiet.clear()
        self._rung.set()

    def begin(self) -> None:
        """A worker looks for work; what rings from now on is not missed."""
        self._rung.clear()

    async def listen(self, at_most: float, *, busy: bool = False) -> None:
        """Wait for the bell, or for `at_most` seconds: a safety net for what another process has brought.

        `busy`: this worker has nothing new, but something under way.
        """
        self._listening += 1
        if self._listening == self._workers and not busy and not self._rung.is_set():
            self._quiet.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(at_most):
                    await self._rung.wait()
        finally:
            self._listening -= 1
            if self._rung.is_set():
                self._quiet.clear()

    async def quiet(self) -> None:
        """Wait until nobody has anything to do."""
        await self._quiet.wait()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has anything to do."""
        return self._quiet.is_set()
