"""The preview: the proposal as it stands, short."""

from typing import Any

from bot.questions import Exchange
from bot.wecom.messages import link
from handlers.draft.parts import proposal_of, said_yes
from models.guards import length


def preview(exchange: Exchange) -> str:
    """The proposal as it stands, short; the whole text is on the page."""
    said, rules = exchange.answers, exchange.turn.rules
    suggestions = said.get("suggestions") or []
    body = length((said.get("analysis") or "") + "".join(suggestions))
    lines = [
        "请看一遍：",
        f"案由：{said.get('title') or '—'}",
        f"类别：{said.get('category') or '—'}",
        f"情况分析：{_clipped(said.get('analysis') or '—')}",
        "具体建议：",
        *[f"{place}. {_clipped(item)}" for place, item in enumerate(suggestions, 1)],
        f"建议承办单位：{'、'.join((said.get('units') or {}).get('names', [])) or '未写'}",
        f"是否调研：{_word(said.get('researched'), '是', '否')}",
        f"是否同意公开：{_word(said.get('public'), '同意', '不同意')}",
        f"涉密自查：{'不涉密' if said.get('secrecy') == 'clear' else '—'}",
    ]
    if body > rules.body_max:
        lines.append(f"注意：正文{body}字，超过{rules.body_max}字，要先精简才能提交。")
    elif body > rules.body_warn:
        lines.append(f"提示：正文{body}字，{rules.body_warn}字以内更便于办理。")
    elif suggestions and body < 200:
        lines.append(f"提示：正文只有{body}字，写得再具体些更容易立案。")
    if rules.research_required == "remind" and said_yes(said.get("researched")) is False:
        lines.append("提示：本届提倡不调研不提出。")
    lines.append(link(exchange.turn.url(f"p/proposals/{proposal_of(exchange).id}"), "查看全文"))
    return "\n".join(lines)


def _clipped(text: str, most: int = 100) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most]}……（共{len(words)}字）"


def _word(answer: Any, yes: str, no: str) -> str:
    if answer is None:
        return "—"
    note = f"（{answer['note']}）" if answer.get("note") else ""
    return (yes if answer["yes"] else no) + note
