"""集体提案: an organisation's proposal, written by several, handed in by its head; who has handed in, who is reminded."""

from datetime import UTC, datetime

import pytest

from models.attachment import Attachment
from models.audit import Audit
from models.collective import Revision, Section
from models.messages import Wait
from models.people import Organisation
from models.proposal import Proposal
from models.states import State
from tests.stories.acts import (
    CHENG,
    HE,
    LIN,
    SHEN,
    SU,
    WEI,
    WEN,
    all_have_read,
    everybody_is_at_rest,
    forges,
    leaves_office,
    page,
    proposal,
    rows,
    taps,
    tells,
)
from tests.stories.pages import opens
from tests.stories.together import (
    ANALYSIS,
    BODY,
    JIA,
    LI,
    REST,
    SEAL,
    SUGGESTION,
    TITLE,
    ZHOU,
    begun,
    handed_in,
    section,
    written,
)
from tests.town import Town

YUE = "m030"  # 岳本善, head of 医药卫生界别
DEADLINE = datetime(2026, 4, 10, 4, 0, tzinfo=UTC)  # noon


# --- the way it goes --------------------------------------------------------------------------------------------------


async def test_several_write_the_head_presses_and_the_office_has_it(town: Town) -> None:
    jia = await tells(town, JIA, "我要提案")
    await jia.reads("要以单位名义提，请回复“集体提案”")
    await tells(town, JIA, "集体提案")
    await jia.reads(
        f"{BODY}集体提案《未写案由》",
        "负责人贾有恒；执笔：还没有请人",
        "1 案由：未写",
        "3 建议1：未写",
        "执笔 张三、李四",
    )
    await tells(town, JIA, "执笔 苏婉宁、周衡之")
    await jia.reads("已请苏婉宁、周衡之执笔")
    su, zhou = town.person(SU), town.person(ZHOU)
    for writer in (su, zhou):
        await writer.reads("请您执笔集体提案", BODY, "贾有恒", "开始写")
    await tells(town, JIA, "分工 2 苏婉宁", "分工 3 周衡之")
    await jia.reads("建议1由周衡之执笔")
    await su.reads("情况分析请您执笔")
    await tells(town, JIA, "1")
    await jia.reads("案由：请发来正文")
    await tells(town, JIA, TITLE)
    await jia.reads("案由记下了，20字", "还差情况分析、建议1")
    await tells(town, JIA, "示例")
    await jia.reads("批注 2 请补数据", "移除 张三", SEAL)
    await taps(town, SU, "开始写")
    await su.reads("2 情况分析（苏婉宁）：未写")
    await tells(town, SU, "2", ANALYSIS[0])
    await town.restart()
    await tells(town, SU, ANALYSIS[1], "完")
    await su.reads("情况分析记下了", "第1版")
    await jia.reads("苏婉宁写好了情况分析", TITLE)
    await tells(town, ZHOU, "集体提案", "写 3", SUGGESTION, "批注 2 请补上去年的数字")
    await zhou.reads("建议1记下了")
    await zhou.reads("已批注情况分析，共1条")
    await su.reads("周衡之对", "情况分析批注：请补上去年的数字")
    await tells(town, SU, "2")
    await su.reads("现在的情况分析（第1版，苏婉宁", "批注 周衡之：请补上去年的数字")
    await tells(town, SU, f"{ANALYSIS[0]}去年关停九个。", "完", "版本 2")
    await su.reads("情况分析的版本", "第1版", "第2版", "【增：")
    await all_have_read(town)
    shown = await page(town, SU)
    assert all(words in shown for words in ("起草过程", "情况分析（苏婉宁执笔）", "<ins>", "批注 周衡之"))
    await tells(town, ZHOU, "预览")
    await zhou.reads(TITLE, "去年关停九个。", f"1. {SUGGESTION}")
    await tells(town, JIA, "集体提案", "1")
    await jia.reads(f"集体提案《{TITLE}》", "1 案由：20字", "2 情况分析（苏婉宁）", "批注1", "都写好了", SEAL)
    await tells(town, JIA, SEAL)
    await jia.reads("属于哪个类别？")
    await tells(town, JIA, *REST)
    await jia.reads("请看一遍", "类别：社会建设", "去年9月走访八个服务点", "盖章件")
    await jia.sends_picture()
    await town.quiet()
    await jia.reads("图片收到，作提案的附件")
    await taps(town, JIA, SEAL)
    await jia.reads(f"已以{BODY}名义提交，流水号：S20260001")
    await town.person(WEN).reads("有新提案待受理", TITLE, BODY)
    for writer in (su, zhou):
        await writer.reads(f"您参与起草的{BODY}集体提案《{TITLE}》", "S20260001")
    row = await proposal(town)
    assert (row.state, row.proposer, row.organisation) == (State.SUBMITTED, JIA, "s14")
    assert row.analysis == f"{ANALYSIS[0]}去年关停九个。"
    assert [scan.name for scan in await rows(town, Attachment)] == ["盖章件"]
    pressed = (await rows(town, Audit))[-1]
    assert (pressed.actor, pressed.role, pressed.event) == (JIA, "head", "seal")
    await all_have_read(town)
    await tells(town, ZHOU, "继续")
    await zhou.reads("没有写到一半的内容")


