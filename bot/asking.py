"""How a question is put: a card with buttons where there are few choices, else words with numbers, else large print."""

from collections.abc import Sequence

from bot.questions import Ask, Choice, Dialogue, Exchange, Pick, counted, numbered
from bot.wecom.messages import Button, Card, Words

BUTTONS = 6  # a card holds no more (PROTOCOL §6)
FEW = 3  # choices that are listed one a line
LONG_LABEL = 8  # characters: so are choices with longer names
ON_A_CARD = 100  # characters of a question that a card shows whole


def put(exchange: Exchange, dialogue: Dialogue, *, first: bool = False) -> None:
    """Put the present question, after what there is to say of the last answer."""
    ask = dialogue.step(exchange.conversation.step)
    choices = ask.choices_for(exchange)
    text = exchange.note + text_of(exchange, ask)
    exchange.note = ""
    if ask.several and (so_far := exchange.so_far):
        have = f"{len(so_far)}条" if ask.several == "list" else f"{counted(*so_far)}字"
        text += f"（已写{have}，接着写；都好了回复“完”）"
    if first and dialogue.announced:
        text = f"{dialogue.title(exchange)}\n{text}"
    head = _progress(exchange, dialogue, ask)
    if choices and exchange.turn.actor.in_words:
        exchange.turn.printing(exchange.turn.actor).asked = len(choices)
    if not choices:
        exchange.turn.say(Words(f"{head}{text}"))
    elif exchange.turn.actor.large:
        exchange.turn.say(Words(f"{head}{text}\n\n{numbered(choices)}\n\n请回复数字。"))
    elif len(choices) > BUTTONS or exchange.turn.actor.in_words:
        exchange.turn.say(Words(f"{head}{text}\n{numbered(choices)}"))
    elif len(text) > ON_A_CARD:
        exchange.turn.say(Words(f"{head}{text}\n{numbered(choices)}"))
        _show(exchange, ask, f"{head}{ask.label}", "请点按钮，或回复数字", choices)
    else:
        apart = len(choices) <= FEW or any(len(choice.label) > LONG_LABEL for choice in choices)
        between = "\n" if apart else "　"
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
    question = (ask.short if exchange.turn.actor.large else "") or ask.question
    return question(exchange) if callable(question) else question


def reminder(exchange: Exchange, ask: Ask) -> str:
    """What is wanted, in few words: the choices where there are some, else the question."""
    choices = ask.choices_for(exchange)
    return f"请回复：{numbered(choices, '　')}" if choices else text_of(exchange, ask)


def _progress(exchange: Exchange, dialogue: Dialogue, ask: Ask) -> str:
    asked = [a for a in dialogue.asked(exchange) if a.counted and a.name != "preview"]
    if len(asked) < 3 or ask not in asked:
        return ""
    place, whole = asked.index(ask) + 1, len(asked)
    return f"第{place}步，共{whole}步\n\n" if exchange.turn.actor.large else f"（{place}/{whole}）"


def about(exchange: Exchange, ask: Ask) -> str:
    """What a question's card is about, for when it is answered in words."""
    return f"ask:{exchange.conversation.id}:{ask.name}"
