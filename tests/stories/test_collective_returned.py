"""A collective proposal that was returned: its writers mend it at the desk, its head hands it in again."""

from sqlmodel import Session, select

from models.collective import Section, Writer
from models.people import Organisation
from models.proposal import Proposal
from models.states import State
from tests.stories.acts import CHENG, HE, SU, WEN, all_have_read, leaves_office, page, proposal, rows, taps, tells
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
    WHY,
    ZHOU,
    imports,
    returned,
    written,
)
from tests.town import Town


async def test_what_is_returned_is_mended_by_its_writers_and_handed_in_again_by_the_head(town: Town) -> None:
    jia = await returned(town)
    su, zhou = town.person(SU), town.person(ZHOU)
    for phone in (jia, su, zhou):
        await phone.reads("提案退回修改", "各改各的部分", WHY, "修改")
    await all_have_read(town)
    await taps(town, SU, "修改")
    await su.reads(f"退回修改：{WHY}", "2 情况分析（苏婉宁）", "回复序号写那一部分")
    await tells(town, SU, "2", "补贴标准各县不一，多的每月六百元，少的没有。", "完", SEAL)
    await su.reads("只有负责人贾有恒能以单位名义提交")
    assert (await proposal(town)).analysis == "\n".join(ANALYSIS), "the office reads what it has returned"
    await tells(town, JIA, "提交")
    await jia.reads("打开分工，改好后由负责人以单位名义提交")
    await taps(town, JIA, "修改")
    await jia.reads(f"退回修改：{WHY}", "都写好了")
    await tells(town, JIA, "加一条", "4", "明确每人每月的补贴标准。", "作废")
    await jia.reads("已经提交过，不能作废")
    await tells(town, JIA, "版本 2")
    await jia.reads("情况分析的版本", "第2版", "苏婉宁")
    await tells(town, JIA, "预览")
    await jia.reads("请看一遍", "多的每月六百元", "明确每人每月的补贴标准。")
    await taps(town, JIA, SEAL)
    await jia.reads(f"已以{BODY}名义重新提交，流水号：S20260001")
    await su.reads("您参与起草的", "已由负责人以单位名义提交")
    row = await proposal(town)
    assert (row.state, row.suggestions) == (State.SUBMITTED, [SUGGESTION, "明确每人每月的补贴标准。"])
    seen = await page(town, WEN)
    assert (WHY in seen, "少的没有" in seen, f"<p>{ANALYSIS[1]}</p>" in seen) == (True, True, False)
    await tells(town, SU, "集体提案")
    await su.reads("集体提案由组织的负责人或联系人发起")


async def test_what_is_withdrawn_lies_open_to_nobody_and_its_writers_hear_of_it(town: Town) -> None:
    jia = await returned(town)
    su = await tells(town, SU, "集体提案")
    await tells(town, LI, "集体提案", "1", "存草稿")
    await tells(town, JIA, "申请撤案", "市里已有新的办法。")
    await all_have_read(town)
    await taps(town, CHENG, "准予撤案")
    await jia.reads(f"{BODY}的提案《{TITLE}》", "已准予撤案")
    for who in (SU, ZHOU):
        await town.person(who).reads(
            f"您参与起草的{BODY}集体提案《{TITLE}》", "已准予撤案，不再办理", "市里已有新的办法。"
        )
    await all_have_read(town)
    for words in ("再说一遍", "预览"):
        await tells(town, SU, words)
        await su.reads(f"现在没有可以“{words}”的事")
    for who in (SU, LI):
        phone = await tells(town, who, "继续")
        await phone.reads("没有写到一半的内容")


async def test_who_has_no_hand_in_it_any_more_reads_no_more_of_it(town: Town) -> None:
    jia = await returned(town)
    li = await tells(town, LI, "集体提案", "1", "2")
    await tells(town, SU, "集体提案", "2", "补贴标准各县不一。", "完")
    zhou = await tells(town, ZHOU, "集体提案")
    await tells(town, JIA, "集体提案", "1", "预览")
    await jia.reads("请看一遍", "补贴标准各县不一。")
    await all_have_read(town)

    def hands_over(session: Session) -> None:
        session.exec(select(Proposal)).one().proposer = HE
        session.exec(select(Organisation).where(Organisation.id == "s14")).one().contact = ""
        session.exec(select(Writer).where(Writer.person == ZHOU)).one().active = False

    await town.change(hands_over)  # as it lies open
    for words in ("预览", "再说一遍"):
        await tells(town, JIA, words)
        await jia.reads("现在不由您参与起草")
    await tells(town, ZHOU, "再说一遍")
    await zhou.reads("现在不由您参与起草")
    await tells(town, LI, "再说一遍")
    assert "补贴标准" not in (await li.reads("不由您执笔", "会另存")).text
    await all_have_read(town)
    await imports(town, HE)
    await tells(town, JIA, "再说一遍")
    await jia.reads("现在没有可以“再说一遍”的事")
    for who in (JIA, LI):
        phone = await tells(town, who, "存草稿", "继续", "取消", "集体提案")
        await phone.reads("集体提案由组织的负责人或联系人发起", f"{BODY}请找何静姝")
    su = await tells(town, SU, "集体提案")
    await su.reads("负责人何静姝", "执笔：苏婉宁\n")


