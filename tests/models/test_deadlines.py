"""Working days and due dates, as tables of cases and as laws that hold for any day."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import deadlines as d
from models.rules import Rules

RULES = Rules()
MARKS = RULES.due_marks_days


def day(text: str) -> date:
    return date.fromisoformat(text)


def optional_day(text: str) -> date | None:
    return day(text) if text else None


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """2027 has been announced: New Year's Monday is off, the Saturday after it is worked."""
    year = d.WorkYear(
        year=2027,
        days_off=frozenset({day("2027-01-01"), day("2027-01-04")}),
        make_up_days=frozenset({day("2027-01-09")}),
    )
    monkeypatch.setitem(d.YEARS, 2027, year)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2026-01-01", False),  # 元旦
        ("2026-01-04", True),  # a Sunday worked for it
        ("2026-02-17", False),  # 春节
        ("2026-10-01", False),  # 国庆
        ("2026-10-10", True),  # a Saturday worked for it
        ("2026-11-20", True),
        ("2026-11-21", False),
        ("2026-12-31", True),
        ("2027-01-01", False),  # beyond what is announced: what never moves
        ("2027-01-02", False),
        ("2027-01-04", True),
        ("2027-04-30", True),
        ("2027-05-03", True),
        ("2028-05-01", False),
        ("2028-05-02", False),
        ("2027-10-01", False),
        ("2029-10-02", False),
        ("2029-10-03", False),
        ("2029-10-04", True),
        ("1999-10-04", True),  # before the calendar's first year
    ],
)
def test_working_days(text: str, works: bool) -> None:
    assert d.is_workday(day(text)) is works


def test_2026_has_248_working_days() -> None:
    assert d.workdays_between(day("2025-12-31"), day("2026-12-31")) == 248


@pytest.mark.parametrize(
    ("text", "works"), [("2027-01-01", False), ("2027-01-04", False), ("2027-01-09", True), ("2027-05-01", False)]
)
@pytest.mark.usefixtures("announced")
def test_a_year_of_our_own_wins(text: str, works: bool) -> None:
    assert d.is_workday(day(text)) is works
    assert not d.is_estimated(day(text))


@pytest.mark.usefixtures("announced")
def test_a_year_of_our_own_moves_what_is_counted() -> None:
    assert d.add_workdays(day("2026-12-31"), 5) == day("2027-01-09")
    assert d.is_workday(day("2027-05-03"))


@pytest.mark.parametrize(("text", "is_so"), [("2026-12-31", False), ("2027-01-01", True), ("2004-01-01", False)])
def test_an_estimate_says_so(text: str, is_so: bool) -> None:
    assert d.is_estimated(day(text)) is is_so


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-09-30", 5, "2026-10-13"),  # over 国庆, with the working Saturday
        ("2026-10-09", 1, "2026-10-10"),
        ("2026-10-10", -1, "2026-10-09"),
        ("2026-11-21", 1, "2026-11-23"),  # from a Saturday
        ("2026-11-21", -1, "2026-11-20"),
        ("2026-11-21", 0, "2026-11-21"),
        ("2026-12-30", 1, "2026-12-31"),
        ("2026-12-30", 2, "2027-01-04"),  # past the calendar's last day
        ("2026-12-31", 15, "2027-01-22"),
        ("2027-01-04", -2, "2026-12-30"),
        ("2028-02-28", 1, "2028-02-29"),  # a leap day, a Tuesday
        ("2028-02-29", 1, "2028-03-01"),
    ],
)
def test_adding_working_days(start: str, n: int, end: str) -> None:
    assert d.add_workdays(day(start), n) == day(end)


