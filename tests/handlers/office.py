"""An office without a network: the real store, dialogues and handlers, turn by turn, on a day of our choice."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, func, select

from bot.__main__ import assemble
from bot.app import Job
from bot.turn import Turn
from bot.wecom.messages import Card, CardNow, Say, Words, from_json
from handlers.actions import get_row, perform
from models.errors import Refused
from models.handling import Assignment, Communication
from models.messages import Incoming, Outgoing
from models.people import Person
from models.proposal import Proposal
from models.states import Event
from models.step import Row
from models.store import Store
from scheduler import JOBS
from tests.databases import sqlite_url
from tests.town import MONDAY, settings_for

T = TypeVar("T")
R = TypeVar("R", bound=SQLModel)

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
    """The application, never started: turns on a real store; what is said stays in its outbox."""

    def __init__(self, url: str, **rules: Any) -> None:
        self.now = MONDAY
        self.app = assemble(settings_for(url, **rules), now=lambda: self.now, ticking=False)
        self.store = self.app.store
        self._causes = 0

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def turn(self, session: Session, who: str = "", cause: str = "") -> Turn:
        """A turn of somebody, or of the clock."""
        self._causes += 1
        return self.app.turn(session, cause or f"cause:{self._causes}", session.get_one(Person, who) if who else None)

    def act(self, who: str, work: Callable[[Turn], T]) -> T:
        """One turn in one transaction."""

        def one(session: Session) -> T:
            turn = self.turn(session, who)
            done = work(turn)
            turn.write_down()
            return done

        return self.store.write(one)

    # --- people -------------------------------------------------------------------------------------------------------

    def says(self, who: str, *texts: str) -> list[Heard]:
        """Somebody writes messages; what was said because of the last one."""
        heard: list[Heard] = []
        for text in texts:
            heard = self.hears(who, MsgType="text", Content=text)
        return heard

    def presses(self, who: str, key: str, selected: dict[str, str] | None = None) -> list[Heard]:
        """Somebody presses a button that carries this key."""
        items = [{"QuestionKey": key, "OptionIds": {"OptionId": option}} for key, option in (selected or {}).items()]
        more = {"SelectedItems": {"SelectedItem": items}} if items else {}
        code = f"code{self._causes}"
        event = "template_card_event"
        return self.hears(who, MsgType="event", Event=event, EventKey=key, TaskId="t", ResponseCode=code, **more)

    def taps(self, who: str, label: str) -> list[Heard]:
        """Somebody presses the newest button with this label that they were sent."""

        def newest(session: Session) -> str:
            rows = session.exec(select(Outgoing).where(Outgoing.person == who).order_by(col(Outgoing.id).desc()))
            cards = [say for row in rows if isinstance(say := from_json(row.body), Card)]
            return next(button.key for card in cards for button in card.buttons if button.label == label)

        return self.presses(who, self.store.write(newest))

    def hears(self, who: str, **fields: Any) -> list[Heard]:
        """One update worked out; what was said because of it."""
        self._causes += 1
        base = {"FromUserName": who, "CreateTime": str(int(self.now.timestamp())), "MsgId": str(self._causes)}
        return self.heard(lambda session: self._work(session, base | fields))

    def _work(self, session: Session, fields: dict[str, Any]) -> None:
        row = Incoming(key=f"in:{self._causes}", person=fields["FromUserName"], fields=fields, received_at=self.now)
        try:
            with session.begin_nested():
                self.app.work(session, row)
        except Refused as refused:
            self.app.refuse(session, row, refused)

    def heard(self, work: Callable[[Session], Any]) -> list[Heard]:
        """What is said in a transaction."""

        def watch(session: Session) -> list[Heard]:
            before = session.exec(select(func.max(Outgoing.id))).one() or 0
            work(session)
            session.flush()
            return said_since(session, before)

        return self.store.write(watch)

    # --- cases --------------------------------------------------------------------------------------------------------

    def does(self, who: str, row: Row, event: Event, **answers: Any) -> list[Heard]:
        """Somebody (or the clock) makes a move through perform(), with the answers it would have asked for."""

        def work(session: Session) -> None:
            turn = self.turn(session, who)
            perform(turn, get_row(turn, type(row), row.id or 0), event, answers)
            turn.write_down()

        return self.heard(work)

    def tries(self, who: str, row: Row, event: Event, **answers: Any) -> str:
        """Why not, in the words somebody would read; "" if it is done."""
        try:
            self.does(who, row, event, **answers)
        except Refused as refused:
            return refused.words
        return ""

    def fresh(self, row: R) -> R:
        """The row as it stands now."""
        return self.store.write(lambda session: session.get_one(type(row), row.id))

    def add(self, row: R) -> R:
        """Put a row into the store."""
        self.store.write(lambda session: session.add(row))
        return row

    def change(self, row: R, **values: Any) -> R:
        """Change a row behind everybody's back."""

        def work(session: Session) -> R:
            kept = session.get_one(type(row), row.id)  # type: ignore[attr-defined]
            for name, value in values.items():
                setattr(kept, name, value)
            session.add(kept)
            return kept

        return self.store.write(work)

    def rows(self, kind: type[R], *where: Any) -> list[R]:
        """Rows of the store, oldest first."""
        wanted = select(kind).where(*where).order_by(col(kind.id))  # type: ignore[attr-defined]
        return self.store.write(lambda session: list(session.exec(wanted)))

    def submitted(self, who: str = LIN, **changes: Any) -> Proposal:
        """A proposal, handed in."""
        proposal = self.add(whole(who, **changes))
        self.does(who, proposal, Event.SUBMIT)
        return self.fresh(proposal)

    def filed(self, who: str = LIN, **changes: Any) -> Proposal:
        """A proposal with its number."""
        proposal = self.submitted(who, **changes)
        for reviewer, event in ((WEN, Event.ACCEPT), (WEN, Event.PASS), (SHEN, Event.PASS), (CHENG, Event.FILE)):
            self.does(reviewer, proposal, event)
        return self.fresh(proposal)

    def assigned(self, *units: str, mode: str = "", who: str = LIN) -> list[Assignment]:
        """A proposal's tasks, just given out: to 住建局 alone unless told."""
        given = list(units or ("u10",))
        how = mode or ("SOLE" if len(given) == 1 else "LEAD_CO")
        proposal = self.filed(who)
        self.does(MENG, proposal, Event.ASSIGN, mode=how, units=given, unit_labels="、".join(given))
        return self.rows(Assignment, Assignment.proposal_id == proposal.id)

    def talks(self, task: Assignment, *stages: str, means: str = "VISIT", member: str = LIN) -> None:
        """A unit records communications, and the member says they were so."""
        for stage in stages:
            held_on = f"{(self.now + timedelta(hours=8)).date()}"
            liaison = f"{task.unit}_liaison"
            self.does(liaison, task, Event.RECORD, stage=stage, means=means, held_on=held_on, minutes="谈了清单。")
            talk = self.rows(Communication, Communication.assignment_id == task.id)[-1]
            self.does(member, talk, Event.CONFIRM)

    def consulted(self, *units: str, mode: str = "") -> Assignment:
        """The first unit's task, signed for and talked over."""
        task = self.assigned(*units, mode=mode)[0]
        self.does(f"{task.unit}_liaison", task, Event.ACKNOWLEDGE)
        self.talks(task, "BEFORE", "DURING")
        return self.fresh(task)

    def replies(self, task: Assignment) -> Assignment:
        """The unit writes, signs and issues its reply."""
        unit = task.unit
        self.does(f"{unit}_liaison", task, Event.WRITE, result="A", text="已在全市排出实施清单。")
        self.does(f"{unit}_liaison", task, Event.SEND_UP)
        self.does(f"{unit}_review", task, Event.AGREE)
        self.does(f"{unit}_leader", task, Event.ISSUE)
        return self.fresh(task)

    def delivered(self, *units: str, mode: str = "") -> Assignment:
        """The first unit's reply is in the member's hands."""
        return self.replies(self.consulted(*units, mode=mode))

    def rates(self, task: Assignment, result: str, who: str = LIN) -> Assignment:
        """The member's answers to the rating card."""
        said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": result}
        self.does(who, task, Event.RATE, **said, reason="清单里没有我们小区。", labels="办理结果" + result)
        return self.fresh(task)

    # --- time ---------------------------------------------------------------------------------------------------------

    def passes(self, **step: float) -> list[Heard]:
        """Time passes, and the clock does what is due; what was said because of it."""
        self.now += timedelta(**step)
        heard: list[Heard] = []
        for job in JOBS:
            more = [True]
            while more[-1]:
                heard += self.heard(lambda session, job=job, more=more: more.append(self._do(session, job)))
        return heard

    def _do(self, session: Session, job: Job) -> bool:
        turn = self.turn(session, cause=job.name)
        more = job.work(turn)
        turn.write_down()
        return more


def said_since(session: Session, row: int) -> list[Heard]:
    """What was put into the outbox after a row."""
    rows = session.exec(select(Outgoing).where(col(Outgoing.id) > row).order_by(col(Outgoing.id))).all()
    return [Heard(r.person, from_json(r.body), r.lane, r.subject) for r in rows]


def told(heard: Sequence[Heard]) -> str:
    """All one can read in it."""
    return "\n".join(one.text for one in heard)


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
def opened(filled: Path, folder: Path, **rules: Any) -> Iterator[Office]:
    """An office on its own copy of the town, in `folder`."""
    shutil.copy(filled, folder / "tiantong.db")
    office = Office(sqlite_url(folder), **rules)
    try:
        yield office
    finally:
        office.close()


@contextmanager
def undone(store: Store) -> Iterator[Session]:
    """A transaction of which nothing stays."""
    session = Session(store._writing, expire_on_commit=False)
    try:
        yield session
    finally:
        session.rollback()
        session.close()
