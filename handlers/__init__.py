"""A person acts. The table of contents: routers in the order they are tried, dialogues, pages."""

from handlers import (
    ask,
    assign,
    collective,
    communicate,
    cosign,
    draft,
    evaluate,
    moves,
    on_behalf,
    reading,
    reply,
    search,
    similar,
    versions,
)
from handlers.pages import add_pages

ROUTERS = (
    draft.router,
    reading.router,
    ask.router,
    search.router,
    similar.router,
    evaluate.router,
    versions.router,
    on_behalf.router,
    *collective.ROUTERS,
    cosign.router,
    moves.router,
)
DIALOGUES = (
    *draft.DIALOGUES,
    *cosign.DIALOGUES,
    *collective.DIALOGUES,
    *on_behalf.DIALOGUES,
    *moves.DIALOGUES,
    *assign.DIALOGUES,
    *communicate.DIALOGUES,
    *reply.DIALOGUES,
    *evaluate.DIALOGUES,
)
PAGES = (add_pages,)
