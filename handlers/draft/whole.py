"""A draft seen whole, as its page has it: every part at once, one part changed at a time, by whoever knows how it stood."""

import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

from sqlmodel import col, select

from bot.dialogue import LONGEST
from bot.questions import Exchange, as_it_is, pieces
from bot.turn import Turn
from bot.undo import forget, remember
from handlers import form
from handlers.draft import paste
from handlers.draft.parts import number_in, proposal_of, write
from models import access
from models import paste as pasted
from models.conversation import Conversation
from models.errors import Refused
from models.proposal import Proposal
from models.states import State

Value = Any  # a text; for 具体建议 a list of texts; for 是否调研 and 是否同意公开 {"yes": "yes" | "no" | "", "note": …}
NAMES = ("title", "category", "analysis", "suggestions", "units", "researched", "public", "secrecy")
TEXTS = frozenset({"title", "analysis", "suggestions"})
NOTE_MAX = 500  # characters beside a yes or no


class Clash(Refused):
    """The part was changed in the chat (or on another phone) after this page had read it."""

    def __init__(self, theirs: Value) -> None:
        super().__init__("聊天里刚改过这一项。两边写的都在，请选用哪一边的。")
        self.theirs = theirs


# --- finding and reading ----------------------------------------------------------------------------------------------


def draft_of(turn: Turn, number: int) -> Exchange | None:
    """The draft of this proposal that this person has in hand."""
    if turn.person is None:
        return None
    begun = select(Conversation).where(Conversation.person == turn.person.userid, Conversation.dialogue == "draft")
    for row in turn.session.exec(begun.order_by(col(Conversation.id))):
        if number_in(row.subject) == number:
            return Exchange(turn, row)
    return None


def held_draft(turn: Turn, number: int) -> Exchange | None:
    """The same, to be changed: the proposal is held first, as by every message about it."""
    proposal = turn.get(Proposal, number)
    if turn.person is None or not access.may_see(turn.session, turn.person, proposal):
        return None
    return draft_of(turn, number)


def parts_of(exchange: Exchange) -> dict[str, Value]:
    """Every part as it stands, with what is half said in the chat."""
    said = exchange.answers
    researched, public = said.get("researched"), said.get("public")
    return {
        "title": said.get("title") or "",
        "category": said.get("category") or "",
        "analysis": "\n".join(said.get(pieces("analysis")) or []) or said.get("analysis") or "",
        "suggestions": list(said.get(pieces("suggestions")) or said.get("suggestions") or []),
        "units": "、".join((said.get("units") or {}).get("names", [])),
        "researched": _yes_no(researched, (researched or {}).get("note", "")),
        "public": _yes_no(public, said.get("no_public_reason") or (public or {}).get("note", "")),
        "secrecy": said.get("secrecy") or "",
    }


def _yes_no(answer: Any, note: str) -> dict[str, str]:
    return {"yes": "" if answer is None else "yes" if answer["yes"] else "no", "note": note}