async def test_the_heads_place_may_be_empty_and_a_new_head_hears_what_waits(town: Town) -> None:
    await returned(town)
    su = await tells(town, SU, "集体提案")
    await leaves_office(town, JIA)
    await all_have_read(town)
    await tells(town, SU, "再说一遍", SEAL)
    await su.reads("负责人贾有恒（已不在任）；执笔：苏婉宁、周衡之")
    await su.reads("贾有恒已不在任，请联系提案委更新名单")
    li = await tells(town, LI, SEAL)
    await li.reads(f"现在没有可以“{SEAL}”的事", "回复“集体提案”打开")
    await tells(town, LI, "集体提案", "1", SEAL)
    await li.reads("贾有恒已不在任，请联系提案委更新名单")
    await imports(town, HE, LI)
    he = town.person(HE)
    await he.reads(f"您现在是{BODY}的负责人", f"《{TITLE}》（退回修改，3月9日前改好）", "回复“集体提案”打开")
    await tells(town, LI, SEAL)
    await li.reads("只有负责人何静姝能以单位名义提交")
    await tells(town, HE, "集体提案", "1", SEAL)
    await taps(town, HE, SEAL)
    await he.reads(f"已以{BODY}名义重新提交")


async def test_the_head_hands_in_what_the_head_has_read(town: Town) -> None:
    jia = await returned(town)
    await tells(town, JIA, "集体提案", "1", "预览")
    await tells(town, SU, "集体提案", "2", "补贴标准各县不一。", "完")
    await town.quiet()
    shown = await jia.reads("请看一遍")
    assert ("查看全文" in shown.text, "在页面上改" in shown.text) == (True, False)
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    await jia.reads("刚才苏婉宁改了情况分析，请再看一遍", "补贴标准各县不一。")
    assert (await proposal(town)).state is State.RETURNED
    await tells(town, LI, "集体提案", "1", "加一条", "4", "每年公布补贴名单。")
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    await jia.reads("刚才黎可安改了建议2，请再看一遍", "2. 每年公布补贴名单。")
    await tells(town, LI, "删除 4")
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    await jia.reads("刚才有部分删去了，请再看一遍")
    await all_have_read(town)
    await taps(town, JIA, SEAL)
    await jia.reads(f"已以{BODY}名义重新提交")
    row = await proposal(town)
    assert (row.state, row.analysis, row.suggestions) == (State.SUBMITTED, "补贴标准各县不一。", [SUGGESTION])


async def test_who_writes_along_finds_it_and_nobody_is_told_twice(town: Town) -> None:
    await written(town)
    await tells(town, JIA, "执笔 贾有恒", SEAL, *REST)
    await all_have_read(town)
    jia = await taps(town, JIA, SEAL)
    await jia.reads(f"已以{BODY}名义提交")
    jia.reads_nothing_more()
    li, su = town.person(LI), town.person(SU)
    await li.reads("您参与起草的", "已由负责人以单位名义提交")
    await taps(town, WEN, "受理")
    await all_have_read(town)
    await taps(town, WEN, "退回修改")
    await tells(town, WEN, WHY)
    for phone in (jia, li, su):
        await phone.reads("提案退回修改", "各改各的部分", WHY)
        phone.reads_nothing_more()
    for who in (SU, LI):
        status, text = await opens(town, who, "/p/todo")
        assert (status, TITLE in text) == (200, True)
        phone = await tells(town, who, "修改")
        await phone.reads(f"退回修改：{WHY}", "2 情况分析（苏婉宁）")
    status, text = await opens(town, HE, "/p/todo")
    assert (status, TITLE in text) == (200, False)
    he = await tells(town, HE, "修改")
    await he.reads("现在没有可以“修改”的事")


async def test_a_whole_text_pasted_where_all_is_written_replaces_and_doubles_nothing(town: Town) -> None:
    jia = await returned(town)
    whole = f"案由：{TITLE}\n情况分析：{ANALYSIS[0]}补贴标准各县不一。\n具体建议：\n1. {SUGGESTION}\n2. 每年培训一次护理员。"
    await tells(town, JIA, "集体提案", "1", whole)
    await jia.reads("各部分都有了，没有替换；请回复部分的序号逐项改")
    assert [part.text for part in await rows(town, Section)] == [TITLE, "\n".join(ANALYSIS), SUGGESTION]


async def test_attachments_are_named_at_the_desk_by_the_parts_as_they_are_there(town: Town) -> None:
    await returned(town)
    zhou = await tells(town, ZHOU, "集体提案", "3")
    await zhou.sends_picture()
    await tells(town, ZHOU, "由民政部门给运行补贴。", "集体提案", "预览")
    await zhou.reads("1. 由民政部门给运行补贴。", "附件：1图片（建议1）")
    assert "图片（建议）" in await page(town, WEN), "the office reads what it has returned"
