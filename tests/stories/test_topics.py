"""选题 and 五治: the office publishes topics, a member takes one and its 来源 follows; what came of it can be asked."""

from typing import Any

import pytest
from sqlmodel import col, select

from models.audit import Audit
from models.label import Label
from models.proposal import Proposal
from models.states import Origin, State
from models.topic import Taking, Topic
from tests.stories.acts import (
    ANSWERS,
    CHENG,
    LIN,
    MENG,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    everybody_is_at_rest,
    filed,
    page,
    proposal,
    rows,
    second_passed,
    submitted,
    taps,
    tells,
)
from tests.town import Town

SCHOOLS = "盘活农村闲置校舍｜全市有四十多所，多数空着。"


async def published(town: Town, *lines: str, kind: str = "领导点题", by: str = "梁市长", how: str = "只发布") -> None:
    """The office publishes these."""
    said = [by] if kind != "参考选题" else []
    await tells(town, WEN, "发布选题", kind, "\n".join(lines or (SCHOOLS,)), "完", *said, how)
    await all_have_read(town)


async def labelled(town: Town) -> list[str]:
    """What is kept, in the order of the alphabet."""
    return await town.look(lambda session: list(session.exec(select(Label.name).order_by(Label.name))))


async def takings(town: Town) -> list[tuple[int, str]]:
    """Which topics were taken, by whom."""
    taken = select(Taking.topic_id, Taking.person).order_by(col(Taking.proposal_id))
    return await town.look(lambda session: [(topic, person) for topic, person in session.exec(taken)])


# --- publishing -------------------------------------------------------------------------------------------------------


async def test_a_pasted_list_is_published_and_the_members_hear_of_it(town: Town) -> None:
    wen = await tells(town, WEN, "发布选题")
    await wen.reads("发布哪一类选题", "1 参考选题", "2 领导点题", "3 群众荐题", "4 提案线索")
    await tells(town, WEN, "2")
    await wen.reads("一行一个", "题目｜说明")
    await tells(town, WEN, f"1. {SCHOOLS}\n2. 夜间公交\n\n（三）老旧小区停车 | 车位少", "夜间公交。", "完")
    await wen.reads("记下3条")
    await wen.reads("哪位领导点的题", "跳过")
    await tells(town, WEN, "梁市长")
    await wen.reads("将发布3个领导点题", "盘活农村闲置校舍", "夜间公交", "另有1个目录里已有")
    assert await rows(town, Topic) == []
    await all_have_read(town)
    await taps(town, WEN, "发布并通知委员")
    await wen.reads("已发布3个领导点题（1号至3号）", "已通知", "选题进度")
    await town.person(LIN).reads("提案委发布了3个领导点题", "1号 盘活农村闲置校舍", "回复“选题”")
    await town.person(SU).reads("提案委发布了3个领导点题")
    town.person(WEI).reads_nothing_more()
    topics = await rows(town, Topic)
    assert [(t.title, t.note, t.said_by, t.kind) for t in topics] == [
        ("盘活农村闲置校舍", "全市有四十多所，多数空着。", "梁市长", Origin.LEADER_TOPIC),
        ("夜间公交", "", "梁市长", Origin.LEADER_TOPIC),
        ("老旧小区停车", "车位少", "梁市长", Origin.LEADER_TOPIC),
    ]
    await all_have_read(town)
    await tells(town, WEN, "发布选题", "1", "夜间公交", "完", "只发布")
    await wen.reads("将发布0个参考选题", "另有1个")
    await wen.reads("没有重复发布")
    await everybody_is_at_rest(town, WEN)


async def test_what_is_not_confirmed_is_not_published(town: Town) -> None:
    wen = await tells(town, WEN, "发布选题", "参考选题", "夜间公交", "完", "不发布")
    await wen.reads("没有发布")
    await tells(town, WEN, "发布选题", "群众荐题", "路" * 501)
    await wen.reads("一个选题最多500字", "没有记下")
    await tells(town, WEN, "｜只有说明")
    await wen.reads("没有题目")
    await tells(town, WEN, "取消", "选题进度")
    await wen.reads("还没有发布选题")
    assert await rows(town, Topic) == []


