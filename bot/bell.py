"""A bell for workers: rung when there may be work; it also knows when all of them have found nothing to do."""

import asyncio
from contextlib import suppress


class Bell:
    """Shared by `workers` loops: each calls `listen` when it found nothing, whoever brings work calls `ring`."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._waiting: list[asyncio.Future[None]] = []
        self._missed = False  # rung while somebody who should have come was not listening
        self._quiet = asyncio.Event()

    def ring(self, hands: int | None = None) -> None:
        """There may be something to do, for so many hands; for everybody unless told."""
        self._quiet.clear()
        wanted = self._workers if hands is None else min(hands, self._workers)
        for _ in range(min(wanted, len(self._waiting))):
            waiting = self._waiting.pop()
            if not waiting.done():
                waiting.set_result(None)
            wanted -= 1
        self._missed = self._missed or wanted > 0

    def begin(self) -> None:
        """A worker looks for work; what rings from now on is not missed."""
        self._missed = False

    async def listen(self, at_most: float, *, busy: bool = False) -> None:
        """Wait for the bell, or for `at_most` seconds: a safety net for what another process has brought.

        `busy`: this worker has nothing new, but something under way.
        """
        if self._missed:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        if len(self._waiting) == self._workers and not busy:
            self._quiet.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(at_most):
                    await waiting
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    async def quiet(self) -> None:
        """Wait until nobody has anything to do."""
        await self._quiet.wait()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has anything to do."""
        return self._quiet.is_set()
