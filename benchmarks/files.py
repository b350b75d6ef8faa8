"""Proposals and what units do with them, many at once: closed ones that only fill the store, open ones, some due today."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from benchmarks import seeds
from benchmarks.seeds import plain
from models import deadlines
from models.handling import Assignment, Communication
from models.proposal import Proposal
from models.rules import Rules
from models.states import Handling, Mode, Part, Stage, State, Talk

TODAY = deadlines.next_workday(
    deadlines.day_of(datetime.now(UTC)) + timedelta(days=1)
)  # a bot of today leaves it alone
NOW = datetime.combine(TODAY, time(2), UTC)  # ten o'clock in Shanghai
BEGUN = TODAY - timedelta(days=80)
BODY = "我市部分老旧小区没有电梯，老人上下楼不便，群众加装的意愿很高，审批手续繁、资金分摊难、后期维保没有着落。" * 3
SUGGESTIONS = ["由住建部门牵头制定分步实施的清单，每年公布一批。", "推行一窗受理、并联审查，进度可查。"]
_PROPOSAL = (
    *("id", "state", "serial_no", "proposal_no", "term_session", "proposer", "title", "category", "analysis"),
    *("suggestions", "consent_public", "not_secret", "created_at", "submitted_at", "filed_at", "assigned_at"),
    *("closed_at", "mode"),
)
_ASSIGNMENT = (
    *("id", "proposal_id", "unit", "part", "state", "assigned_on", "acked_on", "due_on", "entered_on", "lapses_on"),
    "remind_on",
)
_TALK = (*("proposal_id", "assignment_id", "round", "stage", "minutes", "recorded_by", "recorded_at", "state"),)


def proposals(database: str, first: int, number: int, state: State, proposer: Any) -> None:
    """`number` proposals with ids from `first` on; `proposer` says whose one is."""
    begun = plain(datetime(2025, 12, 12, 2, 0, tzinfo=UTC))
    closed = begun if state is State.CLOSED else None
    constant = (plain(SUGGESTIONS), True, True, begun, begun, begun, begun, closed, plain(Mode.SOLE))

    def rows() -> Iterator[tuple[Any, ...]]:
        name = plain(state)
        for n in range(first, first + number):
            yield (
                *(n, name, f"S{n:09d}", f"2025{n:07d}", "五届三次会议", proposer(n)),
                *(f"关于加装第{n}部电梯的提案", "社会建设", BODY, *constant),
            )

    seeds.fill(database, Proposal, _PROPOSAL, rows())


def assignments(database: str, first: int, number: int, units: int, state: Handling) -> None:
    """One unit for each of these proposals, ids like theirs; nothing of it is due within the next weeks."""
    later = TODAY + timedelta(days=45)
    remind = None if state is Handling.DONE else 1

    def rows() -> Iterator[tuple[Any, ...]]:
        part, name = plain(Part.SOLE), plain(state)
        days = [plain(day) for day in (BEGUN, BEGUN, later, BEGUN)]
        looks = [plain(TODAY + timedelta(days=1 + n)) for n in range(40)]
        for n in range(first, first + number):
            yield (n, n, seeds.unit(n % units), part, name, *days, None, looks[n % 40] if remind else None)

    seeds.fill(database, Assignment, _ASSIGNMENT, rows())


def due(database: str, first: int, number: int, units: int) -> None:
    """Assignments of these proposals with a word due today: to acknowledge, to reply, to review, a third each."""
    acking = deadlines.add_workdays(TODAY, 1 - Rules().ack_workdays)  # 剩1个工作日
    week = plain(TODAY + timedelta(days=7))  # 剩7日
    today, begun, sole = plain(TODAY), plain(BEGUN), plain(Part.SOLE)
    kinds = (
        (plain(Handling.PENDING_ACK), plain(acking), None, plain(TODAY + timedelta(days=80)), plain(acking), plain(TODAY + timedelta(days=9)), today),
        (plain(Handling.WORKING), begun, begun, week, begun, None, today),
        (plain(Handling.REVIEW_L2), begun, begun, week, plain(TODAY - timedelta(days=20)), None, today),
    )  # fmt: skip
    numbers = range(first, first + number)
    seeds.fill(database, Assignment, _ASSIGNMENT, ((n, n, seeds.unit(n % units), sole, *kinds[n % 3]) for n in numbers))
    talks = [
        (n, n, 1, plain(stage), "谈过了", seeds.liaison(n % units), plain(NOW), plain(Talk.CONFIRMED))
        for n in numbers
        if n % 3 == 1
        for stage in (Stage.BEFORE, Stage.DURING)
    ]
    seeds.fill(database, Communication, _TALK, talks)


def talked(database: str, first: int, number: int, units: int) -> None:
    """The last of the three communications about each of these, confirmed: nothing is owed any more."""
    at, after, confirmed = plain(NOW), plain(Stage.AFTER), plain(Talk.CONFIRMED)
    numbers = range(first, first + number)
    rows = ((n, n, 1, after, "谈过了", seeds.liaison(n % units), at, confirmed) for n in numbers)
    seeds.fill(database, Communication, _TALK, rows)
    seeds.ask(database, f"UPDATE assignment SET settled = true WHERE id >= {first} AND id < {first + number}")  # noqa: S608


def due_again(database: str, first: int, number: int) -> None:
    """As if nothing had been said today."""
    seeds.ask(database, "DELETE FROM outgoing WHERE key >= 'remind:' AND key < 'remind;'")
    wanted = f"id >= {first} AND id < {first + number}"
    seeds.ask(database, f"UPDATE assignment SET remind_on = '{TODAY}' WHERE {wanted}")  # noqa: S608
