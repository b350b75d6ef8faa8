"""Time passes: every reminder on its day, each said once, however often and on however many replicas the clock ticks."""

import asyncio
from datetime import date

from models.deadlines import day_of
from models.handling import Communication, Rating
from models.people import Person
from models.states import Handling, State, Talk
from tests.stories.acts import (
    GONG,
    LEI,
    LIN,
    WEI,
    YAN,
    acknowledged,
    all_have_read,
    assigned,
    assignment,
    delivered,
    dissatisfied,
    edit,
    everybody_is_at_rest,
    proposal,
    rows,
    sent_up,
    talks,
    taps,
    tells,
)
from tests.town import Town

Diary = list[tuple[str, str]]


async def lives_through(town: Town, who: str, days: int, replicas: int = 1, at_once: bool = False) -> Diary:
    """What somebody is told in the next days, day by day: the first line of each message."""
    person, diary = town.person(who), Diary()
    await all_have_read(town)
    for _ in range(days):
        await town.calendar.turn(days=1)
        if replicas > 1:
            await town.restart(replicas)
            await town.settle()
        if at_once:
            await asyncio.gather(*(app.tick() for app in town.apps for _ in range(2)))
            await town.quiet()
        today = day_of(town.calendar.now())
        diary += [(f"{today:%m-%d}", shown.text.splitlines()[0].strip("【】")) for shown in person.unread]
        person.skips_to_the_end()
    return diary


SIGNING_FOR = [
    ("03-04", "签收剩1个工作日"),
    ("03-05", "签收今日到期"),
    ("03-06", "签收已逾期1日"),
]
BEFORE = [
    ("03-16", "办前沟通剩5个工作日"),
    ("03-20", "办前沟通剩1个工作日"),
    ("03-23", "办前沟通今日到期"),
    ("03-24", "办前沟通已逾期1日"),
    ("03-26", "办前沟通已逾期3日"),
    ("03-30", "办前沟通已逾期7日"),
    ("04-06", "办前沟通已逾期14日"),
]
DURING = [
    ("04-23", "办中沟通剩5个工作日"),
    ("04-29", "办中沟通剩1个工作日"),
    ("04-30", "办中沟通今日到期"),  # two thirds of the term end in a holiday: the working day before it
    ("05-01", "办中沟通已逾期1日"),  # what is overdue is said on any day
    ("05-03", "办中沟通已逾期3日"),
    ("05-07", "办中沟通已逾期7日"),
    ("05-14", "办中沟通已逾期14日"),
]
REPLY = [
    ("05-06", "答复剩27日"),  # thirty days before lies in the May holiday: on the first working day after it
    ("05-18", "答复剩15日"),
    ("05-26", "答复剩7日"),
    ("06-01", "答复剩1日"),  # three days before is a Saturday, and this is the Monday
    ("06-02", "答复今日到期"),
    ("06-03", "答复已逾期1日"),
    ("06-09", "答复已逾期7日"),
    ("06-17", "答复已逾期15日"),
]


async def test_the_whole_term_of_a_unit_that_does_nothing(town: Town) -> None:
    await acknowledged(town)
    diary = await lives_through(town, WEI, 120)
    assert sorted(diary) == sorted(BEFORE + DURING + REPLY)
    assert town.platform.violations == []


async def test_each_is_said_once_across_restarts_and_on_two_replicas(town: Town) -> None:
    await acknowledged(town)
    assert await lives_through(town, WEI, 24, replicas=2, at_once=True) == BEFORE[:5]


async def test_a_task_nobody_signs_for(town: Town) -> None:
    await assigned(town)
    diary = await lives_through(town, WEI, 8)
    assert diary[:-1] == SIGNING_FOR
    assert diary[-1][0] == "03-10"  # the window is over: it is theirs
    task = await assignment(town)
    assert (task.state, task.acked_on) == (Handling.WORKING, date(2026, 3, 10))
    before = [("03-24", "办前沟通剩5个工作日"), ("03-30", "办前沟通剩1个工作日"), ("03-31", "办前沟通今日到期")]
    assert await lives_through(town, WEI, 21) == before


async def test_what_is_done_is_not_asked_for_again(town: Town) -> None:
    await acknowledged(town)
    await talks(town, "办前")
    assert await lives_through(town, WEI, 60) == DURING[:4]
    await talks(town, "办中")
    assert await lives_through(town, WEI, 20) == REPLY[:2]


async def test_a_talk_that_waits_for_the_member_is_still_owed(town: Town) -> None:
    await acknowledged(town)
    await town.calendar.turn(days=14)
    await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办前", "1", "今天", "谈过了。")
    assert await lives_through(town, WEI, 10) == [*BEFORE[1:3], ("03-24", "办前沟通逾期默认确认")]
    assert (await rows(town, Communication))[0].state is Talk.AUTO_CONFIRMED


