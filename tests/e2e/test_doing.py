"""What awaits one, done by tapping on pages in a real browser, on the smallest phone: from the review to the rating."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page

from models.handling import Rating
from models.states import State, Verdict
from tests.browser import HEIGHT, WIDTH, chromium
from tests.e2e.tapped import is_fine, takes_the_phone
from tests.stories.acts import (
    CHENG,
    LEI,
    LIN,
    MENG,
    SHEN,
    TITLE,
    WEI,
    WEN,
    YAN,
    proposal,
    rows,
    submitted,
    talks,
)
from tests.town import Town


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    async with chromium(tmp_path, width=WIDTH, height=HEIGHT) as context:
        yield context


@pytest.fixture
async def page(phone: BrowserContext) -> Page:
    return await phone.new_page()


async def opens(town: Town, page: Page, who: str) -> None:
    """Somebody takes the phone and opens what awaits them."""
    await takes_the_phone(town, page.context, who, "/p/todo")
    await page.goto(f"{town.address}/p/todo")
    await is_fine(page)


async def taps(town: Town, page: Page, *labels: str) -> None:
    """Tap links and buttons one after the other; every page in between is one that everybody can use."""
    for label in labels:
        await page.locator(f'main :is(a, button):text-is("{label}")').first.click()
        await is_fine(page)
    await town.quiet()


async def does(town: Town, page: Page, who: str, *labels: str) -> None:
    """Open the list, the one case on it, and tap."""
    await opens(town, page, who)
    await page.locator(".cases a", has_text=TITLE).first.click()
    await is_fine(page)
    await taps(town, page, *labels)


async def writes(page: Page, *answers: str) -> None:
    """Answer the questions that the page asks."""
    for words in answers:
        await page.get_by_role("textbox").fill(words)
        await page.get_by_role("button", name="发送", exact=True).click()
        await is_fine(page)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_from_the_review_to_the_rating_by_tapped_pages(town: Town, page: Page) -> None:
    await submitted(town)
    await does(town, page, WEN, "受理", "接着办这一件", "通过")
    await does(town, page, SHEN, "通过")
    await does(town, page, CHENG, "立案")
    assert (await proposal(town)).state is State.FILED
    await does(town, page, MENG, "交办", "独办")
    await writes(page, "住建局")
    await taps(town, page, "交办")
    await does(town, page, WEI, "签收")
    assert "已签收" in await page.inner_text("main")
    for stage in ("办前", "办中"):
        await talks(town, stage)
    await does(town, page, WEI, "写答复", "A 已解决")
    await writes(page, "已在全市排出实施清单。")
    await taps(town, page, "都写完了")
    await does(town, page, WEI, "送审")
    await does(town, page, LEI, "同意")
    await does(town, page, YAN, "签发")
    await opens(town, page, LIN)
    await taps(town, page, "看最近的消息，或发一句话")
    assert "已交办" in await page.inner_text("main")
    await writes(page, "待办")
    assert "有1件等您办" in await page.inner_text("main")
    await opens(town, page, LIN)
    await page.locator(".cases a", has_text="提交评价").first.click()
    await is_fine(page)
    for question, option in (("办理态度", "满意"), ("办理过程", "基本满意"), ("办理结果", "满意")):
        await page.get_by_label(question).select_option(option)
    await taps(town, page, "提交评价")
    assert "已提交评价" in await page.inner_text("main")
    [kept] = await rows(town, Rating)
    assert (kept.process, kept.result) == (Verdict.BASICALLY_SATISFIED, Verdict.SATISFIED)
    assert (await proposal(town)).state is State.CLOSED
    assert town.platform.violations == []
