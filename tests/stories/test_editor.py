"""Writing on the page: it saves as one types, the chat goes on from there; nobody's words are lost, nobody else sees them."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update
from sqlmodel import Session, SQLModel, select

from models.conversation import Conversation
from models.joint import Signature
from models.people import Person
from models.proposal import Proposal
from models.states import Sign, State
from simulator.person import Person as Somebody
from tests.models.files import OLD_WORD, PNG, bomb, document, docx, package, paragraph
from tests.stories.acts import (
    CHENG,
    HE,
    LIN,
    SU,
    TITLE,
    WEN,
    all_have_read,
    edit,
    invited,
    proposal,
    rows,
    submitted,
    taps,
    tells,
)
from tests.stories.pages import Phone, browsing, opens
from tests.town import Town

ANALYSIS = "我市主城区老旧小区多，老人下楼难。"
ITEMS = ["由住建部门牵头制定分步实施清单。", "财政按单元定额补助。"]
FILE = (TITLE, "情况分析：", ANALYSIS, "具体建议：", *(f"{place}. {item}" for place, item in enumerate(ITEMS, 1)))
OTHER = "关于公厕的提案\n情况分析：老城区公厕少，老人孩子外出不便。\n建议：\n1. 由城管部门修缮，延长开放时间。"
LINK = re.compile(r"/p/drafts/(?:\d+|new)")
ALL: dict[str, Any] = {
    "title": TITLE,
    "category": "社会建设",
    "analysis": ANALYSIS,
    "suggestions": ITEMS,
    "units": "住建局",
    "researched": {"yes": "yes", "note": "去年9月走访两个社区"},
    "public": {"yes": "yes", "note": ""},
    "secrecy": "clear",
}
FORM = {
    "title": TITLE,
    "category": "社会建设",
    "analysis": ANALYSIS,
    "suggestions": ITEMS[0],
    "researched": "no",
    "public": "no",
    "no_public_reason": "还在与有关单位商量",
    "secrecy": "clear",
}


@pytest.fixture
async def lin(town: Town) -> AsyncIterator[Phone]:
    """林知夏 has begun a draft, and opens its page by the link in the chat."""
    person = await tells(town, LIN, "我要提案", "我的草稿")
    told = await person.reads("您有1份草稿")
    found = LINK.search(str(told.content))
    assert found
    async with browsing(town, LIN, found[0]) as phone:
        assert phone.status == 200
        yield phone


async def everything(town: Town) -> list[Any]:
    """Every row a page might change."""

    def work(session: Session) -> list[Any]:
        kinds: tuple[type[SQLModel], ...] = (Proposal, Conversation, Signature)
        return [row.model_dump() for kind in kinds for row in session.exec(select(kind))]

    return await town.look(work)


# --- as one types -----------------------------------------------------------------------------------------------------


async def test_every_part_is_saved_as_it_is_written_and_the_chat_goes_on_from_there(town: Town, lin: Phone) -> None:
    for part, value in ALL.items():
        found = await lin.saves("/p/drafts/1", part, value)
        assert (lin.status, found["saved"]) == (200, "10:00"), found
    assert found["advice"]
    await town.quiet()
    town.person(LIN).skips_to_the_end()
    await lin.opens("/p/drafts/1")
    assert lin.field("title") == TITLE
    assert "住房和城乡建设局" in lin.field("units")
    row = await proposal(town)
    assert (row.title, row.suggestions, row.research_note) == (TITLE, ITEMS, "去年9月走访两个社区")
    person = await tells(town, LIN, "再说一遍")
    await person.reads("请看一遍", TITLE, "2. 财政按单元定额补助", "在页面上改")
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), act="preview")
    assert "预览已发到聊天里" in lin.text
    await person.reads("请看一遍")
    await tells(town, LIN, "提交")
    await person.reads("提交成功")
    assert "现在是“已提交”" in await lin.opens("/p/drafts/1")
    assert lin.status == 409
    assert (await lin.saves("/p/drafts/1", "title", "迟了", "0" * 16, token="x"))["error"]


async def test_one_question_answered_on_the_page_is_not_asked_again(town: Town, lin: Phone) -> None:
    await lin.saves("/p/drafts/1", "title", TITLE)
    person = town.person(LIN)
    person.skips_to_the_end()
    await tells(town, LIN, "再说一遍")
    await person.reads("类别")
    await tells(town, LIN, "4", "情况很急。")  # half said in the chat, and there on the page
    await lin.opens("/p/drafts/1")
    assert lin.field("analysis") == "情况很急。"
    await lin.saves("/p/drafts/1", "analysis", "情况很急。\n电梯很少。")
    await tells(town, LIN, "撤回")
    await person.reads("没有可以撤回的了")
    assert (await proposal(town)).analysis == "情况很急。\n电梯很少。"


async def test_what_the_chat_wrote_meanwhile_is_shown_beside_and_nothing_is_lost(town: Town, lin: Phone) -> None:
    await tells(town, LIN, TITLE)
    mine = "关于加装电梯的提案"
    answer = await lin.saves("/p/drafts/1", "title", mine)
    assert (lin.status, answer["theirs"]) == (409, TITLE)
    assert (await proposal(town)).title == TITLE
    assert (await lin.saves("/p/drafts/1", "title", TITLE))["saved"]  # both wrote the same: no clash
    assert (await lin.saves("/p/drafts/1", "analysis", ANALYSIS))["saved"]  # another part: none either
    page = await lin.sends("/p/drafts/1", lin.form("drafts/1"), title=mine)  # without a script: the page as it was
    assert lin.status == 409
    assert lin.field("title") == mine
    assert TITLE in page
    assert lin.field("analysis") == ANALYSIS
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), take_title="1")
    assert (await proposal(town)).title == TITLE
    assert (await lin.saves("/p/drafts/1", "title", mine, answer["mark"]))["saved"]
    assert (await proposal(town)).title == mine


async def test_a_message_and_a_page_at_the_same_moment_wait_for_each_other(town: Town, lin: Phone) -> None:
    seen = []

    def work(session: Session) -> None:
        row = session.get_one(Conversation, 1)
        seen.append(row.changes)
        if len(seen) == 1:  # somebody else is quicker
            more = update(Conversation).values(changes=Conversation.changes + 1)
            session.connection().execute(more)
        row.answers = {"long_title": len(seen)}

    await town.change(work)
    assert len(seen) == 2
    saves = [lin.saves("/p/drafts/1", part, ALL[part]) for part in ("category", "analysis", "units")]
    await asyncio.gather(tells(town, LIN, TITLE), *saves)
    [row] = await rows(town, Conversation)
    assert [row.answers[part] for part in ("long_title", "category", "analysis")] == [2, "社会建设", ANALYSIS]
    assert row.answers["title"] == TITLE
    assert row.answers["units"]["names"]


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("title", "　 \n ", "没有文字"),
        ("title", "长" * 51, "缩到50个字"),
        ("category", "航天", "名称"),
        ("suggestions", [f"装第{n}盏灯。" for n in range(500)], "最多50条，没有保存"),
        ("suggestions", ["装灯。", "长" * 2501], "第2条"),
        ("analysis", "长" * 20_001, "太长了，没有保存"),
        ("units", "天庭", "没有叫“天庭”的单位"),
        ("public", {"yes": "no", "note": "长" * 501}, "500字以内"),
    ],
    ids=lambda value: value[:8] if isinstance(value, str) else "",
)
async def test_what_cannot_be_is_told_and_what_was_there_stays(
    town: Town, lin: Phone, part: str, value: Any, words: str
) -> None:
    known = (await lin.saves("/p/drafts/1", part, ALL[part]))["mark"]
    answer = await lin.saves("/p/drafts/1", part, value, known)
    assert (lin.status, words in answer["error"]) == (422, True), answer
    assert (await lin.saves("/p/drafts/1", part, ALL[part], known))["mark"] == known


# --- without a script -------------------------------------------------------------------------------------------------


async def test_without_a_script_the_page_is_a_form(town: Town, lin: Phone) -> None:
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), **FORM, act="add")
    assert "已保存 10:00" in lin.text
    assert lin.text.count('name="suggestions"') == 3  # the one, an empty one, and the pattern for more
    fields = [*(f for f in lin.form("drafts/1") if f[0] != "suggestions"), *(("suggestions", text) for text in ITEMS)]
    await lin.sends("/p/drafts/1", fields, act="up:2")
    assert (await proposal(town)).suggestions == ITEMS[::-1]
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), act="remove:1")
    assert (await proposal(town)).suggestions == ITEMS[:1]
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), title="　", units="天庭")
    assert lin.status == 422
    assert "没有叫“天庭”的单位" in lin.text
    assert (await proposal(town)).title == TITLE  # refused, not emptied
    await lin.opens("/p/drafts/1")
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), secrecy="", act="submit")
    assert lin.status == 422
    assert "还差涉密自查" in lin.text
    await all_have_read(town)
    form = [field for field in lin.form("drafts/1") if field[0] != "secrecy"]
    await lin.sends("/p/drafts/1", [*form, ("secrecy", "clear")], act="submit")
    assert "流水号：S2026" in lin.text
    await town.person(LIN).reads("提交成功", "S2026")
    await town.person(WEN).reads("有新提案待受理")
    await lin.sends("/p/drafts/1", [*form, ("secrecy", "clear")], act="submit")  # tapped twice
    assert lin.status == 409
    row = await proposal(town)
    assert (row.state, row.no_public_reason) == (State.SUBMITTED, "还在与有关单位商量")


async def test_the_preview_is_asked_for_and_the_chat_says_what_is_missing(town: Town, lin: Phone) -> None:
    await tells(town, LIN, "存草稿")
    town.person(LIN).skips_to_the_end()
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), title=TITLE, act="preview")
    assert "还差：类别、情况分析、具体建议" in lin.text
    await town.person(LIN).reads("属于哪个类别")
    await tells(town, LIN, "4", ANALYSIS, "完", ITEMS[0], "完", "否", "同意", "不涉密")
    await town.person(LIN).reads("请看一遍")


async def test_a_returned_proposal_is_rewritten_on_the_page(town: Town) -> None:
    await submitted(town)
    await taps(town, WEN, "受理", "退回修改")
    await tells(town, WEN, "请写清楚由谁牵头。")
    await all_have_read(town)
    async with browsing(town, LIN, "/p/drafts/1") as phone:
        assert phone.status == 409
        assert "点“修改”" in phone.text
        await taps(town, LIN, "修改")
        assert "请写清楚由谁牵头。" in await phone.opens("/p/drafts/1")
        await phone.saves("/p/drafts/1", "suggestions", ITEMS)
        assert (await proposal(town)).suggestions != ITEMS  # the office still reads what was handed in
        await phone.sends("/p/drafts/1", phone.form("drafts/1"), suggestions=ITEMS[1], act="save")
        assert phone.status == 409  # the page is older than what was saved
        await phone.opens("/p/drafts/1")
        await phone.sends("/p/drafts/1", phone.form("drafts/1"), act="submit")
        assert "现在是“已提交”" in phone.text
    assert (await proposal(town)).suggestions == ITEMS


async def test_a_paste_with_several_titles_is_settled_in_the_chat_first(town: Town, lin: Phone) -> None:
    three = "\n".join(f"关于{what}的提案\n情况分析：{what}难。\n建议：\n1. 改善{what}。" for what in ("路灯", "公厕"))
    await tells(town, LIN, three)
    assert "2个案由" in await lin.opens("/p/drafts/1")
    assert lin.status == 409
    await tells(town, LIN, "2")
    await lin.opens("/p/drafts/1")
    assert lin.field("title") == "关于公厕的提案"
    await lin.saves("/p/drafts/1", "title", "关于修缮公厕的提案")
    town.person(LIN).skips_to_the_end()
    await tells(town, LIN, "再说一遍")
    await town.person(LIN).reads("类别")


# --- whose it is ------------------------------------------------------------------------------------------------------


async def test_nobody_else_opens_or_writes_it_and_looking_changes_nothing(town: Town, lin: Phone) -> None:
    await lin.saves("/p/drafts/1", "title", TITLE)
    await edit(town, Person, "leader_cppcc1", lambda person: setattr(person, "active", False))
    before = await everything(town)
    await lin.opens("/p/drafts/1")
    await lin.opens("/p/drafts/new")
    for who, status in ((SU, 404), (WEN, 404), (CHENG, 404), ("leader_cppcc1", 403)):
        got, page = await opens(town, who, "/p/drafts/1")
        assert (got, TITLE in page) == (status, False), who
    assert (await opens(town, LIN, "/p/drafts/999"))[0] == 404
    for path in ("1", "1/file", "1/text"):
        async with browsing(town, SU, "/p/drafts/new") as su:
            token = su.field("token")
            if path == "1":
                await su.saves("/p/drafts/1", "title", "改了", "0" * 16)
                assert su.status == 404
                await su.sends("/p/drafts/1", [("token", token)], title="改了")
            elif path == "1/file":
                await su.hands_in("/p/drafts/1/file", "提案.docx", docx(*FILE))
            else:
                await su.sends("/p/drafts/1/text", [("token", token)], text="\n".join(FILE))
            assert su.status == 404, path
    async with browsing(town, SU, "/p/drafts/new") as su:
        theirs = su.field("token")
    await lin.opens("/p/drafts/1")
    form = lin.form("drafts/1")
    for token in (theirs, "", "x.y"):
        await lin.saves("/p/drafts/1", "title", "改了", "0" * 16, token)
        assert lin.status == 403
        await lin.sends("/p/drafts/1", form, token=token, title="改了")
        assert lin.status == 403
    async with aiohttp.ClientSession() as nobody:
        for path in ("drafts/1", "drafts/new", "drafts/new/file", "proposals/1/cosign"):
            async with nobody.post(f"{town.address}/p/{path}", data={"token": theirs}) as answer:
                assert answer.status == 401
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    async with lin.session.post(f"{town.address}/p/drafts/1", data=form, headers=elsewhere) as answer:
        assert answer.status == 403
    assert await everything(town) == before


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{", b'{"part": "state", "value": "filed", "mark": "", "token": ""}',
        b'{"part": "title", "value": ["x"], "mark": "", "token": ""}',
        b'{"part": "public", "value": {"yes": "maybe", "note": ""}, "mark": "", "token": ""}', b"[" * 100_000,
    ],
    ids=["a list", "cut off", "no part", "a list for a text", "neither yes nor no", "deep"],
)  # fmt: skip
async def test_odd_requests_are_refused(town: Town, lin: Phone, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    async with lin.session.post(f"{town.address}/p/drafts/1", data=body, headers=kind) as answer:
        assert answer.status == 400
    async with lin.session.post(f"{town.address}/p/drafts/1", data=b"x" * 2_000_000) as answer:
        assert answer.status in {400, 413}


async def test_a_member_who_left_office_in_mid_draft_submits_nothing(town: Town, lin: Phone) -> None:
    for part, value in ALL.items():
        await lin.saves("/p/drafts/1", part, value)
    await edit(town, Person, LIN, lambda person: setattr(person, "active", False))
    await lin.sends("/p/drafts/1", lin.form("drafts/1"), act="submit")
    assert lin.status == 403
    assert (await proposal(town)).state is State.DRAFT


# --- a file -----------------------------------------------------------------------------------------------------------


async def test_a_document_is_shown_back_confirmed_and_becomes_a_draft_once(town: Town) -> None:
    async with browsing(town, LIN, "/p/drafts/new") as phone:
        await phone.hands_in("/p/drafts/new/file", "提案.docx", docx("提案人：林知夏", *FILE))
        assert phone.status == 200
        for words in (TITLE, ANALYSIS, ITEMS[1], "建议2条", "提案人这几行没有放进来", "提案.docx", "现在还没有保存"):
            assert words in phone.text
        assert await rows(town, Proposal) == []  # nothing is kept before it is confirmed
        form = phone.form("drafts/new")
        await asyncio.gather(*(phone.sends("/p/drafts/new", form) for _ in range(2)))
        assert (phone.status, phone.path) == (200, "/p/drafts/1")
        assert phone.field("title") == TITLE
        [row] = await rows(town, Proposal)
        assert (row.analysis, row.suggestions) == (ANALYSIS, ITEMS)
        person = town.person(LIN)
        await person.reads("页面上新建了提案《", TITLE)
        await tells(town, LIN, "再说一遍")
        await person.reads("类别")

        # another one, into the draft that is there; taken back in the chat
        await phone.hands_in("/p/drafts/1/file", "新.txt", OTHER.encode("gb18030"))
        assert "换掉草稿里现有的案由、情况分析、具体建议" in phone.text
        await phone.sends("/p/drafts/1/text", phone.form("drafts/1/text"))
        assert phone.path == "/p/drafts/1"
        assert (await proposal(town)).title == "关于公厕的提案"
        await tells(town, LIN, "撤回")
        await person.reads("已撤回")
        assert (await proposal(town)).title == TITLE


async def test_of_three_proposals_in_a_document_one_is_chosen(town: Town) -> None:
    three = [f"关于{what}的提案\n情况分析：{what}难。\n建议：\n1. 改善{what}。" for what in ("路灯", "公厕", "公交")]
    async with browsing(town, LIN, "/p/drafts/new") as phone:
        await phone.hands_in("/p/drafts/new/file", "三件.txt", "\n".join(three).encode("utf-8-sig"))
        assert "这里有3个案由" in phone.text
        form = phone.form("drafts/new")
        await phone.sends("/p/drafts/new", form, place="7" * 5000)
        assert phone.status == 422
        await phone.sends("/p/drafts/new", form, place="1")
        assert phone.field("title") == "关于公厕的提案"
        assert len(await rows(town, Proposal)) == 1
        await phone.hands_in("/p/drafts/1/file", "三件.txt", "\n".join(three).encode("utf-8-sig"))
        form = phone.form("drafts/1/text")
        for place, title in (("0", "关于路灯的提案"), ("2", "关于公交的提案")):  # gone back, and chosen otherwise
            await phone.sends("/p/drafts/1/text", form, place=place)
            assert phone.field("title") == title
    assert len(await rows(town, Proposal)) == 1


async def test_of_three_proposals_in_a_document_all_become_drafts(town: Town) -> None:
    three = [f"关于{what}的提案\n情况分析：{what}难。\n建议：\n1. 改善{what}。" for what in ("路灯", "公厕", "公交")]
    lin = town.person(LIN)
    async with browsing(town, LIN, "/p/drafts/new") as phone:
        await phone.hands_in("/p/drafts/new/file", "三件.txt", "\n".join(three).encode("utf-8-sig"))
        assert "都要，分成3份草稿" in phone.text
        form = [*phone.form("drafts/new"), ("all", "1")]
        for _ in range(2):
            await phone.sends("/p/drafts/new", form)
            assert (phone.path, phone.field("title")) == ("/p/drafts/1", "关于路灯的提案")
        await lin.reads("页面上新建了提案《关于路灯的提案》", "另外2件也各存了一份")
        await tells(town, LIN, "我的草稿")
        await lin.reads("您有3份草稿", "关于公厕的提案", "关于公交的提案")
        await phone.hands_in("/p/drafts/1/file", "两件.txt", "\n".join(three[1:]).encode())
        form = [*phone.form("drafts/1/text"), ("all", "1")]
        for _ in range(2):
            await phone.sends("/p/drafts/1/text", form)
            assert phone.field("title") == "关于公厕的提案"
        await lin.reads("另外1件也各存了一份")
    titles = [row.title.removeprefix("关于").removesuffix("的提案") for row in await rows(town, Proposal)]
    assert titles == ["公厕", "公厕", "公交", "公交"]
    await tells(town, LIN, "撤回")
    await lin.reads("没有可以撤回的了")


async def test_so_many_proposals_in_a_document_do_not_all_become_drafts(town: Town) -> None:
    many = [
        f"关于{place}号路的提案\n情况分析：{place}号路难走。\n建议：\n1. 改善{place}号路。" for place in range(1, 22)
    ]
    async with browsing(town, LIN, "/p/drafts/new") as phone:
        await phone.hands_in("/p/drafts/new/file", "很多.txt", "\n".join(many).encode())
        assert ("这里有21个案由" in phone.text, "每个最多20件" in phone.text, "都要" in phone.text) == (
            True,
            True,
            False,
        )
        refused = await phone.sends("/p/drafts/new", [*phone.form("drafts/new"), ("all", "1")])
        assert (phone.status, "一次最多存20份，没有保存" in refused) == (422, True)
    assert await rows(town, Proposal) == []


async def test_what_is_no_proposal_is_kept_as_its_analysis_and_one_may_begin_with_nothing(town: Town) -> None:
    async with browsing(town, LIN, "/p/drafts/new") as phone:
        await phone.hands_in("/p/drafts/new/file", "随笔.txt", "小区没有电梯，老人下楼难。".encode())
        await phone.sends("/p/drafts/new", phone.form("drafts/new"))
        assert (phone.field("title"), phone.field("analysis")) == ("", "小区没有电梯，老人下楼难。")
        await phone.opens("/p/drafts/new")
        await phone.sends("/p/drafts/new", [("token", phone.field("token"))], act="blank")
        assert phone.path == "/p/drafts/2"
    status, page = await opens(town, WEN, "/p/drafts/new")
    assert (status, "不是委员" in page) == (403, True)


async def test_files_that_cannot_be_read_are_refused_with_what_to_do(town: Town, lin: Phone) -> None:
    token = lin.field("token")
    macro = package(document(paragraph("宏")), **{"vbaProject.bin": b"x"})
    for name, data, words in (
        ("炸弹.docx", bomb(), "大得不正常"),
        ("宏.docx", macro, "带有宏"),
        ("图.docx", PNG, "其实是一张图片"),
        ("旧.doc", OLD_WORD, "另存为 .docx"),
    ):
        for path in ("/p/drafts/new/file", "/p/drafts/1/file"):
            page = await lin.hands_in(path, name, data, token)
            assert (lin.status, words in page) == (422, True), (name, page)
    page = await lin.hands_in("/p/drafts/1/file", "大.docx", bytes(25 * 1024 * 1024), token)
    assert (lin.status, "最大10MB" in page) == (413, True)
    await lin.hands_in("/p/drafts/1/file", "好.docx", docx(*FILE), "forged")
    assert lin.status == 403
    [row] = await rows(town, Proposal)
    assert (row.title, row.analysis) == ("", "")


async def test_a_large_file_that_does_not_say_how_large_it_is_is_cut_off(town: Town, lin: Phone) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(64 * 1024)

    form = aiohttp.MultipartWriter("form-data")
    form.append(lin.field("token")).set_content_disposition("form-data", name="token")
    form.append(endless(), {"Content-Type": "x/y"}).set_content_disposition("form-data", name="file", filename="大.txt")
    async with lin.session.post(f"{town.address}/p/drafts/1/file", data=form) as answer:
        assert answer.status == 413
        assert "最大10MB" in await answer.text()


# --- co-signing -------------------------------------------------------------------------------------------------------


async def asked(town: Town) -> Somebody:
    """苏婉宁 is asked to co-sign, and has the link."""
    await invited(town)
    su = town.person(SU)
    told = await su.reads("林知夏邀请您联名")
    assert "/p/proposals/1/cosign" in str(told.card or told.text)
    return su


async def place(town: Town, who: str = SU) -> Signature:
    """Where this person stands."""
    [found] = await rows(town, Signature, Signature.person == who)
    return found


async def test_the_invited_reads_the_whole_and_agrees_with_a_word(town: Town) -> None:
    su = await asked(town)
    before = await everything(town)
    async with browsing(town, SU, "/p/proposals/1/cosign") as phone:
        for words in (TITLE, "老人下楼难", "住建部门牵头", "林知夏请您联名", "还有", "小时"):
            assert words in phone.text
        assert await everything(town) == before
        await phone.sends("/p/proposals/1/cosign", phone.form("cosign"), opinion="长" * 201, act="cosign")
        assert phone.status == 422
        await phone.opens("/p/proposals/1/cosign")
        form = phone.form("cosign")
        await asyncio.gather(
            *(
                phone.sends("/p/proposals/1/cosign", form, opinion="赞成，<先做>老人多的。", act="cosign")
                for _ in range(2)
            )
        )
        assert "您已同意联名" in phone.text
        assert "赞成，&lt;先做&gt;老人多的。" in phone.text
    assert ((await place(town)).state, (await place(town)).opinion) == (Sign.SIGNED, "赞成，<先做>老人多的。")
    await su.reads("已同意联名")
    su.reads_nothing_more()
    await town.person(LIN).reads("苏婉宁同意联名", "先做")


async def test_the_invited_declines_and_reads_it_no_more(town: Town) -> None:
    await asked(town)
    async with browsing(town, SU, "/p/proposals/1/cosign") as phone:
        await phone.sends("/p/proposals/1/cosign", phone.form("cosign"), act="decline")
        assert (phone.status, "您已谢绝联名" in phone.text, TITLE in phone.text) == (200, True, False)
    assert (await place(town)).state is Sign.DECLINED
    await town.person(LIN).reads("苏婉宁谢绝联名")


async def test_a_text_that_was_changed_is_read_again_before_it_is_signed(town: Town) -> None:
    await asked(town)
    async with browsing(town, SU, "/p/proposals/1/cosign") as phone:
        form = phone.form("cosign")
        await taps(town, LIN, "修改")
        await tells(town, LIN, "第1条改为由住建部门牵头，财政补助。", "提交")
        await phone.sends("/p/proposals/1/cosign", form, act="cosign")
        assert (phone.status, "正文刚刚改过" in phone.text) == (409, True)
        assert (await place(town)).state is Sign.INVITED
        assert "财政补助" in await phone.opens("/p/proposals/1/cosign")
        await phone.sends("/p/proposals/1/cosign", phone.form("cosign"), act="cosign")
        assert (await place(town)).state is Sign.SIGNED


async def test_who_was_not_asked_or_comes_too_late_signs_nothing(town: Town) -> None:
    await asked(town)
    await edit(town, Person, "leader_cppcc1", lambda person: setattr(person, "active", False))
    for who, status in ((LIN, 404), (WEN, 404), ("m020", 404), ("leader_cppcc1", 403)):
        got, page = await opens(town, who, "/p/proposals/1/cosign")
        assert (got, TITLE in page) == (status, False), who
    async with browsing(town, HE, "/p/proposals/1/cosign") as phone:
        form = phone.form("cosign")
        await phone.sends("/p/proposals/1/cosign", form)  # neither yes nor no
        assert phone.status == 422
        await edit(town, Signature, (await place(town, HE)).id, lambda row: setattr(row, "lapses_at", row.asked_at))
        await phone.sends("/p/proposals/1/cosign", form, act="cosign")
        assert (phone.status, "期限已过" in phone.text) == (422, True)
        assert "期限已过" in await phone.opens("/p/proposals/1/cosign")
        await tells(town, LIN, "收回 何静姝")
        assert "邀请已收回" in await phone.opens("/p/proposals/1/cosign")
    assert (await place(town, HE)).state is Sign.TAKEN_BACK
