"""Writing one part of a collective proposal. Of two who write at once, the later one is asked; no text is thrown away."""

from typing import Any

from bot.questions import Ask, Choice, Dialogue, Exchange, NotYet, Several, as_it_is
from bot.turn import Turn
from bot.wecom import updates
from handlers import form
from handlers.attached import step_of
from handlers.cards.told import minute, named
from handlers.collective.attached import room, take_away
from handlers.collective.begin import open_desk
from handlers.draft.attachments import asked_away, detach, keep
from handlers.versions import Change, in_words, pieces_between
from models import collective
from models.collective import ANALYSIS, TITLE, Section
from models.errors import Refused
from models.guards import length
from models.messages import Lane
from models.people import Person
from models.proposal import Proposal

SHOWN = 700  # characters of a text that is shown back in the chat


def section_of(exchange: Exchange) -> tuple[Proposal, Section]:
    """The part that is written, held with its proposal until the turn ends."""
    turn = exchange.turn
    row = turn.session.get(Section, int(exchange.subject))
    if row is None:
        raise Refused("没有找到这一部分。发送“集体提案”重新打开。")
    proposal = turn.get(Proposal, row.proposal_id)
    return proposal, turn.get(Section, row.id)


def _begin(turn: Turn, subject: str) -> tuple[dict[str, Any], str]:
    section = turn.session.get_one(Section, int(subject))
    return {"stamp": section.stamp}, ""


def called(exchange: Exchange) -> str:
    """农业界别集体提案的“情况分析”."""
    section = exchange.turn.session.get_one(Section, int(exchange.subject))
    return f"集体提案的“{collective.label(exchange.turn.session, section)}”"


def last_change(turn: Turn, section: Section) -> str:
    """第2版，梁茂松，3月2日 10:05; empty before the first."""
    done = [r for r in collective.revisions_of(turn.session, section) if not r.apart]
    if not done:
        return ""
    by = turn.session.get_one(Person, done[-1].person).name
    return f"第{section.stamp}版，{by}，{minute(done[-1].at)}"


def _question(exchange: Exchange) -> str:
    turn = exchange.turn
    _, section = section_of(exchange)
    what = collective.label(turn.session, section)
    lines = []
    if why := _why_not(exchange):  # what others have made of it since is no longer theirs to read
        return f"{why}，写好的发来会另存，供负责人参考；不写了回复“取消”。"
    if section.text:
        lines.append(f"现在的{what}（{last_change(turn, section)}）：\n{clipped(section.text)}")
    for remark in collective.remarks_of(turn.session, section):
        lines.append(f"批注 {turn.session.get_one(Person, remark.person).name}：{remark.text}")
    how = "可以分几条消息发，写完回复“完”。" if section.kind == ANALYSIS else "一条消息写完。"
    anew = "请发来改好的全文，会替换现在的；" if section.text else "请发来正文，"
    return "\n".join([*lines, f"{what}：{anew}{how}"])


def clipped(text: str) -> str:
    """As much as one reads in a chat."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}……（共{length(text)}字）"


def _one_line(exchange: Exchange, text: str) -> str:
    _, section = section_of(exchange)
    return form.title(exchange, text) if section.kind == TITLE else form.worded(exchange, text)


def _is_long(exchange: Exchange) -> bool:
    return exchange.turn.session.get_one(Section, int(exchange.subject)).kind == ANALYSIS


# --- two at once ------------------------------------------------------------------------------------------------------


def _clashes(exchange: Exchange) -> bool:
    """Somebody else has written since this was begun; and the part is still there to be written."""
    _, section = section_of(exchange)
    return section.stamp != exchange.answers["stamp"] and not _why_not(exchange)


def _clash(exchange: Exchange) -> str:
    """Who was first, what they changed, and one's own text, which is still there."""
    turn = exchange.turn
    _, section = section_of(exchange)
    exchange.put("seen", section.stamp)
    what = collective.label(turn.session, section)
    before = collective.text_at(turn.session, section, exchange.answers["stamp"])
    changed = in_words(Change(what, pieces_between(before, section.text)))
    return (
        f"您写的时候，这一部分已有新稿（{last_change(turn, section)}）。\n{clipped(changed)}\n"
        f"您的这一稿没有丢：\n{clipped(_said(exchange))}\n怎么办？"
    )


