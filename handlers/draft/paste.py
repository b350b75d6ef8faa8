"""The whole text at once: what was read of it, shown in short; the few things that are left, answered in one message."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from bot.dialogue import LONGEST
from bot.questions import Ask, Choice, Exchange, NotYet, Several, as_it_is, bare
from bot.undo import forget
from handlers import form
from handlers.draft.parts import new_draft, proposal_of
from models import paste
from models.errors import Refused
from models.guards import length

SMALL = ("category", "researched", "public", "secrecy")  # what no pasted text needs to hold
REMARK = 200  # characters: longer than any answer to them
UNCLEAR = 20  # characters: shorter than any piece of a proposal
ONE_BY_ONE = ("一项一项", "一项一项答", "逐项", "发完了")
_BETWEEN = re.compile(r"[，,、；;。\s/／]+")
ALL = "all"
MOST_AT_ONCE = 20  # drafts that one text may become


def title_or_whole(exchange: Exchange, text: str) -> Any:
    """案由, or all of it."""
    return taken(exchange, text) if paste.is_whole(text) else form.title(exchange, text)


def analysis_or_more(exchange: Exchange, text: str) -> Any:
    """情况分析, or what comes after it as well."""
    whole = paste.joined([*(exchange.so_far or []), text])
    several = paste.read(whole)
    if len(several) == 1 and several[0].analysis and several[0].suggestions:
        return filled(exchange, several[0], {})
    return as_it_is(exchange, text)


def suggestions(exchange: Exchange, text: str) -> str | list[str]:
    """One of 具体建议, or several numbered ones in one message."""
    found = paste.items(text) if paste.is_numbered(text) else [text]
    most, have = exchange.turn.rules.suggestion_max_items, len(exchange.so_far or [])
    if len(found) > 1 and have + len(found) > most:
        raise Refused(f"这里有{len(found)}条，连前面的超过了{most}条，这条消息没有记下。请合并成{most}条以内再发。")
    taken_in = [form.item(exchange, item) for item in found]
    return taken_in if len(taken_in) > 1 else taken_in[0]


# --- the whole --------------------------------------------------------------------------------------------------------


def taken(exchange: Exchange, text: str) -> Several:
    """A piece of a pasted proposal, with those before it."""
    messages = [*(exchange.answers.get("pasted") or []), text]
    if (much := sum(map(len, messages))) > LONGEST:
        raise Refused(
            f"内容太长了，连前面的共{much}字，这一段没有记下；正文最多{exchange.turn.rules.body_max}字，更多材料请作附件或联系提案委。"
        )
    several = paste.read(paste.joined(messages))
    if len(several) > 1:
        return Several({"pasted": messages, "several": len(several)}, then="which")
    return filled(exchange, several[0], {"pasted": messages})


def filled(exchange: Exchange, parts: paste.Parts, kept: dict[str, Any]) -> Several:
    """The answers a text gives, with what else is kept, and what there is to say of them."""
    rules, notes = exchange.turn.rules, []
    answers: dict[str, Any] = {**kept, "long_title": None}
    if parts.title and length(parts.title) > rules.title_max:
        answers["long_title"] = True
        notes.append(f"案由有{length(parts.title)}个字，要缩到{rules.title_max}字以内，稍后请重写。")
    elif parts.title:
        answers["title"] = parts.title
    if parts.analysis:
        answers["analysis"] = parts.analysis
    if parts.suggestions:
        answers["suggestions"] = list(parts.suggestions)
        if len(parts.suggestions) > rules.suggestion_max_items:
            notes.append(f"建议最多{rules.suggestion_max_items}条，提交前请合并。")
    for name, words, accept in (
        ("category", parts.category, form.category),
        ("units", parts.units, form.units),
        ("researched", parts.research, _research),
        ("public", parts.public, form.public),
    ):
        if words:
            try:
                answers[name] = accept(exchange, words)
            except Refused:
                notes.append(f"“{words[:20]}”没认出来，稍后可以补。")
    if parts.left_out:
        notes.append(f"{'、'.join(_label(line) for line in parts.left_out)}这几行没有放进来。")
    read = "\n".join((_read(answers), *notes, ""))
    return Several(answers, noted=read, then="rest" if "pasted" in answers else "")


def _read(answers: dict[str, Any]) -> str:
    counted = []
    if answers.get("analysis"):
        counted.append(f"情况分析{length(answers['analysis'])}字")
    if answers.get("suggestions"):
        counted.append(f"建议{len(answers['suggestions'])}条")
    found = [f"案由《{answers['title']}》"] if answers.get("title") else []
    if counted:
        found.append("、".join(counted))
    return "\n".join(("读到了：", *found)) if found else "认不出案由和建议。"


def _label(line: str) -> str:
    return re.split("[：:]", line)[0].strip("【[ ")


def _research(exchange: Exchange, words: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = form.researched(exchange, words)
    except Refused:
        return {"yes": True, "note": words}
    return answer


# --- several proposals in one text ------------------------------------------------------------------------------------


def _several(exchange: Exchange) -> list[paste.Parts]:
    return paste.read(paste.joined(exchange.answers.get("pasted") or []))


def which_choices(exchange: Exchange) -> list[Choice]:
    """Each of the titles, or all of them as drafts side by side, where they are not too many."""
    several = _several(exchange)
    titles = [Choice(str(place), parts.title or "（没有案由的一段）") for place, parts in enumerate(several)]
    every = Choice(ALL, f"都要，分成{len(several)}份草稿", ("都要", "全部"))
    return [*titles, every] if len(several) <= MOST_AT_ONCE else titles


def which_question(exchange: Exchange) -> str:
    """One proposal, one matter."""
    many = len(_several(exchange))
    all_of_them = f"（要都存成草稿，请分几次发，每次最多{MOST_AT_ONCE}件）" if many > MOST_AT_ONCE else ""
    return f"这里有{many}个案由，一件提案只讲一件事。先写哪一件？{all_of_them}"


def settle_which(exchange: Exchange, value: Any) -> Several:
    """One of them goes on here; with 都要 the others wait in 我的草稿."""
    several = _several(exchange)
    chosen = 0 if value == ALL else int(value)
    read = filled(exchange, several[chosen], {"pasted": [several[chosen].source], "several": None})
    others = [parts for place, parts in enumerate(several) if place != chosen]
    if value == ALL:
        begin_beside(exchange, others)
        told = f"分成了{len(several)}份，先写这一份，其余在“我的草稿”里。\n"
    else:
        told = f"另外{len(others)}件没有放进来，需要时再发一次。\n"
    return Several(read.answers, noted=told + read.noted, then="rest")


def begin_beside(exchange: Exchange, others: Iterable[paste.Parts]) -> None:
    """Each of these is a draft of its own, of the same member; 撤回 could no longer take the text back whole."""
    here = proposal_of(exchange)
    member = here.proposer if here.entered_by else ""
    for parts in others:
        proposal = new_draft(exchange.turn, member)
        answers = filled(exchange, parts, {"pasted": [parts.source]}).answers
        exchange.turn.dialogues.begin_aside(exchange.turn, "draft", str(proposal.id), answers, "rest")
    forget(exchange)


def no_such_title(exchange: Exchange, text: str) -> str:
    """Neither a number nor a title: perhaps another piece of the paste."""
    raise Refused("请回复要写的那一件前面的数字。")


# --- the rest, in one message -----------------------------------------------------------------------------------------


def is_pasted(exchange: Exchange) -> bool:
    """Whether the rest is asked in one go."""
    return bool(exchange.answers.get("pasted")) and bool(_open(exchange))


def _asks(exchange: Exchange) -> list[Ask]:
    dialogue = exchange.turn.dialogues.by_name["draft"]
    return [dialogue.step(name) for name in SMALL]


def _open(exchange: Exchange) -> list[Ask]:
    return [ask for ask in _asks(exchange) if exchange.answers.get(ask.name) is None]


def rest_question(exchange: Exchange) -> str:
    """What is left, each with its choices, and an example that answers just these."""
    asks = _open(exchange)
    example = "，".join(_shortest(exchange, ask) for ask in asks)
    return "\n".join(
        (
            _still_to_come(exchange),
            "",
            f"还差{len(asks)}项，一条消息就能答完，例如“{example}”：",
            *(f"· {ask.label}：{_in_short(exchange, ask)}" for ask in asks),
            "想逐项答，回复“一项一项”；读错了，回复“修改案由”这样的话。",
        )
    )


def rest_in_large_print(exchange: Exchange) -> str:
    """No more than what comes next."""
    return f"{_still_to_come(exchange)}还差{len(_open(exchange))}项。"


def rest_choices(exchange: Exchange) -> Sequence[Choice]:
    """In large print: one after the other."""
    return (Choice(ONE_BY_ONE[0], "发完了，接着答", ONE_BY_ONE),) if exchange.turn.actor.large else ()


def _still_to_come(exchange: Exchange) -> str:
    lacking = [
        label
        for name, label in (("title", "案由"), ("analysis", "情况分析"), ("suggestions", "建议"))
        if not exchange.answers.get(name) and not (name == "title" and exchange.answers.get("long_title"))
    ]
    return f"还没读到{'、'.join(lacking)}，请接着发。" if lacking else "没发完就接着发。"


def _in_short(exchange: Exchange, ask: Ask) -> str:
    choices = ask.choices_for(exchange)
    return " ".join(f"{place}{choice.label}" for place, choice in enumerate(choices, 1))


def _shortest(exchange: Exchange, ask: Ask) -> str:
    choices = ask.choices_for(exchange)
    return "4" if ask.name == "category" and len(choices) > 3 else choices[0].label


def rest(exchange: Exchange, text: str) -> Any:
    """The rest in one message; or 一项一项; or one more piece of the text."""
    if bare(text) in ONE_BY_ONE:
        return ONE_BY_ONE[0]
    if (answers := _answered(exchange, text)) is not None:
        return answers
    if len(text.strip()) < UNCLEAR and "\n" not in text and not paste.is_numbered(text):
        raise Refused(f"没看懂“{text.strip()}”。{rest_question(exchange)}")
    return taken(exchange, text)


def settle_rest(exchange: Exchange, value: Any) -> Any:
    """Go on with what is still missing; one more piece is read together with those before."""
    if isinstance(value, Several | NotYet):
        return value
    if value == ONE_BY_ONE[0]:
        return Several({"pasted": None})
    left = [ask for ask in _open(exchange) if ask.name not in value]
    return Several(value, noted=f"记下{len(value)}项。", then="rest" if left else "")


def _answered(exchange: Exchange, text: str) -> dict[str, Any] | None:
    """4，是，去年9月走访，同意，不涉密: each word to the first question it answers; None when it is no such answer."""
    if len(text) > REMARK or paste.is_whole(text):
        return None
    asks, found, last = _open(exchange), dict[str, Any](), ""
    for word in filter(None, _BETWEEN.split(text.strip())):
        for ask in asks:
            if ask.name not in found and (value := _value(exchange, ask, bare(word))) is not None:
                found[ask.name], last = value, ask.name
                break
            if ask.name not in found and bare(word).isdecimal():
                return None  # numbers go by the order of the questions
        else:
            if last not in {"researched", "public"}:
                return None
            note = found[last]["note"]
            found[last] = {**found[last], "note": f"{note}，{word}" if note else word}
    return found or None


def _value(exchange: Exchange, ask: Ask, word: str) -> Any:
    for place, choice in enumerate(ask.choices_for(exchange), 1):
        if word in {str(place), choice.label, *choice.also}:
            return ask.picked(choice.value)
    if ask.name == "secrecy" and word in {"涉密", "拿不准"}:
        return form.secret("unsure")
    try:
        return None if word.isdecimal() else ask.accept(exchange, word)
    except Refused:
        return None
