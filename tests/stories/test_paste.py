"""The whole text at once: pasted into the chat, shown back in short, the rest answered in one message."""

from typing import Any

import pytest

from models.conversation import Conversation
from models.proposal import Proposal
from models.states import State
from simulator import town as corpus
from simulator.script import messages
from tests.stories.acts import LIN, MENG, TITLE, all_have_read, drafted, proposal, rows, tells
from tests.town import Town

WHOLE = (
    f"案由：{TITLE}\n提案人：林知夏\n情况分析：主城区老小区多，有42个单元没有电梯，老人下楼难。\n"
    "具体建议：\n1. 由住建部门牵头制定分步实施清单。\n2. 建立社区协商模板。"
)
THREE = "\n".join(
    f"{place}、关于{what}的提案\n情况分析：{what}的事拖了3年，群众意见大。\n建议：由有关部门尽快办好。"
    for place, what in zip("一二三", ("增设路灯", "修缮公厕", "延长公交"), strict=True)
)
CORPUS = {row["id"]: row for row in corpus.read("proposals")["proposals"]}


async def test_a_pasted_proposal_is_read_and_the_rest_answered_in_one_message(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE)
    asked = await lin.reads(f"案由《{TITLE}》", "情况分析25字", "建议2条", "提案人这几行没有放进来")
    assert "老人下楼难" not in asked.text, "not repeated back"
    assert "还差4项" in asked.text
    assert "“4，是，同意，不涉密”" in asked.text
    await tells(town, LIN, "4，是，去年9月走访两个社区，同意，不涉密")
    await lin.reads("记下4项。请看一遍", "老人下楼难", "1. 由住建部门", "2. 建立", "是（去年9月走访两个社区）")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功", "S20260001")
    row = await proposal(town)
    assert row.suggestions == ["由住建部门牵头制定分步实施清单。", "建立社区协商模板。"]
    assert (row.category, row.researched, row.consent_public) == ("社会建设", True, True)
    assert row.research_note == "去年9月走访两个社区"


@pytest.mark.parametrize("name", ["P001", "P008", "P010", "P036", "P038"])
async def test_a_proposal_of_the_town_takes_six_messages_at_most(town: Town, name: str) -> None:
    row: dict[str, Any] = CORPUS[name]
    pieces = messages(f"{row['title']}\n{row['body']}")
    said = ["我要提案", *pieces, "社会，是，同意，不涉密", "提交"]
    assert len(said) <= 6
    lin = await tells(town, LIN, *said)
    await lin.reads("提交成功")
    written = await proposal(town)
    assert written.title == row["title"]
    assert [item.strip() for item in written.suggestions] == [item["text"].rstrip("；") for item in row["suggestions"]]
    assert "".join(written.analysis.split()) == "".join(row["analysis"].split())


def test_every_proposal_of_the_town_fits_into_six_messages() -> None:
    """One to begin, the pieces a phone sends, one for the rest, one to hand in."""
    assert max(len(messages(f"{row['title']}\n{row['body']}")) for row in CORPUS.values()) + 3 <= 6


async def test_the_pieces_may_come_one_by_one_and_are_read_together(town: Town) -> None:
    head, tail = WHOLE.split("具体建议：\n")
    lin = await tells(town, LIN, "我要提案", head)
    await lin.reads("情况分析25字", "还没读到建议，请接着发")
    await tells(town, LIN, f"具体建议：\n{tail}")
    await lin.reads("建议2条", "没发完就接着发")
    await tells(town, LIN, "社会 是 同意 不涉密", "提交")
    await lin.reads("提交成功")


async def test_the_rest_may_come_in_halves_or_one_by_one(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE, "不同意，还在商量，不涉密")
    await lin.reads("记下2项", "还差2项", "类别", "是否调研")
    await tells(town, LIN, "一项一项")
    await lin.reads("属于哪个类别")
    await tells(town, LIN, "4")
    await lin.reads("是否调研过")
    await tells(town, LIN, "否")
    await lin.reads("请看一遍", "不同意（还在商量）")
    await tells(town, LIN, "提交")
    await lin.reads("提交成功")
    assert (await proposal(town)).no_public_reason == "还在商量"


