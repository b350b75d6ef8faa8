"""选题: the catalogue of reference topics. Everybody may read it; a member takes one, and a draft begins with its 来源."""

import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from bot.payload import Payload, read
from bot.router import Router, listed
from bot.turn import Turn
from bot.wecom.messages import Words
from handlers.cards.topics import TAKE, OpenTopic, RecallTopic, TakeTopic, came_of, line, subject, topic_card
from handlers.draft.begin import is_member
from handlers.draft.parts import new_draft
from models import access
from models.conversation import Listed
from models.errors import Refused
from models.proposal import Proposal
from models.states import Role, State
from models.topic import Taking, Topic, likeness, takings_of, times_taken, topics_of

router = Router()
SHOWN = 10
PUBLISHERS = frozenset({access.OFFICE[Role.STAFF], access.OFFICE[Role.DIRECTOR]})
OVERSEERS = access.SEES_ALL - {access.OFFICE[Role.DISPATCHER]}
NUMBER = r"第?\s*(\d{1,6})\s*号?"


@dataclass(frozen=True)
class MoreTopics(Payload, tag="topics"):
    """The next ten of the catalogue."""

    words: str
    skip: int


# --- reading ----------------------------------------------------------------------------------------------------------


@router.command("选题", "选题目录", "参考选题")
def catalogue(turn: Turn) -> None:
    """What there is to write on."""
    _list(turn, "", 0)


@router.pattern(rf"选题\s*{NUMBER}")
def by_number(found: re.Match[str], turn: Turn) -> None:
    """选题 3."""
    show(turn, topic_numbered(turn, int(found[1])))


@router.pattern(r"选题 +([^\n]{1,30})")
def by_words(found: re.Match[str], turn: Turn) -> None:
    """选题 领导点题, 选题 养老."""
    _list(turn, " ".join(found[1].split()), 0)


@router.press(MoreTopics)
def more(pressed: tuple[MoreTopics, Any], turn: Turn) -> None:
    """The number behind the tenth."""
    payload, _ = pressed
    _list(turn, payload.words, payload.skip)


@router.press(OpenTopic)
def opened(pressed: tuple[OpenTopic, Any], turn: Turn) -> None:
    """A number of the list."""
    payload, _ = pressed
    show(turn, topic_numbered(turn, payload.topic))


def _list(turn: Turn, words: str, skip: int) -> None:
    topics = [topic for topic in topics_of(turn.session, turn.rules.term_session) if _is_about(topic, words)]
    if not topics:
        found = f"没有含“{words}”的选题，回复“选题”看全部" if words else "现在没有参考选题"
        raise Refused(f"{found}。发送“我要提案”可以写自己的题目。")
    shown = topics[skip : skip + SHOWN]
    if not shown:
        raise Refused("没有更多选题了。回复“选题”从头看。")
    times = times_taken(turn.session, [topic.id for topic in shown])
    lines = [line(topic, times.get(topic.id or 0, 0)) for topic in shown]
    rest = len(topics) - skip - len(shown)
    if turn.dialogues.current(turn):  # a number would answer its question
        lines = [f"· {topic.id}号 {text}" for topic, text in zip(shown, lines, strict=True)]
        tail = f"看其中一个回复“选题 {shown[0].id}”。您正在写的内容还在等您，直接回答就好。"
        tail += f"还有{rest}个，写几个字来找，例如“选题 养老”。" if rest else ""
    else:
        lines = [f"{place} {text}" for place, text in enumerate(lines, 1)]
        payloads: list[Payload] = [OpenTopic(topic.id or 0) for topic in shown]
        if rest:
            payloads.append(MoreTopics(words, skip + SHOWN))
        listed(turn, payloads)
        tail = "回复序号看详情、选用" + (f"，回复 {len(payloads)} 看后面的{rest}个。" if rest else "。")
    head = f"参考选题，共{len(topics)}个：" if not skip else f"参考选题，第{skip + 1}个起："
    turn.say("\n".join([head, *lines, tail]))


def _is_about(topic: Topic, words: str) -> bool:
    return words in topic.kind.value or likeness(words) in likeness(f"{topic.title}\n{topic.note}")


