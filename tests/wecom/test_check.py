"""Every right example is let through, every wrong one is held back, quickly and without quoting it."""

import json
import timeit
from pathlib import Path
from typing import Any

import pytest

from bot.wecom.check import BadBody, check
from tests.wecom.conftest import PROTOCOL


def examples(kind: str) -> list[Path]:
    return sorted((PROTOCOL / kind).glob("*.request__*.json"))


def load(path: Path) -> tuple[dict[str, Any], str]:
    return json.loads(path.read_text("utf-8")), path.name.split(".request__")[0]


def card(name: str) -> dict[str, Any]:
    return load(PROTOCOL / "valid" / f"message_send.request__card_{name}.json")[0]


@pytest.mark.parametrize("path", examples("valid"), ids=lambda path: path.stem)
def test_right_ones_pass(path: Path) -> None:
    check(*load(path))


@pytest.mark.parametrize("path", examples("invalid"), ids=lambda path: path.stem)
def test_wrong_ones_are_held_back(path: Path) -> None:
    with pytest.raises(BadBody):
        check(*load(path))


def text(content: Any, **more: Any) -> dict[str, Any]:
    return {"touser": "chen", "agentid": 1, "msgtype": "text", "text": {"content": content}, **more}


def test_bytes_are_counted_and_never_quoted() -> None:
    check(text("提" * 682), "message_send")
    with pytest.raises(BadBody) as caught:
        check(text("提" * 683), "message_send")
    assert (caught.value.path, caught.value.rule) == ("text.content", "x-maxBytes")
    assert "提" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (text("\ud800"), ""),
        (text(object()), ""),
        (text("x", touser="a|" * 1000 + "b"), "touser"),
        (text("x", touser="chen\n"), "touser"),
        (text("x") | {"msgtype": "new"}, "msgtype"),
        (text("x") | {"msgtype": ["text"]}, "msgtype"),
        ({}, "msgtype"),
        ({"msgtype": "template_card", "template_card": {"card_type": "new"}}, "template_card.card_type"),
        ({"msgtype": "template_card", "template_card": 1}, "template_card.card_type"),
        ([], ""),
    ],
)
def test_nonsense_is_held_back(body: Any, path: str) -> None:
    with pytest.raises(BadBody) as caught:
        check(body, "message_send")
    assert caught.value.path == path


def test_keys_are_used_once() -> None:
    buttons, selects = card("button_interaction"), card("multiple_interaction")
    button = {"text": "签收", "key": "k"}
    buttons["template_card"]["button_list"] = [button, button]
    rows = selects["template_card"]["select_list"]
    rows[0]["option_list"] = [{"id": "1", "text": "甲"}, {"id": "1", "text": "乙"}]
    for body, part in ((buttons, "button_list"), (selects, "option_list")):
        with pytest.raises(BadBody) as caught:
            check(body, "message_send")
        assert (caught.value.path, caught.value.rule) == (f"template_card.{part}", "used twice")


@pytest.mark.parametrize("name", ["button_interaction", "multiple_interaction", "text_notice"])
def test_a_card_is_checked_in_a_tenth_of_a_millisecond(name: str) -> None:
    body = card(name)
    check(body, "message_send")
    assert min(timeit.repeat(lambda: check(body, "message_send"), number=20, repeat=20)) / 20 < 100e-6