@pytest.mark.parametrize("word", ["完", "发完了", "一项一项"])
async def test_whoever_says_that_it_is_all_is_asked_the_rest_one_by_one(town: Town, word: str) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE, word)
    await lin.reads("属于哪个类别")
    await tells(town, LIN, "4", "否", "同意", "不涉密")
    await lin.reads("请看一遍")
    await tells(town, LIN, "完")
    await lin.reads("这一步不用“完”", "1 提交　2 修改　3 存草稿")


async def test_what_is_no_answer_and_no_piece_is_told_so(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE)
    await lin.reads("还差4项")
    for nonsense in ("好的", "9 9 9 9", "嗯，就这样"):
        await tells(town, LIN, nonsense)
        await lin.reads("没看懂", "还差4项")
    await tells(town, LIN, "4 1 1 2")
    await lin.reads("涉及国家秘密的内容不能在这里提交")
    assert (await proposal(town)).suggestions[-1] == "建立社区协商模板。"


async def test_a_form_that_holds_the_rest_too_needs_only_the_secrecy_check(town: Town) -> None:
    lin = await tells(
        town,
        LIN,
        "我要提案",
        f"类别：社会建设\n是否公开：同意\n承办单位：住建局\n调研情况：去年9月走访两个社区\n{WHOLE}",
    )
    await lin.reads("还差1项", "涉密自查")
    await tells(town, LIN, "不涉密")
    await lin.reads("请看一遍", "住房和城乡建设局", "是（去年9月走访两个社区）", "是否同意公开：同意")


async def test_a_title_that_is_too_long_in_a_paste_is_asked_for_again(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE.replace("老旧", "老旧" * 30))
    await lin.reads("案由有75个字，要缩到50字以内", "建议2条", "没发完就接着发")
    await tells(town, LIN, "4 是 同意 不涉密")
    await lin.reads("案由是什么")
    await tells(town, LIN, TITLE)
    await lin.reads("请看一遍", TITLE)


async def test_a_paste_out_of_the_blue_becomes_a_draft(town: Town) -> None:
    lin = await tells(town, LIN, WHOLE)
    await lin.reads("建议2条", "还差4项")
    await tells(town, LIN, WHOLE)  # 发送 was tapped twice
    await lin.reads("没有重复记")
    [row] = await rows(town, Proposal)
    assert (row.title, row.state, len(row.suggestions)) == (TITLE, State.DRAFT, 2)


async def test_a_paste_from_somebody_who_is_no_member_is_not_understood(town: Town) -> None:
    meng = await tells(town, MENG, WHOLE)
    await meng.reads("没有听懂")
    assert await rows(town, Proposal) == []


