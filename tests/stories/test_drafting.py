"""A draft on its way: changed by a word, taken back, laid aside for weeks, read in large print, with pictures beside it."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlmodel import Session, select
from structlog.testing import capture_logs

from bot.wecom.client import Medium, WeComClient
from handlers.pages.attachments import look
from models.attachment import Attachment, AttachmentContent
from models.conversation import Conversation
from models.messages import Wait
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import State
from models.store import locked
from simulator.media import PICTURE
from simulator.person import Person as Somebody
from tests.memory import lived_once
from tests.stories.acts import (
    ANSWERS,
    FANG,
    LIN,
    LU,
    SU,
    TITLE,
    WEI,
    WEN,
    all_have_read,
    drafted,
    edit,
    everybody_is_at_rest,
    page,
    proposal,
    rows,
    taps,
    tells,
)
from tests.stories.pages import opens
from tests.town import MONDAY, Town

THREE = ("先修。", "再管。", "常查。")


@lived_once
async def with_three(town: Town) -> None:
    """A draft with three suggestions, at its preview."""
    await tells(town, LIN, "我要提案", *ANSWERS[:4], *THREE, *ANSWERS[5:])
    await all_have_read(town)


# --- single suggestions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told", "left"),
    [
        ("删除 2", "删除了第2条，还有2条", ["先修。", "常查。"]),
        ("删除第二条", "删除了第2条", ["先修。", "常查。"]),
        ("第2条改为由城管局来管。", "第2条改好了", ["先修。", "由城管局来管。", "常查。"]),
        ("第三条改成：每月查。", "第3条改好了", ["先修。", "再管。", "每月查。"]),
        ("移动 3 到 1", "第3条移到了第1条", ["常查。", "先修。", "再管。"]),
        ("把第1条移到第3条", "第1条移到了第3条", ["再管。", "常查。", "先修。"]),
        ("加一条 公开进度。", "加上了第4条", [*THREE, "公开进度。"]),
        ("加一条：公开进度。", "加上了第4条", [*THREE, "公开进度。"]),
    ],
)
async def test_a_suggestion_is_changed_by_its_number_at_the_preview(
    town: Town, words: str, told: str, left: list[str]
) -> None:
    await with_three(town)
    lin = await tells(town, LIN, words)
    await lin.reads(told, "请看一遍", *(f"{place}. {item}" for place, item in enumerate(left, 1)))
    assert (await proposal(town)).suggestions == left
    await tells(town, LIN, "撤回")
    await lin.reads("已撤回", "请看一遍", "2. 再管。")
    assert (await proposal(town)).suggestions == list(THREE)


async def test_a_number_that_is_not_there_changes_nothing(town: Town) -> None:
    await with_three(town)
    for words in ("删除 9", "第4条改为好。", "移动 1 到 7", "删除 0"):
        lin = await tells(town, LIN, words)
        await lin.reads("没有第", "现在有3条")
    await tells(town, LIN, "加一条 👍👍")
    await lin.reads("没有读到文字")
    assert (await proposal(town)).suggestions == list(THREE)


async def test_suggestions_are_changed_while_they_are_written(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:4], *THREE, "删除 1", "移动 2 到 1")
    await lin.reads("删除了第1条，还有2条")
    await lin.reads("第2条移到了第1条")
    await tells(town, LIN, "完")
    await lin.reads("建议记下了，2条")
    assert (await proposal(town)).suggestions == ["常查。", "再管。"]


async def test_one_of_them_is_changed_by_way_of_the_list_of_parts(town: Town) -> None:
    await with_three(town)
    lin = await tells(town, LIN, "修改", "4")
    await lin.reads("现有3条", "第2条改为…")
    await tells(town, LIN, "第1条改为大修。", "完")
    await lin.reads("请看一遍", "1. 大修。", "3. 常查。")


async def test_a_part_is_named_at_once(town: Town) -> None:
    await with_three(town)
    lin = await tells(town, LIN, "修改类别")
    await lin.reads("属于哪个类别")
    await tells(town, LIN, "1")
    await lin.reads("请看一遍", "类别：经济建设")
    await tells(town, LIN, "修改 7", "不同意，还在商量")
    await lin.reads("请看一遍", "不同意（还在商量）")
    await tells(town, LIN, "修改天气")
    await lin.reads("没有这一项")


async def test_words_of_the_analysis_are_no_commands(town: Town) -> None:
    await tells(town, LIN, "我要提案", *ANSWERS[:2], "删除 2", "修改天气的说法要不得。", "完")
    assert (await proposal(town)).analysis == "删除 2\n修改天气的说法要不得。"


# --- taking back, helping on ------------------------------------------------------------------------------------------


async def test_the_last_message_is_taken_back(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE, "撤回")
    await lin.reads("（1/8）", "已撤回“关于分步推进老旧小区加装…”", "案由是什么")
    assert (await proposal(town)).title == ""
    await tells(town, LIN, "撤回")
    await lin.reads("没有可以撤回的了")


async def test_an_example_and_the_question_once_more(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "示例")
    await lin.reads("示例：关于")
    await tells(town, LIN, TITLE, "4", "再说一遍")
    await lin.reads("（3/8）情况分析：现状")
    await tells(town, LIN, "老人下楼难。", "再说一遍")
    await lin.reads("（3/8）", "已写6字，接着写")


async def test_every_answer_is_confirmed_in_one_line_and_not_said_back(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE)
    shown = await lin.reads("案由记下了。属于哪个类别")
    assert TITLE not in shown.text
    await tells(town, LIN, *ANSWERS[1:4])
    await lin.reads("（4/8）情况分析记下了，17字。具体建议")
    await tells(town, LIN, *ANSWERS[4:7])
    await lin.reads("（5/8）建议记下了，1条。")
    await lin.reads("记下1个单位。")


# --- side by side, and weeks later ------------------------------------------------------------------------------------


async def test_drafts_lie_side_by_side(town: Town) -> None:
    lin = await tells(town, LIN, "我的草稿")
    await lin.reads("没有草稿")
    await tells(
        town, LIN, "我要提案", "关于路灯的提案", "存草稿", "我要提案", "重新开始", "关于公厕的提案", "4", "我的草稿"
    )
    await lin.reads(
        "您有2份草稿", "1 提案《关于公厕的提案》，写到“情况分析”，今天", "2 提案《关于路灯的提案》，写到“类别”"
    )
    await tells(town, LIN, "继续 2")
    await lin.reads("（2/8）")
    await tells(town, LIN, "4", "继续 1")
    await lin.reads("（3/8）")
    await tells(town, LIN, "继续 7")
    await lin.reads("没有第7份")


async def test_a_draft_is_thrown_away_after_one_question(town: Town) -> None:
    lin = await tells(
        town, LIN, "我要提案", "关于路灯的提案", "存草稿", "我要提案", "重新开始", "关于公厕的提案", "删除草稿"
    )
    await lin.reads("您有几份草稿", "删除草稿 1")
    await tells(town, LIN, "我的草稿", "删除草稿 2", "好")
    await lin.reads("《关于路灯的提案》要删除吗", "找不回来")
    await lin.reads("1 删除", "2 留着")
    await tells(town, LIN, "2")
    await lin.reads("《关于路灯的提案》还留着")
    await tells(town, LIN, "我的草稿", "删除草稿 2", "1")
    await lin.reads("《关于路灯的提案》已删除")
    assert [row.title for row in await rows(town, Proposal)] == ["", "关于公厕的提案"]
    await tells(town, LIN, "我的草稿")
    await lin.reads("您有1份草稿", "关于公厕的提案")


async def test_a_draft_taken_up_weeks_later_says_where_it_stood(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], "存草稿")
    await town.calendar.turn(days=21)
    await tells(town, LIN, "继续")
    await lin.reads(f"（3/8）提案《{TITLE}》，写到“情况分析”，21天前。\n情况分析：现状")


async def test_an_idle_draft_is_asked_about_once_and_never_deleted(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], "存草稿")
    await all_have_read(town)
    await town.calendar.turn(days=29)
    lin.reads_nothing_more()
    await town.calendar.turn(days=2)
    await lin.reads(f"提案《{TITLE}》", "31天前", "继续", "删除草稿", "不用管它")
    await town.restart(replicas=2)
    for _ in range(3):
        await town.calendar.turn(days=30)
    lin.reads_nothing_more()
    await tells(town, LIN, "继续", "老人下楼难。")
    await all_have_read(town)
    await town.calendar.turn(days=34)
    await lin.reads("34天前")  # it was taken up and left again
    [row] = await rows(town, Conversation)
    assert row.answers["title"] == TITLE


async def test_an_idle_draft_of_somebody_gone_is_left_alone(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2], "存草稿")
    await all_have_read(town)
    await edit(town, Person, LIN, lambda person: setattr(person, "active", False))
    await town.calendar.turn(days=40)
    lin.reads_nothing_more()
    assert (await proposal(town)).title == TITLE


# --- bad moments ------------------------------------------------------------------------------------------------------


async def test_a_member_removed_in_mid_draft_is_told_and_nothing_is_lost(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:3])
    await edit(town, Person, LIN, lambda person: setattr(person, "active", False))
    await all_have_read(town)
    await tells(town, LIN, "电梯装不起来。")
    await lin.reads("已停用，这条没有收下", "保留", "方可期")
    await edit(town, Person, LIN, lambda person: setattr(person, "active", True))
    await tells(town, LIN, "完")
    await lin.reads("（4/8）")
    assert (await proposal(town)).analysis == ANSWERS[2]


@pytest.mark.parametrize("title", ["   ", "\u3000\u3000\u3000", "\n\n", "　。"])
async def test_a_title_of_spaces_is_no_title(town: Town, title: str) -> None:
    lin = await tells(town, LIN, "我要提案", title)
    await lin.reads("没有读到文字")
    assert (await proposal(town)).title == ""


async def test_a_double_tap_on_send_counts_once(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE, TITLE, "4", ANSWERS[2], ANSWERS[2], "完", "完")
    await lin.reads("没有重复记")
    await lin.reads("没有重复记")
    await lin.reads("还没有写具体建议")
    row = await proposal(town)
    assert (row.title, row.analysis) == (TITLE, ANSWERS[2])


async def test_a_double_tap_on_hand_in_hands_in_once(town: Town) -> None:
    lin = await drafted(town)
    await all_have_read(town)
    await tells(town, LIN, "提交", "提交")
    await lin.reads("提交成功", "S20260001")
    [row] = await rows(town, Proposal)
    assert (row.state, row.serial_no) == (State.SUBMITTED, "S20260001")
    await town.person(WEN).reads("有新提案待受理")
    await everybody_is_at_rest(town, LIN, LU)


# --- attachments ------------------------------------------------------------------------------------------------------


async def test_a_picture_becomes_an_attachment_of_the_step(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    await all_have_read(town)
    await lin.sends_picture()
    await lin.reads("图片收到，作“情况分析”的附件，共1个", "撤回")
    await tells(town, LIN, *ANSWERS[2:])
    await lin.reads("请看一遍", "附件：1图片（情况分析）")
    await tells(town, LIN, "大字", "预览")
    await lin.reads("请看一遍", "附件：1图片（情况分析）")
    assert ">图片（情况分析）</a>" in await page(town, LIN)
    status, text = await opens(town, LIN, "/p/drafts/1")
    assert (status, "已有附件：图片（情况分析）。" in text) == (200, True)
    [row] = await rows(town, Attachment)
    assert (row.step, row.kind, row.mime, row.state, row.size) == (
        "analysis",
        "image",
        "image/png",
        Wait.DONE,
        len(PICTURE),
    )
    content = await town.look(lambda session: session.get_one(AttachmentContent, row.id).data)
    assert content == PICTURE


# what the platform answers when it is asked for the bytes: all is well, not now, never
ANSWERED = pytest.mark.parametrize("errcode", [None, -1, 40007])
ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@ON_BOTH
@ANSWERED
async def test_a_picture_taken_back_while_it_is_written_down_is_gone(
    town: Town, errcode: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await about_to_send_a_picture(town, errcode)
    held, go_on = threading.Event(), threading.Event()

    def holds(session: Session, kind: type[Attachment], key: int) -> Attachment | None:
        row = locked(session, kind, key)
        held.set()
        go_on.wait(10)
        return row

    monkeypatch.setattr("bot.fetcher.locked", holds)
    await lin.sends_picture()
    assert await asyncio.to_thread(held.wait, 10)
    taking_back = asyncio.create_task(lin.says("撤回"))
    if not town.app.store.is_sqlite:  # whose only writer is the one that is held
        await asyncio.to_thread(somebody_waits_for_a_row, town.settings.database.url)
    go_on.set()
    await taking_back
    await lin.reads("已撤回刚才的图片", within=10)
    await nothing_is_left_of_it(town)


@ON_BOTH
@ANSWERED
async def test_a_picture_taken_back_while_it_is_on_its_way_is_gone(
    town: Town, errcode: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = await about_to_send_a_picture(town, errcode)
    come, go_on = asyncio.Event(), asyncio.Event()

    async def lingers(client: WeComClient, media_id: str) -> Medium:
        try:
            return await download(client, media_id)
        finally:
            come.set()
            await go_on.wait()

    download = WeComClient.download
    monkeypatch.setattr(WeComClient, "download", lingers)
    await lin.sends_picture()
    await come.wait()
    await lin.says("撤回")
    await lin.reads("已撤回刚才的图片", within=10)
    with capture_logs() as lines:
        go_on.set()
        await town.quiet()
    assert [line for line in lines if line["log_level"] == "error"] == []
    lin.reads_nothing_more()
    await nothing_is_left_of_it(town)


async def about_to_send_a_picture(town: Town, errcode: int | None) -> Somebody:
    """In the middle of a draft; the platform will answer so when it is asked for the bytes."""
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    await all_have_read(town)
    if errcode:
        town.platform.switches.break_down("media/get", errcode=errcode, times=1)
    return lin


async def nothing_is_left_of_it(town: Town) -> None:
    await town.quiet()
    assert await rows(town, Attachment) == []
    assert await town.look(lambda session: session.get(AttachmentContent, 1)) is None


def somebody_waits_for_a_row(url: str) -> None:
    """Until PostgreSQL says so."""
    with psycopg.connect(url, autocommit=True) as other:
        for _ in range(500):
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if other.execute(waiting).fetchone() != (0,):
                return
            other.execute("SELECT pg_sleep(0.02)")
    raise AssertionError("nobody waits")


async def test_an_attachment_is_seen_by_whoever_sees_the_proposal(town: Town) -> None:
    lin = await drafted(town)
    await lin.sends_picture()
    await town.quiet()

    async def seen_by(who: str) -> bytes | None:
        found = await town.look(lambda session: look(session, who, 1))
        return found and found[1]

    assert await seen_by(LIN) == PICTURE
    assert await seen_by(SU) is None
    assert await seen_by(WEN) is None, "not before it is handed in"
    await tells(town, LIN, "提交")
    assert await seen_by(WEN) == PICTURE
    assert await seen_by("nobody") is None
    assert await town.look(lambda session: look(session, LIN, 2)) is None


async def test_a_voice_is_kept_and_how_to_make_it_text_is_told(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    medium = town.platform.media.put("voice", "v.amr", b"#!AMR\n123456")
    await lin.sends("voice", {"MediaId": medium.media_id, "Format": "amr"})
    await lin.reads("语音收到", "按住这条语音", "转文字")
    await town.quiet()
    [row] = await rows(town, Attachment)
    assert (row.kind, row.state, row.size) == ("voice", Wait.DONE, 12)
    assert (await rows(town, Conversation))[0].step == "analysis"


async def test_attachments_are_taken_back_and_removed_by_number(town: Town) -> None:
    lin = await drafted(town)
    for _ in range(3):
        await lin.sends_picture()
        await town.quiet()
    await lin.reads("共3个")
    await tells(town, LIN, "撤回")
    await lin.reads("已撤回刚才的图片")
    await tells(town, LIN, "撤回")
    await lin.reads("没有可以撤回的了")
    await tells(town, LIN, "删除附件 1")
    await lin.reads("删除了第1个附件", "附件：1图片")
    await tells(town, LIN, "删除附件 4")
    await lin.reads("没有第4个附件")
    assert [row.id for row in await rows(town, Attachment)] == [2]
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")


async def test_more_attachments_than_allowed_are_refused_with_a_word(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    for _ in range(6):
        await lin.sends_picture()
        await town.quiet()
    await lin.reads("共5个")
    await lin.reads("附件最多5个，这一个没有收下", "删除附件 1")
    assert len(await rows(town, Attachment)) == 5
    await tells(town, LIN, "删除附件 1")
    await lin.reads("删除了第1个附件，还有4个")
    await lin.sends_picture()
    await lin.reads("图片收到", "共5个")
    await tells(town, LIN, *ANSWERS[2:])
    assert (await proposal(town)).analysis == ANSWERS[2], "what makes room is no part of the text"


async def test_an_attachment_the_platform_has_no_more_is_told(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    await lin.sends("voice", {"MediaId": "gone", "Format": "amr"})
    await town.quiet()
    await lin.reads("没能从企业微信取到", "重新发一次")
    assert (await rows(town, Attachment))[0].state is Wait.PARKED


async def test_an_attachment_waits_while_the_platform_is_busy(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", *ANSWERS[:2])
    town.platform.switches.break_down("media/get", errcode=-1, times=1)
    await lin.sends_picture()
    await town.quiet()
    assert (await rows(town, Attachment))[0].state is Wait.WAITING
    town.calendar.let_pass(60)
    await town.settle()
    assert (await rows(town, Attachment))[0].state is Wait.DONE


# --- how one reads ----------------------------------------------------------------------------------------------------


@pytest.mark.cards_only("tells of both by itself")
async def test_cards_are_switched_off_and_on_for_oneself(town: Town) -> None:
    lin = await tells(town, LIN, "文字版")
    await lin.reads("已换成文字版", "卡片版")
    await tells(town, LIN, "我要提案", TITLE)
    shown = await lin.reads("（2/8）", "1 经济建设")
    assert shown.kind == "text"
    await tells(town, LIN, "卡片版")
    await lin.reads("已换成卡片版")
    await lin.presses("社会建设")
    await lin.reads("（3/8）")


async def test_large_print_is_short_and_numbered_from_the_first_to_the_last(town: Town) -> None:
    lin = await tells(town, LIN, "大字")
    await lin.reads("已换成大字版", "普通字")
    await tells(town, LIN, "我要提案")
    await lin.reads("第1步，共8步\n\n案由是什么？\n一句话。")
    await tells(town, LIN, *ANSWERS[:9])
    await lin.reads("第8步，共8步", "内容涉密吗？\n\n1 不涉密\n2 涉密或拿不准\n\n请回复数字。")
    await tells(town, LIN, "1")
    shown = await lin.reads("请看一遍", "1 提交", "2 修改")
    assert "老人下楼难" not in shown.text
    await tells(town, LIN, "1")
    await lin.reads("提交成功")
    assert {shown.kind for shown in lin.inbox if not shown.from_me} == {"text"}
    assert max(len(line) for shown in lin.inbox if not shown.from_me for line in shown.text.splitlines()) <= 60


async def test_a_paste_in_large_print_goes_on_one_by_one(town: Town) -> None:
    text = f"{TITLE}\n情况分析：有42个单元没有电梯，老人下楼很难，意见很大。\n建议：\n1.由住建局修。\n2.由街道管。"
    lin = await tells(town, LIN, "大字", "我要提案", text)
    await lin.reads("建议2条", "还差4项", "1 发完了，接着答")
    await tells(town, LIN, "1")
    await lin.reads("属于哪个类别", "4 社会建设")
    await tells(town, LIN, "4", "1", "1", "1", "1")
    await lin.reads("提交成功")


async def test_the_office_sets_it_for_somebody(town: Town) -> None:
    wen = await tells(town, WEN, "大字 林知夏")
    await wen.reads("已为林知夏换成大字")
    await town.person(LIN).reads("提案委为您换成了大字版")
    await tells(town, FANG, f"卡片版 {LIN}")
    await town.person(LIN).reads("换成了卡片版")
    await tells(town, WEN, "文字版 无此人")
    await wen.reads("名单里没有“无此人”")
    wei = await tells(town, WEI, "大字 林知夏")
    await wei.reads("只能给自己换")
    lin = (await town.look(lambda session: session.get_one(Person, LIN))).model_dump()
    assert (lin["plain"], lin["large"]) == (False, False)


async def test_two_of_the_same_name_are_told_apart(town: Town) -> None:
    await edit(town, Person, SU, lambda person: setattr(person, "name", "林知夏"))
    wen = await tells(town, WEN, "大字 林知夏")
    await wen.reads("有2位林知夏", LIN, SU, f"大字 {LIN}")


# --- what a colleague would say ---------------------------------------------------------------------------------------


async def test_hints_are_short_and_never_block(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "关于解决道路、操场和市场三个问题的提案")
    await lin.reads("案由记下了。\n提示：像是讲了几件事")
    analysis = "请联系王先生13800138000。这里有一份内部文件。"
    await tells(town, LIN, "4", analysis, "完", "高度重视，加强领导。", "完", *ANSWERS[6:])
    await lin.reads("请看一遍", "有电话，公开时要隐去", "提到“内部文件”，请确认", "像是讲了几件事")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")


async def test_one_word_on_the_writing_where_nothing_weighs_more(town: Town) -> None:
    lin = await tells(
        town, LIN, "我要提案", TITLE, "4", "老人下楼难，意见大。" * 30, "完", "高度重视，加强领导。", "完"
    )
    await tells(town, LIN, "跳过", "是，走访", "同意", "不涉密")
    shown = await lin.reads("请看一遍", "提示：“高度重视”这类话较多，换成具体做法更容易落实。")
    assert shown.text.count("提示：") == 1


async def test_a_sound_draft_gets_no_hint_on_its_writing(town: Town) -> None:
    lin = await tells(
        town,
        LIN,
        "我要提案",
        TITLE,
        "4",
        "全市有42个单元。" + "老人下楼难。" * 40,
        *ANSWERS[3:7],
        "是，走访",
        *ANSWERS[8:],
    )
    shown = await lin.reads("请看一遍")
    assert "提示" not in shown.text


class TestResearch:
    """不调研不提出, where a city blocks it."""

    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        return {"research_required": "block"}

    async def test_a_proposal_without_research_is_not_taken(self, town: Town) -> None:
        lin = await tells(town, LIN, "我要提案", *ANSWERS[:7], "否", *ANSWERS[8:])
        await lin.reads("请看一遍", "本届要求不调研不提出")
        await tells(town, LIN, "提交")
        await lin.reads("请先补上调研情况", "时间和方式")
        await tells(town, LIN, "修改 6", "是，去年9月走访", "提交")
        await lin.reads("提交成功")


class TestDeadline:
    """Of the session (DOMAIN §3.5)."""

    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        return {"in_session_deadline": MONDAY + timedelta(days=1)}

    async def test_what_comes_in_time_is_of_the_session(self, town: Town) -> None:
        lin = await drafted(town)
        shown = await lin.reads("请看一遍")
        assert "截止" not in shown.text
        await tells(town, LIN, "提交")
        assert (await proposal(town)).in_session

    async def test_what_comes_late_is_off_session_and_said_so(self, town: Town) -> None:
        await town.calendar.turn(days=2)
        lin = await drafted(town)
        await lin.reads("请看一遍", "说明：大会提案3月3日10:00已截止，现在提交按平时提案办理")
        await all_have_read(town)
        await tells(town, LIN, "提交")
        await lin.reads("提交成功")
        await lin.reads("已截止，这件按平时提案办理")
        assert not (await proposal(town)).in_session


async def test_whoever_is_no_member_any_more_is_told_when_handing_in(town: Town) -> None:
    """A role taken away in mid-draft: what was written stays, and nobody else is bothered."""
    lin = await drafted(town)

    def no_member(session: Any) -> None:
        for held in session.exec(select(Holding).where(Holding.person == LIN, Holding.role == "member")):
            session.delete(held)

    await town.change(no_member)
    await all_have_read(town)
    await taps(town, LIN, "提交")
    await lin.reads("不是委员")
    assert (await proposal(town)).state is State.DRAFT
