"""登记沟通: the unit writes down a talk, the member says whether it was so. 先协商、后答复."""

from datetime import date

from models.handling import Communication
from models.states import Means, Stage, Talk
from tests.memory import lived_once
from tests.stories.acts import (
    GONG,
    LIN,
    SU,
    WEI,
    acknowledged,
    all_have_read,
    assigned,
    delivered,
    everybody_is_at_rest,
    rates,
    rows,
    talks,
    taps,
    tells,
    tells_what_became_of_it,
)
from tests.town import Town

MINUTES = "与委员当面谈了实施清单，委员希望先做老人多的单元。"


@lived_once
async def recorded(town: Town, stage: str = "办前") -> None:
    """住建局 has written down a talk; the member has not said anything yet."""
    await acknowledged(town)
    await taps(town, WEI, "登记沟通")
    await tells(town, WEI, stage, "1", "今天")
    await all_have_read(town)
    await tells(town, WEI, MINUTES)


async def test_a_talk_is_recorded_and_confirmed(town: Town) -> None:
    await acknowledged(town)
    wei, lin = town.person(WEI), town.person(LIN)
    await wei.presses("登记沟通")
    await wei.reads("哪一次沟通", "1 办前", "2 办中")
    await wei.presses("办前")
    await wei.reads("用什么方式", "1 上门走访", "9 其他")
    await tells(town, WEI, "6")
    await wei.reads("沟通日期")
    await tells(town, WEI, "3月2日")
    await wei.reads("沟通纪要", "500字以内")
    await all_have_read(town)
    await wei.says(MINUTES)
    await wei.reads("已登记", "等提案人确认")
    card = await lin.reads("请确认办前沟通", MINUTES, "电话", "3月2日", "3月9日前未回复的，视为属实")
    await everybody_is_at_rest(town)
    await lin.presses("属实")
    await wei.reads("办前沟通委员已确认")
    await town.quiet()
    tells_what_became_of_it(card, "林知夏")
    [talk] = await rows(town, Communication)
    assert (talk.stage, talk.means, talk.held_on) == (Stage.BEFORE, Means.PHONE, date(2026, 3, 2))
    assert (talk.state, talk.recorded_by, talk.minutes) == (Talk.CONFIRMED, WEI, MINUTES)


async def test_it_was_not_so(town: Town) -> None:
    await recorded(town)
    wei, lin = town.person(WEI), town.person(LIN)
    await lin.presses("不属实")
    await lin.reads("哪里不属实")
    await tells(town, LIN, "没有人来过，只接到一个电话。")
    await lin.reads("不属实")
    await wei.reads("办前沟通被指不属实", "没有人来过", "再登记一次")
    await tells(town, WEI, "写答复")
    await wei.reads("办前沟通被委员指为不属实", "重新沟通")
    await talks(town, "办前")  # once more, and now it was so
    assert [talk.state for talk in await rows(town, Communication)] == [Talk.DISPUTED, Talk.CONFIRMED]


async def test_the_member_types_the_words(town: Town) -> None:
    await recorded(town)
    lin = await tells(town, LIN, "属实")
    await lin.reads("属实")
    await all_have_read(town)
    await tells(town, LIN, "不属实")
    await lin.reads("现在没有可以“不属实”的事")
    [talk] = await rows(town, Communication)
    assert talk.state is Talk.CONFIRMED


async def test_nobody_else_confirms(town: Town) -> None:
    await recorded(town)
    for who in (WEI, SU, GONG):
        person = await tells(town, who, "属实")
        await person.reads("现在没有可以“属实”的事")
    [talk] = await rows(town, Communication)
    assert talk.state is Talk.RECORDED


async def test_three_stages_each_in_its_time(town: Town) -> None:
    await acknowledged(town)
    wei = await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办后")
    await wei.reads("还没有签发", "办前或办中")
    await tells(town, WEI, "办前", "上门走访", "今天", MINUTES)
    await taps(town, LIN, "属实")
    await talks(town, "办中")
    await taps(town, WEI, "写答复")
    await tells(town, WEI, "A", "已办。", "完", "送审")
    await taps(town, "u10_review", "同意")
    await all_have_read(town)
    await taps(town, "u10_leader", "签发")
    await wei.reads("答复已送达", "5个工作日内做办后沟通")
    await wei.presses("登记沟通")
    await wei.reads("哪一次沟通", "办后")
    await tells(town, WEI, "办前")
    await wei.reads("已经送达", "办后沟通")
    await tells(town, WEI, "1", "电话", "今天", "委员表示感谢。")
    lin = town.person(LIN)
    await lin.reads("请确认办后沟通", "委员表示感谢")
    await lin.presses("属实")
    await wei.reads("办后沟通委员已确认")
    assert [talk.stage for talk in await rows(town, Communication)] == [Stage.BEFORE, Stage.DURING, Stage.AFTER]


async def test_the_last_talk_may_be_recorded_after_the_rating(town: Town) -> None:
    await delivered(town)
    await rates(town, "满意")
    await all_have_read(town)
    wei = await tells(town, WEI, "登记沟通")
    await wei.reads("哪一次沟通", "办后")
    await tells(town, WEI, "办后", "微信", "今天", "委员已评价。")
    await town.person(LIN).reads("请确认办后沟通")