def topic_numbered(turn: Turn, number: int, *, held: bool = False) -> Topic:
    """By the number people call it by; `held` until the turn ends."""
    topic = turn.session.get(Topic, number)
    if topic is None:
        raise Refused(f"没有{number}号选题。回复“选题”看有哪些。")
    return turn.get(Topic, number) if held else topic


def show(turn: Turn, topic: Topic) -> None:
    """The topic, what one may do with it, and for the office what came of it."""
    office = access.holds_any(turn.session, turn.actor, OVERSEERS)
    takes = is_member(turn) and topic.term_session == turn.rules.term_session
    recalls = access.holds_any(turn.session, turn.actor, PUBLISHERS)
    times = times_taken(turn.session, [topic.id]).get(topic.id or 0, 0)
    card = topic_card(topic, times, office=office, takes=takes, recalls=recalls)
    if card.text != topic.note and topic.note:
        turn.say(f"{topic.called}\n{topic.note}")
    if office and times:
        takings = takings_of(turn.session, [topic.id]).get(topic.id or 0, [])
        turn.say("\n".join(["选用情况：", *came_of(turn.session, turn.actor, takings)]))
    turn.say(card if card.buttons else Words(_in_words(card.title, card.text, card.facts)), subject=subject(topic))
    if card.buttons:
        listed(turn, [payload for payload in map(read, (b.key for b in card.buttons)) if payload])


def _in_words(title: str, text: str, facts: tuple[tuple[str, str], ...]) -> str:
    return "\n".join([f"【{title}】", *(f"{name}：{value}" for name, value in facts), *([text] if text else [])])


# --- taking -----------------------------------------------------------------------------------------------------------


@router.press(TakeTopic)
def take_pressed(pressed: tuple[TakeTopic, Any], turn: Turn) -> None:
    """The button on its card."""
    payload, _ = pressed
    take(turn, payload.topic)


@router.pattern(rf"{TAKE}\s*(?:选题)?\s*{NUMBER}")
def take_by_number(found: re.Match[str], turn: Turn) -> None:
    """选用 3."""
    take(turn, int(found[1]))


@router.command(TAKE)
def take_shown(turn: Turn) -> None:
    """The button's word typed: the topic that was shown last."""
    take(turn, shown_last(turn, TakeTopic, f"请写选题的号码，例如“{TAKE} 3”；回复“选题”看有哪些。"))


def shown_last(turn: Turn, kind: type[TakeTopic] | type[RecallTopic], else_: str) -> int:
    """Which topic a word on a card is about, where the card was the last thing shown."""
    shown = turn.session.get(Listed, turn.actor.userid)
    for payload in map(read, shown.payloads if shown else []):
        if isinstance(payload, kind):
            return payload.topic
    raise Refused(else_)


def take(turn: Turn, number: int) -> None:
    """A draft on this topic, with its 来源; it stays when the topic is withdrawn."""
    if not is_member(turn):
        raise Refused("选题由政协委员选用，您的账号不是委员。发送“帮助”看能做什么。")
    topic = topic_numbered(turn, number, held=True)
    if topic.withdrawn_at is not None or topic.term_session != turn.rules.term_session:
        turn.card_now("已收回")
        turn.say(f"{topic.called}已收回，不能再选用。回复“选题”看别的，或发送“我要提案”写自己的题目。")
        return
    if _is_writing_on(turn, topic):
        raise Refused(f"您已经选用了{topic.called}，草稿还在。回复“我的草稿”接着写。")
    proposal = new_draft(turn)
    proposal.origin = topic.kind
    turn.session.add(Taking(proposal_id=proposal.id or 0, topic_id=number, person=turn.actor.userid, at=turn.now))
    current = turn.dialogues.current(turn)
    aside = current is not None and turn.dialogues.by_name[current.conversation.dialogue].parkable
    turn.card_now("已选用")
    turn.say(
        f"已选用{topic.called}，来源记为“{topic.kind.value}”。"
        + ("刚才在写的已存好，回复“我的草稿”能看到。" if aside else "")
    )
    turn.dialogues.open(turn, "draft", str(proposal.id), {"origin": topic.kind.name.lower()})


def _is_writing_on(turn: Turn, topic: Topic) -> bool:
    mine = select(Taking.proposal_id).join(Proposal).where(Taking.topic_id == topic.id, Proposal.state == State.DRAFT)
    return turn.session.exec(mine.where(Taking.person == turn.actor.userid).limit(1)).first() is not None
