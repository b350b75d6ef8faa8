"""How a question is put: a card with buttons where there are few choices, else words with numbers."""

from collections.abc import Sequence

from bot.questions import Ask, Choice, Dialogue, Exchange, Pick, numbered
from bot.wecom.messages import Button, Card, Words

BUTTONS = 6  # a card holds no more (PROTOCOL §6)
FEW = 3  # choices that are listed one a line


def put(exchange: Exchange, dialogue: Dialogue, *, first: bool = False) -> None:
    """Put the present question."""
    ask = dialogue.step(exchange.conversation.step)
    choices = ask.choices_for(exchange)
    text = text_of(exchange, ask)
    if first and dialogue.announced:
        text = f"{dialogue.title(exchange)}\n{text}"
    head = _progress(exchange, dialogue, ask)
    if not choices:
        exchange.turn.say(Words(f"{head}{text}"))
    elif len(choices) > BUTTONS or exchange.turn.actor.plain or len(text) > 100:
        exchange.turn.say(Words(f"{head}{text}\n{numbered(choices)}"))
        if len(choices) <= BUTTONS and not exchange.turn.actor.plain:
            _show(exchange, ask, f"{head}{ask.label}", "请点按钮，或回复数字", choices)
    else:
        between = "\n" if len(choices) <= FEW else "　"
        hint = f"{text}\n回复数字也可以：{between}{numbered(choices, between)}"
        _show(exchange, ask, f"{head}{ask.label}", hint, choices)


def _show(exchange: Exchange, ask: Ask, title: str, text: str, choices: Sequence[Choice]) -> None:
    buttons = tuple(
        Button(
            choice.label,
            Pick(exchange.conversation.id or 0, ask.name, choice.value).key,
            style=1 if ask.name == "preview" and not place else 2,  # one way forward stands out, choices are equal
        )
        for place, choice in enumerate(choices)
    )
    exchange.turn.say(Card(title=title, text=text, buttons=buttons), subject=about(exchange, ask))


def text_of(exchange: Exchange, ask: Ask) -> str:
    """The question itself."""
    return ask.question(exchange) if callable(ask.question) else ask.question


def _progress(exchange: Exchange, dialogue: Dialogue, ask: Ask) -> str:
    asked = [a for a in dialogue.asked(exchange) if a.counted and a.name != "preview"]
    if len(asked) < 3 or ask not in asked:
        return ""
    return f"（{asked.index(ask) + 1}/{len(asked)}）"


def about(exchange: Exchange, ask: Ask) -> str:
    """What a question's card is about, for when it is answered in words."""
    return f"ask:{exchange.conversation.id}:{ask.name}"
