"""/p/attachments/7: a picture, voice or file that belongs to a proposal, for whoever may see the proposal."""

from urllib.parse import quote

from aiohttp import web
from sqlmodel import Session

from bot.wecom.oauth import login_redirect, viewer
from handlers.pages.seen import BUSY, Seen, shows
from models import access
from models.attachment import Attachment, AttachmentContent
from models.proposal import Proposal
from models.store import Store, StoreDown

SHOWN_INLINE = (
    "image/png",
    "image/jpeg",
    "image/gif",
)  # nothing else is opened by the browser: a file may hold a script
GONE = Seen(404, {"title": "没有找到这个附件", "words": "可能已被删除，或不由您查看。"})
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


def add_attachments(app: web.Application, store: Store) -> None:
    """Open the page."""

    async def page(request: web.Request) -> web.Response:
        userid = await viewer(request)
        if userid is None:
            login_redirect(request)
        number = int(request.match_info["number"])
        try:
            found = await store.read(lambda session: look(session, userid, number))
        except StoreDown:
            return shows(request, "", BUSY)
        if found is None:
            return shows(request, "", GONE)
        row, data = found
        inline = row.mime in SHOWN_INLINE
        name = row.name or f"附件{row.id}{ENDINGS.get(row.mime, '')}"
        how = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}"
        kind = row.mime if inline else "application/octet-stream"
        return web.Response(body=data, content_type=kind, headers={"Content-Disposition": how})

    app.router.add_get(r"/p/attachments/{number:\d{1,9}}", page, allow_head=False)


def look(session: Session, userid: str, number: int) -> tuple[Attachment, bytes] | None:
    """The attachment for this viewer; one that is not theirs looks like one that is not there."""
    person, row = access.active(session, userid), session.get(Attachment, number)
    if person is None or row is None:
        return None
    proposal = session.get(Proposal, row.proposal_id)
    content = session.get(AttachmentContent, number)
    if proposal is None or content is None or not access.may_see(session, person, proposal):
        return None
    return row, content.data