async def test_means_and_days_as_people_write_them(town: Town) -> None:
    await acknowledged(town)
    await taps(town, WEI, "登记沟通")
    wei = await tells(town, WEI, "1", "托梦")
    await wei.reads("沟通方式前面的数字")
    await tells(town, WEI, "面谈")
    await wei.reads("沟通日期")
    for written, told in (
        ("明天", "还没有到"),
        ("3月30日", "还没有到"),
        ("昨天", "早于交办日（2026年03月02日）"),
        ("2025-11-20", "早于交办日"),
        ("2月30日", "没有“2月30日”这一天"),
        ("13月1日", "没有“13月1日”这一天"),
        ("上周", "没看懂日期“上周”"),
        ("20260230", "没有“20260230”这一天"),
    ):
        await all_have_read(town)
        await tells(town, WEI, written)
        await wei.reads(told)
    for written in ("今天", "3月2日", "3.2", "2026-03-02", "2026年3月2日", "20260302", "3/2"):
        await all_have_read(town)
        await tells(town, WEI, written)
        await wei.reads("沟通纪要")
        await tells(town, WEI, "上一步")
    await tells(town, WEI, "2026.3.2", MINUTES)
    await town.person(LIN).reads("请确认办前沟通", "3月2日")


async def test_minutes_that_are_too_long_are_refused_and_the_rest_is_kept(town: Town) -> None:
    await acknowledged(town)
    await taps(town, WEI, "登记沟通")
    wei = await tells(town, WEI, "办前", "1", "今天", "谈" * 501)
    await wei.reads("太长了（501字）", "500字")
    await tells(town, WEI, "谈" * 500)
    await town.person(LIN).reads("请确认办前沟通")


async def test_silence_for_seven_days_counts_as_yes(town: Town) -> None:
    await recorded(town)
    wei = town.person(WEI)
    await town.calendar.turn(days=7)
    assert (await rows(town, Communication))[0].state is Talk.RECORDED
    await all_have_read(town)
    await town.calendar.turn(days=1)
    await wei.reads("办前沟通逾期默认确认")
    await town.restart(replicas=2)
    await town.settle()
    await town.calendar.turn(days=1)
    assert (await rows(town, Communication))[0].state is Talk.AUTO_CONFIRMED
    said = [shown for shown in wei.inbox if "逾期默认确认" in shown.text]
    assert len(said) == 1
    await all_have_read(town)
    lin = await tells(town, LIN, "不属实")
    await lin.reads("现在没有可以“不属实”的事")


async def test_before_the_signature_nothing_is_recorded(town: Town) -> None:
    await assigned(town)
    wei = await tells(town, WEI, "登记沟通")
    await wei.reads("现在没有可以“登记沟通”的事")


async def test_the_recording_is_given_up(town: Town) -> None:
    await acknowledged(town)
    wei = await taps(town, WEI, "登记沟通")
    await tells(town, WEI, "办前", "上一步")
    await wei.reads("哪一次沟通")
    await tells(town, WEI, "办中", "1", "今天", "取消")
    await wei.reads("已取消", "什么都没有改变")
    assert await rows(town, Communication) == []


async def test_a_co_unit_may_talk_too(town: Town) -> None:
    await acknowledged(town, "主办会办", "住建局、财政局")
    await taps(town, GONG, "签收")
    await tells(town, GONG, "登记沟通", "办前", "电话", "今天", "谈了资金。")
    await town.person(LIN).reads("请确认办前沟通", "财政局", "谈了资金")


# --- 免予沟通 ----------------------------------------------------------------------------------------------------------


async def test_the_member_does_without(town: Town) -> None:
    await acknowledged(town)
    lin, wei = town.person(LIN), town.person(WEI)
    await lin.presses("免予沟通")
    await lin.reads("不需要哪一次沟通", "1 办前", "2 办中")
    await lin.presses("办前")
    await lin.reads("免予沟通")
    await wei.reads("委员表示不需要沟通", "林知夏", "办前")
    await tells(town, WEI, "写答复")
    await wei.reads("办中沟通还没有登记")
    await tells(town, LIN, "免予沟通", "1")
    await wei.reads("委员表示不需要沟通", "办中")
    await tells(town, WEI, "写答复")
    await wei.reads("办理结果")
    assert [talk.state for talk in await rows(town, Communication)] == [Talk.WAIVED, Talk.WAIVED]
    await all_have_read(town)
    await tells(town, LIN, "免予沟通")
    await lin.reads("不用再免")


async def test_the_unit_does_not_spare_itself_the_talk(town: Town) -> None:
    await acknowledged(town)
    wei = await tells(town, WEI, "免予沟通")
    await wei.reads("现在没有可以“免予沟通”的事")
    assert await rows(town, Communication) == []


async def test_the_member_thinks_better_of_it(town: Town) -> None:
    await acknowledged(town)
    lin = await taps(town, LIN, "免予沟通")
    await tells(town, LIN, "都不用")
    await lin.reads("回复前面的数字")
    await tells(town, LIN, "取消")
    await lin.reads("已取消")
    assert await rows(town, Communication) == []
