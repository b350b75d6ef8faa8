"""The pages of 查重 in a real browser, on the smallest phone: nothing stands out at the side."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import BrowserContext

from tests.browser import WIDTH, chromium
from tests.e2e.tapped import is_fine
from tests.stories.acts import SU, WEN
from tests.stories.pages import logged_in
from tests.stories.test_similar import hands_in, of_2023
from tests.town import HOST, Town


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    async with chromium(tmp_path, width=WIDTH, height=568) as context:
        yield context


async def test_the_pages_fit_a_small_phone(town: Town, phone: BrowserContext) -> None:
    first = await of_2023(town, title=f"关于{'Zugezogenbeschleunigung' * 3}分步推进老旧小区加装电梯的提案")
    await hands_in(town, SU, "P002")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await logged_in(town, session, WEN, "/p/proposals/2")
        cookies = [{"name": c.key, "value": c.value, "domain": HOST, "path": "/"} for c in session.cookie_jar]
    await phone.add_cookies(cookies)  # type: ignore[arg-type]
    page = await phone.new_page()
    for path, found in (("2", "查重"), ("2/similar", "两件对照着看"), (f"2/similar/{first}", "标出的是两件都有的句子")):
        got = await page.goto(f"{town.address}/p/proposals/{path}")
        assert got is not None
        assert got.status == 200
        assert found in await page.inner_text("main")
        await is_fine(page)
        size = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)")
        assert size >= 14
    marked = page.locator("mark").first
    assert await marked.evaluate("mark => getComputedStyle(mark).backgroundColor") == "rgb(255, 233, 168)"
    await page.get_by_role("link", name="看全文").first.click()
    await page.wait_for_url(f"{town.address}/p/proposals/2")