async def test_a_picture_sent_while_writing_a_part_goes_with_the_part(town: Town) -> None:
    await begun(town)
    su = await tells(town, SU, "集体提案", "2")
    await all_have_read(town)
    await su.sends_picture()
    await su.reads("图片收到，作“情况分析”的附件，共1个")
    await tells(town, SU, "撤回")
    await su.reads("已撤回刚才的图片")
    await su.sends_picture()
    await tells(town, SU, *ANALYSIS, "完")
    await su.reads("情况分析记下了")
    [kept] = await rows(town, Attachment)
    assert (kept.person, kept.step, kept.state) == (SU, "analysis", Wait.DONE)
    await tells(town, SU, "2")
    await su.sends_picture()
    await town.quiet()
    await tells(town, JIA, "移除 苏婉宁")
    await all_have_read(town)
    await su.sends_picture()
    await su.reads("不由您执笔", "没有收下")
    await tells(town, SU, "撤回")
    await su.reads("不由您执笔", "附件没有撤回")
    assert len(await rows(town, Attachment)) == 2


async def test_whoever_sent_an_attachment_makes_room_and_the_head_anywhere(town: Town) -> None:
    jia = await begun(town)
    await jia.sends_picture()
    await jia.reads("作提案的附件，共1个")
    su = await tells(town, SU, "集体提案", "2")
    zhou = await tells(town, ZHOU, "集体提案", "3")
    for _ in range(5):
        await su.sends_picture()
        await town.quiet()
    await su.reads("附件最多5个，这一个没有收下", "您发的是第2、3、4、5个，回复“删除附件 5”")
    await zhou.sends_picture()
    await zhou.reads("附件最多5个", "请负责人贾有恒先删去")
    await tells(town, ZHOU, "删除附件 2")
    await zhou.reads("第2个附件不是您发的，要删去请找苏婉宁或负责人贾有恒")
    li = await tells(town, LI, "集体提案", "1", "删除附件 1")
    await li.reads("第1个附件不是您发的，要删去请找负责人贾有恒")
    assert len(await rows(town, Attachment)) == 5
    await tells(town, JIA, "删除附件 2", "示例")
    await jia.reads("删除了第2个附件，还有4个")
    await jia.reads("删除附件 1（自己发的）", "哪个附件都可以删除")
    await su.reads(f"贾有恒删去了您给{BODY}集体提案《未写案由》发的一个附件")
    await zhou.sends_picture()
    await zhou.reads("图片收到，作“建议1”的附件，共5个")
    await tells(town, ZHOU, "删除附件 5", SUGGESTION)
    await zhou.reads("删除了第5个附件，还有4个")
    await zhou.reads("建议1记下了")
    await tells(town, ZHOU, "预览")
    await zhou.reads("附件：1图片　2图片（情况分析）　3图片（情况分析）　4图片（情况分析）")
    await all_have_read(town)
    await tells(town, SU, "删除附件4", "集体提案", "删除附件 9", "删除附件 3")
    await su.reads("删除了第4个附件，还有3个")
    await su.reads("没有第9个附件，现在有3个")
    await su.reads("删除了第3个附件，还有2个")
    assert [row.person for row in await rows(town, Attachment)] == [JIA, SU]
    assert [part.text for part in await rows(town, Section)] == ["", "", SUGGESTION]


async def test_what_was_handed_in_keeps_its_attachments(town: Town) -> None:
    jia = await written(town)
    su = await tells(town, SU, "2")
    await su.sends_picture()
    await tells(town, JIA, SEAL, *REST)
    await jia.sends_picture()
    await tells(town, JIA, "删除附件 2")
    await jia.reads("删除了第2个附件", "请看一遍", "附件：1图片（情况分析）")
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    await jia.reads(f"已以{BODY}名义提交")
    await tells(town, SU, "删除附件 1")
    await su.reads("已经是“已提交”，附件没有删去")
    assert [row.person for row in await rows(town, Attachment)] == [SU]