async def test_only_the_office_publishes_withdraws_and_sees_what_came_of_it(town: Town) -> None:
    await published(town)
    for who in (LIN, WEI, MENG):
        person = await tells(town, who, "发布选题", "收回选题 1", "选题进度")
        await person.reads("由提案委发布")
        await person.reads("由提案委发布")
        await person.reads("选题进度由提案委查看")
    assert (await rows(town, Topic))[0].withdrawn_at is None


async def test_who_recommended_it_is_for_the_office_only(town: Town) -> None:
    long = "小区门口的路灯坏了半年，" * 12
    await published(town, long, kind="群众荐题", by="市民高某某")
    lin, wen = await tells(town, LIN, "选题 1"), await tells(town, WEN, "选题 1")
    await lin.reads("1号选题", long)
    shown = await lin.reads("群众荐题", "选用")
    assert "高某某" not in "".join(told.text for told in lin.inbox), shown
    await wen.reads("市民高某某", "收回选题")


# --- taking -----------------------------------------------------------------------------------------------------------


async def test_a_member_takes_a_topic_and_what_came_of_it_can_be_asked(town: Town) -> None:
    await published(town, SCHOOLS, "夜间公交")
    lin, wen = await tells(town, LIN, "选题"), town.person(WEN)
    await lin.reads("参考选题，共2个", "1 夜间公交（领导点题）", "2 盘活农村闲置校舍（领导点题）", "回复序号")
    await tells(town, LIN, "2")
    await lin.reads("1号选题 领导点题", "梁市长", "全市有四十多所", "还没有人选用")
    await taps(town, LIN, "选用")
    await lin.reads("已选用1号选题“盘活农村闲置校舍”", "来源记为“领导点题”")
    await lin.reads("（1/8）", "案由")
    await tells(town, LIN, "选用 1")
    await lin.reads("您已经选用了1号选题", "我的草稿")
    await tells(town, WEN, "选题进度")
    await wen.reads("共2个，选用1次，提交0件", "1 1号 盘活农村闲置校舍（领导点题）\n　林知夏 在写", "还没有人选用")
    await tells(town, LIN, TITLE, *ANSWERS[1:])
    await lin.reads("请看一遍", "来源：领导点题（1号选题“盘活农村闲置校舍”）")
    assert "1号选题" not in (await page(town, WEN)), "not before it is handed in"
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    row = await proposal(town)
    assert (row.origin, row.state, await takings(town)) == (Origin.LEADER_TOPIC, State.SUBMITTED, [(1, LIN)])
    assert "领导点题（1号选题“盘活农村闲置校舍”）" in await page(town, WEN)
    await all_have_read(town)
    await tells(town, WEN, "选题进度", "1")
    await wen.reads("选用1次，提交1件，立案0件", f"林知夏 S20260001《{TITLE}》已提交")
    await wen.reads("选用情况：\n林知夏 S20260001", "已提交")
    await wen.reads("1号选题 领导点题", "已有1人选用")
    su = await tells(town, SU, "选题")
    await su.reads("2 盘活农村闲置校舍（领导点题，已有1人选用）")
    await tells(town, SU, "2")
    shown = await su.reads("1号选题 领导点题")
    assert "林知夏" not in shown.text


async def test_taking_by_number_lays_aside_what_one_was_writing(town: Town) -> None:
    await published(town)
    lin = await tells(town, LIN, "我要提案", TITLE, "选题")
    await lin.reads("· 1号 盘活农村闲置校舍", "看其中一个回复“选题 1”", "还在等您")
    await tells(town, LIN, "选用1号")
    await lin.reads("已选用1号选题", "刚才在写的已存好")
    await tells(town, LIN, "关于校舍的提案", "存草稿", "我的草稿")
    await lin.reads("您有2份草稿", "关于校舍的提案", TITLE)
    assert [row.origin for row in await rows(town, Proposal)] == [Origin.SELF_TOPIC, Origin.LEADER_TOPIC]


