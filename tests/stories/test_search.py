"""查 老旧小区: everybody finds what is theirs to see, ten at a time, and nothing else."""

import pytest

from models.proposal import Proposal
from models.states import State
from tests.models.corpus import BY_ID, row
from tests.stories.acts import (
    CHENG,
    FANG,
    GONG,
    LEI,
    LIN,
    LU,
    MENG,
    SHEN,
    SU,
    TITLE,
    WEI,
    WEN,
    YAN,
    YAO,
    all_have_read,
    assigned,
    drafted,
    rows,
    submitted,
    taps,
    tells,
)
from tests.stories.test_similar import of_2023, put
from tests.town import Town

LIBRARY = BY_ID["P016"]["title"]


async def finds(town: Town, words: str, *people: str) -> None:
    for who in people:
        person = await tells(town, who, f"查 {words}")
        await person.reads(f"含“{words}”的提案，共1件", "1 ", TITLE)


async def finds_nothing(town: Town, words: str, *people: str) -> None:
    for who in people:
        person = await tells(town, who, f"查 {words}")
        await person.reads(f"没有查到含“{words}”的提案", "换个说法")


async def test_a_draft_is_found_by_its_writer_alone(town: Town) -> None:
    await drafted(town)
    await tells(town, LIN, "存草稿")
    await all_have_read(town)
    await finds(town, "老旧小区", LIN)
    await finds_nothing(town, "老旧小区", SU, WEN, LU, SHEN, CHENG, MENG, WEI, FANG, "leader_cppcc1", "evaluator1")


async def test_what_was_handed_in_is_found_by_the_office_and_its_proposer(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    await finds(town, "老旧小区", LIN, WEN, LU, SHEN, CHENG, MENG, YAO, "leader_cppcc1")
    await finds_nothing(town, "老旧小区", SU, WEI, LEI, YAN, GONG, FANG, "leader_gov1", "evaluator1")


async def test_what_was_assigned_is_found_by_its_units_too(town: Town) -> None:
    await assigned(town)
    await all_have_read(town)
    await finds(town, "下楼难", LIN, WEN, MENG, WEI, LEI, YAN)  # in the text, not in the title
    await finds_nothing(town, "下楼难", SU, GONG, FANG)


async def test_what_a_unit_was_relieved_of_it_finds_no_more(town: Town) -> None:
    await assigned(town)
    await taps(town, WEI, "申请调整")
    await tells(town, WEI, "不属本单位职责，建议由财政局承办。")
    await taps(town, MENG, "同意")
    await tells(town, MENG, "财政局")
    await all_have_read(town)
    await finds(town, "电梯", GONG)
    await finds_nothing(town, "电梯", WEI, LEI, YAN)


async def test_a_number_opens_what_was_found(town: Town) -> None:
    await submitted(town)
    await all_have_read(town)
    wen = await tells(town, WEN, "查 电梯", "1")
    await wen.reads("含“电梯”的提案，共1件", "回复序号打开")
    await wen.reads("S20260001", "已提交", TITLE, "受理")
    await tells(town, WEN, "99")
    await wen.reads("没有第99项")
    await taps(town, WEN, "受理")
    await wen.reads("已受理")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("查 电梯 清单", True),  # one in the title, one in the text
        ("查 电梯　清单", True),  # a full-width space
        ("查询 “电梯”、清单", True),
        ("搜索 住建", True),
        ("查老旧小区", True),
        ("查询老旧小区", True),
        ("查 梯", True),  # one character
        ("查 电梯 图书馆", False),  # both are wanted
        ("查 梯电", False),
        ("查 电清", False),
        ("查 鑫", False),
    ],
)
async def test_words_are_all_wanted_and_one_character_is_a_word(town: Town, said: str, found: bool) -> None:
    await submitted(town)
    await all_have_read(town)
    wen = await tells(town, WEN, said)
    await wen.reads("共1件" if found else "没有查到")


@pytest.mark.parametrize("said", ["查", "搜索", "查 。", "查 ！？"])
async def test_nothing_to_look_for_is_told_how(town: Town, said: str) -> None:
    wei = await tells(town, WEI, said)
    await wei.reads("查 老旧小区", "几个词之间空一格")


async def test_too_much_to_look_for_is_told_so(town: Town) -> None:
    wei = await tells(town, WEI, f"查 {'电梯' * 31}")
    await wei.reads("太长了", "60字")


async def test_ten_at_a_time_newest_first(town: Town) -> None:
    for number in range(1, 24):
        more = {"proposal_no": f"2023{number:04}", "serial_no": f"S{number}", "title": f"关于第{number}座图书馆的提案"}
        await put(town, row("P016", **more))
    wen = await tells(town, WEN, "查 图书馆")
    told = await wen.reads(
        "最近10件", "1 第20230023号《关于第23座图书馆的提案》（2023年，已办结）", "10 第20230014号", "回复 11"
    )
    assert "11 第" not in told.text
    await tells(town, WEN, "11")
    await wen.reads("1 第20230013号", "10 第20230004号", "回复 11")
    await tells(town, WEN, "11")
    told = await wen.reads("共3件", "1 第20230003号", "3 第20230001号")
    assert "回复 4" not in told.text
    await tells(town, WEN, "3")
    await wen.reads("第20230001号", "关于第1座图书馆的提案")


async def test_one_s_own_drafts_stand_in_their_place(town: Town) -> None:
    for number in range(1, 13):
        state = {"state": State.DRAFT, "proposal_no": None, "serial_no": None} if number % 2 else {}
        state |= {} if number % 2 else {"proposal_no": f"{number}", "serial_no": f"S{number}"}
        await put(town, row("P016", proposer=LIN, title=f"关于第{number}座图书馆的提案", **state))
    lin = await tells(town, LIN, "查 图书馆", "11")
    told = await lin.reads("最近10件", "1 第12号", "2 草稿《关于第11座", "10 草稿《关于第3座")
    assert "关于第2座" not in told.text
    await lin.reads("共2件", "1 第2号", "2 草稿《关于第1座")
    wen = await tells(town, WEN, "查 图书馆")
    await wen.reads("共6件")


async def test_within_a_draft_it_answers_and_the_draft_goes_on(town: Town) -> None:
    """A number would answer the open question: what is found is opened by its link."""
    await of_2023(town, proposer=LIN)
    await of_2023(town, "P016")
    lin = await tells(town, LIN, "我要提案", LIBRARY)
    await all_have_read(town)
    await tells(town, LIN, "查 电梯")
    told = await lin.reads("共1件", "第20230001号", "还在等您")
    assert "/p/proposals/" in told.text
    await tells(town, LIN, "1")  # the first category
    await lin.reads("情况分析")
    [draft] = await rows(town, Proposal, Proposal.state == State.DRAFT)
    assert draft.category == "经济建设"


async def test_a_text_that_begins_with_the_word_is_an_answer(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "关于数据核实的提案", "经济建设")
    await tells(town, LIN, "查处违规行为不力。", "查 处\n分两行写的，是情况分析。")
    await lin.reads("收到，共9字")
    await lin.reads("收到，共")
    [draft] = await rows(town, Proposal, Proposal.state == State.DRAFT)
    assert draft.title == "关于数据核实的提案"


async def test_help_tells_of_it(town: Town) -> None:
    for who in (LIN, WEN, MENG, WEI, FANG):
        person = await tells(town, who, "帮助")
        await person.reads("查 老旧小区")
