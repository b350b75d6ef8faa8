"""The whole text pasted at the desk: the parts that are empty are filled; what somebody has written is never replaced."""

from bot.questions import Exchange
from bot.turn import Turn
from handlers.collective.words import must_organise
from models import collective, paste
from models.collective import ANALYSIS, SUGGESTION, TITLE, Section
from models.errors import Refused
from models.guards import length
from models.proposal import Proposal


def fill(exchange: Exchange, proposal: Proposal, text: str) -> str:
    """What went where, in one line; and what did not, because something is there already."""
    turn = exchange.turn
    must_organise(turn, proposal)
    several = paste.read(text)
    if len(several) > 1:
        raise Refused(f"这里有{len(several)}个案由，一件提案只讲一件事。请一次只发一件。")
    [parts] = several
    _check(turn, parts)
    single = {TITLE: parts.title, ANALYSIS: parts.analysis}
    sections = collective.sections_of(turn.session, proposal)
    if all(section.text for section in sections):
        raise Refused("各部分都有了，没有替换；请回复部分的序号逐项改。")
    filled = [s for s in sections if single.get(s.kind) and _put(turn, proposal, s, single[s.kind])]
    kept = [s for s in sections if single.get(s.kind) and s not in filled]
    free = [s for s in sections if s.kind == SUGGESTION and not s.text]
    for place, item in enumerate(parts.suggestions):
        section = free[place] if place < len(free) else collective.add_suggestion(turn.session, proposal)
        _put(turn, proposal, section, item)
        filled.append(section)
    if not filled:
        raise Refused("没有放进来：各部分已经写了。要改请回复那一部分的序号。")
    names = "、".join(collective.label(turn.session, section) for section in filled)
    rest = "、".join(collective.label(turn.session, section) for section in kept)
    return (
        f"{names}放好了。"
        + (f"{rest}已经有人写了，没有替换，要改请回复序号。" if rest else "")
        + "回复“集体提案”看分工。"
    )


def _put(turn: Turn, proposal: Proposal, section: Section, text: str) -> bool:
    if section.text:
        return False
    collective.write(turn.session, proposal, section, text, turn.actor.userid, turn.now)
    return True


def _check(turn: Turn, parts: paste.Parts) -> None:
    rules = turn.rules
    if (much := length(parts.title)) > rules.title_max:
        raise Refused(f"案由有{much}个字，请缩到{rules.title_max}个字以内，再发一次。")
    if len(parts.suggestions) > rules.suggestion_max_items:
        raise Refused(f"建议有{len(parts.suggestions)}条，最多{rules.suggestion_max_items}条，请合并后再发。")
    if long := [item for item in parts.suggestions if length(item) > rules.suggestion_max_chars]:
        raise Refused(f"有一条建议{length(long[0])}字，太长了，请分成几条，再发一次。")
