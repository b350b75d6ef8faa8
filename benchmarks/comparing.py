"""The bot's own comparing and searching in a process of its own: what is near, what is found, how long, how much memory."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlmodel import Session, col, func, select

from benchmarks import seeds
from benchmarks.processes import Failed
from benchmarks.ticking import peak
from benchmarks.wordings import Writer
from bot.config import load
from models import finding, similar
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.states import State
from models.store import Store, count_up
from models.wording import Wording, letters, worded

STAFF = "staff000001"
RULES = Rules(similar_percent=10)
EVERY = 0.005


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    begun = time.perf_counter()
    done = work()
    return 1e3 * (time.perf_counter() - begun), done


class Comparing:
    """One process with the store of an office."""

    def __init__(self, database: str, turn: int, times: int) -> None:
        self.store, self.database, self.times = Store(database), database, times
        self.chance, self.writer = random.Random(turn), Writer(1_000 + turn)  # noqa: S311
        self.many = self.read(lambda session: session.exec(select(func.max(Proposal.id))).one() or 0)
        self.some = self.read(self._some)

    def read(self, work: Callable[[Session], Any]) -> Any:
        """Look."""
        return self.store.write(work)

    def _some(self, session: Session) -> list[Proposal]:
        ids = [self.chance.randrange(1, self.many) for _ in range(2 * self.times)]
        found = [session.get(Proposal, number) for number in ids]
        return [one for one in found if one][: self.times]

    def near(self) -> dict[str, Any]:
        """Half of a proposal that is there, and half new: the whole text, and another time the title."""
        halves = [(p, self._half(p)) for p in self.some]
        texts = [self._asked(partial(similar.by_text, mine=mine), p) for p, mine in halves]
        titles = [self._asked(partial(similar.by_title, mine=mine), p) for p, mine in halves]
        return {
            "text": median(ms for ms, _ in texts),
            "text_most": max(ms for ms, _ in texts),
            "title": median(ms for ms, _ in titles),
            "found": sum(is_first for _, is_first in texts) / len(texts),
            "found_by_title": sum(is_first for _, is_first in titles) / len(titles),
        }

    def _half(self, p: Proposal) -> Wording:
        new = self.writer.text(self.writer.topic(), len(p.analysis) // 2)
        return worded(0, p.title, p.analysis[: len(p.analysis) // 2] + new, [])

    def _asked(self, compare: Any, p: Proposal) -> tuple[float, bool]:
        def work(session: Session) -> tuple[float, bool]:
            reader = session.get_one(Person, STAFF)
            ms, near = timed(lambda: compare(session, reader=reader, rules=RULES))
            return ms, any(one.proposal.id == p.id for one in near)

        found: tuple[float, bool] = self.read(work)
        return found

    def search(self) -> dict[str, float]:
        """Words of every kind, taken from texts that are there."""
        kinds: dict[str, tuple[str, list[str]]] = {
            "two": (STAFF, [self._piece(2) for _ in range(self.times)]),
            "four": (STAFF, [self._piece(4) for _ in range(self.times)]),
            "one": (STAFF, [self._piece(1) for _ in range(self.times)]),
            "words": (STAFF, [f"{self._piece(2)} {self._piece(2)}" for _ in range(self.times)]),
            "none": (STAFF, [f"{self._piece(1)}龘{self._piece(1)}" for _ in range(self.times)]),
            "member": (seeds.member(1), [self._piece(2) for _ in range(self.times)]),
            "liaison": (seeds.liaison(1), [self._piece(2) for _ in range(self.times)]),
        }
        return {kind: median(self._found(who, words) for words in asked) for kind, (who, asked) in kinds.items()}

    def _piece(self, size: int) -> str:
        runs = [r for r in letters(self.chance.choice(self.some).analysis).split("\n") if len(r) >= size]
        run = self.chance.choice(runs)
        begins = self.chance.randrange(len(run) - size + 1)
        return run[begins : begins + size]

    def _found(self, who: str, words: str) -> float:
        def work(session: Session) -> float:
            person = session.get_one(Person, who)
            return timed(lambda: finding.find(session, person, words))[0]

        ms: float = self.read(work)
        return ms

    def add(self) -> dict[str, float]:
        """Proposals that are handed in: what that costs more than the same row that is not; when another replica has it."""
        spent: dict[State, list[float]] = {State.DRAFT: [], State.SUBMITTED: []}
        seen, other = [], Store(self.database)
        try:
            for _ in range(self.times):
                for state in spent:
                    new = self._new(state)
                    ms, number = timed(partial(self.store.write, partial(_add, proposal=new)))
                    spent[state].append(ms)
                title = letters(new.title)
                ms, found = timed(partial(other.write, partial(_find, words=title)))
                if number not in found:
                    raise Failed("another replica does not find what was handed in")
                seen.append(ms)
        finally:
            other.close()
        drafts, whole = (median(spent[state]) for state in (State.DRAFT, State.SUBMITTED))
        return {"more": max(0.0, whole - drafts), "row": drafts, "seen": max(seen) / 1e3}

    def _new(self, state: State) -> Proposal:
        topic = self.writer.topic()
        title, text = self.writer.title(topic), self.writer.text(topic)
        return Proposal(
            state=state, proposer=seeds.member(1), title=title, analysis=text, created_at=self.some[0].created_at
        )

    async def meanwhile(self) -> dict[str, float]:
        """Comparisons without rest, as turns make them: how late the loop is, and how long a small turn takes."""
        over = asyncio.Event()
        late: list[float] = []
        waits: list[float] = []

        async def watch() -> None:
            while not over.is_set():
                due = time.perf_counter() + EVERY
                await asyncio.sleep(EVERY)
                late.append(1e3 * (time.perf_counter() - due))

        async def talk() -> None:
            while not over.is_set():
                begun = time.perf_counter()
                await self.store.run(lambda session: count_up(session, "bench"))
                waits.append(1e3 * (time.perf_counter() - begun))
                await asyncio.sleep(EVERY)

        watching = [asyncio.create_task(watch()), asyncio.create_task(talk())]
        for p in self.some:
            mine = self._half(p)

            def compare(session: Session, mine: Wording = mine) -> None:
                similar.by_text(session, mine, session.get_one(Person, STAFF), RULES)

            await self.store.run(compare)
        over.set()
        await asyncio.gather(*watching)
        return {"late": _percentile(late), "wait": _percentile(waits)}


def _add(session: Session, proposal: Proposal) -> int:
    session.add(proposal)
    session.flush()
    return proposal.id or 0


def _find(session: Session, words: str) -> list[int]:
    found = finding.find(session, session.get_one(Person, STAFF), words)
    return [p.id or 0 for p in found.proposals]


def _percentile(values: Sequence[float], part: float = 0.99) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def main(config: str, turn: str, times: str) -> None:
    """Everything once to get warm, then measured."""
    comparing = Comparing(load(Path(config)).database.url, int(turn), int(times))
    try:
        comparing.near()
        comparing.search()
        found = {"near": comparing.near(), "search": comparing.search()}
        found |= {"meanwhile": asyncio.run(comparing.meanwhile()), "add": comparing.add()}
        newest = comparing.read(lambda session: session.exec(select(func.count(col(Proposal.id)))).one())
        print(json.dumps(found | {"peak": peak(), "proposals": newest}))
    finally:
        comparing.store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