async def test_who_is_no_member_takes_nothing(town: Town) -> None:
    await published(town)
    wei = await tells(town, WEI, "选题", "1")
    await wei.reads("参考选题，共1个")
    shown = await wei.reads("1号选题 领导点题")
    assert "请回复" not in shown.text
    await tells(town, WEI, "选用 1", "选用")
    await wei.reads("由政协委员选用")
    await wei.reads("请写选题的号码")
    await tells(town, LIN, "选用 9", "选题 9", "选题 马拉松")
    lin = town.person(LIN)
    await lin.reads("没有9号选题")
    await lin.reads("没有9号选题")
    await lin.reads("没有含“马拉松”的选题")
    assert await takings(town) == []


async def test_a_discarded_draft_gives_its_topic_back(town: Town) -> None:
    await published(town)
    lin = await tells(town, LIN, "选用 1", "关于校舍的提案", "删除草稿 1", "1")
    await lin.reads("已删除")
    assert await takings(town) == []
    await tells(town, LIN, "选用 1")
    await lin.reads("已选用1号选题")


async def test_the_same_in_words_and_numbers(town: Town) -> None:
    await published(town)
    lin = await tells(town, LIN, "文字版", "选题", "1")
    await lin.reads("【1号选题 领导点题】", "请回复数字", "选用")
    await tells(town, LIN, "选用")
    await lin.reads("已选用1号选题")
    await tells(town, WEN, "文字版", "选题 1", "收回选题", "1")
    await town.person(WEN).reads("已收回1号选题")


async def test_the_catalogue_is_read_ten_at_a_time_and_by_words(town: Town) -> None:
    lin = await tells(town, LIN, "选题")
    await lin.reads("现在没有参考选题", "我要提案")
    await published(town, *(f"第{number}座社区食堂" for number in range(1, 13)), kind="参考选题")
    await published(town, "夜间公交")
    await tells(town, LIN, "选题")
    await lin.reads("共13个", "1 夜间公交（领导点题）", "2 第12座社区食堂", "10 第4座社区食堂", "回复 11 看后面的3个")
    await tells(town, LIN, "11")
    await lin.reads("第11个起", "1 第3座社区食堂", "3 第1座社区食堂")
    await tells(town, LIN, "选题 领导点题", "选题 公交")
    await lin.reads("共1个", "夜间公交")
    await lin.reads("共1个", "夜间公交")
    await tells(town, WEN, "选题进度", "11")
    wen = town.person(WEN)
    await wen.reads("共13个，选用0次", "看后面的3个")
    await wen.reads("第1座社区食堂")


# --- withdrawing ------------------------------------------------------------------------------------------------------


async def test_a_withdrawn_topic_is_not_taken_any_more_but_what_was_taken_stays(town: Town) -> None:
    await published(town)
    lin = await tells(town, LIN, "选用 1", TITLE, *ANSWERS[1:])
    su = await tells(town, SU, "选题 1")
    card = await su.reads("1号选题")
    await all_have_read(town)
    wen = await tells(town, WEN, "选题 1")
    await taps(town, WEN, "收回选题")
    await wen.reads("要收回1号选题“盘活农村闲置校舍”吗", "已有1人选用，他们写的不受影响")
    await taps(town, WEN, "留着")
    await wen.reads("还在目录里")
    await tells(town, WEN, "收回选题 1", "收回", "收回选题 1")
    await wen.reads("已收回1号选题")
    await wen.reads("已经收回了")
    assert not card.live
    await all_have_read(town)
    await tells(town, SU, "选题", "选题 1", "选用 1")
    await su.reads("现在没有参考选题")
    await su.reads("已收回，不能再选用")
    await su.reads("1号选题“盘活农村闲置校舍”已收回")
    await tells(town, LIN, "预览", "提交")
    await lin.reads("来源：领导点题")
    await lin.reads("提交成功")
    assert (await proposal(town)).origin is Origin.LEADER_TOPIC
    await all_have_read(town)
    await tells(town, WEN, "选题进度")
    await wen.reads("盘活农村闲置校舍（领导点题，已收回）", "林知夏 S20260001")


# --- 来源 without a topic ----------------------------------------------------------------------------------------------