async def test_the_process_was_away_and_says_only_what_is_true_today(town: Town) -> None:
    await acknowledged(town)
    town.calendar.let_pass(24 * 24 * 3600)  # three and a half weeks without a tick
    await all_have_read(town)
    await town.restart(replicas=2)
    await town.settle()
    wei = town.person(WEI)
    await wei.reads("办前沟通已逾期3日")
    await everybody_is_at_rest(town)


async def test_a_reminder_that_comes_late_counts_the_days_as_they_are(town: Town) -> None:
    await acknowledged(town)
    town.calendar.let_pass(26 * 24 * 3600)  # 28 March; the last mark was three days after 23 March
    await all_have_read(town)
    await town.settle()
    await town.person(WEI).reads("办前沟通已逾期5日")
    await town.settle()
    await everybody_is_at_rest(town)


async def test_nothing_is_said_before_nine_o_clock(town: Town) -> None:
    await acknowledged(town)
    await town.calendar.turn(days=13)
    await all_have_read(town)
    await town.calendar.turn(hours=22, minutes=30)  # half past eight on 16 March
    await everybody_is_at_rest(town)
    await town.calendar.turn(hours=1)
    await town.person(WEI).reads("办前沟通剩5个工作日")


async def test_a_reminder_bears_the_buttons_of_the_day(town: Town) -> None:
    await acknowledged(town)
    await town.calendar.turn(days=14)
    wei = town.person(WEI)
    card = await wei.reads("办前沟通剩5个工作日", "2026年3月23日", "登记沟通")
    await wei.presses("登记沟通", card=card)
    await wei.reads("哪一次沟通")


async def test_after_the_reply_a_talk_and_the_rating_are_owed(town: Town) -> None:
    await delivered(town)
    liaison = await lives_through(town, WEI, 15)
    assert liaison == [
        ("03-06", "办后沟通剩1个工作日"),
        ("03-09", "办后沟通今日到期"),
        ("03-10", "办后沟通已逾期1日"),
        ("03-12", "办后沟通已逾期3日"),
        ("03-16", "办后沟通已逾期7日"),
    ]


async def test_the_member_is_asked_to_rate_and_then_it_ends(town: Town) -> None:
    await delivered(town)
    await town.restart(replicas=2)
    diary = await lives_through(town, LIN, 25)
    assert diary[:4] == [
        ("03-09", "评价剩10个工作日"),
        ("03-16", "评价剩5个工作日"),
        ("03-20", "评价剩1个工作日"),
        ("03-23", "评价今日到期"),
    ]
    [(day, closed)] = diary[4:]
    assert day == "03-24"
    assert "已办结" in closed
    assert (await proposal(town)).state is State.CLOSED
    assert await rows(town, Rating) == []


async def test_whoever_has_the_draft_is_reminded(town: Town) -> None:
    await sent_up(town)
    assert await lives_through(town, LEI, 78) == [("05-06", "复核答复剩27日"), ("05-18", "复核答复剩15日")]
    await taps(town, LEI, "同意")
    assert await lives_through(town, YAN, 8) == [("05-26", "签发答复剩7日")]


async def test_a_co_unit_owes_its_opinion_sooner(town: Town) -> None:
    await assigned(town, "主办会办", "住建局、财政局")
    await taps(town, GONG, "签收")
    assert await lives_through(town, GONG, 40) == [
        ("03-25", "交会办意见剩7日"),
        ("03-30", "交会办意见剩2日"),  # three days before is a Sunday
        ("03-31", "交会办意见剩1日"),
        ("04-01", "交会办意见今日到期"),
        ("04-02", "交会办意见已逾期1日"),
        ("04-08", "交会办意见已逾期7日"),
    ]


async def test_a_second_handling_has_a_term_of_its_own(town: Town) -> None:
    await dissatisfied(town)
    task = await assignment(town)
    assert (task.round, task.due_on) == (2, date(2026, 4, 2))
    diary = await lives_through(town, WEI, 33)
    assert [entry for entry in diary if "答复" in entry[1]] == [
        ("03-03", "答复剩30日"),
        ("03-18", "答复剩15日"),
        ("03-26", "答复剩7日"),
        ("03-30", "答复剩3日"),
        ("04-01", "答复剩1日"),
        ("04-02", "答复今日到期"),
        ("04-03", "答复已逾期1日"),
    ]


async def test_who_left_office_is_not_reminded(town: Town) -> None:
    await acknowledged(town)
    await edit(town, Person, WEI, lambda person: setattr(person, "active", False))
    assert await lives_through(town, WEI, 18) == []
    await edit(town, Person, WEI, lambda person: setattr(person, "active", True))
    assert await lives_through(town, WEI, 4) == BEFORE[2:4]
