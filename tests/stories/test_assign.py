"""交办: the dispatcher says how and to whom; what does not fit together is refused with the reason."""

from datetime import date

import pytest

from models.handling import Assignment
from models.proposal import Proposal
from models.states import Handling, Mode, Part, State
from tests.stories.acts import (
    GONG,
    LIN,
    MENG,
    SU,
    TITLE,
    WEI,
    YAN,
    YAO,
    all_have_read,
    assigned,
    everybody_is_at_rest,
    filed,
    proposal,
    rows,
    taps,
    tells,
    tells_assign,
)
from tests.town import Town


async def tasks(town: Town) -> list[tuple[str, Part]]:
    """Who has it, as what."""
    return [(row.unit, row.part) for row in await rows(town, Assignment)]


async def test_one_unit_alone(town: Town) -> None:
    await filed(town)
    meng = town.person(MENG)
    await meng.reads("有提案待交办", TITLE)
    await meng.presses("交办")
    await meng.reads("用哪种办理方式", "1 独办", "2 主办会办", "3 分办")
    await meng.presses("独办")
    await meng.reads("承办单位是哪一个", "委员建议：云岭市住房和城乡建设局")
    await meng.says("住建局")
    await meng.reads("请核对", "第20260001号", "独办：云岭市住房和城乡建设局", "答复期限：2026年6月2日")
    await all_have_read(town)
    await meng.presses("交办")
    await meng.reads("已交办", "办理中")
    await town.person(LIN).reads("已交办", "独办：云岭市住房和城乡建设局", "签收后会与您联系")
    await town.person(WEI).reads("新的承办任务", TITLE, "独办", "6月2日", "3月9日前可申请调整")
    await town.person(YAN).reads("本单位新承办提案", "独办", "6月2日")
    await everybody_is_at_rest(town)
    row = await proposal(town)
    assert (row.state, row.mode) == (State.HANDLING, Mode.SOLE)
    [task] = await rows(town, Assignment)
    assert (task.unit, task.part, task.state) == ("u10", Part.SOLE, Handling.PENDING_ACK)
    assert task.due_on == date(2026, 6, 2)


async def test_a_lead_and_its_co_units(town: Town) -> None:
    await filed(town)
    meng = town.person(MENG)
    for how in ("主办会办", "2", "主办＋会办"):
        await tells(town, MENG, "交办", how)
        await meng.reads("主办写在最前")
        await tells(town, MENG, "取消")
    await tells(town, MENG, "交办", "2", "住建、财政局，民政局")
    await meng.reads("请核对", "主办：云岭市住房和城乡建设局；会办：云岭市财政局、云岭市民政局")
    await all_have_read(town)
    await tells(town, MENG, "交办")
    await town.person(LIN).reads("主办：云岭市住房和城乡建设局；会办：云岭市财政局、云岭市民政局")
    await town.person(WEI).reads("新的承办任务", "主办", "6月2日", "请先签收")
    await town.person(GONG).reads("新的承办任务", "会办", "4月1日", "交会办意见")
    assert await tasks(town) == [("u10", Part.LEAD), ("u06", Part.CO), ("u05", Part.CO)]


async def test_several_units_each_for_itself(town: Town) -> None:
    await assigned(town, "3", "住建局 交通局")
    await town.person(LIN).reads("分办：云岭市住房和城乡建设局、云岭市交通运输局")
    await town.person("u11_liaison").reads("新的承办任务", "分办", "6月2日", "请先签收")
    assert await tasks(town) == [("u10", Part.PARALLEL), ("u11", Part.PARALLEL)]


# --- what does not fit ------------------------------------------------------------------------------------------------


async def test_alone_with_two_units_is_refused(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "独办", "住建局、财政局")
    meng = town.person(MENG)
    await meng.reads("独办只能有一个承办单位，您写了2个", "只留一个", "主办会办")
    await tells(town, MENG, "住建局")
    await meng.reads("请核对", "独办：云岭市住房和城乡建设局")
    await tells(town, MENG, "交办")
    assert await tasks(town) == [("u10", Part.SOLE)]


async def test_a_lead_without_co_units_is_refused(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "主办会办", "住建局")
    meng = town.person(MENG)
    await meng.reads("一个主办（写在最前）和至少一个会办单位", "已记下云岭市住房和城乡建设局", "其余单位")
    await tells(town, MENG, "财政局")
    await meng.reads("请核对", "主办：云岭市住房和城乡建设局；会办：云岭市财政局")
    await tells(town, MENG, "交办")
    assert await tasks(town) == [("u10", Part.LEAD), ("u06", Part.CO)]


