"""发布选题, 收回选题, 选题进度: the office's side of the catalogue of topics."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.payload import Payload
from bot.questions import Ask, Choice, Dialogue, Exchange, as_it_is
from bot.router import Router, listed
from bot.turn import Turn
from handlers.cards.told import gist
from handlers.cards.topics import RECALL, OpenTopic, RecallTopic, came_of, is_handed_in, subject, taken_by
from handlers.topics import NUMBER, OVERSEERS, PUBLISHERS, SHOWN, shown_last, topic_numbered
from models import access
from models.errors import Refused
from models.guards import length
from models.messages import Lane
from models.states import Origin
from models.topic import OFFERED, TITLE_MAX, Topic, known, likeness, takings_of, times_taken, topics_of

router = Router()
MEMBER = "member"
AT_ONCE = 300  # topics of one publication
PREVIEWED, TOLD = 20, 5
BY_MAX = 30
BETWEEN = re.compile(r"\s*[|｜\t]\s*")
NUMBERED = re.compile(
    r"^(?:[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|\d{1,3}[、.．)）](?!\d)|[①-⑳])\s*"
)
ONLY_OFFICE = "选题由提案委发布和收回。发送“选题”看目录，“帮助”看能做什么。"


def _must_publish(turn: Turn) -> None:
    if not access.holds_any(turn.session, turn.actor, PUBLISHERS):
        raise Refused(ONLY_OFFICE)


# --- publishing -------------------------------------------------------------------------------------------------------


@router.command("发布选题")
def publish(turn: Turn) -> None:
    """One topic or a whole catalogue."""
    _must_publish(turn)
    turn.dialogues.open(turn, "topics")


def _items(exchange: Exchange, text: str) -> list[dict[str, str]]:
    """One topic a line: 题目｜说明｜谁荐的."""
    lines = [line for line in map(str.strip, as_it_is(exchange, text).splitlines()) if line]
    if len(lines) + len(exchange.so_far or []) > AT_ONCE:
        raise Refused(f"一次最多发布{AT_ONCE}个选题，这条消息没有记下。请分几次发布。")
    return [_item(exchange, line) for line in lines]


def _item(exchange: Exchange, line: str) -> dict[str, str]:
    title, *more = BETWEEN.split(NUMBERED.sub("", line), maxsplit=2)
    note, by = [*more, "", ""][:2]
    if not likeness(title):
        raise Refused(f"“{gist(line, 20)}”没有题目，这条消息没有记下。请每行写“题目｜说明”，说明可以不写。")
    if (much := length(title + note)) > exchange.turn.rules.topic_max:
        most = exchange.turn.rules.topic_max
        raise Refused(f"“{gist(title, 12)}”有{much}字，一个选题最多{most}字，这条消息没有记下，请压缩后再发。")
    if len(by) > BY_MAX:
        raise Refused(f"“{gist(title, 12)}”后面的出题人太长了，请写{BY_MAX}字以内。")
    if len(title) > TITLE_MAX:  # a clue written in one piece
        title, note = gist(title, TITLE_MAX // 2), "\n".join(filter(None, (title, note)))
    return {"title": title, "note": note, "by": by}


def _by(exchange: Exchange, text: str) -> str:
    words = as_it_is(exchange, text)
    if len(words) > BY_MAX:
        raise Refused(f"请写{BY_MAX}字以内，例如姓名或职务。")
    return words


def _whose(exchange: Exchange) -> str:
    if _kind(exchange) is Origin.LEADER_TOPIC:
        return "是哪位领导点的题？委员会看到；不写回复“跳过”。"
    return "是谁荐的？请写实名，只有机关看得到；不知道回复“跳过”。"


def _kind(exchange: Exchange) -> Origin:
    return Origin[exchange.answers["kind"].upper()]


def _asks_whose(exchange: Exchange) -> bool:
    if exchange.answers.get("kind") in {None, Origin.TOPIC_CATALOG.name.lower()}:
        return False
    return any(not item["by"] for item in exchange.answers.get("items") or [])


def _new(exchange: Exchange) -> list[dict[str, str]]:
    """What is not in the catalogue yet, each once."""
    turn = exchange.turn
    there, new = known(topics_of(turn.session, turn.rules.term_session)), []
    for item in exchange.answers["items"]:
        if (said := likeness(item["title"])) not in there:
            there.add(said)
            new.append(item)
    return new


def _summary(exchange: Exchange) -> str:
    new = _new(exchange)
    twice = len(exchange.answers["items"]) - len(new)
    lines = [f"将发布{len(new)}个{_kind(exchange).value}："]
    lines += [f"· {gist(item['title'], 40)}" for item in new[:PREVIEWED]]
    lines += [f"……共{len(new)}个"] if len(new) > PREVIEWED else []
    lines += [f"另有{twice}个目录里已有，不重复发布。"] if twice else []
    return "\n".join(lines)


def _no_such_choice(exchange: Exchange, text: str) -> str:
    raise Refused("请点按钮，或回复前面的数字。")


def _published(exchange: Exchange) -> None:
    turn, answers = exchange.turn, exchange.answers
    kind, new = _kind(exchange), _new(exchange)
    turn.dialogues.drop(exchange)
    if answers["confirm"] == "no" or not new:
        turn.say("没有发布。" if answers["confirm"] == "no" else "这些目录里都有了，没有重复发布。")
        return
    topics = [
        Topic(
            kind=kind,
            title=item["title"],
            note=item["note"],
            said_by=item["by"] or answers.get("said_by") or "",
            term_session=turn.rules.term_session,
            published_by=turn.actor.userid,
            published_at=turn.now,
        )
        for item in new
    ]
    turn.session.add_all(topics)
    turn.session.flush()
    numbers = f"{topics[0].id}号" + (f"至{topics[-1].id}号" if len(topics) > 1 else "")
    told = _tell_members(turn, kind, topics) if answers["confirm"] == "tell" else 0
    notice = f"，已通知{told}位委员" if told else ""
    turn.say(f"已发布{len(topics)}个{kind.value}（{numbers}）{notice}。回复“选题进度”看选用情况。")


def _tell_members(turn: Turn, kind: Origin, topics: Sequence[Topic]) -> int:
    members = access.with_role(turn.session, MEMBER)
    lines = [f"提案委发布了{len(topics)}个{kind.value}："]
    lines += [f"· {topic.id}号 {gist(topic.title, 40)}" for topic in topics[:TOLD]]
    lines += ["……"] if len(topics) > TOLD else []
    lines.append("回复“选题”看全部，选一个就能开始写。")
    for member in members:
        turn.say("\n".join(lines), to=member, lane=Lane.NOTICE)
    return len(members)


# --- withdrawing ------------------------------------------------------------------------------------------------------


@router.press(RecallTopic)
def recall_pressed(pressed: tuple[RecallTopic, Any], turn: Turn) -> None:
    """The button on its card."""
    payload, _ = pressed
    _recall(turn, payload.topic)


@router.pattern(rf"{RECALL}\s*{NUMBER}")
def recall_by_number(found: re.Match[str], turn: Turn) -> None:
    """收回选题 3."""
    _recall(turn, int(found[1]))


@router.command(RECALL)
def recall_shown(turn: Turn) -> None:
    """The button's word typed: the topic that was shown last."""
    _must_publish(turn)
    _recall(turn, shown_last(turn, RecallTopic, f"请写选题的号码，例如“{RECALL} 3”；回复“选题”看有哪些。"))


