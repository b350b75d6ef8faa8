"""An office rehearses: Chromium types, presses, chooses, opens a page and turns the calendar."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from simulator.media import PICTURE
from tests.browser import chromium
from tests.simulator.echo import Rehearsal, rehearsal

MEMBER, OFFICE, DISPATCH, LIAISON = "m013", "pc_staff1", "dispatch_gov", "u10_liaison"

# every text that is seen: at least 14 px, and 4.5:1 against the nearest painted ground
READABLE = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage.includes("gradient")) return null;
      const colour = numbers(style.backgroundColor);
      if ((colour[3] ?? 1) > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest(".unseen, option, script, noscript")) continue;
    const style = getComputedStyle(element), behind = ground(element);
    const [a, b] = behind ? [light(numbers(style.color)), light(behind)] : [1, 0];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5 || parseFloat(style.fontSize) < 14) bad.push([walker.currentNode.data, style.fontSize, ratio.toFixed(2)]);
  }
  for (const button of document.querySelectorAll("button, input, select, textarea, a[href], iframe, [role=switch]")) {
    const named = button.textContent.trim() || button.ariaLabel || button.labels?.length || button.title;
    if (button.checkVisibility() && !named) bad.push(["no name", button.outerHTML.slice(0, 120)]);
  }
  return bad;
}"""


class Desk:
    """The page in the browser, and the town behind it."""

    def __init__(self, page: Page, town: Rehearsal) -> None:
        self.page, self.town, self.faults = page, town, list[str]()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)

    async def open(self, hash_: str = "") -> None:
        await self.page.goto(f"{self.town.url}/{hash_}")
        await self.page.wait_for_selector("body[data-ready]")

    def phone(self, userid: str) -> Locator:
        return self.page.locator(f'.phone[data-person="{userid}"]')

    def last(self, userid: str) -> Locator:
        return self.phone(userid).locator(".entry").last

    def card(self, userid: str) -> Locator:
        return self.phone(userid).locator(".card").last

    async def says(self, userid: str, words: str) -> None:
        field = self.phone(userid).get_by_label("写消息")
        await field.fill(words)
        await field.press("Enter")

    async def readable(self) -> None:
        assert await self.page.evaluate(READABLE) == []


@asynccontextmanager
async def at_the_desk(folder: Path, width: int = 1600, height: int = 900, hash_: str = "") -> AsyncIterator[Desk]:
    async with rehearsal() as town, chromium(folder, width=width, height=height) as browser:
        desk = Desk(browser.pages[0], town)
        await desk.open(hash_)
        yield desk
        assert town.platform.violations == []


