"""我要提案: a member writes a proposal, one question after another (DOMAIN §3). Every answer is in the row at once."""

from handlers.draft.begin import router
from handlers.draft.steps import DIALOGUES

__all__ = ["DIALOGUES", "router"]
