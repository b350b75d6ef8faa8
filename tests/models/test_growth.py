"""An office of ten years answers as fast as a new one: no question to the store reads a growing table from end to end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from models.states import Handling
from models.store import Store
from tests.handlers.office import CHENG, LEI, LIN, MENG, WEI, WEN, YAN, Office, told

GROWING = (
    "proposal",
    "assignment",
    "communication",
    "reply",
    "rating",
    "incoming",
    "outgoing",
    "audit",
    "conversation",
)
FINITE = ("waiting", "open")  # in the names of indexes over what is not over yet, which does not grow with the years
Statements = set[tuple[str, Any]]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office(database_url)
    yield office
    office.close()


@contextmanager
def listening(store: Store) -> Iterator[Statements]:
    """Every question put to the database meanwhile, with its values."""
    heard: Statements = set()

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not many and re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
            values = tuple(parameters.items()) if isinstance(parameters, dict) else tuple(parameters)
            heard.add((statement, values))

    sa.event.listen(store._writing, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(store._writing, "before_cursor_execute", hear)


def read_whole(store: Store, statement: str, values: Any) -> set[str]:
    """The growing tables that the engine would read from end to end for it."""
    with store.connection() as connection:
        if store.is_sqlite:
            lines = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            scans = [re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", line) for line in lines]
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # small tables would be read whole anyway
            lines = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", dict(values))]
            scans = [
                re.match(
                    r"[ >-]*(?:Seq Scan|Index(?: Only)? Scan(?: Backward)? using (?P<index>\w+)) on (?P<table>\w+)",
                    line,
                )
                for line, below in zip(lines, [*lines[1:], ""], strict=True)
                if "Index Cond" not in below
            ]
            scans = [scan and re.match(r"(\w+) (\w*)", f"{scan['table']} {scan['index'] or ''}") for scan in scans]
    found = {scan[1]: scan[2] or "" for scan in scans if scan}
    return {table for table, index in found.items() if table in GROWING and not any(w in index for w in FINITE)}


def a_day_at_the_office(office: Office) -> None:
    """What people, the workers and the clock do all day: lists, a draft's steps, cases from filing to their end, ticks."""
    closed = office.rates(office.delivered(), "SATISFIED")
    for who in (LIN, WEN, CHENG, MENG, WEI, LEI, YAN):
        office.says(
            who, "待办", "我的提案", "登记沟通", "写答复", "确认沟通", "提交评价", "立案", "签收", "进度", "查 电梯"
        )
    office.says(LIN, "我要提案", "关于加装电梯的提案", "1", "存草稿", "继续", "取消")
    office.talks(closed, "AFTER")
    office.assigned()
    office.passes(days=40)
    office.store.write(office.app.inbox._several)
    office.store.write(lambda session: office.app.outbox._claim(session, 50))


def test_no_list_step_or_tick_reads_a_growing_table_whole(office: Office) -> None:
    with listening(office.store) as heard:
        a_day_at_the_office(office)
    assert len(heard) > 100
    found = sorted(
        f"{table}: {statement}" for statement, values in heard for table in read_whole(office.store, statement, values)
    )
    assert not found, "\n\n".join(found)


def test_what_is_over_is_marked_and_left_out(office: Office) -> None:
    """A closed case waits for nobody; one whose last talk is still owed stays on its unit's list."""
    closed = office.rates(office.delivered(), "SATISFIED")
    assert not closed.settled
    assert "登记沟通" in told(office.says(WEI, "待办"))
    office.talks(closed, "AFTER")
    assert office.fresh(closed).settled
    assert "登记沟通" not in told(office.says(WEI, "待办"))


def test_a_second_handling_is_on_the_list_again(office: Office) -> None:
    task = office.delivered()
    office.talks(task, "AFTER")
    again = office.rates(task, "DISSATISFIED")
    assert (again.state, again.settled) == (Handling.REDO, False)
    assert "写答复" in told(office.says(WEI, "待办"))