async def test_words_cards_and_choices(tmp_path: Path) -> None:
    async with at_the_desk(tmp_path) as desk:
        page, phone = desk.page, desk.phone
        labels = [await one.get_attribute("aria-label") for one in await page.locator(".phone").all()]
        assert labels == ["林知夏的手机", "温以宁的手机", "孟见微的手机", "危听澜的手机"]
        await expect(desk.last(MEMBER)).to_contain_text("您好，这里是提案通。")  # greeted: the app was opened
        widths = {await one.evaluate("(phone) => phone.offsetWidth") for one in await page.locator(".phone").all()}
        assert len(widths) == 1  # side by side, all alike
        assert await page.evaluate("(s => s.scrollWidth <= s.clientWidth)(document.querySelector('.stage'))")

        field = phone(MEMBER).get_by_label("写消息")
        await field.press_sequentially("第一行")
        await field.press("Shift+Enter")
        await field.press_sequentially("<img src=x onerror=alert(1)>")
        await field.press("Enter")
        await expect(desk.last(MEMBER)).to_have_text(re.compile(r"收到：第一行\n<img src=x onerror=alert\(1\)>"))
        await expect(field).to_have_value("")
        assert await phone(MEMBER).locator(".bubble img").count() == 0

        await desk.says(LIAISON, "签收")
        card = desk.card(LIAISON)
        await expect(card).to_have_attribute("data-card-type", "button_interaction")
        for words in ("新的提案等待签收", "长者食堂", "案由", "签收期限", "11月27日"):
            await expect(card).to_contain_text(words)
        await desk.readable()
        await page.screenshot(path=tmp_path / "desk.png")
        await card.get_by_role("button", name="没有反应").click()
        await expect(card).to_have_attribute("data-state", "pending")
        await expect(card.get_by_role("button", name="没有反应")).to_have_attribute("aria-busy", "true")
        await expect(card.get_by_role("button", name="签收")).to_be_disabled()
        await expect(card).to_have_attribute("data-state", "live", timeout=8000)
        await card.get_by_role("button", name="签收").focus()
        await page.keyboard.press("Enter")
        await expect(card).to_have_attribute("data-state", "dead")
        await expect(card.get_by_role("button", name="已签收 · 11月21日")).to_be_disabled()
        assert await card.locator(".card-button").count() == 1

        await desk.says(LIAISON, "签收")
        await desk.card(LIAISON).get_by_role("button", name="申请调整").click()
        await expect(desk.card(LIAISON)).to_contain_text("申请调整：已受理")
        await expect(desk.card(LIAISON).get_by_role("button", name="已申请调整")).to_be_disabled()

        await desk.says(MEMBER, "评价")
        await phone(MEMBER).get_by_label("办理态度").select_option("不满意")
        await phone(MEMBER).get_by_role("button", name="提交评价").click()
        await expect(desk.last(MEMBER)).to_contain_text('您选择了：{"attitude": ["attitude2"], "result": ["result0"]}')
        await expect(desk.card(MEMBER).get_by_role("button", name="已提交")).to_be_disabled()
        await expect(phone(MEMBER).get_by_label("办理态度")).to_have_value("attitude2")

        await desk.says(OFFICE, "投票")
        await desk.card(OFFICE).get_by_role("button", name="提交").click()
        await expect(desk.card(OFFICE)).to_contain_text("请先选择，再提交")
        await desk.card(OFFICE).get_by_label("及时").check()
        await desk.card(OFFICE).get_by_label("态度好").check()
        await desk.card(OFFICE).get_by_role("button", name="提交").click()
        await expect(desk.last(OFFICE)).to_contain_text('{"good": ["v0", "v2"]}')

        await desk.says(DISPATCH, "选择")
        await phone(DISPATCH).get_by_label("主办单位", exact=True).select_option("市发改委")
        await desk.card(DISPATCH).get_by_role("button", name="确定交办").click()
        await expect(desk.last(DISPATCH)).to_contain_text('{"unit": ["u01"]}')

        await desk.says(DISPATCH, "提醒")
        await expect(desk.card(DISPATCH)).to_contain_text("2 天")
        await desk.readable()
        assert desk.faults == []


