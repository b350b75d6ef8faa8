"""A draft's answers and the proposal's row: every answer is in the row at once."""

from typing import Any

from bot.questions import Ask, Exchange
from bot.turn import Turn
from handlers import similar
from models import hints
from models.attachment import attachments_of, forget
from models.guards import length
from models.proposal import Proposal
from models.rules import SHANGHAI
from models.states import Origin, State
from models.topic import give_back

IN_HAND = frozenset({State.DRAFT, State.COSIGNING, State.RETURNED})  # while a proposal is its writer's to change


def new_draft(turn: Turn, member: str = "") -> Proposal:
    """An empty one of the actor's own, or in the name of a member for whom the actor writes."""
    proposal = Proposal(
        proposer=member or turn.actor.userid,
        entered_by=turn.actor.userid if member else "",
        created_at=turn.now,
        term_session=turn.rules.term_session,
    )
    turn.session.add(proposal)
    turn.session.flush()
    return proposal


def proposal_of(exchange: Exchange) -> Proposal:
    """The row that is being written."""
    return exchange.turn.get(Proposal, number_in(exchange.subject))


def number_in(subject: str) -> int:
    """The proposal's id in what a draft is about: the id, or the move (修改, 提交) that has opened it."""
    return int(subject.split("|")[2] if "|" in subject else subject)


def keep(exchange: Exchange) -> None:
    """Write the answers into the row; a returned proposal keeps its text until it is handed in again."""
    proposal = proposal_of(exchange)
    if proposal.state is State.DRAFT:
        write(exchange, proposal)
    similar.tell_by_title(exchange, proposal)


def write(exchange: Exchange, p: Proposal) -> None:
    """The answers, as fields of the proposal."""
    said = exchange.answers
    p.title = said.get("title") or ""
    p.analysis, p.suggestions = said.get("analysis") or "", said.get("suggestions") or []
    write_rest(said, p)
    exchange.turn.session.add(p)


def write_rest(said: dict[str, Any], p: Proposal) -> None:
    """What is neither title nor text."""
    p.category = said.get("category") or ""
    p.suggested_units = (said.get("units") or {}).get("names", [])
    p.researched, p.research_note = said_yes(said.get("researched")), (said.get("researched") or {}).get("note", "")
    p.consent_public = said_yes(said.get("public"))
    why = said.get("no_public_reason") or (said.get("public") or {}).get("note") or ""
    p.no_public_reason = why if p.consent_public is False else ""
    p.not_secret = said.get("secrecy") == "clear"
    p.origin = origin_of(said)


def origin_of(said: dict[str, Any]) -> Origin:
    """来源: the topic's, or what was said; who says nothing found the matter themselves."""
    return Origin[(said.get("origin") or "self_topic").upper()]


def said_yes(answer: Any) -> bool | None:
    """Yes, no, or not said."""
    return None if answer is None else answer["yes"]


def answers_of(p: Proposal) -> dict[str, Any]:
    """The other way round: what was answered, from the row."""
    return {
        "title": p.title,
        "category": p.category,
        "analysis": p.analysis,
        "suggestions": p.suggestions,
        "units": {"names": p.suggested_units},
        "researched": None if p.researched is None else {"yes": p.researched, "note": p.research_note},
        "public": None if p.consent_public is None else {"yes": p.consent_public},
        "no_public_reason": p.no_public_reason,
        "secrecy": "clear" if p.not_secret else None,
        "origin": p.origin.name.lower(),
    }


def begin(turn: Turn, subject: str) -> tuple[dict[str, Any], str]:
    """What has been written is opened at its preview with all it has; a new one at its first question."""
    proposal = turn.get(Proposal, int(subject))
    if proposal.state is State.DRAFT and not (proposal.title or proposal.analysis or proposal.suggestions):
        return {}, ""
    return answers_of(proposal), "preview"


def called(exchange: Exchange) -> str:
    """提案《…》."""
    title = exchange.answers.get("title")
    return f"提案《{title}》" if title else "提案（还没有案由）"


# --- how it stands ----------------------------------------------------------------------------------------------------


def where(exchange: Exchange) -> str:
    """写到“情况分析”，3天前."""
    conversation, today = exchange.conversation, exchange.turn.today
    ask = exchange.turn.dialogues.by_name[conversation.dialogue].step(conversation.step)
    done = "写好了，等您提交" if ask.name == "preview" else f"写到“{ask.label}”"
    days = (today - conversation.updated_at.astimezone(SHANGHAI).date()).days
    return f"{done}，{f'{days}天前' if days else '今天'}"


def stood(exchange: Exchange) -> str:
    """One line for whoever comes back after days or weeks."""
    return f"{called(exchange)}，{where(exchange)}。\n"


def noted(exchange: Exchange, ask: Ask) -> str:
    """One line on the answer just given: that it is there, and what a colleague would say; never the answer itself."""
    said: Any = exchange.answers.get(ask.name)
    match ask.name:
        case "title":
            return "案由记下了。" + "".join(f"\n提示：{words}\n" for words in hints.of_title(said))
        case "analysis":
            return f"情况分析记下了，{length(said)}字。"
        case "suggestions":
            return f"建议记下了，{len(said)}条。"
        case "units" if said:
            return f"记下{len(said['names'])}个单位。"
    return ""


def empty(exchange: Exchange) -> None:
    """Its owner wants it no more. The row stays, without a word in it, for others may point to it."""
    proposal = proposal_of(exchange)
    if proposal.state is State.DRAFT and proposal.serial_no is None:
        exchange.conversation.answers = {}
        write(exchange, proposal)
        give_back(exchange.turn.session, proposal.id)
        for attachment in attachments_of(exchange.turn.session, proposal.id):
            forget(exchange.turn.session, attachment)
