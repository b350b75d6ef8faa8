"""A page of ours in a real browser: opened by somebody the platform knows, measured, and read to axe."""

from pathlib import Path

import aiohttp
from playwright.async_api import BrowserContext, Page

from tests.browser import WIDTH, hands_over
from tests.stories.pages import logged_in
from tests.town import Town

AXE = Path(__file__).with_name("axe.min.js")
SERIOUS = """async () => (await axe.run()).violations
    .filter((found) => ["serious", "critical"].includes(found.impact))
    .map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`)"""
OUTSIDE = """() => [...document.querySelectorAll("main *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((element) => element.outerHTML.slice(0, 120))"""
# less than a thumb needs; a box to tick is ticked by its label, and a link in running text is as high as its line
SMALL = """() => [...document.querySelectorAll("main :is(button, select, textarea, summary, .weui-btn, .weui-cell_access, .status a, input:not([type=hidden]))")]
    .filter((element) => element.offsetParent && !element.matches(".unseen"))
    .map((element) => element.matches("[type=radio], [type=checkbox]") ? element.labels[0] : element)
    .filter((element) => element.getBoundingClientRect().height < 44).map((element) => element.outerHTML.slice(0, 120))"""
# what somebody who hears the page, or goes through it with keys, would stumble over
ASTRAY = """() => {
    const all = (what) => [...document.querySelectorAll(what)], ids = all("[id]").map((element) => element.id);
    const count = all("h1").length === 1 && all("main").length === 1 ? [] : ["not one h1 in one main"];
    const twice = ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `twice: ${id}`);
    const nowhere = all("[for], [aria-labelledby], [aria-describedby]")
        .flatMap((element) => ["for", "aria-labelledby", "aria-describedby"].flatMap((name) => (element.getAttribute(name) ?? "").split(" ")))
        .filter((id) => id && !document.getElementById(id)).map((id) => `nowhere: ${id}`);
    const nameless = all("select, textarea, input:not([type=hidden])")
        .filter((element) => !element.hidden && !element.labels.length).map((element) => `no label: ${element.name}`);
    const unsaid = document.documentElement.lang && document.title ? [] : ["no language or title"];
    return [...count, ...twice, ...nowhere, ...nameless, ...unsaid];
}"""


async def takes_the_phone(town: Town, context: BrowserContext, who: str, path: str) -> None:
    """Somebody has logged in for this page; whoever had the phone before is forgotten."""
    cookies = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=cookies) as session:
        await logged_in(town, session, who, path)
    await hands_over(context, cookies)


async def opens_as(town: Town, context: BrowserContext, who: str, path: str) -> Page:
    """A page in the browser of somebody who has logged in."""
    await takes_the_phone(town, context, who, path)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{town.address}{path}")
    return page


async def is_fine(page: Page) -> None:
    """Nothing stands out at the side, is too small for a thumb or leads astray, and axe finds nothing serious."""
    await page.wait_for_load_state("load")
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    await page.evaluate(AXE.read_text("utf-8"))
    for look in (OUTSIDE, SMALL, ASTRAY, SERIOUS):
        found = await page.evaluate(look)
        assert found == [], found
