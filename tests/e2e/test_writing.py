"""The pages that write, on the smallest phone: a lost connection, a file, a signature; with thumbs, keys and a screen reader."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from models.joint import Signature
from models.states import Sign
from tests.browser import HEIGHT, WIDTH, chromium
from tests.databases import sqlite_url
from tests.e2e.tapped import is_fine, opens_as
from tests.models.files import docx
from tests.stories.acts import LIN, SU, TITLE, all_have_read, drafted, invited, proposal, rows, tells
from tests.town import Town

FILE = (TITLE, "情况分析：", "我市老旧小区多，老人下楼难。", "具体建议：", "1. 由住建部门牵头。", "2. 财政补助。")
IN_CHAT = "关于在聊天里改过的提案"
# what the page says at once
TYPED = """() => {
    document.getElementById("title").dispatchEvent(new InputEvent("input", { bubbles: true }));
    return document.getElementById("status").textContent;
}"""


@pytest.fixture
def database_url(filled_sqlite: Path, tmp_path: Path) -> str:
    """A file: what a browser shows does not depend on the database."""
    shutil.copy(filled_sqlite, tmp_path / "tiantong.db")
    return sqlite_url(tmp_path)


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    async with chromium(tmp_path, width=WIDTH, height=HEIGHT) as context:
        yield context


async def saved(page: Page) -> None:
    """The page says that everything is kept."""
    await expect(page.locator("#status")).to_contain_text("已保存 10:")


async def test_a_draft_is_written_through_a_lost_connection(town: Town, context: BrowserContext) -> None:
    person = await tells(town, LIN, "我要提案")
    page = await opens_as(town, context, LIN, "/p/drafts/1")
    await is_fine(page)
    status = page.locator("#status")
    await page.get_by_label("案由").fill(TITLE)
    await expect(page.locator('[data-part="title"] [data-count]')).to_have_text("17/50字")
    await saved(page)

    # the connection is lost in mid-sentence, and the page closed
    await context.set_offline(True)
    await page.get_by_label("情况分析").press_sequentially("我市老旧小区多，")
    await expect(status).to_contain_text("先存在本机")
    await page.get_by_label("情况分析").press_sequentially("老人下 楼难。")
    await page.close()
    await context.set_offline(False)
    page = await context.new_page()
    await page.goto(f"{town.address}/p/drafts/1")
    await expect(page.get_by_label("情况分析")).to_have_value("我市老旧小区多，老人下 楼难。")
    await page.wait_for_function("() => !localStorage.length")  # nothing is left that is not saved
    assert (await proposal(town)).analysis == "我市老旧小区多，老人下 楼难。"
    await expect(page.locator('[data-part="analysis"] [data-count]')).to_have_text("14字")

    # once more, and this time it comes back by itself
    await context.set_offline(True)
    await page.get_by_label("类别").select_option("社会建设")
    await expect(page.locator("#status")).to_contain_text("先存在本机")
    await context.set_offline(False)
    await saved(page)
    assert (await proposal(town)).category == "社会建设"

    # the same part is written in the chat: both are shown, one is chosen
    await tells(town, LIN, "修改案由", IN_CHAT)
    await page.get_by_label("案由").fill("关于页面上改过的提案")
    clash = page.locator('[data-part="title"] [data-clash]')
    await expect(clash).to_contain_text(IN_CHAT)
    assert (await proposal(town)).title == IN_CHAT
    await is_fine(page)
    await page.get_by_role("button", name="用本页写的").click()
    await saved(page)
    assert (await proposal(town)).title == "关于页面上改过的提案"
    await tells(town, LIN, "修改案由", TITLE)
    await page.get_by_label("案由").fill("又一个")
    await page.get_by_role("button", name="用聊天里的").click()
    await expect(page.get_by_label("案由")).to_have_value(TITLE)

    # suggestions: added, moved, removed with the keyboard
    await page.get_by_label("第1条", exact=True).fill("财政补助。")
    add = page.get_by_role("button", name="加一条")
    await add.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("由住建部门牵头。")
    await page.get_by_role("button", name="第2条上移").press("Enter")
    await expect(page.get_by_label("第1条", exact=True)).to_have_value("由住建部门牵头。")
    await add.press("Enter")
    await page.keyboard.type("多余的。")
    await page.get_by_role("button", name="删除第3条").press("Enter")
    await saved(page)
    await is_fine(page)
    assert (await proposal(town)).suggestions == ["由住建部门牵头。", "财政补助。"]

    # a word that cannot be kept is told at its place; the rest is chosen
    await page.get_by_label("建议承办单位").fill("天庭")
    await page.get_by_label("建议承办单位").blur()
    await expect(page.get_by_role("alert")).to_contain_text("没有叫“天庭”的单位")
    await is_fine(page)
    await page.get_by_label("建议承办单位").fill("住建局")
    await page.get_by_label("建议承办单位").blur()
    await expect(page.get_by_label("建议承办单位")).to_have_value("云岭市住房和城乡建设局")
    await page.get_by_label("是", exact=True).check()
    await page.get_by_label("调研的时间和方式").fill("去年9月走访")
    await page.get_by_label("同意", exact=True).check()
    await page.get_by_label("内容不涉及国家秘密和工作秘密").check()
    await saved(page)

    # and the chat has it
    await town.quiet()
    person.skips_to_the_end()
    await page.get_by_role("button", name="到聊天里看预览").click()
    await expect(page.get_by_role("heading", name="都存好了")).to_be_visible()
    await is_fine(page)
    await town.quiet()
    await person.reads("请看一遍", TITLE, "1. 由住建部门牵头", "走访")
    await page.get_by_role("link", name="回本页修改").click()
    await expect(page.locator("#status")).to_have_text("写了就存")

    # it is handed in while one more sentence waits for the connection: that is not lost either
    await context.set_offline(True)
    await page.get_by_label("调研的时间和方式").fill("又去了一次")
    await expect(page.locator("#status")).to_contain_text("先存在本机")
    await tells(town, LIN, "提交")
    await person.reads("提交成功")
    await context.set_offline(False)
    await expect(page.locator("#status")).to_contain_text("写的还存在本机")
    await page.reload()
    await expect(page.get_by_role("heading", name="现在是“已提交”")).to_be_visible()
    await expect(page.get_by_text("又去了一次")).to_be_visible()
    await is_fine(page)


async def test_a_draft_whose_script_is_lost_on_the_way_promises_nothing(town: Town, context: BrowserContext) -> None:
    await tells(town, LIN, "我要提案")
    await context.route("**/draft.js", lambda route: route.abort("internetdisconnected"))
    page = await opens_as(town, context, LIN, "/p/drafts/1")
    await page.get_by_label("案由").fill(TITLE)
    await expect(page.locator("#status")).to_have_text("写完请点“保存”")
    await expect(page.get_by_text("写了就存")).to_have_count(0)
    await page.get_by_role("button", name="保存").last.click()
    await expect(page.locator("#status")).to_have_text("已保存 10:00，再改请再点“保存”")
    assert (await proposal(town)).title == TITLE
    await is_fine(page)

    # it comes, to a phone that was without a connection already: the first letter is answered for
    await context.unroute("**/draft.js")
    await page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    await page.goto(f"{town.address}/p/drafts/1")
    await expect(page.locator("#status")).to_have_text("写了就存")
    assert "先存在本机" in await page.evaluate(TYPED)


async def test_a_draft_is_handed_in_on_the_page(town: Town, context: BrowserContext) -> None:
    await drafted(town)
    await all_have_read(town)
    page = await opens_as(town, context, LIN, "/p/drafts/1")
    await page.get_by_label("案由").fill("关于加装电梯的提案")
    await page.get_by_role("button", name="提交").click()  # at once: what is not saved yet goes with it
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert await page.evaluate("localStorage.length") == 0
    await is_fine(page)
    await town.quiet()
    await town.person(LIN).reads("提交成功", "关于加装电梯的提案")


async def test_a_word_document_becomes_a_draft(town: Town, context: BrowserContext) -> None:
    page = await opens_as(town, context, LIN, "/p/drafts/new")
    await is_fine(page)
    field = page.get_by_label("交写好的文件")
    await field.set_input_files({"name": "大.docx", "mimeType": "x/y", "buffer": bytes(11 * 1024 * 1024)})
    await expect(page.get_by_role("alert")).to_contain_text("最大10MB")
    await field.set_input_files({"name": "提案.docx", "mimeType": "x/y", "buffer": docx(*FILE)})
    await page.get_by_role("button", name="读这个文件").click()
    await expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    await expect(page.get_by_text("由住建部门牵头。", exact=True)).to_be_visible()
    await is_fine(page)
    await page.get_by_role("button", name="放进草稿").click()
    await expect(page.get_by_label("案由")).to_have_value(TITLE)
    await expect(page.get_by_label("第2条", exact=True)).to_have_value("财政补助。")
    person = town.person(LIN)
    await town.quiet()
    await person.reads("页面上新建了提案", TITLE)


async def test_a_colleague_cosigns_on_the_page(town: Town, context: BrowserContext) -> None:
    await invited(town)
    await all_have_read(town)
    page = await opens_as(town, context, SU, "/p/proposals/1/cosign")
    await expect(page.get_by_text("请在")).to_contain_text("还有")
    await is_fine(page)
    await page.get_by_label("附一句意见").fill("赞成，先做老人多的单元。")
    await page.get_by_role("button", name="同意联名").click()
    await expect(page.get_by_role("heading", name="您已同意联名")).to_be_visible()
    await is_fine(page)
    await town.quiet()
    await town.person(LIN).reads("苏婉宁同意联名", "先做老人多的单元")
    [place] = await rows(town, Signature, Signature.person == SU)
    assert place.state is Sign.SIGNED
