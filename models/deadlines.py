"""Working days, due dates, and which reminder belongs to a day. Pure: every day is an Asia/Shanghai date.

Three sources tell a working day, the first that knows the year wins: models/workdays/<year>.json, which an administrator may
add; chinese-calendar; Monday to Friday less the statutory days that never move, which is an estimate (`is_estimated`).
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

import chinese_calendar
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from models.rules import SHANGHAI, Rules

DAY = timedelta(days=1)
FIXED_DAYS_OFF = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}  # 全国年节及纪念日放假办法 (2024), art. 2
OVERDUE = (1, 7, 15)  # days after the due date on which it is said again (DOMAIN §7.4)
FURTHEST = 1000


class WorkYear(BaseModel):
    """One year's days off and make-up days, as the State Council's notice lists them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    source: str = ""
    days_off: frozenset[date]
    make_up_days: frozenset[date]

    @model_validator(mode="after")
    def _is_one_year(self) -> Self:
        if any(day.year != self.year for day in self.days_off | self.make_up_days):
            raise ValueError("every day must lie in the year")
        if self.days_off & self.make_up_days or any(day.weekday() < 5 for day in self.make_up_days):
            raise ValueError("a make-up day is a day of the weekend that is not off")
        return self

    def is_workday(self, day: date) -> bool:
        """Whether people work on this day: weekends, days off and make-up days counted."""
        return day in self.make_up_days or (day.weekday() < 5 and day not in self.days_off)


def read_years(folder: Path) -> dict[int, WorkYear]:
    """The years an administrator has added; a file that cannot be used is named."""
    years: dict[int, WorkYear] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            year = WorkYear.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise ValueError(f"{path.name}: {error.errors()[0]['msg']}") from error
        if path.stem != str(year.year):
            raise ValueError(f"{path.name}: is about {year.year}")
        years[year.year] = year
    return years


YEARS = read_years(Path(__file__).parent / "workdays")


# --- days ---


