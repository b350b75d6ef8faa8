"""An office without a network: the real store, dialogues and handlers, turn by turn, on a day of our choice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, func, select

from bot.dialogue import Dialogues
from bot.router import Answers
from bot.turn import Turn
from bot.wecom import updates
from bot.wecom.messages import Card, CardNow, Say, Words, from_json
from handlers import DIALOGUES, ROUTERS
from models.messages import Outgoing
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.store import Store
from scheduler import JOBS
from tests.town import MONDAY

T = TypeVar("T")
URL = "http://127.0.0.1:2"

LIN, SU = "m013", "m015"  # members
WEN, LU = "pc_staff1", "pc_staff2"  # the committee's staff
SHEN, CHENG = "m001", "pc_director"  # second review (a member, too), final review
MENG = "dispatch_gov"  # who assigns
WEI, LEI, YAN = "u10_liaison", "u10_review", "u10_leader"  # 住建局
GONG = "u06_liaison"  # 财政局
FANG = "admin1"  # the administrator


@dataclass(frozen=True)
class Heard:
    """One thing that was said to one person."""

    person: str
    say: Say
    lane: int
    subject: str

    @property
    def text(self) -> str:
        """Everything one can read in it."""
        match self.say:
            case Words(text):
                return text
            case Card():
                facts = [f"{name} {value}" for name, value in self.say.facts]
                return "\n".join([self.say.title, *facts, self.say.text, *self.labels])
            case CardNow(_, done):
                return done
        return ""

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons."""
        return [button.label for button in self.say.buttons] if isinstance(self.say, Card) else []


class Office:
    """Turns on a real store; what is said stays in its outbox."""

    def __init__(self, url: str, **rules: Any) -> None:
        self.store, self.rules = Store(url), Rules(**rules)
        self.dialogues = Dialogues(DIALOGUES)
        self.answers = Answers(ROUTERS, self.dialogues)
        self.now = MONDAY
        self._causes = 0

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def turn(self, session: Session, who: str = "", cause: str = "") -> Turn:
        """A turn of somebody, or of the clock."""
        self._causes += 1
        person = session.get_one(Person, who) if who else None
        return Turn(session, self.rules, self.now, cause or f"cause:{self._causes}", URL, self.dialogues, person)

    def write(self, work: Callable[[Session], T]) -> T:
        """One transaction."""
        return self.store.write(work)

    def act(self, who: str, work: Callable[[Turn], T]) -> T:
        """One turn in one transaction."""
        return self.store.write(lambda session: work(self.turn(session, who)))

    # --- people -------------------------------------------------------------------------------------------------------

    def says(self, who: str, *texts: str) -> list[Heard]:
        """Somebody writes messages; what was said because of the last one."""
        heard: list[Heard] = []
        for text in texts:
            heard = self.hears(who, lambda base, text=text: updates.Text(*base, text))
        return heard

    def presses(self, who: str, key: str, selected: dict[str, tuple[str, ...]] | None = None) -> list[Heard]:
        """Somebody presses a button that carries this key."""
        code = f"code{self._causes}"
        return self.hears(
            who, lambda base: updates.Press(*base, key, "task", code, "button_interaction", selected or {})
        )

    def hears(self, who: str, make: Callable[[tuple[str, str, int, int]], updates.Update]) -> list[Heard]:
        """One update worked out; what was said because of it."""
        return self.heard(lambda session: self._answer(session, who, make))

    def _answer(self, session: Session, who: str, make: Callable[[tuple[str, str, int, int]], updates.Update]) -> None:
        turn = self.turn(session)
        turn.person = session.get(Person, who)
        self.answers.answer(make((turn.cause, who, int(self.now.timestamp()), 1000002)), turn)

    def heard(self, work: Callable[[Session], Any]) -> list[Heard]:
        """What is said in a transaction."""

        def watch(session: Session) -> list[Heard]:
            before = session.exec(select(func.max(Outgoing.id))).one() or 0
            work(session)
            return said_since(session, before)

        return self.store.write(watch)

    # --- time ---------------------------------------------------------------------------------------------------------

    def passes(self, **step: float) -> list[Heard]:
        """Time passes, and the clock does what is due; what was said because of it."""
        self.now += timedelta(**step)
        heard: list[Heard] = []
        for job in JOBS:
            more = True
            while more:
                done: list[bool] = []
                heard += self.heard(
                    lambda session, job=job, done=done: done.append(job.work(self.turn(session, "", job.name)))
                )
                more = done[0]
        return heard


def said_since(session: Session, row: int) -> list[Heard]:
    """What was put into the outbox after a row."""
    rows = session.exec(select(Outgoing).where(col(Outgoing.id) > row).order_by(col(Outgoing.id))).all()
    return [Heard(r.person, from_json(r.body), r.lane, r.subject) for r in rows]


def to(who: str, heard: Sequence[Heard]) -> list[Heard]:
    """What was said to one person."""
    return [one for one in heard if one.person == who]


def whole(who: str = LIN, **changes: Any) -> Proposal:
    """A proposal with everything that is asked for."""
    given = {
        "proposer": who,
        "title": "关于分步推进老旧小区加装电梯的提案",
        "category": "社会建设",
        "analysis": "我市主城区老旧小区多，老人下楼难。",
        "suggestions": ["由住建部门牵头制定分步实施清单。"],
        "researched": True,
        "consent_public": True,
        "not_secret": True,
        "created_at": MONDAY,
    }
    return Proposal(**(given | changes))


@contextmanager
def undone(store: Store) -> Iterator[Session]:
    """A transaction of which nothing stays."""
    session = Session(store._writing, expire_on_commit=False)
    try:
        yield session
    finally:
        session.rollback()
        session.close()