@pytest.mark.parametrize("n", [1001, -1001])
def test_counting_has_a_bound(n: int) -> None:
    with pytest.raises(ValueError, match="1000"):
        d.add_workdays(day("2026-01-05"), n)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-11-23", 3, "2027-02-23"),
        ("2026-11-30", 3, "2027-03-01"),  # no 30 February: the 28th, a Sunday, so Monday
        ("2027-11-30", 3, "2028-02-29"),  # month end in a leap year
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-07-01", 3, "2026-10-08"),  # 1 October: over the whole holiday
        ("2026-08-10", 2, "2026-10-10"),  # a Saturday that is worked
        ("2026-10-01", 3, "2027-01-04"),  # 1 January of a year not yet announced
        ("2026-12-31", 6, "2027-06-30"),
        ("2026-05-15", 0, "2026-05-15"),
    ],
)
def test_adding_months(start: str, months: int, end: str) -> None:
    assert d.add_months(day(start), months) == day(end)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (d.review_due(day("2026-11-20"), RULES), "2026-11-24"),
        (d.returned_due(day("2026-11-20"), RULES), "2026-11-27"),
        (d.assign_due(day("2026-11-20"), RULES), "2026-11-27"),
        (d.ack_due(day("2026-11-23"), RULES), "2026-11-26"),
        (d.objection_until(day("2026-09-30"), RULES), "2026-10-13"),
        (d.objection_reply_due(day("2026-11-20"), RULES), "2026-11-27"),
        (d.objection_reply_due(day("2026-11-21"), RULES), "2026-11-30"),
        (d.handling_due(day("2026-11-23"), RULES), "2027-02-23"),
        (d.handling_due(day("2026-03-31"), RULES), "2026-06-30"),
        (d.handling_due(day("2026-03-31"), Rules(handling_months_in_session=5), in_session=True), "2026-08-31"),
        (d.handling_due(day("2026-03-31"), RULES, extended_months=2), "2026-08-31"),
        (d.handling_due(day("2026-03-31"), RULES, extended_months=9), "2026-09-30"),
        (d.handling_due(day("2026-03-31"), RULES, extended_months=-2), "2026-06-30"),
        (d.co_opinion_due(day("2026-11-23"), day("2027-02-23"), RULES), "2026-12-23"),
        (d.co_opinion_due(day("2026-11-23"), day("2026-12-23"), RULES), "2026-12-03"),
        (d.co_opinion_due(day("2026-11-23"), day("2026-11-30"), RULES), "2026-11-23"),
        (d.comm_before_due(day("2026-09-21"), RULES), "2026-10-19"),
        (d.comm_during_due(day("2026-03-31"), day("2026-06-30"), RULES), "2026-05-29"),
        (
            d.comm_during_due(day("2026-03-02"), day("2026-06-10"), RULES),
            "2026-05-08",
        ),  # 67 of 100 days; 9 May is worked
        (d.comm_during_due(day("2026-10-01"), day("2026-10-04"), RULES), "2026-10-01"),
        (d.comm_after_due(day("2026-12-30"), RULES), "2027-01-07"),
        (d.comm_confirm_due(day("2026-11-14"), RULES), "2026-11-23"),
        (d.feedback_due(day("2026-12-15"), RULES), "2027-01-06"),
        (d.rehandle_due(day("2026-11-30"), RULES), "2026-12-30"),
        (d.rehandle_due(day("2026-11-30"), Rules(rehandle_months=3)), "2027-03-01"),
    ],
)
def test_due_dates(due: date, expected: str) -> None:
    assert due == day(expected)


@pytest.mark.parametrize(
    ("today", "name"),
    [
        ("2026-05-30", None),
        ("2026-05-31", "剩30日"),
        ("2026-06-14", "剩30日"),  # ticks were missed: still the one that passed last
        ("2026-06-15", "剩15日"),
        ("2026-06-22", "剩15日"),
        ("2026-06-23", "剩7日"),
        ("2026-06-27", "剩3日"),
        ("2026-06-28", "剩3日"),
        ("2026-06-29", "剩1日"),
        ("2026-06-30", "今日到期"),
        ("2026-07-01", "已逾期1日"),
        ("2026-07-06", "已逾期1日"),
        ("2026-07-07", "已逾期7日"),
        ("2026-07-14", "已逾期7日"),
        ("2026-07-15", "已逾期15日"),
        ("2027-07-15", "已逾期15日"),
    ],
)
def test_the_mark_of_a_day(today: str, name: str | None) -> None:
    mark = d.marks(day("2026-06-30"), MARKS, day(today))
    assert (mark.name if mark else None) == name
    assert mark is None or mark.is_overdue is (day(today) > day("2026-06-30"))


@pytest.mark.parametrize(
    ("today", "since", "name"),
    [
        ("2026-06-20", "2026-06-20", None),  # a term of ten days has neither 剩30日 nor 剩15日
        ("2026-06-22", "2026-06-20", None),
        ("2026-06-23", "2026-06-20", "剩7日"),
        ("2026-06-23", "2026-06-23", None),  # the day it begins, it is told anyway
        ("2026-06-24", "2026-06-23", None),
        ("2026-06-27", "2026-06-23", "剩3日"),
    ],
)
def test_no_mark_from_before_the_term_began(today: str, since: str, name: str | None) -> None:
    mark = d.marks(day("2026-06-30"), MARKS, day(today), since=day(since))
    assert (mark.name if mark else None) == name


@pytest.mark.parametrize(
    ("today", "name"),
    [
        ("2026-09-25", None),
        ("2026-09-28", None),
        ("2026-09-29", "剩5个工作日"),
        ("2026-10-09", "剩5个工作日"),
        ("2026-10-10", "剩1个工作日"),  # the working Saturday
        ("2026-10-11", "剩1个工作日"),
        ("2026-10-12", "今日到期"),
        ("2026-10-13", "今日到期"),
    ],
)
def test_marks_in_working_days(today: str, name: str | None) -> None:
    days = RULES.comm_reminders_before_workdays
    mark = d.marks(day("2026-10-12"), days, day(today), in_workdays=True, overdue=())
    assert (mark.name if mark else None) == name