async def test_it_is_written_and_handed_in_without_cards(town: Town) -> None:
    for who, mode in ((JIA, "大字"), (SU, "文字版"), (ZHOU, "大字")):
        await tells(town, who, mode)
    jia = await tells(town, JIA, "集体提案", "执笔 苏婉宁")
    su = await tells(town, SU, "开始写")
    await su.reads("请您执笔集体提案", "请回复数字", "1 开始写")
    await su.reads(f"{BODY}集体提案《未写案由》", "2 情况分析：未写")
    await tells(town, SU, "1", TITLE, "2", *ANALYSIS, "完", "3", SUGGESTION)
    await su.reads("建议1记下了", "各部分都有了")
    await tells(town, JIA, SEAL, *REST)
    await jia.reads("请看一遍", f"1 {SEAL}", "2 回到分工", "请回复数字")
    await tells(town, JIA, "2")
    await jia.reads("1 案由：20字", "都写好了")
    await tells(town, JIA, SEAL, "1")
    await jia.reads(f"已以{BODY}名义提交，流水号：S20260001")
    assert (await proposal(town)).state is State.SUBMITTED


async def test_it_lives_on_in_the_organisations_name(town: Town) -> None:
    jia = await handed_in(town)
    await all_have_read(town)
    for who, label in ((WEN, "受理"), (WEN, "通过"), (SHEN, "通过"), (CHENG, "立案")):
        await all_have_read(town)
        await taps(town, who, label)
    await jia.reads(f"{BODY}的提案《{TITLE}》已立案", "第20260001号")
    town.person(SU).reads_nothing_more()
    assert f"{BODY}（集体提案，负责人贾有恒）" in await page(town, SU)
    assert BODY not in await page(town, HE)
    assert "起草过程" not in await page(town, WEN)
    wen = await tells(town, WEN, "查 互助养老")
    await wen.reads("第20260001号", f"（{BODY}，2026年")
    await tells(town, JIA, "我的提案")
    await jia.reads(f"第20260001号《{TITLE}》（{BODY}）")
    for who in (SU, LI):
        phone = await tells(town, who, "我的提案")
        await phone.reads("您有1件提案", f"第20260001号《{TITLE}》（{BODY}）")


# --- no ---------------------------------------------------------------------------------------------------------------


async def test_nobody_but_the_head_hands_it_in_and_is_told_who_can(town: Town) -> None:
    await begun(town)
    jia = await tells(town, JIA, SEAL)
    await jia.reads("还没有写：案由、情况分析、建议1")
    for who, words in ((SU, ("集体提案", SEAL)), (LI, ("集体提案", "1", SEAL))):
        phone = await tells(town, who, *words)
        await phone.reads("只有负责人贾有恒能以单位名义提交")
    su = await tells(town, SU, "执笔 何静姝")
    await su.reads("请人和分工由负责人贾有恒来定")
    await tells(town, SU, "3")
    await su.reads("建议1由周衡之执笔", "批注 3")
    await tells(town, SU, "9")
    await su.reads("没有第9部分")
    li = await tells(town, LI, "加一条 何静姝")
    await li.reads("加了建议2，序号4，由何静姝执笔")
    await tells(town, LI, "删除 4")
    await li.reads("删除了建议2")
    await tells(town, LI, "删除 1")
    await li.reads("案由是必填的，不能删除")
    await all_have_read(town)
    other = await tells(town, YUE, "集体提案")
    await other.reads("医药卫生界别集体提案《未写案由》")
    lin = await tells(town, LIN, "集体提案")
    await lin.reads("共青团界别请找彭远航")
    wen = await tells(town, WEN, "集体提案")
    await wen.reads("您的账号没有登记")
    assert {row.state for row in await rows(town, Proposal)} == {State.DRAFT}