async def test_each_for_itself_with_one_unit_is_refused(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "分办", "住建局")
    meng = town.person(MENG)
    await meng.reads("分办至少要有两个承办单位", "独办")
    await tells(town, MENG, "上一步", "独办", "住建局")
    await meng.reads("请核对", "独办：云岭市住房和城乡建设局")


@pytest.mark.parametrize("how", ["主办会办", "分办"])
async def test_the_same_unit_twice_is_refused(town: Town, how: str) -> None:
    await filed(town)
    await taps(town, MENG, "交办")
    meng = await tells(town, MENG, how)
    for twice in ("住建局、住建局", "住建局、住房和城乡建设局", "住建局，财政局，住建"):
        await tells(town, MENG, twice)
        await meng.reads("同一个单位写了两次", "重新写")
    await tells(town, MENG, "住建局、财政局")
    await meng.reads("请核对", "云岭市财政局")
    assert await tasks(town) == []


async def test_a_unit_that_does_not_exist_is_refused(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "独办", "宇航局")
    meng = town.person(MENG)
    await meng.reads("没有叫“宇航局”的单位", "相近的有", "重新写单位名称")
    await tells(town, MENG, "管理局")
    await meng.reads("“管理局”可能是", "应急管理局", "市场监督管理局")
    await tells(town, MENG, "应急局")
    await meng.reads("请核对", "独办：云岭市应急管理局")


async def test_no_such_way_of_assigning(town: Town) -> None:
    await filed(town)
    meng = await taps(town, MENG, "交办")
    await tells(town, MENG, "随便")
    await meng.reads("1 独办、2 主办会办 或 3 分办")
    await tells(town, MENG, "1", "住建局", "交办")
    assert await tasks(town) == [("u10", Part.SOLE)]


# --- seeing it once more ----------------------------------------------------------------------------------------------


async def test_the_dispatcher_cancels(town: Town) -> None:
    await filed(town)
    for word in ("取消", "3"):
        await tells(town, MENG, "交办", "独办", "住建局")
        await all_have_read(town)
        meng = await tells(town, MENG, word)
        await meng.reads("已取消")
        await everybody_is_at_rest(town)
        assert (await proposal(town)).state is State.FILED
    await tells(town, MENG, "交办", "1", "财政局", "交办")
    await meng.reads("已交办")
    assert await tasks(town) == [("u06", Part.SOLE)]


async def test_the_dispatcher_corrects_before_confirming(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "独办", "财政局")
    await all_have_read(town)
    meng = await taps(town, MENG, "修改")
    await meng.reads("用哪种办理方式")
    await tells(town, MENG, "主办会办", "住建局、财政局")
    await meng.reads("请核对", "主办：云岭市住房和城乡建设局；会办：云岭市财政局")
    await meng.presses("交办")
    await meng.reads("已交办")
    assert await tasks(town) == [("u10", Part.LEAD), ("u06", Part.CO)]


async def test_one_more_unit_is_named_at_the_summary(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "主办会办", "住建局、财政局")
    await all_have_read(town)
    meng = await tells(town, MENG, "民政局")
    await meng.reads("已加上云岭市民政局")
    await meng.reads("请核对", "会办：云岭市财政局、云岭市民政局")
    await tells(town, MENG, "财政局")
    await meng.reads("同一个单位写了两次")
    await tells(town, MENG, "交办")
    assert await tasks(town) == [("u10", Part.LEAD), ("u06", Part.CO), ("u05", Part.CO)]


async def test_the_other_dispatcher_was_faster(town: Town) -> None:
    await filed(town)
    await tells_assign(town, "独办", "财政局")
    await taps(town, YAO, "交办")
    await tells(town, YAO, "独办", "住建局", "交办")
    await all_have_read(town)
    meng = await tells(town, MENG, "交办")
    await meng.reads("已有变化", "办理中")
    assert await tasks(town) == [("u10", Part.SOLE)]


async def test_two_proposals_wait_and_one_is_chosen(town: Town) -> None:
    await filed(town)
    await filed(town, SU, "关于社区食堂的提案")
    await all_have_read(town)
    meng = await tells(town, MENG, "交办")
    await meng.reads("有2件可以“交办”", "2 《关于社区食堂的提案》")
    await tells(town, MENG, "2", "独办", "民政局")
    await meng.reads("请核对", "第20260002号")
    await tells(town, MENG, "交办")
    states = {row.title: row.state for row in await rows(town, Proposal)}
    assert states == {TITLE: State.FILED, "关于社区食堂的提案": State.HANDLING}