def _recall(turn: Turn, number: int) -> None:
    _must_publish(turn)
    topic = topic_numbered(turn, number)
    if topic.withdrawn_at is not None:
        raise Refused(f"{topic.called}已经收回了。")
    turn.dialogues.open(turn, "recall_topic", str(number))


def _sure(exchange: Exchange) -> str:
    topic = topic_numbered(exchange.turn, int(exchange.subject))
    times = times_taken(exchange.turn.session, [topic.id]).get(topic.id or 0, 0)
    kept = f"{taken_by(times)}，他们写的不受影响。" if times else ""
    return f"要收回{topic.called}吗？{kept}收回后不能再选用。"


def _recalled(exchange: Exchange) -> None:
    turn, keeps = exchange.turn, exchange.answers["sure"] == "keep"
    turn.response_code = exchange.conversation.response_code
    topic = topic_numbered(turn, int(exchange.subject), held=True)
    turn.dialogues.drop(exchange)
    if keeps:
        turn.say(f"{topic.called}还在目录里。")
        return
    topic.withdrawn_at, topic.withdrawn_by = turn.now, turn.actor.userid
    turn.session.add(topic)
    turn.card_now("已收回")
    turn.settle_cards(subject(topic), "已收回")
    turn.say(f"已收回{topic.called}。")


