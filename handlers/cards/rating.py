"""The rating card: 办理态度 办理过程 办理结果 with 满意 基本满意 不满意 (DOMAIN §10.1)."""

from bot.wecom.messages import Button, Card, Say, Select
from handlers.cards.buttons import Rate
from handlers.cards.told import Told, day, named
from models.states import Event, Verdict

QUESTIONS = {"attitude": "办理态度", "process": "办理过程", "result": "办理结果"}
OPTIONS = tuple((verdict.name, verdict.value) for verdict in Verdict)


def rating_card(t: Told) -> Say:
    """To the member after delivery; whoever sees no cards is then asked the three questions one by one."""
    a = t.assignment
    return Card(
        title="请评价提案办理",
        text=f"{t.unit.name} · {t.proposal.number}{named(t.proposal)}\n请在{day(a.lapses_on)}前评价，只有您本人能填。",
        selects=tuple(Select(key, title, OPTIONS) for key, title in QUESTIONS.items()),
        submit=Button(Event.RATE.value, Rate(a.id or 0, a.stamp).key),
        link=t.todo,  # a card has no place for it, and needs none
        link_text="也可以点开网页填写",
    )


def labels(said: dict[str, str]) -> str:
    """办理态度满意、办理过程满意、办理结果不满意."""
    return "、".join(f"{title}{Verdict[said[key]].value}" for key, title in QUESTIONS.items())