def _settled(exchange: Exchange, choice: str) -> Any:
    _, section = section_of(exchange)
    if section.stamp != exchange.answers.get("seen"):
        return NotYet(f"刚才又有人改了。{_clash(exchange)}\n1 用我的　2 留现在的　3 我再改", None)
    if choice == "again":
        step = "text" if _is_long(exchange) else "line"
        return Several(
            {"stamp": section.stamp, "clash": None, step: None}, "您的上一稿在上面，可以复制了再改。\n", step
        )
    return choice


def _no_such_choice(exchange: Exchange, text: str) -> str:
    raise Refused("请回复 1 用我的、2 留现在的 或 3 我再改。您的这一稿还留着。")


# --- beside the text --------------------------------------------------------------------------------------------------


def _attach(exchange: Exchange, update: updates.Update) -> tuple[str, int]:
    """A picture belongs to the part that is written; who sent it may take it away, and the head, who sees all of them."""
    if why := _why_not(exchange):
        raise Refused(f"{why}，这一个没有收下。")
    proposal, section = section_of(exchange)
    of = f"“{collective.label(exchange.turn.session, section)}”"
    return keep(exchange.turn, update, proposal, step_of(section), of, lambda have: room(exchange.turn, proposal, have))


def _words(exchange: Exchange, text: str) -> str | None:
    """删除附件 2: nobody means that to be the text of a part."""
    place = asked_away(text)
    if place is None:
        return None
    if why := _why_not(exchange):
        raise Refused(f"{why}，附件没有删去。")
    proposal, _ = section_of(exchange)
    return take_away(exchange.turn, proposal, place)


def _detach(exchange: Exchange, key: int) -> str:
    """Taken back, unless it is no longer one's own to write: it may have been handed in."""
    if why := _why_not(exchange):
        raise Refused(f"{why}，附件没有撤回。")
    return detach(exchange, key)


# --- done -------------------------------------------------------------------------------------------------------------


def _said(exchange: Exchange) -> str:
    return str(exchange.answers.get("text") or exchange.answers.get("line") or "")


def _why_not(exchange: Exchange) -> str:
    """Why this part is no longer one's own to write."""
    turn = exchange.turn
    proposal, section = section_of(exchange)
    if not collective.is_written(proposal):
        return f"这件集体提案已经是“{proposal.state.value}”"
    if section.dropped:
        return "这一部分已经删去"
    if not collective.may_write(turn.session, proposal, section, turn.actor.userid):
        return "这一部分现在不由您执笔"
    return ""


def _done(exchange: Exchange) -> None:
    turn, text = exchange.turn, _said(exchange)
    proposal, section = section_of(exchange)
    what = collective.label(turn.session, section)
    why, keeps = _why_not(exchange), exchange.answers.get("clash") == "theirs"
    turn.dialogues.drop(exchange)
    if why or keeps:
        collective.keep_apart(turn.session, section, text, turn.actor.userid, turn.now, exchange.answers["stamp"])
    if why:
        turn.say(f"{why}，您写的没有并入，已另存，负责人看得到。原文：\n{clipped(text)}")
        _tell_head(turn, proposal, f"{turn.actor.name}交来一稿{what}，因{why}没有并入，已另存在这一部分的版本里。")
        return
    if keeps:
        open_desk(turn, proposal.id or 0, "留下了现在的，您的一稿另存在版本里。")
        return
    collective.write(turn.session, proposal, section, text, turn.actor.userid, turn.now)
    _tell_head(
        turn, proposal, f"{turn.actor.name}写好了{what}（第{section.stamp}版，{length(text)}字）：{named(proposal)}"
    )
    open_desk(turn, proposal.id or 0, f"{what}记下了，{length(text)}字，第{section.stamp}版。")


def _tell_head(turn: Turn, proposal: Proposal, words: str) -> None:
    if proposal.proposer != turn.actor.userid and (head := turn.session.get(Person, proposal.proposer)):
        turn.say(words, to=head, lane=Lane.NOTICE)


PART = Dialogue(
    "part",
    called,
    (
        Ask("line", "正文", _question, _one_line, when=lambda e: not _is_long(e), counted=False),
        Ask("text", "正文", _question, as_it_is, several="text", when=_is_long, counted=False),
        Ask(
            "clash",
            "两个人都写了",
            _clash,
            _no_such_choice,
            choices=(
                Choice("mine", "用我的", ("用我的这一稿",)),
                Choice("theirs", "留现在的", ("留着现在的",)),
                Choice("again", "我再改"),
            ),
            settle=_settled,
            when=_clashes,
            counted=False,
        ),
    ),
    _done,
    begin=_begin,
    words=_words,
    attach=_attach,
    detach=_detach,
    parkable=True,
    announced=False,
)
