"""Days as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import day_in
from models.errors import Refused

TODAY = date(2026, 3, 2)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", TODAY),
        ("今日。", TODAY),
        ("昨天", date(2026, 3, 1)),
        ("前天", date(2026, 2, 28)),
        ("明天", date(2026, 3, 3)),
        ("2026年2月20日", date(2026, 2, 20)),
        ("2026-02-20", date(2026, 2, 20)),
        ("2026/2/20", date(2026, 2, 20)),
        ("2026.2.20", date(2026, 2, 20)),
        ("20260220", date(2026, 2, 20)),
        ("２０２６年２月２０日", date(2026, 2, 20)),
        ("2月20日", date(2026, 2, 20)),
        ("2月20", date(2026, 2, 20)),
        ("2.20", date(2026, 2, 20)),
        ("2-20", date(2026, 2, 20)),
        (" 2 月 20 日 ", date(2026, 2, 20)),
        ("12月30日", date(2025, 12, 30)),  # last year's: nobody talks in advance
        ("3月20日", date(2026, 3, 20)),  # this month's, said too early: the rule about the future answers that
    ],
)
def test_the_day_of_a_talk(text: str, day: date) -> None:
    assert day_in(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("6月30日", date(2026, 6, 30)),
        ("1月15日", date(2027, 1, 15)),  # the next one
        ("2027年6月30日", date(2027, 6, 30)),
        ("明天", date(2026, 3, 3)),
        ("3月2日", TODAY),
    ],
)
def test_the_day_of_a_promise(text: str, day: date) -> None:
    assert day_in(text, TODAY, ahead=True) == day


@pytest.mark.parametrize("text", ["2月30日", "13月1日", "2026-02-29", "0月0日", "20261301", "0000-01-01"])
@pytest.mark.parametrize("ahead", [False, True])
def test_a_day_that_does_not_exist(text: str, ahead: bool) -> None:
    with pytest.raises(Refused, match="请核对日期"):
        day_in(text, TODAY, ahead=ahead)


@pytest.mark.parametrize("text", ["", "上周三", "三月二日", "2026年3月", "11", "谢谢", "1.2.3.4", "2026-3-2-1"])
def test_what_is_no_day_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(Refused, match="11月20日"):
        day_in(text, TODAY)


@given(
    day=days, today=days, ahead=st.booleans(), shape=st.sampled_from(["%Y年%m月%d日", "%Y-%m-%d", "%Y%m%d", "%Y.%m.%d"])
)
def test_a_whole_date_is_itself_on_any_day(day: date, today: date, ahead: bool, shape: str) -> None:
    assert day_in(day.strftime(shape), today, ahead=ahead) == day


@given(day=days, today=days)
def test_without_a_year_it_is_the_nearest_that_makes_sense(day: date, today: date) -> None:
    text = f"{day.month}月{day.day}日"
    try:
        past, ahead = day_in(text, today), day_in(text, today, ahead=True)
    except Refused:
        assert (day.month, day.day) == (2, 29)
        return
    assert past <= today + timedelta(days=30)
    assert past > today - timedelta(days=367)
    assert today <= ahead < today + timedelta(days=367)
    assert {(past.month, past.day), (ahead.month, ahead.day)} == {(day.month, day.day)}
