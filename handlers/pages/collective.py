"""/p/collective: every organisation with what it owes and what it has handed in, for the office."""

from aiohttp import web
from sqlmodel import Session

from bot.app import RULES
from bot.wecom.oauth import login_redirect, viewer
from handlers.cards.told import minute
from handlers.collective.progress import percent
from handlers.pages.seen import STRANGER, Seen, seen, shows
from models import access
from models.people import Person
from models.quota import GROUPS, filed, quotas
from models.rules import Rules
from models.store import Store

NOT_YOURS = Seen(403, {"title": "这一页由提案委查看", "words": "请回到企业微信，发送“帮助”看能做什么。"})


def add_collective(app: web.Application, store: Store) -> None:
    """Open the page."""

    async def page(request: web.Request) -> web.Response:
        userid = await viewer(request)
        if userid is None:
            login_redirect(request)
        rules = request.app[RULES]
        return shows(request, "collective.html", await seen(store, lambda session: look(session, userid, rules)))

    app.router.add_get("/p/collective", page, allow_head=False)


def look(session: Session, userid: str, rules: Rules) -> Seen:
    """The list, for whoever sees everything."""
    person = access.active(session, userid)
    if person is None:
        return STRANGER
    if not access.holds_any(session, person, access.SEES_ALL):
        return NOT_YOURS
    owing = quotas(session, rules)
    together, whole = filed(session, rules)
    heads = {one.organisation.id: session.get(Person, one.organisation.head) for one in owing}
    groups = {
        name: [
            (one, head.name if (head := heads[one.organisation.id]) else "")
            for one in owing
            if one.organisation.kind in kinds
        ]
        for name, kinds in GROUPS.items()
    }
    return Seen(
        200,
        {
            "rules": rules,
            "end": minute(rules.collective_end) if rules.collective_end else "",
            "groups": {name: rows for name, rows in groups.items() if rows},
            "whole": len(owing),
            "done": sum(not one.missing for one in owing),
            "filed": whole,
            "together": together,
            "share": percent(together, whole),
        },
    )