# --- what came of them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MoreProgress(Payload, tag="progress"):
    """The next ten."""

    skip: int


@router.command("选题进度")
def progress(turn: Turn) -> None:
    """Per topic: who took it, which proposal, its state."""
    _progress(turn, 0)


@router.press(MoreProgress)
def more_progress(pressed: tuple[MoreProgress, Any], turn: Turn) -> None:
    """The number behind the tenth."""
    payload, _ = pressed
    _progress(turn, payload.skip)


def _progress(turn: Turn, skip: int) -> None:
    if not access.holds_any(turn.session, turn.actor, OVERSEERS):
        raise Refused("选题进度由提案委查看。回复“选题”看每个题目有几人选用，“我的提案”看您的提案办到哪一步。")
    topics = topics_of(turn.session, turn.rules.term_session, withdrawn=True)
    if not topics:
        raise Refused("本次会议还没有发布选题。发送“发布选题”开始。")
    takings = takings_of(turn.session, [topic.id for topic in topics])
    ordered = sorted(topics, key=lambda topic: -len(takings.get(topic.id or 0, [])))
    shown = ordered[skip : skip + SHOWN]
    lines = [_head(turn, topics, [p for found in takings.values() for _, p in found])] if not skip else []
    current = turn.dialogues.current(turn)
    for place, topic in enumerate(shown, 1):
        came = came_of(turn.session, turn.actor, takings.get(topic.id or 0, []))
        withdrawn = "，已收回" if topic.withdrawn_at else ""
        mark = "·" if current else place
        lines.append(f"{mark} {topic.id}号 {gist(topic.title, 30)}（{topic.kind.value}{withdrawn}）")
        lines.append(f"　{'；'.join(came) or '还没有人选用'}")
    rest = len(topics) - skip - len(shown)
    if not current:
        payloads: list[Payload] = [OpenTopic(topic.id or 0) for topic in shown]
        payloads += [MoreProgress(skip + SHOWN)] if rest else []
        listed(turn, payloads)
        lines.append("回复序号看详情" + (f"，回复 {len(payloads)} 看后面的{rest}个。" if rest else "。"))
    turn.say("\n".join(lines))


def _head(turn: Turn, topics: Sequence[Topic], proposals: Sequence[Any]) -> str:
    handed_in = [p for p in proposals if is_handed_in(p)]
    filed = [p for p in handed_in if p.proposal_no]
    return (
        f"选题进度（{turn.rules.term_session}）：共{len(topics)}个，选用{len(proposals)}次，"
        f"提交{len(handed_in)}件，立案{len(filed)}件。"
    )


DIALOGUES = (
    Dialogue(
        "topics",
        lambda exchange: "发布选题",
        (
            Ask(
                "kind",
                "类型",
                "发布哪一类选题？",
                _no_such_choice,
                choices=tuple(Choice(kind.name.lower(), kind.value) for kind in OFFERED),
            ),
            Ask(
                "items",
                "题目",
                "请发题目，一行一个，可以一次粘贴很多行；要加说明写成“题目｜说明”。都发完了回复“完”。",
                _items,
                several="list",
                example="盘活农村闲置校舍｜全市有四十多所，多数空着，可用作养老和文化活动",
            ),
            Ask("said_by", "出题人", _whose, _by, optional=True, when=_asks_whose),
            Ask(
                "confirm",
                "发布",
                _summary,
                _no_such_choice,
                choices=(
                    Choice("tell", "发布并通知委员", ("通知",)),
                    Choice("only", "只发布", ("发布",)),
                    Choice("no", "不发布"),
                ),
            ),
        ),
        _published,
        announced=False,
    ),
    Dialogue(
        "recall_topic",
        lambda exchange: RECALL,
        (
            Ask(
                "sure",
                RECALL,
                _sure,
                _no_such_choice,
                choices=(Choice("yes", "收回"), Choice("keep", "留着", ("不收回",))),
            ),
        ),
        _recalled,
        announced=False,
    ),
)
