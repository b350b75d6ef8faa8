"""A small disk that can be filled: a file system of its own where we may mount one, else a limit on what the bot may write."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = 16 << 20


class SmallDisk:
    """A folder whose disk has room for a town, until it is filled."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self._pid = 0

    def fill(self, pid: int) -> None:
        """From now on nothing more can be written (by the process `pid`, where we have no disk of our own)."""
        if self.mounted:
            with suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
                for piece in (1 << 16, 1 << 12, 1 << 8, 1):
                    with suppress(OSError):
                        while True:
                            ballast.write(b"\0" * piece)
            return
        self._pid = pid
        [log] = self.folder.glob("*-wal")  # every commit makes it longer, until it is begun anew at some megabytes
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))

    def empty(self) -> None:
        """There is room again."""
        if self.mounted:
            (self.folder / "ballast").unlink()
        else:
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path, *, mount: bool) -> Iterator[SmallDisk]:
    """A disk at `folder`; mounted if that is wanted and allowed."""
    folder.mkdir()
    mounted = mount and os.geteuid() == 0 and _run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder))
    try:
        yield SmallDisk(folder, mounted=mounted)
    finally:
        if mounted:
            _run("umount", str(folder))


def _run(*command: str) -> bool:
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    return False
