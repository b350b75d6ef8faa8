"""查重 (DOMAIN §5.5): the member hears at the title and before 提交 what is near, the office with scores; nobody is stopped."""

import html
from collections.abc import Sequence

import pytest
from sqlmodel import Session, SQLModel, select

from models.handling import Assignment, Reply
from models.people import Holding
from models.proposal import Proposal
from models.states import Handling, Part, State
from simulator.person import Person
from tests.models.corpus import BY_ID, IN_2023, row
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
    WEI,
    WEN,
    YAN,
    YAO,
    all_have_read,
    proposal,
    taps,
    tells,
)
from tests.stories.pages import opens
from tests.town import Town

OFFICE = (WEN, LU, SHEN, CHENG, MENG, YAO, "leader_cppcc1")  # who sees everything that was handed in
OTHERS = (SU, FANG, GONG, "evaluator1", "leader_gov1")  # who stands beside it
UNIT = (WEI, LEI, YAN)
LIFT, LIFTS = BY_ID["P001"]["title"], BY_ID["P002"]["title"]
GATE, JAMS = BY_ID["P003"]["title"], BY_ID["P004"]["title"]
REPLY = "已在全市排出分步实施清单，今年先装二十部。"


async def put(town: Town, *new: SQLModel) -> None:
    """Rows that were there before."""

    def work(session: Session) -> None:
        for one in new:
            session.add(one)
            session.flush()

    await town.change(work)


async def of_2023(town: Town, name: str = "P001", **changes: object) -> int:
    """A proposal of another year, with its reply by 住建局; its id."""
    made = row(name, **changes)
    await put(town, made)
    number = made.id or 0
    day = IN_2023.date()
    task = Assignment(
        proposal_id=number, unit="u10", part=Part.SOLE, state=Handling.DONE, assigned_on=day, due_on=day, acked_on=day
    )
    await put(town, task)
    reply = Reply(proposal_id=number, assignment_id=task.id or 0, round=1, result="A", text=REPLY, drafted_by=WEI)
    reply.issued_at, reply.issued_on = IN_2023, day
    await put(town, reply)
    return number


async def writes(town: Town, who: str, name: str) -> Person:
    """A proposal of the corpus, up to its preview."""
    one = BY_ID[name]
    await tells(town, who, "我要提案", one["title"], one["category"], one["analysis"], "完")
    return await tells(town, who, *_rest(one["suggestions"]))


def _rest(suggestions: Sequence[dict[str, str]]) -> list[str]:
    return [*(item["text"] for item in suggestions), "完", "跳过", "是", "同意", "不涉密"]


async def hands_in(town: Town, who: str, name: str) -> Person:
    await writes(town, who, name)
    await all_have_read(town)
    return await tells(town, who, "提交")


# --- the member, at the title -----------------------------------------------------------------------------------------


async def test_at_the_title_the_member_hears_what_is_near(town: Town) -> None:
    await of_2023(town)
    su = await tells(town, SU, "我要提案", LIFTS)
    await su.reads("案由是什么")
    told = await su.reads("已有相近的提案", f"1 《{LIFT}》", "2023年，已办结", "住房和城乡建设局答复：已解决", "相似 1")
    assert REPLY not in told.text
    await su.reads("属于哪个类别")  # it does not stop anybody


async def test_at_the_title_nothing_near_is_not_a_word(town: Town) -> None:
    await of_2023(town)
    su = await tells(town, SU, "我要提案", "关于设立夜间图书馆的提案")
    await su.reads("案由是什么")
    await su.reads("属于哪个类别")
    su.reads_nothing_more()