def mark(value: Value) -> str:
    """What a page remembers of a part as it read it: who sends another part's mark has read another text."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def wait_for_chat(exchange: Exchange) -> str:
    """Why the page must wait: a text with several 案由 lies there, and one of them has to be chosen first."""
    several = exchange.answers.get("several")
    return f"聊天里发来的文字有{several}个案由，请先在聊天里回复先写哪一件，再打开本页。" if several else ""


# --- changing ---------------------------------------------------------------------------------------------------------


def change(exchange: Exchange, name: str, value: Value, known: str) -> None:
    """Let one part be this. Clash when it is no longer as it was known; Refused, in words, for what cannot be.

    A page that sends back what it was given has changed nothing, whatever the chat has written since.
    """
    now = parts_of(exchange)[name]
    answers = _ACCEPT[name](exchange, value)
    before = exchange.conversation.answers
    _put(exchange, answers)
    new = parts_of(exchange)[name]
    if new == now or mark(new) == known:
        exchange.conversation.answers = before
    elif known != mark(now):
        exchange.conversation.answers = before
        raise Clash(now)
    else:
        forget(exchange)  # 撤回 in the chat would take away what was written here since
        _stand(exchange, {name})


def fill_in(exchange: Exchange, parts: pasted.Parts) -> None:
    """All that a handed-in text holds; 撤回 in the chat takes it back."""
    answers = {name: value for name, value in paste.filled(exchange, parts, {}).answers.items() if value is not None}
    remember(exchange, "交来的文件")
    _put(exchange, answers)
    _stand(exchange, answers.keys())


def _put(exchange: Exchange, answers: dict[str, Any]) -> None:
    """Keep answers; what the chat had half heard of them is part of them now."""
    gone = {pieces(name) for name in answers}
    kept = {name: value for name, value in exchange.answers.items() if name not in gone}
    if TEXTS & answers.keys() and kept.get("pasted"):
        kept["pasted"] = None  # one more message must not be read together with what has been changed here
    exchange.conversation.answers = kept | answers


def _stand(exchange: Exchange, names: Collection[str]) -> None:
    """The chat goes on, when it goes on, with what is still missing; nothing is said now. The row has every part."""
    turn, conversation = exchange.turn, exchange.conversation
    dialogue = turn.dialogues.by_name[conversation.dialogue]
    if conversation.step in names or not dialogue.step(conversation.step).when(exchange):
        _go_on(exchange)
    proposal = proposal_of(exchange)
    if proposal.state is State.DRAFT:
        write(exchange, proposal)
    turn.dialogues.touch(exchange)


def _go_on(exchange: Exchange) -> None:
    dialogue = exchange.turn.dialogues.by_name[exchange.conversation.dialogue]
    missing = dialogue.missing(exchange)
    exchange.conversation.step = missing[0].name if missing else dialogue.steps[-1].name
    exchange.conversation.back_to = dialogue.steps[-1].name if missing else ""


def show_in_chat(exchange: Exchange) -> list[str]:
    """The chat takes it up: with the preview, or with the first thing that is missing. What is missing, by name."""
    dialogue = exchange.turn.dialogues.by_name[exchange.conversation.dialogue]
    missing = [ask.label for ask in dialogue.missing(exchange)]
    _go_on(exchange)
    exchange.turn.dialogues.resume(exchange)
    return missing


# --- what each part accepts -------------------------------------------------------------------------------------------


def _title(exchange: Exchange, text: str) -> dict[str, Any]:
    if text and not any(ch.isalnum() for ch in text):
        raise Refused("案由里没有文字，没有保存。请用一句话写要解决什么。")
    return {"title": form.title(exchange, text) if text else None, "long_title": None}


def _category(exchange: Exchange, text: str) -> dict[str, Any]:
    return {"category": form.category(exchange, text) if text else None}


def _analysis(exchange: Exchange, text: str) -> dict[str, Any]:
    words = as_it_is(exchange, text) if text.strip() else ""
    if len(words) > LONGEST:
        raise Refused(f"情况分析有{len(words)}字，太长了，没有保存；更多材料请作附件。")
    return {"analysis": words or None}


def _suggestions(exchange: Exchange, items: list[str]) -> dict[str, Any]:
    now, most = parts_of(exchange)["suggestions"], exchange.turn.rules.suggestion_max_items
    kept = [item.strip() for item in items if item.strip()]
    if len(kept) > most and len(kept) > len(now):
        raise Refused(f"这里有{len(kept)}条建议，最多{most}条，没有保存。请合并几条。")
    return {"suggestions": [_item(exchange, place, item, now) for place, item in enumerate(kept, 1)]}


def _item(exchange: Exchange, place: int, item: str, now: Collection[str]) -> str:
    if item in now:  # a pasted one may be longer than one that is typed
        return item
    try:
        return form.worded(exchange, item)
    except Refused as refused:
        raise Refused(f"第{place}条：{refused.words}") from refused


def _units(exchange: Exchange, text: str) -> dict[str, Any]:
    return {"units": form.units(exchange, text) if text.strip() else None}


def _researched(exchange: Exchange, value: dict[str, str]) -> dict[str, Any]:
    return {"researched": _choice(value, unsaid=True)}


def _public(exchange: Exchange, value: dict[str, str]) -> dict[str, Any]:
    return {"public": _choice(value, unsaid=False), "no_public_reason": None}


def _choice(value: dict[str, str], *, unsaid: bool) -> dict[str, Any] | None:
    """A yes or no with its remark; a remark alone says which it belongs to."""
    note = value["note"].strip()
    if len(note) > NOTE_MAX:
        raise Refused(f"说明有{len(note)}字，请压缩到{NOTE_MAX}字以内。")
    if not value["yes"] and not note:
        return None
    return {"yes": value["yes"] == "yes" if value["yes"] else unsaid, "note": note}


def _secrecy(exchange: Exchange, text: str) -> dict[str, Any]:
    return {"secrecy": "clear" if text == "clear" else None}


_ACCEPT: dict[str, Callable[[Exchange, Any], dict[str, Any]]] = {
    "title": _title,
    "category": _category,
    "analysis": _analysis,
    "suggestions": _suggestions,
    "units": _units,
    "researched": _researched,
    "public": _public,
    "secrecy": _secrecy,
}
