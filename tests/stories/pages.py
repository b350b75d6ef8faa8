"""Opening a page as somebody does from the chat: through the platform, which knows who holds the phone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.doors import Sheet
from tests.town import Town

Fields = list[tuple[str, str]]


async def opens(town: Town, who: str, path: str) -> tuple[int, str]:
    """The status and the text of a page, as this person sees it."""
    async with browser() as phone:
        return await logged_in(town, phone, who, path)


async def logged_in(town: Town, phone: aiohttp.ClientSession, who: str, path: str) -> tuple[int, str]:
    """The same with a phone of one's own, which is known from then on."""
    async with phone.get(f"{town.address}{path}", allow_redirects=False) as asked:
        assert asked.status == 302
        address = asked.headers["Location"]
    corp = town.settings.wecom.corp_id
    redirected = town.platform.codes.redirect(who, address, corp_id=corp, trusted_domain="", fragment_seen=True)
    back = urlsplit(redirected)
    async with phone.get(f"{town.address}{back.path}?{back.query}") as seen:
        return seen.status, await seen.text()


async def form_of(town: Town, phone: aiohttp.ClientSession, who: str, path: str, label: str) -> dict[str, str]:
    """What a tap on this button of a page sends."""
    status, text = await logged_in(town, phone, who, path)
    assert status == 200, text
    form = next(form for form in Sheet(text).forms if label in form.buttons)
    return {**form.hidden, **dict([form.buttons[label]])}


def browser() -> aiohttp.ClientSession:
    """A browser that nobody has logged in with yet."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


class Phone:
    """A browser without scripts in somebody's hand: it opens pages and sends their forms."""

    def __init__(self, town: Town, session: aiohttp.ClientSession) -> None:
        self.town, self.session = town, session
        self.status, self.text, self.path = 0, "", ""

    async def opens(self, path: str) -> str:
        """Open a page."""
        async with self.session.get(f"{self.town.address}{path}") as seen:
            return await self._shows(seen)

    async def _shows(self, seen: aiohttp.ClientResponse) -> str:
        self.status, self.text, self.path = seen.status, await seen.text(), seen.url.path
        await self.town.quiet()
        return self.text

    def form(self, action: str = "") -> Fields:
        """What the form on the page whose address ends so would send as it stands."""
        return next(fields for address, fields in _forms(self.text) if address.endswith(action))

    def field(self, name: str) -> str:
        """One field of the page."""
        return next(value for _, fields in _forms(self.text) for key, value in fields if key == name)

    async def sends(self, path: str, fields: Fields, **changes: str) -> str:
        """Send a form, some fields of it (all of that name) written otherwise."""
        rest = [(name, value) for name, value in fields if name not in changes]
        data = aiohttp.FormData([*rest, *changes.items()], charset="utf-8")
        async with self.session.post(f"{self.town.address}{path}", data=data) as seen:
            return await self._shows(seen)

    async def saves(
        self, path: str, part: str, value: Any, known: str = "", token: str | None = None
    ) -> dict[str, Any]:
        """What the page's script does: save one part, known as the page has it."""
        token = self.field("token") if token is None else token
        body = {"part": part, "value": value, "mark": known or self.field(f"mark_{part}"), "token": token}
        async with self.session.post(f"{self.town.address}{path}", json=body) as answer:
            self.status = answer.status
            found: dict[str, Any] = await answer.json()
            return found

    async def hands_in(self, path: str, name: str, data: bytes, token: str = "") -> str:
        """Send a file."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("token", token or self.field("token"))
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        async with self.session.post(f"{self.town.address}{path}", data=form) as seen:
            return await self._shows(seen)


@asynccontextmanager
async def browsing(town: Town, who: str, path: str) -> AsyncIterator[Phone]:
    """A phone whose owner is known, with a page open."""
    async with browser() as session:
        phone = Phone(town, session)
        await logged_in(town, session, who, path)
        await phone.opens(path)
        yield phone


def _forms(text: str) -> list[tuple[str, Fields]]:
    """The forms of a page, each with its address and what it would send; buttons are not pressed."""
    reading = _Forms()
    reading.feed(text)
    return reading.forms


def _is_sent(found: dict[str, str]) -> bool:
    return found.get("type") not in {"radio", "checkbox"} or "checked" in found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, Fields]] = []
        self._area = self._select = ""
        self._words: list[str] | None = None
        self._template = 0
        self._chosen: str | None = None
        self._picked = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._template += tag == "template"
        if self._template:
            return
        if tag == "form":
            self.forms.append((found.get("action", ""), []))
        elif tag == "textarea":
            self._area, self._words = found["name"], []
        elif tag == "select":
            self._select, self._chosen = found["name"], None
        elif tag == "option":
            self._words = []
            self._picked = "selected" in found or self._chosen is None
        elif tag == "input" and found.get("type") != "file" and _is_sent(found):
            self.forms[-1][1].append((found["name"], found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._template -= tag == "template"
        words = "".join(self._words or [])
        if self._template:
            return
        if tag == "textarea":
            self.forms[-1][1].append((self._area, words.removeprefix("\n")))
            self._words = None
        elif tag == "option":
            if self._picked:
                self._chosen = "" if words == "请选" else words
            self._words = None
        elif tag == "select":
            self.forms[-1][1].append((self._select, self._chosen or ""))
