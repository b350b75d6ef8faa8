"""代录: the office writes down a member's paper proposal; it counts when the member has said so (DOMAIN §2.2)."""

from bot.questions import Ask, Dialogue, Exchange, NotYet
from bot.router import Router
from bot.turn import Turn
from handlers.cosign import member_in
from handlers.draft.parts import new_draft
from models import access
from models.errors import Refused
from models.states import Role

router = Router()


@router.command("代录", "代录提案")
def enter(turn: Turn) -> None:
    """Only the committee's staff; for whom comes first."""
    if not any(h.role == access.OFFICE[Role.STAFF] for h in access.holdings(turn.session, turn.actor.userid)):
        raise Refused("代录纸质提案由提案委工作人员办理。发送“待办”看等您办的事，“帮助”看能做什么。")
    turn.dialogues.open(turn, "enter")


def _member(exchange: Exchange, text: str) -> str | NotYet:
    found = member_in(exchange.turn, text, exchange.so_far)
    if isinstance(found, NotYet):
        return found
    if found == exchange.turn.actor.userid:
        raise Refused("这是您本人，请直接发送“我要提案”。")
    return found


def _question(exchange: Exchange) -> str:
    return "为哪位委员代录？请写姓名。录完会请委员本人确认，确认后才算提交。"


def _begin(exchange: Exchange) -> None:
    """An empty draft in the member's name, and its first question to whoever enters it."""
    turn, member = exchange.turn, exchange.answers["member"]
    turn.dialogues.drop(exchange)
    turn.dialogues.open(turn, "draft", str(new_draft(turn, member).id))


DIALOGUES = (
    Dialogue(
        "enter", lambda exchange: "代录提案", (Ask("member", "委员", _question, _member),), _begin, announced=False
    ),
)
