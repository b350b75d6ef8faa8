"""The preview: the proposal as it stands, short, with what a colleague would say of it."""

from typing import Any

from bot.questions import Exchange
from bot.wecom.messages import link
from handlers import cosign, similar
from handlers.cards.told import day
from handlers.draft.advice import marked
from handlers.draft.attachments import listed_in_short
from handlers.draft.parts import origin_of, proposal_of
from models import hints
from models.guards import length
from models.rules import SHANGHAI, Rules
from models.states import Origin, State
from models.topic import topic_of

SHOWN = 10  # suggestions; the whole text is a page away
HINTS = 3  # at a time: whoever mends these sees the next
OF_ANALYSIS, OF_SUGGESTION = 100, 60  # characters shown


def preview(exchange: Exchange) -> str:
    """The proposal as it stands, short; the whole text is on the page."""
    said = exchange.answers
    lines = [
        *cosign.said_before(proposal_of(exchange)),
        "请看一遍：",
        f"案由：{said.get('title') or '—'}",
        f"类别：{said.get('category') or '—'}",
        f"情况分析：{_clipped(said.get('analysis') or '—', OF_ANALYSIS)}",
        "具体建议：",
        *_suggestions(said.get("suggestions") or []),
        f"建议承办单位：{'、'.join((said.get('units') or {}).get('names', [])) or '未写'}",
        f"是否调研：{_word(said.get('researched'), '是', '否')}",
        f"是否同意公开：{_word(said.get('public'), '同意', '不同意')}",
        f"涉密自查：{'不涉密' if said.get('secrecy') == 'clear' else '—'}",
    ]
    if origin := _origin(exchange):
        lines.append(f"来源：{origin}")
    lines += _attached(exchange)
    lines += advice(exchange)
    lines += similar.at_preview(exchange, proposal_of(exchange))
    lines.append("　".join(_links(exchange, "查看全文", "在页面上改")))
    return "\n".join(lines)


def _origin(exchange: Exchange) -> str:
    """Where the matter comes from, unless from the member: 领导点题（3号选题“…”）."""
    origin = origin_of(exchange.answers)
    if origin is Origin.SELF_TOPIC:
        return ""
    topic = topic_of(exchange.turn.session, proposal_of(exchange).id)
    return f"{origin.value}（{topic.called}）" if topic else origin.value


def in_large_print(exchange: Exchange) -> str:
    """What was written, counted; the rest is on the page."""
    said = exchange.answers
    suggestions = said.get("suggestions") or []
    lines = [
        *cosign.said_before(proposal_of(exchange)),
        "请看一遍。",
        f"案由：{said.get('title') or '没写'}",
        f"类别：{said.get('category') or '没写'}",
        f"分析：{length(said.get('analysis') or '')}字",
        f"建议：{len(suggestions)}条",
        f"公开：{_word(said.get('public'), '同意', '不同意')}",
        *_attached(exchange),
        *advice(exchange)[:1],
        *_links(exchange, "看全文", "去修改"),
    ]
    return "\n".join(lines)


def _links(exchange: Exchange, whole: str, edit: str) -> list[str]:
    """To the whole text, and to the page where it is written; the parts of a collective proposal are written at its desk."""
    turn, proposal = exchange.turn, proposal_of(exchange)
    found = [link(turn.url(f"p/proposals/{proposal.id}"), whole)]
    return found if proposal.organisation else [*found, link(turn.url(f"p/drafts/{proposal.id}"), edit)]


def _attached(exchange: Exchange) -> list[str]:
    names = listed_in_short(exchange)
    return [f"附件：{names}"] if names else []


def _suggestions(items: list[str]) -> list[str]:
    lines = [f"{place}. {_clipped(item, OF_SUGGESTION)}" for place, item in enumerate(items[:SHOWN], 1)]
    return [*lines, f"……共{len(items)}条"] if len(items) > SHOWN else lines


def advice(exchange: Exchange) -> list[str]:
    """What stands in the way of handing it in, then what would make it better; hints never block (DOMAIN §3.1–3.3)."""
    said, rules = exchange.answers, exchange.turn.rules
    title, analysis, suggestions = said.get("title") or "", said.get("analysis") or "", said.get("suggestions") or []
    body = length(analysis + "".join(suggestions))
    blocking = [*_too_much(body, suggestions, rules), *_no_research(said, rules)]
    found = [*hints.of_text(title, analysis, suggestions), _research(said, rules), _how_long(body, suggestions, rules)]
    found.append(hints.writing(analysis, suggestions))
    lines = [f"注意：{words}" for words in blocking]
    lines += [f"提示：{words}" for words in list(filter(None, found))[:HINTS]]
    if by_model := marked(exchange):
        lines.append(f"说明：{by_model}")
    if late := past_deadline(exchange):
        lines.append(f"说明：{late}")
    return lines


def _too_much(body: int, suggestions: list[str], rules: Rules) -> list[str]:
    found = []
    if (many := len(suggestions)) > rules.suggestion_max_items:
        found.append(f"建议有{many}条，超过{rules.suggestion_max_items}条，要先合并才能提交。")
    if body > rules.body_max:
        found.append(f"正文{body}字，超过{rules.body_max}字，要先精简才能提交。")
    return found


def _no_research(said: dict[str, Any], rules: Rules) -> list[str]:
    """不调研不提出, where the rule research_required blocks."""
    researched = said.get("researched")
    if rules.research_required != "block" or (researched and researched["yes"] and researched["note"]):
        return []
    return ["本届要求不调研不提出，写明调研的时间和方式才能提交。"]


def _research(said: dict[str, Any], rules: Rules) -> str:
    """What a yes should hold, and what a no means here."""
    researched = said.get("researched")
    if researched is None or rules.research_required != "remind":
        return ""
    if not researched["yes"]:
        return "本届提倡不调研不提出。"
    return "" if researched["note"] else "“是否调研”补上时间和方式更有说服力。"


def _how_long(body: int, suggestions: list[str], rules: Rules) -> str:
    if rules.body_warn < body <= rules.body_max:
        return f"正文{body}字，{rules.body_warn}字以内更便于办理。"
    if suggestions and body < rules.body_short:
        return f"正文只有{body}字，写得再具体些更容易立案。"
    return ""


def past_deadline(exchange: Exchange) -> str:
    """The deadline of the session has passed: it is off-session now, and nothing is refused (DOMAIN §3.5)."""
    deadline, turn = exchange.turn.rules.in_session_deadline, exchange.turn
    if deadline is None or turn.now <= deadline or proposal_of(exchange).state is State.RETURNED:
        return ""
    moment = deadline.astimezone(SHANGHAI)
    return f"大会提案{day(moment.date())}{moment:%H:%M}已截止，现在提交按平时提案办理，随交随审。"


def _clipped(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most]}……（共{len(words)}字）"


def _word(answer: Any, yes: str, no: str) -> str:
    if answer is None:
        return "—"
    note = f"（{answer['note']}）" if answer.get("note") else ""
    return (yes if answer["yes"] else no) + note