async def test_pages_menu_picture_and_failure(tmp_path: Path) -> None:
    async with at_the_desk(tmp_path) as desk:
        page, phone = desk.page, desk.phone
        await desk.says(MEMBER, "链接")
        bubble = desk.last(MEMBER)
        await expect(bubble).to_contain_text(
            '<script>alert(1)</script><b>不加粗</b> <a href="javascript:alert(1)">假链接</a>'
        )
        hrefs = [await link.get_attribute("data-opens") for link in await bubble.locator("a").all()]
        assert hrefs == ["phone", "phone", "tab"]
        outside = bubble.get_by_role("link", name="https://www.example.org/a")
        assert await outside.get_attribute("href") == "https://www.example.org/a"
        assert await outside.get_attribute("target") == "_blank"
        assert "noopener" in (await outside.get_attribute("rel") or "")

        await bubble.get_by_role("link", name="办理页面").click()
        web, frame = phone(MEMBER).locator(".web"), phone(MEMBER).frame_locator("iframe")
        await expect(frame.locator("#who")).to_have_text(MEMBER)
        await expect(web.locator(".web-title")).to_have_text("办理页面")
        await frame.get_by_label("答复意见").fill("同意办理")
        await frame.get_by_role("button", name="提交答复").click()
        await expect(frame.locator("#thanks")).to_be_visible()
        assert desk.town.bot.submitted == [{"who": MEMBER, "words": "同意办理"}]
        await web.get_by_role("button", name="返回").click()
        await expect(frame.locator("#who")).to_be_visible()
        await frame.locator("#full").click()
        await expect(frame.locator("#numbers")).to_have_text("共 18 件")
        assert await frame.locator("#numbers").evaluate("() => getComputedStyle(document.body).marginTop") == "20px"
        await web.get_by_role("button", name="关闭网页").click()
        await expect(web).to_be_hidden()

        await desk.says(OFFICE, "提醒")
        await desk.card(OFFICE).locator(".card-title").click()  # the whole card leads to its page
        await expect(phone(OFFICE).frame_locator("iframe").locator("#who")).to_have_text(OFFICE)
        await page.keyboard.press("Escape")
        await expect(phone(OFFICE).locator(".web")).to_be_hidden()

        await phone(LIAISON).get_by_role("button", name="我要提案").click()
        await phone(LIAISON).get_by_role("button", name="继续草稿").click()
        await expect(desk.last(LIAISON)).to_contain_text("您点了菜单 resume")
        await phone(LIAISON).get_by_role("button", name="查询统计").click()
        await phone(LIAISON).get_by_role("button", name="统计页面").click()
        await expect(phone(LIAISON).frame_locator("iframe").locator("#numbers")).to_be_visible()

        picture = {"name": "photo.png", "mimeType": "image/png", "buffer": PICTURE}
        await phone(DISPATCH).locator('[data-role="picture"]').set_input_files([picture])  # type: ignore[list-item]
        await expect(desk.last(DISPATCH)).to_contain_text("收到一张图片")
        drawn = phone(DISPATCH).locator(".photo img")
        await expect(drawn).to_be_visible()
        assert await drawn.evaluate("(img) => img.naturalWidth") == 1
        await desk.says(OFFICE, "签收")
        await expect(desk.card(OFFICE)).to_contain_text("等待签收")
        assert desk.faults == []

        desk.town.bot.deaf = True
        await desk.card(OFFICE).get_by_role("button", name="签收").click()
        await expect(desk.card(OFFICE).get_by_role("alert")).to_contain_text("没有送达")
        await expect(desk.card(OFFICE)).to_have_attribute("data-state", "failed")
        await expect(desk.card(OFFICE).get_by_role("button", name="签收")).to_be_enabled()
        await desk.says(DISPATCH, "在吗")
        await expect(desk.last(DISPATCH).get_by_role("img", name="没有送达")).to_be_visible()
        await expect(page.get_by_role("status")).to_contain_text("没有送达")


