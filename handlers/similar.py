"""Proposals that are near to the one being written: said at its title and before it is handed in; it never blocks."""

from functools import partial

from bot.questions import Exchange
from bot.router import Router
from bot.turn import Turn
from bot.wecom.messages import link
from handlers.cards.similar import line, numbered, outcome, replies_to
from handlers.cards.told import gist, named
from models import access, similar
from models.errors import Refused
from models.proposal import Proposal
from models.similar import Near
from models.wording import Wording, worded

router = Router()
KEPT = "similar~"  # where a draft's answers keep what was listed last: [id, …]
MOST = 5  # rules.similar_shown is never more
SHOWN = 300  # characters of a text in the chat; the rest is on the page


def tell_by_title(exchange: Exchange, proposal: Proposal) -> None:
    """After 案由: one short message when something is near enough, else not a word."""
    if exchange.conversation.step != "title" or not exchange.answers.get("title"):
        return
    turn = exchange.turn
    nears = similar.by_title(turn.session, _written(exchange, proposal), turn.actor, turn.rules)
    _keep(exchange, nears)
    if nears:
        lines = [
            "已有相近的提案：",
            *numbered(turn.session, nears),
            "回复“相似 1”看那一件。可以接着写，有新内容就好。",
        ]
        turn.say("\n".join(lines))


def at_preview(exchange: Exchange, proposal: Proposal) -> list[str]:
    """Before 提交: the same over the whole text, as lines of the preview."""
    turn = exchange.turn
    nears = similar.by_text(turn.session, _written(exchange, proposal), turn.actor, turn.rules)
    _keep(exchange, nears)
    if not nears:
        return []
    page = turn.url(f"p/proposals/{proposal.id}/similar")
    lines = [
        f"{words}，约{near.percent}%相同" for words, near in zip(numbered(turn.session, nears), nears, strict=True)
    ]
    hint = "回复“相似 1”看那一件；请确认您的提案有新内容。"
    return ["已有相近的提案：", *lines, hint, link(page, "对照看相同的句子")]


def _written(exchange: Exchange, proposal: Proposal) -> Wording:
    """What is written so far: in the answers, for a returned proposal keeps its text until it is handed in again."""
    said = exchange.answers
    return worded(proposal.id or 0, said.get("title") or "", said.get("analysis") or "", said.get("suggestions") or [])


def _keep(exchange: Exchange, nears: list[Near]) -> None:
    ids = [near.proposal.id for near in nears]
    if ids != exchange.answers.get(KEPT, []):
        exchange.put(KEPT, ids)


# --- 相似 1 -----------------------------------------------------------------------------------------------------------


def open_near(place: int, turn: Turn) -> None:
    """相似 1: that one, as far as it is for this person to read."""
    exchange = _listing(turn)
    ids = exchange.answers[KEPT] if exchange else []
    if exchange is None or not ids:
        raise Refused(
            "现在没有列出相近的提案：写好案由和提交之前会自动查找。要找别的，请发送“查 ”加词语，例如“查 电梯”。"
        )
    if place > len(ids):
        raise Refused(f"只列了{len(ids)}件，请回复“相似 1”到“相似 {len(ids)}”。")
    proposal = turn.session.get(Proposal, ids[place - 1])
    if proposal is None:
        raise Refused("这一件已经不在了。")
    whole = access.may_see(turn.session, turn.actor, proposal)
    if not whole and not access.is_public(proposal):
        raise Refused("这件提案您没有查看的权限。")
    turn.say(_whole(turn, proposal) if whole else _what_is_public(turn, proposal))


def _listing(turn: Turn) -> Exchange | None:
    """The draft that something near was listed for last."""
    begun = [turn.dialogues.current(turn), *turn.dialogues.laid_aside(turn)]
    return next((exchange for exchange in begun if exchange and exchange.answers.get(KEPT)), None)


def _whole(turn: Turn, p: Proposal) -> str:
    replies = [f"{unit.name}答复：{gist(reply.text, SHOWN)}" for unit, reply in replies_to(turn.session, p)]
    suggestions = [f"{place}. {gist(item, SHOWN // 3)}" for place, item in enumerate(p.suggestions, 1)]
    page = link(turn.url(f"p/proposals/{p.id}"), "查看全文")
    head = f"{p.number}{named(p)}（{outcome(turn.session, p)}）"
    return "\n".join([head, gist(p.analysis, SHOWN), *suggestions, *replies, page])


def _what_is_public(turn: Turn, p: Proposal) -> str:
    words = line(turn.session, Near(p, 0, whole=False))
    return f"{p.number}{words}\n这一件的全文不在您的查看范围内，需要参考时请联系提案委。"


for _place in range(1, MOST + 1):
    router.command(f"相似 {_place}", f"相似{_place}")(partial(open_near, _place))