async def test_a_paste_instead_of_going_on_begins_another_draft(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", "关于路灯的提案", "我要提案", WHOLE)
    await lin.reads("建议2条", "还差4项")
    assert [row.title for row in await rows(town, Proposal)] == ["关于路灯的提案", TITLE]


async def test_a_paste_in_the_middle_fills_what_comes_after(town: Town) -> None:
    head, body = WHOLE.split("提案人：林知夏\n")
    lin = await tells(town, LIN, "我要提案", head.strip().removeprefix("案由："), "社会建设", body)
    await lin.reads("情况分析25字、建议2条", "是否调研过")
    row = await proposal(town)
    assert (len(row.suggestions), row.category) == (2, "社会建设")


async def test_several_suggestions_in_one_message(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", TITLE, "4", "老人下楼难。", "完", "1、先修。\n2、再管。\n3、常查。")
    await lin.reads("记下3条，共3条")
    await tells(town, LIN, "4. 公开进度。", "完")
    await lin.reads("建议记下了，4条")
    assert (await proposal(town)).suggestions == ["先修。", "再管。", "常查。", "公开进度。"]


# --- three at once ----------------------------------------------------------------------------------------------------


async def test_three_titles_are_asked_about(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", THREE)
    await lin.reads("这里有3个案由", "一件提案只讲一件事", "1 关于增设路灯的提案", "4 都要，分成3份草稿")
    await tells(town, LIN, "随便")
    await lin.reads("请回复要写的那一件前面的数字")
    await tells(town, LIN, "2")
    await lin.reads("另外2件没有放进来", "案由《关于修缮公厕的提案》", "还差4项")
    await tells(town, LIN, "4 否 同意 不涉密", "提交")
    await lin.reads("提交成功")
    assert [row.title for row in await rows(town, Proposal)] == ["关于修缮公厕的提案"]


async def test_so_many_titles_do_not_all_become_drafts(town: Town) -> None:
    many = [f"关于{n}号路的提案\n情况分析：{n}号路难走。\n建议：\n1. 改善{n}号路。" for n in range(1, 22)]
    lin = await tells(town, LIN, "我要提案", "\n".join(many))
    await lin.reads("这里有21个案由", "每次最多20件", "21 关于21号路的提案")
    await tells(town, LIN, "都要")
    await lin.reads("请回复要写的那一件前面的数字")
    assert len(await rows(town, Proposal)) == 1


async def test_three_titles_become_three_drafts(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", THREE, "都要")
    await lin.reads("分成了3份", "案由《关于增设路灯的提案》")
    await tells(town, LIN, "4 否 同意 不涉密", "提交")
    await lin.reads("提交成功")
    await tells(town, LIN, "我的草稿")
    await lin.reads("您有2份草稿", "1 提案《关于延长公交的提案》，写到“其余各项”", "2 提案《关于修缮公厕的提案》")
    await tells(town, LIN, "继续 2")
    await lin.reads("还差4项")
    await tells(town, LIN, "4 否 同意 不涉密", "提交")
    await lin.reads("提交成功")
    assert [row.state for row in await rows(town, Proposal)] == [State.SUBMITTED, State.SUBMITTED, State.DRAFT]


async def test_a_paste_is_taken_back(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE, "撤回")
    await lin.reads("已撤回", "案由是什么")
    row = await proposal(town)
    assert (row.title, row.suggestions) == ("", [])
    await drafted(town, LIN)


async def test_a_misread_part_is_corrected_before_the_rest(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE, "修改")
    await lin.reads("要修改哪一项")
    await tells(town, LIN, "1")
    await lin.reads("案由是什么")
    await tells(town, LIN, "关于电梯的提案", "修改案由")
    await lin.reads("还差4项")
    await lin.reads("案由是什么")
    await tells(town, LIN, "关于加装电梯的提案")
    await lin.reads("还差4项")
    await tells(town, LIN, "4 是 同意 不涉密")
    await lin.reads("请看一遍", "关于加装电梯的提案", "2. 建立")


# --- too much ---------------------------------------------------------------------------------------------------------


async def test_five_hundred_suggestions_are_kept_and_not_handed_in(town: Town) -> None:
    many = "\n".join(f"{n}. 装第{n}盏灯。" for n in range(1, 501))
    lin = await tells(town, LIN, "我要提案", f"{TITLE}\n情况分析：路黑。\n建议：\n{many}")
    await lin.reads("建议500条", "建议最多50条，提交前请合并")
    await tells(town, LIN, "4 是 同意 不涉密")
    shown = await lin.reads("请看一遍", "共500条", "超过50条，要先合并才能提交")
    assert len(shown.text) < 1000
    await tells(town, LIN, "提交")
    await lin.reads("建议有500条，最多50条")
    row = await proposal(town)
    assert (row.state, len(row.suggestions)) == (State.DRAFT, 500)
    assert town.platform.violations == []


async def test_five_hundred_suggestions_in_one_message_are_refused_whole(town: Town) -> None:
    many = "\n".join(f"{n}. 装第{n}盏灯。" for n in range(1, 501))
    lin = await tells(town, LIN, "我要提案", TITLE, "4", "路黑。", "完", many)
    await lin.reads("这里有500条", "没有记下", "合并成50条")
    await tells(town, LIN, "装灯。", "完")
    await lin.reads("建议记下了，1条")


async def test_sixty_thousand_characters_are_stopped_with_a_word(town: Town) -> None:
    lin = await tells(town, LIN, "我要提案", WHOLE)
    await all_have_read(town)
    for page in range(30):
        await tells(town, LIN, f"第{page}页。" + "长" * 2000)
    await lin.reads("内容太长了", "这一段没有记下", "附件")
    await tells(town, LIN, "4 是 同意 不涉密")
    await lin.reads("请看一遍", "要先精简才能提交")
    [row] = await rows(town, Conversation)
    assert sum(map(len, row.answers["pasted"])) <= 20_000
    assert town.platform.violations == []