async def test_people_calendar_and_the_developers_panel(tmp_path: Path) -> None:
    async with at_the_desk(tmp_path) as desk:
        page, phone, town = desk.page, desk.phone, desk.town
        town.bot.due = {"2026-12-03": ("m030", "您的提案已答复")}
        await expect(page.locator('[data-role="today"]')).to_have_text("2026年11月21日")
        await expect(page.locator('[data-role="weekday"]')).to_have_text("星期六")
        await page.get_by_role("button", name="后一天").click()
        await expect(page.locator('[data-role="today"]')).to_have_text("2026年11月22日")
        await page.get_by_role("button", name="到下一件事").click()
        await expect(page.locator('[data-role="today"]')).to_have_text("2026年12月3日")
        await expect(page.get_by_role("status")).to_contain_text("翻了 11 天，到 12月3日 周四 09:30：岳本善收到新消息")

        await page.get_by_role("button", name=re.compile("岳本善")).click()  # who has no phone, but news
        await expect(phone("m030")).to_contain_text("您的提案已答复")
        await expect(phone("m030").get_by_label("写消息")).to_be_focused()
        assert page.url.endswith("#p=m013,pc_staff1,dispatch_gov,u10_liaison,m030")
        await phone("m030").get_by_role("button", name="收起这台手机").click()
        await expect(page.locator(".phone")).to_have_count(4)

        await phone(OFFICE).locator('[data-role="who"]').click()
        picker = page.get_by_role("dialog", name="选择人员")
        await expect(picker.get_by_text("承办单位（")).to_be_attached()
        await picker.get_by_label("搜索人员").fill("鲁知行")
        await desk.readable()
        await page.keyboard.press("Enter")
        await expect(phone("pc_staff2")).to_contain_text("您好，这里是提案通。")
        assert page.url.endswith("#p=m013,pc_staff2,dispatch_gov,u10_liaison")
        await page.reload()
        await expect(phone("pc_staff2")).to_contain_text("您好，这里是提案通。")

        await desk.says(MEMBER, "签收")
        await expect(desk.card(MEMBER)).to_be_visible()
        await phone(MEMBER).get_by_role("button", name="更多", exact=True).click()
        await phone(MEMBER).get_by_role("switch", name="在微信里使用").click()
        await expect(phone(MEMBER)).to_have_attribute("data-client", "wechat")
        await expect(phone(MEMBER).locator(".card")).to_have_count(0)

        await page.get_by_role("button", name="开发者").click()
        panel = page.get_by_label("开发者面板")
        await panel.locator(".wire").first.click()
        await expect(panel.locator("pre").first).to_contain_text('"touser": "m013"')
        await desk.says(DISPATCH, "您好")  # the list grows, what is open stays open
        await expect(panel.locator(".wire").first).to_contain_text("message/send")
        await panel.get_by_role("button", name="回调").click()
        await panel.locator(".wire").first.click()
        await expect(panel.locator("pre").first).to_contain_text("<Content><![CDATA[您好]]></Content>")
        await panel.get_by_role("button", name="平台开关").click()
        await panel.get_by_label("应用被停用").check()
        await expect(panel.locator(".switch.changed")).to_contain_text(["应用被停用"])
        assert town.platform.switches.suspended
        await panel.get_by_label("应用被停用").uncheck()
        await panel.get_by_role("button", name="开始出错").click()
        await expect(panel).to_contain_text("所有接口：返回错误码 45009（1 次，已发生 0 次）")
        await panel.get_by_role("button", name="全部恢复正常").click()
        await expect(panel).to_contain_text("现在没有故障")
        await desk.readable()
        town.platform.breach("said too much")
        town.platform.tell("call")
        await expect(page.locator('[data-role="violations"]')).to_have_text("1")
        await panel.get_by_role("button", name="违规").click()
        await expect(panel).to_contain_text("said too much")
        town.platform.violations.clear()
        assert desk.faults == []


async def test_a_lost_connection_comes_back_with_what_was_missed(tmp_path: Path) -> None:
    async with at_the_desk(tmp_path) as desk:
        stream = desk.town.phones.stream
        await stream.close()
        await expect(desk.page.get_by_role("alert")).to_contain_text("正在重新连接")
        await desk.town.platform.person(OFFICE).says("您好")
        await desk.town.bot.settle()
        stream._closed = False
        await expect(desk.last(OFFICE)).to_contain_text("收到：您好", timeout=10_000)
        await expect(desk.page.get_by_role("alert")).to_be_hidden()


async def test_a_small_screen_shows_one_phone_with_tabs(tmp_path: Path) -> None:
    async with at_the_desk(tmp_path, 390, 844, f"#p={MEMBER},{LIAISON}") as desk:
        page, phone = desk.page, desk.phone
        await expect(phone(MEMBER)).to_be_visible()
        await expect(phone(LIAISON)).to_be_hidden()
        person = desk.town.platform.person(LIAISON)
        for _ in range(4):
            await person.says("签收")
        await desk.town.bot.settle()
        tab = page.locator(f'[data-tab="{LIAISON}"]')
        await expect(tab.locator(".badge")).to_have_text("5")  # with the greeting
        await desk.readable()
        await page.screenshot(path=tmp_path / "small.png")
        await tab.click()
        await expect(phone(LIAISON)).to_be_visible()
        await expect(phone(MEMBER)).to_be_hidden()
        await expect(tab.locator(".badge")).to_have_count(0)
        await expect(
            desk.card(LIAISON).get_by_role("button", name="签收")
        ).to_be_in_viewport()  # at the end of the chat
        await desk.card(LIAISON).get_by_role("button", name="签收").click()
        await expect(desk.card(LIAISON)).to_have_attribute("data-state", "dead")
        for part in ("document.documentElement", "document.querySelector('.front .chat')"):
            assert await page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth")
        box = await phone(LIAISON).locator(".app-menu").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844
        await page.get_by_role("button", name="添加手机").click()
        await page.get_by_label("搜索人员").fill("孟见微")
        await page.keyboard.press("Enter")
        await expect(phone(DISPATCH)).to_be_visible()
        assert desk.faults == []
