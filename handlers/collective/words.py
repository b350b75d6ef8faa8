"""What is said at the desk: write a part, read it, remark on it; and for the head and contact: who writes what."""

import re
from collections.abc import Callable

from sqlmodel import col, select

from bot.questions import Exchange
from bot.turn import Turn
from bot.wecom.messages import Button, Card
from handlers.cards.told import minute, named
from handlers.collective.begin import Desk
from handlers.collective.writing import clipped, last_change
from handlers.cosign import names_in
from handlers.moves import forget_desks
from handlers.versions import Change, in_words, pieces_between
from models import collective
from models.collective import SUGGESTION, Remark, Section, Writer
from models.conversation import Conversation
from models.errors import Refused
from models.messages import Lane
from models.people import Person
from models.proposal import Proposal

REMARK_MAX = 500
Work = Callable[[Exchange, Proposal, re.Match[str]], str]


def _section(turn: Turn, proposal: Proposal, number: str) -> Section:
    sections = collective.sections_of(turn.session, proposal)
    if not 1 <= int(number) <= len(sections):
        raise Refused(f"没有第{int(number)}部分，现在有{len(sections)}部分。")
    return turn.get(Section, sections[int(number) - 1].id)


def _called(turn: Turn, proposal: Proposal) -> str:
    return f"{collective.author(turn.session, proposal)}集体提案{named(proposal)}"


def _tell(turn: Turn, words: str, *userids: str) -> None:
    """Those of them who are in office, but not whoever says it."""
    for userid in dict.fromkeys(userids):
        person = turn.session.get(Person, userid) if userid and userid != turn.actor.userid else None
        if person and person.active:
            turn.say(words, to=person, lane=Lane.NOTICE)


# --- for everybody who writes -----------------------------------------------------------------------------------------


