"""我要提案: a member writes a proposal, one question after another or all at once (DOMAIN §3). Every answer is in the row."""

from handlers.draft.begin import router
from handlers.draft.beside import DIALOGUES

__all__ = ["DIALOGUES", "router"]
