"""A person acts. The table of contents: routers in the order they are tried, dialogues, pages."""

from handlers import (
    ask,
    assign,
    catalogue,
    collective,
    communicate,
    cosign,
    draft,
    evaluate,
    labels,
    moves,
    on_behalf,
    reading,
    reply,
    search,
    similar,
    topics,
    versions,
)
from handlers.draft import advice
from handlers.pages import add_pages

ROUTERS = (
    draft.router,
    advice.router,
    reading.router,
    ask.router,
    search.router,
    topics.router,
    catalogue.router,
    labels.router,
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
    *labels.DIALOGUES,
    *catalogue.DIALOGUES,
    *assign.DIALOGUES,
    *communicate.DIALOGUES,
    *reply.DIALOGUES,
    *evaluate.DIALOGUES,
)
PAGES = (add_pages,)