@pytest.mark.cards_only("forged: nobody can type a number out of somebody else's message")
async def test_a_forged_press_is_refused_and_a_strangers_too(town: Town) -> None:
    await written(town)
    await tells(town, JIA, SEAL, *REST, "存草稿")
    await all_have_read(town)
    jia = await tells(town, JIA, "我的提案", "1")
    card = await jia.reads("草稿", SEAL)
    await all_have_read(town)
    for who in (SU, LI, WEN):
        phone = await forges(town, who, card, SEAL)
        await phone.reads("由单位负责人来办，您不用操作")
    await taps(town, JIA, SEAL)
    await jia.reads("提交成功，流水号：S20260001")
    await forges(town, JIA, card, SEAL)
    await jia.reads("已经过时")
    await tells(town, SU, "继续")
    await town.person(SU).reads("没有写到一半的内容")


@pytest.mark.cards_only("a press on an earlier card: in words a newer list has taken its number")
async def test_the_contact_begins_one_and_it_is_given_up(town: Town) -> None:
    li = await tells(town, LI, "集体提案")
    await li.reads("请人执笔回复")
    jia = town.person(JIA)
    await jia.reads(f"黎可安以{BODY}名义发起了一件集体提案")
    await tells(town, LI, "集体提案", "2")
    await li.reads("请人执笔回复")
    assert len(await rows(town, Proposal)) == 1, "an empty one is taken up again"
    await tells(town, LI, "执笔 苏婉宁", "分工 2 苏婉宁")
    su = await tells(town, SU, "集体提案", "2", ANALYSIS[0], "完", "确认作废")
    await su.reads("请人和分工由负责人贾有恒来定")
    await all_have_read(town)
    await tells(town, LI, "作废")
    await li.reads("要作废吗", "确认作废")
    await tells(town, LI, "确认作废")
    await li.reads(f"{BODY}集体提案《未写案由》已作废")
    await jia.reads("已由黎可安作废")
    await su.reads("已由黎可安作废")
    await tells(town, SU, "继续")
    await su.reads("没有写到一半的内容")
    await taps(town, SU, "开始写")
    await su.reads("已经作废")
    await tells(town, SU, "集体提案")
    await su.reads("由组织的负责人或联系人发起")
    assert [kept.text for kept in await rows(town, Revision)] == [ANALYSIS[0]]


# --- bad input --------------------------------------------------------------------------------------------------------


async def test_two_write_one_part_and_the_later_one_is_asked(town: Town) -> None:
    jia = await tells(town, JIA, "集体提案", "执笔 苏婉宁、周衡之")
    await all_have_read(town)
    await tells(town, SU, "集体提案", "2", "苏婉宁的一稿，先交。")
    await tells(town, JIA, "2")
    await jia.reads("提示：苏婉宁也在写情况分析")
    await tells(town, JIA, "负责人的一稿，后交。")
    su = await tells(town, SU, "完")
    await su.reads("情况分析记下了")
    await tells(town, JIA, "完")
    await jia.reads(
        "已有新稿（第1版，苏婉宁", "苏婉宁的一稿，先交。", "您的这一稿没有丢", "负责人的一稿，后交。", "留现在的"
    )
    assert (await section(town, 2)).text == "苏婉宁的一稿，先交。"
    await tells(town, SU, "2", "苏婉宁的二稿。", "完")  # and meanwhile once more
    await tells(town, JIA, "1")
    await jia.reads("刚才又有人改了", "苏婉宁的二稿。", "负责人的一稿，后交。")
    await tells(town, JIA, "5")
    await jia.reads("请回复 1 用我的、2 留现在的 或 3 我再改")
    await tells(town, JIA, "2")
    await jia.reads("留下了现在的，您的一稿另存在版本里")
    await tells(town, JIA, "版本 2")
    await jia.reads("第2版", "另存的一稿", "负责人的一稿，后交。")
    assert (await section(town, 2)).text == "苏婉宁的二稿。"
    await tells(town, JIA, "2", "再来一稿。")
    await tells(town, ZHOU, "集体提案", "2", "周衡之的一稿。", "完")
    await tells(town, JIA, "完", "3")
    await jia.reads("您的上一稿在上面")
    await tells(town, JIA, "合在一起的一稿。", "完")
    await jia.reads("情况分析记下了", "第4版")
    assert (await section(town, 2)).text == "合在一起的一稿。"
    kept = await rows(town, Revision)
    assert [(r.stamp, r.apart) for r in kept] == [(1, False), (2, False), (0, True), (3, False), (4, False)]