@pytest.mark.parametrize(
    "kept_back",
    [
        {"state": State.DRAFT, "proposal_no": None, "serial_no": None},
        {"state": State.SUBMITTED, "proposal_no": None},
        {"state": State.REJECTED, "proposal_no": None},
        {"consent_public": False},
    ],
    ids=["a draft", "not filed", "rejected", "withheld"],
)
async def test_what_is_not_public_is_not_told_to_another_member(town: Town, kept_back: dict[str, object]) -> None:
    number = await of_2023(town, **kept_back)
    su = await tells(town, SU, "我要提案", LIFTS)
    await su.reads("案由是什么")
    await su.reads("属于哪个类别")
    su.reads_nothing_more()
    await tells(town, SU, "相似 1")
    await su.reads("现在没有列出相近的提案", "查 电梯")
    await all_have_read(town)
    draft = (await proposal(town)).id
    status, page = await opens(town, SU, f"/p/proposals/{draft}/similar")
    assert status == 200
    assert "没有找到相近的提案" in page
    assert (await opens(town, SU, f"/p/proposals/{draft}/similar/{number}"))[0] == 404


async def test_who_may_not_read_it_is_shown_what_is_public(town: Town) -> None:
    await of_2023(town)
    su = await tells(town, SU, "我要提案", LIFTS)
    await su.reads("已有相近的提案")
    await tells(town, SU, "相似1")
    told = await su.reads("第20230001号", LIFT, "2023年", "联系提案委")
    assert "群众加装意愿" not in told.text
    assert REPLY not in told.text
    await tells(town, SU, "相似 2")
    await su.reads("只列了1件")
    await tells(town, SU, "社会建设")  # and it goes on where it stood
    await su.reads("情况分析")


async def test_who_may_read_it_reads_it(town: Town) -> None:
    """Lin proposed the first herself; whoever reviews sees everything, too."""
    await of_2023(town, proposer=LIN)
    lin = await tells(town, LIN, "我要提案", LIFTS)
    await lin.reads("已有相近的提案", REPLY[:10])
    await tells(town, LIN, "相似 1")
    await lin.reads("第20230001号", "三百余个", "1. 由住建部门牵头", f"答复：{REPLY}", "查看全文")
    shen = await tells(town, SHEN, "我要提案", LIFTS, "相似 1")
    await shen.reads("三百余个", REPLY)


async def test_without_a_draft_there_is_nothing_to_choose_from(town: Town) -> None:
    wei = await tells(town, WEI, "相似 1")
    await wei.reads("现在没有列出相近的提案")


# --- the member, before handing in ------------------------------------------------------------------------------------


async def test_before_handing_in_the_whole_text_is_compared(town: Town) -> None:
    """B of the corpus: other words in the title, a third of the text the same."""
    await of_2023(town, "P003")
    su = await writes(town, SU, "P004")
    told = await su.reads("请看一遍", "已有相近的提案", f"1 《{GATE}》（2023年", "约27%相同", "对照看相同的句子")
    assert JAMS in told.text
    await tells(town, SU, "相似 1")
    await su.reads("第20230003号", "联系提案委")
    await tells(town, SU, "提交")
    await su.reads("提交成功")


async def test_before_handing_in_nothing_near_is_not_a_word(town: Town) -> None:
    await of_2023(town, "P005")
    su = await writes(town, SU, "P006")  # C of the corpus: beyond words
    told = await su.reads("请看一遍")
    assert "相近" not in told.text


async def test_a_returned_proposal_is_compared_as_it_is_rewritten(town: Town) -> None:
    await hands_in(town, SU, "P016")
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, "请另选题目。")
    await of_2023(town, "P003")
    await all_have_read(town)
    su = await taps(town, SU, "修改")
    told = await su.reads("请看一遍")
    assert "相近" not in told.text
    await tells(town, SU, "修改", "3", BY_ID["P003"]["analysis"], "完")
    await su.reads("请看一遍", "已有相近的提案", GATE)


# --- the office -------------------------------------------------------------------------------------------------------


async def test_the_office_sees_the_score_when_it_comes_in_and_before_it_is_assigned(town: Town) -> None:
    await of_2023(town)
    await hands_in(town, SU, "P002")
    for who in (WEN, LU):
        await town.person(who).reads(
            "有新提案待受理", "查重：与第20230001号《关于分步推进", "相似76%（2023年，已办结）"
        )
    await taps(town, WEN, "受理", "通过")
    await taps(town, SHEN, "通过")
    await all_have_read(town)
    await taps(town, CHENG, "立案")
    for who in (MENG, YAO):
        await town.person(who).reads("有提案待交办", "查重：与第20230001号", "相似76%")
    await tells(town, MENG, "待办", "1")
    await town.person(MENG).reads("第20260001号", "查重：与第20230001号")