@pytest.mark.parametrize(
    ("today", "since", "expected"),
    [
        ("2026-04-01", "2026-03-31", "2026-05-31"),
        ("2026-05-31", "2026-03-31", "2026-06-15"),
        ("2026-06-20", "2026-06-20", "2026-06-23"),
        ("2026-06-29", "2026-03-31", "2026-06-30"),
        ("2026-06-30", "2026-03-31", "2026-07-01"),
        ("2026-07-15", "2026-03-31", ""),
    ],
)
def test_when_the_next_mark_comes(today: str, since: str, expected: str) -> None:
    assert d.next_mark_on(day("2026-06-30"), MARKS, day(today), since=day(since)) == optional_day(expected)


def test_days_are_counted_in_shanghai() -> None:
    assert d.day_of(datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) == day("2026-11-20")
    assert d.day_of(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == day("2026-11-21")
    with pytest.raises(ValueError, match="time zone"):
        d.day_of(datetime(2026, 11, 20))  # noqa: DTZ001 - the point of this line


def test_years_are_read_from_a_folder(tmp_path: Path) -> None:
    assert d.read_years(tmp_path) == {}
    year = {"year": 2030, "source": "通知", "days_off": ["2030-01-01"], "make_up_days": ["2030-01-05"]}
    (tmp_path / "2030.json").write_text(json.dumps(year), encoding="utf-8")
    read = d.read_years(tmp_path)[2030]
    assert (read.is_workday(day("2030-01-01")), read.is_workday(day("2030-01-05"))) == (False, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"year": 2031, "days_off": [], "make_up_days": []}, "2030.json: is about 2031"),
        ({"year": 2030, "days_off": ["2031-01-01"], "make_up_days": []}, "2030.json: .*lie in the year"),
        ({"year": 2030, "days_off": [], "make_up_days": ["2030-01-01"]}, "2030.json: .*weekend"),
        ({"year": 2030, "days_off": ["2030-01-05"], "make_up_days": ["2030-01-05"]}, "2030.json: .*not off"),
        ({"year": 2030, "days_off": ["1月1日"], "make_up_days": []}, "2030.json: "),
        ({"year": 2030, "daysoff": []}, "2030.json: "),
        ([], "2030.json: "),
    ],
)
def test_a_year_that_cannot_be_used_is_named(tmp_path: Path, content: object, said: str) -> None:
    (tmp_path / "2030.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        d.read_years(tmp_path)


def test_the_years_shipped_can_be_used() -> None:
    assert set(d.YEARS) <= set(range(2026, 2100))


any_day = st.dates(day("2004-01-01"), day("2060-12-31"))


@given(any_day, st.integers(1, 60))
@settings(max_examples=200)
def test_adding_and_counting_undo_each_other(start: date, n: int) -> None:
    end, before = d.add_workdays(start, n), d.add_workdays(start, -n)
    assert d.is_workday(end)
    assert d.is_workday(before)
    assert d.workdays_between(start, end) == n
    assert d.workdays_between(start, before) == -n
    assert before < start < end


@given(any_day, st.integers(0, 30), st.integers(0, 30))
def test_adding_in_two_steps_is_adding_at_once(start: date, one: int, two: int) -> None:
    assert d.add_workdays(d.add_workdays(start, one), two) == d.add_workdays(start, one + two)


@given(any_day, any_day, st.integers(0, 12))
def test_months_keep_the_order_of_days(one: date, two: date, months: int) -> None:
    first, second = sorted([one, two])
    assert d.add_months(first, months) <= d.add_months(second, months)
    assert d.is_workday(d.add_months(first, months))


@given(any_day, st.integers(1, 6))
def test_the_three_communications_fit_into_the_term(start: date, months: int) -> None:
    due = d.handling_due(start, Rules(handling_months=months))
    during = d.comm_during_due(start, due, RULES)
    assert start <= during < due
    assert (during - start).days <= 0.67 * (due - start).days
    assert start <= d.co_opinion_due(start, due, RULES) <= due


@given(any_day, st.integers(-60, 60), st.booleans())
def test_a_mark_is_never_of_the_future_and_the_next_one_always_is(due: date, shift: int, in_workdays: bool) -> None:
    today = due + timedelta(days=shift)
    mark = d.marks(due, MARKS, today, in_workdays=in_workdays)
    upcoming = d.next_mark_on(due, MARKS, today, in_workdays=in_workdays)
    if mark is None:
        assert shift < 0
    elif not in_workdays:
        assert mark.left >= -shift
    if upcoming is None:
        assert shift >= 15
    else:
        assert upcoming > today
        assert d.marks(due, MARKS, upcoming, in_workdays=in_workdays) != mark
        assert d.marks(due, MARKS, upcoming - d.DAY, in_workdays=in_workdays) == mark
