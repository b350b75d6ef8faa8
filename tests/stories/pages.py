"""Opening a page as somebody does from the chat: through the platform, which knows who holds the phone."""

from urllib.parse import urlsplit

import aiohttp

from tests.town import Town


async def opens(town: Town, who: str, path: str) -> tuple[int, str]:
    """The status and the text of a page, as this person sees it."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as phone:
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