async def test_the_office_is_told_of_several_and_of_what_members_are_not(town: Town) -> None:
    await of_2023(town, proposal_no="20230051", serial_no="S51", consent_public=False)
    await of_2023(town, state=State.REJECTED, proposal_no=None, serial_no="S52")
    await hands_in(town, SU, "P002")
    await town.person(WEN).reads("有新提案待受理", "查重：", "另有1件")


async def test_the_office_reads_no_line_where_nothing_is_near(town: Town) -> None:
    await of_2023(town)
    await hands_in(town, SU, "P016")
    told = await town.person(WEN).reads("有新提案待受理")
    assert "查重" not in told.text


# --- the pages --------------------------------------------------------------------------------------------------------


async def test_the_page_shows_what_both_have_to_who_may_read_both(town: Town) -> None:
    first = await of_2023(town)
    await hands_in(town, SU, "P002")
    second = (await proposal(town)).id
    for who in OFFICE:
        status, page = await opens(town, who, f"/p/proposals/{second}/similar")
        assert status == 200, who
        assert "相似 <strong>76%</strong>" in page
        assert "<mark>" in page
        assert REPLY in page
        status, page = await opens(town, who, f"/p/proposals/{second}/similar/{first}")
        assert status == 200, who
        assert page.count("<mark>") >= 6
        assert LIFT in page
        assert LIFTS in page
        assert f"proposals/{second}/similar" in (await opens(town, who, f"/p/proposals/{second}"))[1]
    status, page = await opens(town, SU, f"/p/proposals/{second}/similar")
    assert status == 200
    assert LIFT in page
    assert "不在您的查看范围内" in page
    assert "<mark>" not in page
    assert REPLY not in page


async def test_the_pages_are_closed_to_everybody_else(town: Town) -> None:
    first = await of_2023(town, proposer=LIN)
    await hands_in(town, SU, "P002")
    second = (await proposal(town)).id
    for who in (*OTHERS, *UNIT, LIN):
        for path in (f"{second}/similar", f"{second}/similar/{first}", f"{first}/similar/{second}"):
            if who == SU and path == f"{second}/similar":
                continue
            status, page = await opens(town, who, f"/p/proposals/{path}")
            assert status == 404, (who, path)
            assert LIFTS not in page
    for who in (LIN, *UNIT):  # what is their own they may compare, with nothing that is not
        status, page = await opens(town, who, f"/p/proposals/{first}/similar")
        assert status == 200, who
        assert "没有找到相近的提案" in page
    assert (await opens(town, WEN, "/p/proposals/999999/similar"))[0] == 404
    assert (await opens(town, WEN, f"/p/proposals/{second}/similar/999999"))[0] == 404


async def test_nobody_off_the_roster_sees_a_page(town: Town) -> None:
    first = await of_2023(town)

    def leaves(session: Session) -> None:
        for held in session.exec(select(Holding).where(Holding.person == SU)):
            session.delete(held)

    await town.change(leaves)
    assert (await opens(town, SU, f"/p/proposals/{first}/similar"))[0] == 404


async def test_what_people_wrote_is_shown_as_they_wrote_it_and_looking_changes_nothing(town: Town) -> None:
    odd = "<script>alert('x')</script>“引号”&amp;这一句话两件里都有，一个字也不差。"
    first = await of_2023(town, analysis=odd, suggestions=[odd])
    second = await of_2023(town, analysis=odd, suggestions=[odd], proposal_no="2", serial_no="S2", title="<b>粗</b>")
    before = await town.look(lambda session: [p.model_dump() for p in session.exec(select(Proposal))])
    for path in (f"{second}/similar", f"{second}/similar/{first}"):
        status, page = await opens(town, WEN, f"/p/proposals/{path}")
        assert status == 200
        assert "<script>" not in page
        assert "<b>" not in page
        assert html.escape(odd.split("“")[0], quote=False) in page.replace("&#39;", "'")
        assert "100%" in page
    assert await town.look(lambda session: [p.model_dump() for p in session.exec(select(Proposal))]) == before