async def test_a_writer_sent_away_in_mid_draft_loses_no_word(town: Town) -> None:
    jia = await begun(town)
    su = await tells(town, SU, "集体提案", "2", ANALYSIS[0])
    await all_have_read(town)
    await tells(town, JIA, "移除 沈禾清")
    await jia.reads("执笔人里没有“沈禾清”", "现在有：苏婉宁、周衡之")
    await tells(town, JIA, "移除 苏婉宁")
    await jia.reads("苏婉宁不再执笔")
    await su.reads("贾有恒已请您不再执笔")
    await tells(town, SU, "完")
    await su.reads("不由您执笔，您写的没有并入，已另存", ANALYSIS[0])
    await jia.reads("苏婉宁交来一稿情况分析", "没有并入")
    assert (await section(town, 2)).text == ""
    await tells(town, JIA, "版本 2")
    await jia.reads("另存的一稿", ANALYSIS[0])
    await tells(town, SU, "集体提案")
    await su.reads("集体提案由组织的负责人或联系人发起")
    await everybody_is_at_rest(town)


async def test_a_former_member_is_not_named_and_one_who_leaves_is_seen(town: Town) -> None:
    jia = await begun(town)
    await leaves_office(town, HE)
    await leaves_office(town, ZHOU)
    for words in ("执笔 何静姝", "分工 2 何静姝", "加一条 何静姝"):
        await tells(town, JIA, words)
        await jia.reads("何静姝不是现任委员")
    await tells(town, JIA, "执笔 苏婉宁")
    await jia.reads("苏婉宁已经在执笔人里了")
    await tells(town, JIA, "执笔 没这人")
    await jia.reads("委员名单里没有“没这人”")
    await tells(town, JIA, "集体提案")
    await jia.reads("接着写")
    await tells(town, JIA, "1")
    await jia.reads("执笔：苏婉宁\n", "3 建议1（周衡之，已不在任）")


async def test_a_whole_text_fills_what_is_empty_and_replaces_nothing(town: Town) -> None:
    jia = await begun(town)
    await tells(town, JIA, "1", TITLE)
    whole = f"案由：关于另一件事的提案\n情况分析：{ANALYSIS[0]}\n具体建议：\n1. {SUGGESTION}\n2. 每年培训一次护理员。"
    su = await tells(town, SU, "集体提案", whole)
    await su.reads("请人和分工由负责人贾有恒来定")
    await tells(town, JIA, whole)
    await jia.reads("情况分析、建议1、建议2放好了", "案由已经有人写了，没有替换")
    row = await proposal(town)
    assert (row.title, row.analysis, len(row.suggestions)) == (TITLE, ANALYSIS[0], 2)
    await tells(town, JIA, f"{whole}\n\n案由：关于第三件事的提案\n情况分析：{ANALYSIS[1]}\n具体建议：\n1. 再来一条。")
    await jia.reads("2个案由", "一次只发一件")


# --- the quota --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [{"in_session_deadline": DEADLINE}])
async def test_who_has_handed_in_who_has_not_and_three_reminders_once_each(town: Town) -> None:
    wen = await tells(town, WEN, "集体提案进度")
    await wen.reads(
        "42个组织，0个已交齐（0%）", "专委会0/8，界别0/17，参加单位0/9，联络组0/8", "占—，目标30%", "还有39天"
    )
    su = await tells(town, SU, "集体提案进度")
    await su.reads("集体提案进度由提案委查看")
    jia, yue = town.person(JIA), town.person(YUE)
    await town.calendar.turn(days=8)
    yue.reads_nothing_more()
    await town.calendar.turn(days=1)
    await yue.reads("医药卫生界别今年应交集体提案1件，已交0件", "4月10日（还有30天）")
    await town.person(LI).reads(BODY, "已交0件")
    await town.restart(replicas=2)
    await town.settle()
    await all_have_read(town)
    await handed_in(town)
    await all_have_read(town)
    for days, left in ((15, "还有15天"), (8, "还有7天")):
        await town.calendar.turn(days=days)
        await town.settle()
        await yue.reads("医药卫生界别", left)
        yue.reads_nothing_more()
        jia.reads_nothing_more()
    await tells(town, WEN, "集体提案进度")
    await wen.reads("42个组织，1个已交齐（2%）", "界别1/17", "还没有交齐：提案委员会（费敬亭）")
    await tells(town, JIA, "集体进度")
    await jia.reads(f"{BODY}：应交1件，已交1件")
    status, text = await opens(town, WEN, "/p/collective")
    assert (status, f"{BODY}（贾有恒）：应交1件，已交1件" in text) == (200, True)
    status, text = await opens(town, WEI, "/p/collective")
    assert (status, BODY in text) == (403, False)
    assert all(body.reminded_on for body in await rows(town, Organisation))