def day_of(moment: datetime) -> date:
    """The day on which a moment falls in Shanghai."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(SHANGHAI).date()


def is_workday(day: date) -> bool:
    """Whether people work on this day: weekends, days off and make-up days counted."""
    if day.year in YEARS:
        return YEARS[day.year].is_workday(day)
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # it knows only the years already announced
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_DAYS_OFF


def is_estimated(day: date) -> bool:
    """Whether the days off of this year are not announced yet: say 估算 beside such a date, count it again later."""
    if day.year in YEARS:
        return False
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return True
    return False


def next_workday(day: date) -> date:
    """The day itself if it is a working day, else the first one after it (顺延)."""
    while not is_workday(day):
        day += DAY
    return day


def last_workday(day: date) -> date:
    """The day itself if it is a working day, else the last one before it."""
    while not is_workday(day):
        day -= DAY
    return day


def add_workdays(day: date, n: int) -> date:
    """The n-th working day after a day, which does not count itself; before it if n is negative; the day itself for 0."""
    if abs(n) > FURTHEST:
        raise ValueError(f"more than {FURTHEST} working days")
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not is_workday(day):
            day += step
    return day


def workdays_between(start: date, end: date) -> int:
    """How many working days one counts from one day to the other: the inverse of add_workdays."""
    if end < start:
        return -sum(is_workday(day) for day in _days(end, start))
    return sum(is_workday(day) for day in _days(start + DAY, end + DAY))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day; a day off moves it to the next working day (DOMAIN §7.1)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    return next_workday(date(year, month + 1, min(day.day, length)))


def add_days(day: date, days: int) -> date:
    """So many natural days later; a day off moves it to the next working day."""
    return next_workday(day + timedelta(days=days))


def _days(start: date, end: date) -> Iterator[date]:
    for ordinal in range(start.toordinal(), end.toordinal()):
        yield date.fromordinal(ordinal)


# --- due dates: the last day on which something is still in time ---


def review_due(submitted_on: date, rules: Rules) -> date:
    """Until when a review step is taken, working days."""
    return add_workdays(submitted_on, rules.review_workdays)


def returned_due(returned_on: date, rules: Rules) -> date:
    """Until when a returned proposal is mended, working days."""
    return add_workdays(returned_on, rules.returned_workdays)


def assign_due(filed_on: date, rules: Rules) -> date:
    """Until when a filed proposal is assigned, working days."""
    return add_workdays(filed_on, rules.assign_workdays)


def ack_due(assigned_on: date, rules: Rules) -> date:
    """Until when a unit signs for its task, working days."""
    return add_workdays(assigned_on, rules.ack_workdays)


def objection_until(assigned_on: date, rules: Rules) -> date:
    """The window in which a unit may ask to be released; after it the assignment counts as received (DOMAIN §6.3)."""
    return add_workdays(assigned_on, rules.objection_workdays)


def objection_reply_due(objected_on: date, rules: Rules) -> date:
    """Until when the dispatcher answers an objection, natural days (DOMAIN §6.3)."""
    return add_days(objected_on, rules.objection_reply_days)


def handling_due(assigned_on: date, rules: Rules, *, in_session: bool = False, extended_months: int = 0) -> date:
    """When the reply is due. Extensions lengthen the term up to its utmost; it always runs from the assignment."""
    months = rules.handling_months_in_session if in_session else rules.handling_months
    return add_months(assigned_on, min(months + max(extended_months, 0), rules.handling_months_max))


def co_opinion_due(assigned_on: date, lead_due_on: date, rules: Rules) -> date:
    """When a co-unit's opinion is due: so many days after the assignment, and so many before the lead's own term."""
    before_lead = last_workday(lead_due_on - timedelta(days=rules.co_opinion_before_lead_days))
    return max(min(add_days(assigned_on, rules.co_opinion_days), before_lead), assigned_on)


def comm_before_due(acked_on: date, rules: Rules) -> date:
    """Until when the first talk takes place, working days from signing (DOMAIN §8.2)."""
    return add_workdays(acked_on, rules.comm_before_workdays)


def comm_during_due(assigned_on: date, due_on: date, rules: Rules) -> date:
    """The last working day before two thirds of the term are over (DOMAIN §8.2)."""
    share = int(round((due_on - assigned_on).days * rules.comm_during_fraction, 6))
    return max(last_workday(assigned_on + timedelta(days=share)), assigned_on)


def comm_after_due(issued_on: date, rules: Rules) -> date:
    """Until when the talk after the reply takes place, working days (DOMAIN §8.2)."""
    return add_workdays(issued_on, rules.comm_after_workdays)


def comm_confirm_due(recorded_on: date, rules: Rules) -> date:
    """Until when a recorded talk may be denied, natural days (DOMAIN §8.3)."""
    return add_days(recorded_on, rules.comm_confirm_days)


def feedback_due(sent_on: date, rules: Rules) -> date:
    """Until when the member rates, working days (DOMAIN §10.2)."""
    return add_workdays(sent_on, rules.feedback_workdays)


def rehandle_due(decided_on: date, rules: Rules) -> date:
    """Until when a second handling is answered, months (DOMAIN §10.4)."""
    return add_months(decided_on, rules.rehandle_months)


# --- reminders ---


@dataclass(frozen=True)
class Mark:
    """A point of a term worth a reminder: so many days before it ends, its end (0), or so many after it (negative)."""

    left: int
    in_workdays: bool = False

    @property
    def name(self) -> str:
        """As people read it: 剩3日, 今日到期, 已逾期7日."""
        if self.left == 0:
            return "今日到期"
        if self.left < 0:
            return f"已逾期{-self.left}日"
        return f"剩{self.left}个工作日" if self.in_workdays else f"剩{self.left}日"

    @property
    def is_overdue(self) -> bool:
        """Whether the term has passed."""
        return self.left < 0


def marks(
    due_on: date,
    days: Sequence[int],
    today: date,
    *,
    in_workdays: bool = False,
    overdue: Sequence[int] = OVERDUE,
    since: date | None = None,
) -> Mark | None:
    """The one mark that belongs to today: the latest that has passed, so a day missed is made up for, once.

    `since` is the day the term began: marks up to it never came (a term of ten days has no 剩30日).
    """
    passed = [
        mark for day, mark in _course(due_on, days, in_workdays, overdue) if day <= today and _is_after(day, since)
    ]
    return passed[-1] if passed else None


def next_mark_on(
    due_on: date,
    days: Sequence[int],
    today: date,
    *,
    in_workdays: bool = False,
    overdue: Sequence[int] = OVERDUE,
    since: date | None = None,
) -> date | None:
    """The next day, after today, to which a new mark belongs; None when all have passed."""
    course = _course(due_on, days, in_workdays, overdue)
    return next((day for day, _ in course if day > today and _is_after(day, since)), None)


def _is_after(day: date, since: date | None) -> bool:
    return since is None or day > since


def _course(due_on: date, days: Sequence[int], in_workdays: bool, overdue: Sequence[int]) -> list[tuple[date, Mark]]:
    """All marks of a term in the order in which they come; the due day is always one of them."""
    course = [(due_on, Mark(0, in_workdays))]
    for left in days:
        if left > 0:
            day = add_workdays(due_on, -left) if in_workdays else due_on - timedelta(days=left)
            course.append((day, Mark(left, in_workdays)))
    course += [(due_on + timedelta(days=late), Mark(-late, in_workdays)) for late in overdue if late > 0]
    return sorted(course, key=lambda entry: (entry[0], -entry[1].left))