async def test_where_the_matter_comes_from_is_said_by_who_wants_to(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS)
    shown = await lin.reads("请看一遍")
    assert "来源" not in shown.text
    await tells(town, LIN, "修改")
    await lin.reads("要修改哪一项", "9 来源")
    await tells(town, LIN, "9")
    await lin.reads("题目从哪里来", "5 自主选题", "6 协商转化")
    await tells(town, LIN, "别处")
    await lin.reads("请回复来源前面的数字")
    await tells(town, LIN, "6")
    await lin.reads("请看一遍", "来源：协商转化")
    await tells(town, LIN, "提交")
    assert (await proposal(town)).origin is Origin.TALK
    assert "协商转化" in await page(town, WEN)


async def test_whoever_says_nothing_found_it_themselves(town: Town) -> None:
    await submitted(town)
    assert (await proposal(town)).origin is Origin.SELF_TOPIC
    assert "自主选题" in await page(town, WEN)


# --- 五治 --------------------------------------------------------------------------------------------------------------


async def test_the_office_sorts_a_proposal_and_it_is_found_by_it(town: Town) -> None:
    await submitted(town)
    wen = await taps(town, WEN, "受理")
    await all_have_read(town)
    await taps(town, WEN, "五治归类")
    await wen.reads("归到五治的哪一类", "1 政治", "5 智治", "6 不归类")
    await tells(town, WEN, "2、9")
    await wen.reads("没有“9”这一类")
    await tells(town, WEN, "2、自治")
    await wen.reads("五治归类：法治、自治", "初审中", "通过")
    assert await labelled(town) == ["法治", "自治"]
    assert "法治、自治" in await page(town, LIN) or "自治、法治" in await page(town, LIN)
    [entry] = [row for row in await rows(town, Audit) if row.event == "label"]
    assert (entry.actor, entry.reason, entry.before, entry.after) == (WEN, "法治、自治", "first_review", "first_review")
    await taps(town, WEN, "通过")
    await all_have_read(town)
    lin, su = await tells(town, LIN, "五治 法治", "1"), await tells(town, SU, "五治 法治", "五治 礼治")
    await lin.reads("归到“法治”的提案，共1件", TITLE, "复审中")
    await lin.reads("五治", "法治、自治", "复审中")
    await su.reads("没有归到“法治”的提案")
    await su.reads("没有“礼治”这一类", "政治、法治、德治、自治、智治")
    await tells(town, LIN, "五治", "2", "五治 政治")
    await lin.reads("1 政治：0件", "2 法治：1件", "4 自治：1件")
    await lin.reads("归到“法治”的提案，共1件")
    await lin.reads("没有归到“政治”的提案")
    await tells(town, LIN, "查 法治")
    await lin.reads("回复“五治 法治”")


async def test_the_director_sorts_it_anew_before_it_is_filed_and_others_do_not(town: Town) -> None:
    await second_passed(town)
    await all_have_read(town)
    cheng = await tells(town, CHENG, "五治归类", "1")
    await cheng.reads("归到五治的哪一类")
    await cheng.reads("五治归类：政治", "终审中")
    await tells(town, WEN, "五治归类")
    await town.person(WEN).reads("归到五治的哪一类", "现为政治")
    await tells(town, WEN, "不归类")
    await town.person(WEN).reads("五治归类：不归类")
    assert await labelled(town) == []
    for who in (LIN, SU, MENG):
        person = await tells(town, who, "五治归类")
        await person.reads("现在没有可以“五治归类”的事")


async def test_what_is_filed_is_still_sorted(town: Town) -> None:
    await filed(town)
    await all_have_read(town)
    await tells(town, WEN, "五治归类", "3")
    await town.person(WEN).reads("五治归类：德治")
    await tells(town, MENG, "五治 德治", "1")
    await town.person(MENG).reads("归到“德治”的提案，共1件", "第20260001号")
    await town.person(MENG).reads("五治：德治", "交办")


class TestOtherLabels:
    """A city with names of its own."""

    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        return {"labels": ("党建引领", "民生")}

    async def test_they_are_offered_and_no_others(self, town: Town) -> None:
        await submitted(town)
        await taps(town, WEN, "受理", "五治归类")
        wen = await tells(town, WEN, "政治")
        await wen.reads("1 党建引领", "2 民生", "3 不归类")
        await wen.reads("没有“政治”这一类")
        await tells(town, WEN, "民生")
        assert await labelled(town) == ["民生"]