def _write(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    turn = exchange.turn
    section = _section(turn, proposal, found[1])
    what = collective.label(turn.session, section)
    if not collective.may_write(turn.session, proposal, section, turn.actor.userid):
        writer = turn.session.get_one(Person, section.writer).name
        raise Refused(f"{what}由{writer}执笔，您可以回复“批注 {found[1]} 意见”。要改由您写，请负责人重新分工。")
    mine = select(Conversation).where(Conversation.subject == str(section.id), Conversation.dialogue == "part")
    begun = turn.session.exec(mine.order_by(col(Conversation.id))).all()
    if others := [turn.session.get_one(Person, row.person).name for row in begun if row.person != turn.actor.userid]:
        turn.say(f"提示：{'、'.join(others)}也在写{what}。先交的先存，后交的会看到对方改了什么，都不会丢。")
    for draft in turn.dialogues.laid_aside(turn):
        if draft.conversation.id in {row.id for row in begun}:
            turn.dialogues.resume(draft)
            return ""
    turn.dialogues.open(turn, "part", str(section.id))
    return ""


def _read(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    turn = exchange.turn
    section = _section(turn, proposal, found[1])
    what = collective.label(turn.session, section)
    if not section.text:
        return f"{what}还没有写。"
    remarks = [
        f"批注 {turn.session.get_one(Person, r.person).name}（{minute(r.at)}）：{r.text}"
        for r in collective.remarks_of(turn.session, section)
    ]
    return "\n".join([f"{what}（{last_change(turn, section)}）：", section.text, *remarks])


def _remark(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    turn, text = exchange.turn, found[2].strip()
    section = _section(turn, proposal, found[1])
    if len(text) > REMARK_MAX:
        raise Refused(f"批注有{len(text)}字，请压缩到{REMARK_MAX}字以内。")
    before = collective.remarks_of(turn.session, section)
    if any((remark.person, remark.text) == (turn.actor.userid, text) for remark in before):
        raise Refused("这条批注已经有了，没有重复记。")
    turn.session.add(Remark(section_id=section.id or 0, person=turn.actor.userid, text=text, at=turn.now))
    turn.session.flush()
    what = collective.label(turn.session, section)
    _tell(
        turn,
        f"{turn.actor.name}对{_called(turn, proposal)}的{what}批注：{text}\n回复“集体提案”打开。",
        section.writer,
        proposal.proposer,
    )
    return f"已批注{what}，共{len(before) + 1}条。"


def _versions(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """Every text of a part: who, when, and what changed; those that never became it, whole."""
    turn = exchange.turn
    section = _section(turn, proposal, found[1])
    what = collective.label(turn.session, section)
    lines, before = [], ""
    for revision in collective.revisions_of(turn.session, section):
        by = turn.session.get_one(Person, revision.person).name
        when = f"{minute(revision.at)} {by}"
        if revision.apart:
            lines.append(f"另存的一稿 {when}：{clipped(revision.text)}")
            continue
        changed = in_words(Change(what, pieces_between(before, revision.text))) if before else clipped(revision.text)
        lines.append(f"第{revision.stamp}版 {when}：{clipped(changed)}")
        before = revision.text
    if not lines:
        return f"{what}还没有写。"
    return "\n".join([f"{what}的版本：", *lines])


# --- for the head and the contact -------------------------------------------------------------------------------------


def must_organise(turn: Turn, proposal: Proposal) -> None:
    """Refused, with who may, for anybody but the head and the contact."""
    if not collective.organises(turn.session, proposal, turn.actor.userid):
        head = turn.session.get_one(Person, proposal.proposer).name
        raise Refused(f"请人和分工由负责人{head}来定，您可以写自己的部分或批注。")


def _name(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """执笔 张三、李四."""
    turn = exchange.turn
    must_organise(turn, proposal)
    people = _members(turn, found[1])
    new = [person for person in people if not collective.writes_along(turn.session, proposal, person.userid)]
    if not new:
        raise Refused(f"{'、'.join(person.name for person in people)}已经在执笔人里了。")
    for person in new:
        add_writer(turn, proposal, person)
    return f"已请{'、'.join(person.name for person in new)}执笔。给谁写哪部分，回复“分工 2 {new[0].name}”。"


def _members(turn: Turn, words: str) -> list[Person]:
    meant = names_in(turn, words)
    if meant.unclear:
        same = [turn.session.get_one(Person, userid) for userid in meant.unclear[0]]
        both = "、".join(f"{p.name}（{p.sector or p.title or p.userid}）" for p in same)
        raise Refused(f"有几位：{both}。请连括号一起写，例如“{same[0].name}（{same[0].sector}）”。")
    return [turn.session.get_one(Person, userid) for userid in meant.people]


def add_writer(turn: Turn, proposal: Proposal, person: Person) -> None:
    """Somebody writes along from now on, and is told so."""
    place = collective.place_of(turn.session, proposal, person.userid)
    if place is None:
        place = Writer(proposal_id=proposal.id or 0, person=person.userid, named_at=turn.now)
    place.active = True
    turn.session.add(place)
    turn.session.flush()
    if person.userid == turn.actor.userid:
        return
    card = Card(
        title="请您执笔集体提案",
        text="点“开始写”看分工；也可以随时发送“集体提案”。写的每一稿都会留下。",
        facts=(
            ("案由", proposal.title or "待拟"),
            ("组织", collective.author(turn.session, proposal)),
            ("邀请人", turn.actor.name),
        ),
        buttons=(Button("开始写", Desk(proposal.id or 0).key),),
        link=turn.url(f"p/proposals/{proposal.id}"),
        link_text="查看全文",
    )
    turn.say(card, to=person, lane=Lane.NOTICE)


def _give(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """分工 2 张三; whoever does not write along yet, does from now on."""
    turn = exchange.turn
    must_organise(turn, proposal)
    section = _section(turn, proposal, found[1])
    people = _members(turn, found[2])
    if len(people) != 1:
        raise Refused("一部分由一位执笔，请只写一个姓名。")
    [person] = people
    if not collective.writes_along(turn.session, proposal, person.userid):
        add_writer(turn, proposal, person)
    before, section.writer = section.writer, person.userid
    turn.session.add(section)
    what = collective.label(turn.session, section)
    _tell(turn, f"{_called(turn, proposal)}的{what}请您执笔。回复“集体提案”打开。", person.userid)
    if before != person.userid:
        _tell(turn, f"{_called(turn, proposal)}的{what}改由{person.name}执笔，您写过的都还在版本里。", before)
    return f"{what}由{person.name}执笔。"


def _send_away(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """移除 张三: what they wrote stays, their parts are free again."""
    turn = exchange.turn
    must_organise(turn, proposal)
    wanted = select(Person).join(Writer, col(Writer.person) == Person.userid)
    there = turn.session.exec(
        wanted.where(Writer.proposal_id == proposal.id, col(Writer.active)).order_by(col(Writer.id))
    ).all()
    fits = [person for person in there if found[1].removesuffix("委员") in {person.name, person.userid}]
    if not fits:
        names = "、".join(person.name for person in there)
        raise Refused(f"执笔人里没有“{found[1][:20]}”。" + (f"现在有：{names}。" if names else ""))
    [person] = fits[:1]
    place = collective.place_of(turn.session, proposal, person.userid)
    assert place is not None
    place.active = False
    turn.session.add(place)
    for section in collective.sections_of(turn.session, proposal):
        if section.writer == person.userid:
            section.writer = ""
            turn.session.add(section)
    desk = select(Conversation).where(
        Conversation.person == person.userid,
        Conversation.dialogue == exchange.conversation.dialogue,
        Conversation.subject == exchange.subject,
    )
    for row in turn.session.exec(desk.order_by(col(Conversation.id))):
        turn.session.delete(row)
    turn.session.flush()
    _tell(
        turn,
        f"{turn.actor.name}已请您不再执笔{_called(turn, proposal)}。您写过的都留着；正在写的交来后会另存，供负责人参考。",
        person.userid,
    )
    return f"{person.name}不再执笔，写过的都留着；原来的部分可以重新分工。"


def _add(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """加一条, 加一条 张三: one more suggestion."""
    turn = exchange.turn
    must_organise(turn, proposal)
    sections = collective.sections_of(turn.session, proposal)
    most = turn.rules.suggestion_max_items
    if sum(section.kind == SUGGESTION for section in sections) >= most:
        raise Refused(f"最多{most}条建议，没有再加。")
    people = _members(turn, found[1]) if found[1] else []
    if len(people) > 1:
        raise Refused("一部分由一位执笔，请只写一个姓名。")
    section = collective.add_suggestion(turn.session, proposal)
    what = f"加了{collective.label(turn.session, section)}，序号{len(sections) + 1}"
    if not people:
        return f"{what}。给谁写，回复“分工 {len(sections) + 1} 姓名”。"
    [person] = people
    if not collective.writes_along(turn.session, proposal, person.userid):
        add_writer(turn, proposal, person)
    section.writer = person.userid
    turn.session.add(section)
    _tell(turn, f"{_called(turn, proposal)}的{collective.label(turn.session, section)}请您执笔。", person.userid)
    return f"{what}，由{person.name}执笔。"


def _remove(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """删除 4: a suggestion; its versions stay in the store."""
    turn = exchange.turn
    must_organise(turn, proposal)
    section = _section(turn, proposal, found[1])
    what = collective.label(turn.session, section)
    if section.kind != SUGGESTION:
        raise Refused(f"{what}是必填的，不能删除，可以重写。")
    section.dropped = True
    turn.session.add(section)
    collective.follow(turn.session, proposal)
    _tell(turn, f"{_called(turn, proposal)}的{what}已由{turn.actor.name}删去。", section.writer)
    return f"删除了{what}。" + (f"原文：\n{clipped(section.text)}" if section.text else "")


def _discard(exchange: Exchange, proposal: Proposal, found: re.Match[str]) -> str:
    """作废: asked once more, for nobody goes on with it then."""
    turn = exchange.turn
    must_organise(turn, proposal)
    called = _called(turn, proposal)
    if proposal.serial_no:
        raise Refused(f"{called}已经提交过，不能作废。不办了请负责人回复“申请撤案”。")
    if not found[1]:
        return f"{called}要作废吗？写过的各稿都留着，但不能再提交。确定请回复“确认作废”。"
    writers = [person.userid for person in collective.writers_of(turn.session, proposal)]
    collective.discard(turn.session, proposal)
    forget_desks(turn, proposal)
    _tell(turn, f"{called}已由{turn.actor.name}作废，不用再写。", *writers, proposal.proposer)
    turn.say(f"{called}已作废。")
    return ""


_PLACE = r"第?\s*(\d{1,2})\s*(?:部分)?"
WORDS: tuple[tuple[re.Pattern[str], Work], ...] = (
    (re.compile(rf"(?:写\s*)?{_PLACE}"), _write),
    (re.compile(rf"(?:看|查看|读)\s*{_PLACE}"), _read),
    (re.compile(rf"版本\s*{_PLACE}"), _versions),
    (re.compile(rf"批注\s*{_PLACE}[\s:：,，]*(.+)", re.DOTALL), _remark),
    (re.compile(rf"分工\s*{_PLACE}[\s:：,，]*(.+)"), _give),
    (re.compile(r"(?:执笔|请|邀请)[\s:：,，]*(.+)"), _name),
    (re.compile(r"(?:移除|去掉|撤下)[\s:：]*(\S+)"), _send_away),
    (re.compile(r"(?:再)?加一条(?:建议)?[\s:：]*(.*)"), _add),
    (re.compile(rf"(?:删除|删掉)\s*{_PLACE}"), _remove),
    (re.compile(r"(确认)?作废"), _discard),
)
