"""The third door: what awaits somebody, done by tapping on a page as a phone's browser does it."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import aiohttp

from simulator.doors import Choices
from simulator.person import Person
from simulator.records import Shown

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
    """One person's browser."""

    def __init__(self, town: "Town") -> None:
        self._town = town
        self._cookies = aiohttp.CookieJar(unsafe=True)

    async def presses(self, person: Person, label: str, deliveries: int, card: Shown | None) -> str:
        """Tap the button on the page of the question that waits, or of the case that has it."""
        assert card is None or card.live, "a page shows what is true now, not a card of earlier"
        form = await self._form_with(person, label)
        await self._sends(form, dict([form.buttons[label]]), deliveries)
        return ""

    async def chooses(
        self, person: Person, choices: Choices, submit: str | None, deliveries: int, card: Shown | None
    ) -> None:
        """Choose in the form and hand it in; what is not named is answered with its first choice."""
        assert card is None
        assert submit is not None
        form = await self._form_with(person, submit)
        chosen = {}
        for title, (name, options) in form.selects.items():
            wanted = choices.get(title, next(label for label, value in options.items() if value))
            assert isinstance(wanted, str)
            chosen[name] = options[wanted]
        assert set(choices) <= set(form.selects), (choices, form.selects)
        await self._sends(form, {**chosen, **dict([form.buttons[submit]])}, deliveries)

    def labels(self, person: Person) -> list[str]:
        """What stands on the pages is asked page by page."""
        raise AssertionError("ask the pages")

    async def _form_with(self, person: Person, label: str) -> Form:
        await self._town.quiet()
        async with self._browser() as browser:
            sheet = await self._opened(browser, person, "/p/todo")
            for link in [None, *(link for link in sheet.links if "todo/" in link)]:
                found = sheet if link is None else await self._opened(browser, person, f"/p/{link}")
                for form in found.forms:
                    if label in form.buttons:
                        return form
        raise AssertionError(f"{person.name} finds no button {label!r} on any page")

    async def _opened(self, browser: aiohttp.ClientSession, person: Person, path: str) -> Sheet:
        from tests.stories.pages import logged_in

        async with browser.get(f"{self._town.address}{path}", allow_redirects=False) as page:
            status, text = page.status, await page.text()
        if status == 302:
            status, text = await logged_in(self._town, browser, person.userid, path)
        assert status == 200, (status, path, text)
        return Sheet(text)

    async def _sends(self, form: Form, tapped: Mapping[str, str], deliveries: int) -> None:
        async with self._browser() as browser:
            for _ in range(deliveries):
                data = {**form.hidden, **tapped}
                async with browser.post(f"{self._town.address}/p/todo", data=data) as answer:
                    assert (answer.status, answer.url.path[:8]) == (200, "/p/said/"), await answer.text()

    def _browser(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(cookie_jar=self._cookies)
