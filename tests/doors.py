"""The third door: what awaits somebody, done by tapping on a page in a real browser."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import aiohttp
from playwright.async_api import Page

from simulator import cards
from simulator.doors import Choices
from simulator.person import Person
from simulator.records import Shown
from tests.browser import Handset, hands_over

if TYPE_CHECKING:
    from tests.town import Town


class Form:
    """A form of a page: where it goes, what goes along, what can be tapped and chosen."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.hidden: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}  # by label: name, value
        self.selects: dict[str, tuple[str, dict[str, str]]] = {}  # by title: name, values by label


class Sheet(HTMLParser):
    """A page as somebody sees it: its forms, and its links by address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._words = ""
        self._button = self._option = ("", "")
        self._labels: dict[str, str] = {}
        self._for = self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        got = {name: value or "" for name, value in attrs}
        self._words = ""
        match tag:
            case "form":
                assert got["method"] == "post"
                self.forms.append(Form(got["action"]))
            case "input":
                self.forms[-1].hidden[got["name"]] = got["value"]
            case "button":
                self._button = got.get("name", ""), got.get("value", "")
            case "label":
                self._for = got["for"]
            case "select":
                self._select = self._labels[got["id"]]
                self.forms[-1].selects[self._select] = got["name"], {}
            case "option":
                self._option = "", got["value"]
            case "a":
                self.links.append(got["href"])

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        """What the words belong to."""
        words = self._words.strip()
        match tag:
            case "button":
                self.forms[-1].buttons[words] = self._button
            case "label":
                self._labels[self._for] = words
            case "option":
                self.forms[-1].selects[self._select][1][words] = self._option[1]


class ByPage:
    """One person's browser: a real one, which the people of a story pass around."""

    def __init__(self, town: "Town", handset: Handset) -> None:
        self._town, self._handset = town, handset
        self._cookies = aiohttp.CookieJar(unsafe=True)

    async def presses(self, person: Person, label: str, deliveries: int, card: Shown | None) -> str:
        """Tap the button on the page of the question that waits, of the case that has it, or of the message that has it."""
        if card is not None:
            key = next(tap.key for tap in cards.taps(card.card or {}) if tap.label == label)
            path, form = await self._form_with(person, label, ["/p/messages"], key)
        else:
            path, form = await self._form_with(person, label)
        await self._taps(path, form, form.buttons[label], {}, deliveries)
        return ""

    async def chooses(
        self, person: Person, choices: Choices, submit: str | None, deliveries: int, card: Shown | None
    ) -> None:
        """Choose in the form and hand it in; what is not named is answered with its first choice."""
        assert card is None
        assert submit is not None
        path, form = await self._form_with(person, submit)
        chosen = {}
        for title, (name, options) in form.selects.items():
            wanted = choices.get(title, next(label for label, value in options.items() if value))
            assert isinstance(wanted, str)
            chosen[name] = options[wanted]
        assert set(choices) <= set(form.selects), (choices, form.selects)
        await self._taps(path, form, form.buttons[submit], chosen, deliveries)

    def labels(self, person: Person) -> list[str]:
        """What stands on the pages is asked page by page."""
        raise AssertionError("ask the pages")

    async def _form_with(
        self, person: Person, label: str, paths: Sequence[str] = (), key: str = ""
    ) -> tuple[str, Form]:
        """Where the button is: on the list itself, one of its cases, or among the messages."""
        await self._town.quiet()
        async with aiohttp.ClientSession(cookie_jar=self._cookies) as browser:
            if not paths:
                listed = await self._opened(browser, person, "/p/todo")
                cases = [f"/p/{link.removeprefix('./')}" for link in listed.links if "todo/" in link]
                paths = ["/p/todo", *cases, "/p/messages"]
            for path in paths:
                for form in (await self._opened(browser, person, path)).forms:
                    if label in form.buttons and key in ("", form.buttons[label][1]):
                        return path, form
        raise AssertionError(f"{person.name} finds no button {label!r} on any page")

    async def _opened(self, browser: aiohttp.ClientSession, person: Person, path: str) -> Sheet:
        from tests.stories.pages import logged_in

        async with browser.get(f"{self._town.address}{path}", allow_redirects=False) as page:
            status, text = page.status, await page.text()
        if status == 302:
            status, text = await logged_in(self._town, browser, person.userid, path)
        assert status == 200, (status, path, text)
        return Sheet(text)

    async def _taps(
        self, path: str, form: Form, button: tuple[str, str], chosen: Mapping[str, str], deliveries: int
    ) -> None:
        """Open the page in the browser, choose, tap. What is delivered more than once is sent again as it was."""
        name, value = button
        target = f"{self._town.address}/p/todo"

        async def tap(page: Page) -> None:
            await hands_over(page.context, self._cookies)
            await page.goto(f"{self._town.address}{path}", wait_until="commit")
            tapped = page.locator(f'button[name="{name}"][value="{value}"]').first
            own = page.locator("form").filter(has=tapped).first
            for select, option in chosen.items():
                await own.locator(f'select[name="{select}"]').select_option(option)
            for _ in range(deliveries - 1):
                token = await own.locator("input[name=token]").input_value()
                again = await page.context.request.post(target, form={"token": token, name: value, **chosen})
                assert (again.status, "/p/said/" in again.url) == (200, True), await again.text()
            async with page.expect_navigation(url="**/p/said/*", wait_until="commit") as seen:
                await tapped.click()
            answer = await seen.value
            assert answer is not None
            assert answer.status == 200, page.url

        await self._handset.do(tap)
