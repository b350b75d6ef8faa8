"""A person acts. The table of contents: routers in the order they are tried, dialogues, pages."""

from handlers import ask, assign, communicate, draft, evaluate, moves, reading, reply, search, similar
from handlers.pages import add_pages

ROUTERS = (
    draft.router,
    reading.router,
    ask.router,
    search.router,
    similar.router,
    evaluate.router,
    moves.router,
)
DIALOGUES = (
    *draft.DIALOGUES,
    *moves.DIALOGUES,
    *assign.DIALOGUES,
    *communicate.DIALOGUES,
    *reply.DIALOGUES,
    *evaluate.DIALOGUES,
)
PAGES = (add_pages,)
