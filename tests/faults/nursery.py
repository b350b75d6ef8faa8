"""Forks bots from a process that has done its imports: fifty restarts would else be spent on reading modules.

`python -m tests.faults.nursery` takes a line of JSON for each request on stdin and answers on stdout. A child is the command
`python -m bot serve --config …` in a process of its own, under the clock it is given. They all end with the nursery.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]


class Nursery:
    """The test's side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def fork(self, config: Path, clock: Path, log: Path, **odd: Any) -> int:
        """A new bot; its pid stays its own until `ended` has told its end.

        `tick`: it looks for what is due so often (seconds), by the clock it is given, and logs each time.
        `bug`: whoever says BUG makes its handler fail.
        """
        return int(self._ask({"fork": [str(config), str(clock), str(log)], "odd": odd}))

    def ended(self, pid: int, *, wait: bool = False) -> int | None:
        """The exit code (negative: the signal), None while it runs; `wait` for it."""
        code: int | None = self._ask({"wait" if wait else "look": pid})
        return code

    def close(self) -> None:
        """Everything ends."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _serve(config: str, clock: str, log: str, *, tick: float = 0.0, bug: bool = False) -> NoReturn:
    from bot.__main__ import assemble, cli
    from tests.faults import odd
    from tests.faults.clock import Shared

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    assert assemble.__kwdefaults__ is not None
    now = assemble.__kwdefaults__["now"] = Shared(Path(clock))
    if tick:
        odd.ticks_every(tick, now)
    if bug:
        odd.fails()
    cli(["serve", "--config", config])
    sys.exit(0)


def _mind() -> None:
    for needed in ("bot.__main__", "tests.faults.clock", "tests.faults.odd"):
        import_module(needed)
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        request = json.loads(line)
        answer: Any
        if "fork" in request:
            answer = os.fork()
            if not answer:
                _serve(*request["fork"], **request["odd"])
            children[answer] = None
        else:
            pid = int(request.get("look") or request["wait"])
            if children[pid] is None:
                done, status = os.waitpid(pid, os.WNOHANG if "look" in request else 0)
                children[pid] = os.waitstatus_to_exitcode(status) if done else None
            answer = children[pid]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid, code in children.items():
        with suppress(ProcessLookupError):
            if code is None:
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    _mind()
