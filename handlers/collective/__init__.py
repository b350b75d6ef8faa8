"""集体提案: an organisation's proposal, written by several, handed in by its head (DOMAIN §3.1); how far all of them are."""

from handlers.collective import begin, progress
from handlers.collective.desk import DESK
from handlers.collective.writing import PART

ROUTERS = (begin.router, progress.router)
DIALOGUES = (DESK, PART)

__all__ = ["DIALOGUES", "ROUTERS"]
