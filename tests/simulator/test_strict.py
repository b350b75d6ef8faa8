"""All valid examples pass, all invalid ones are refused, and refusals carry the platform's codes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import strict
from simulator.refusal import Refusal
from tests.simulator.conftest import buttons, selectors, text

FOLDER = Path(__file__).parents[1] / "protocol"
VALID, INVALID = (sorted((FOLDER / kind).glob("*.json")) for kind in ("valid", "invalid"))


def load(path: Path) -> tuple[str, Any]:
    return path.name.partition("__")[0], json.loads(path.read_text(encoding="utf-8"))


def test_all_examples_are_here() -> None:
    assert (len(VALID), len(INVALID)) == (52, 51)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_example_passes(path: Path) -> None:
    name, body = load(path)
    assert strict.is_valid(name, body)
    if name.endswith("request"):
        checked = strict.check(name, copy.deepcopy(body))
        assert checked.body == body
        assert not checked.cut


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_example_is_refused(path: Path) -> None:
    name, body = load(path)
    assert not strict.is_valid(name, body)
    if name.endswith("request"):
        with pytest.raises(Refusal):
            strict.check(name, body, cut=False)


def code(name: str, body: dict[str, Any], **more: Any) -> int:
    with pytest.raises(Refusal) as refused:
        strict.check(name, body, **more)
    return refused.value.errcode


def send(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"touser": "wang", "agentid": 1, "msgtype": kind, kind: content, **more}


MENU = {"type": "click", "name": "我的", "key": "mine"}


@pytest.mark.parametrize(
    ("errcode", "body"),
    [
        (82001, {"agentid": 1, "msgtype": "text", "text": {"content": "x"}}),
        (82001, text("")),
        (40032, text("|".join(f"u{n}" for n in range(1001)))),
        (82002, {**text("wang"), "toparty": "|".join(str(n) for n in range(101))}),
        (82003, {**text("wang"), "totag": "|".join(str(n) for n in range(101))}),
        (40031, text("wang| li")),
        (40035, {**text("wang"), "toparty": "x"}),
        (41011, {"touser": "wang", "msgtype": "text", "text": {"content": "x"}}),
        (40008, send("telegram", {"content": "x"})),
        (40063, {"touser": "wang", "agentid": 1, "msgtype": "text"}),
        (44004, text("wang", "")),
        (41006, send("image", {})),
        (41033, send("textcard", {"title": "a", "url": "https://a.example"})),
        (41016, send("textcard", {"description": "a", "url": "https://a.example"})),
        (41010, send("textcard", {"title": "a", "description": "a"})),
        (45008, send("news", {"articles": [{"title": "a", "url": "https://a.example"}] * 9})),
        (45034, send("news", {"articles": [{"title": "a", "url": "a.example"}]})),
        (40074, send("news", {"articles": [{"title": "a", "url": "https://a.example"}]}, safe=1)),
        (45032, send("mpnews", {"articles": [{"title": "a", "thumb_media_id": "m", "content": "c", "author": "字" * 22}]})),
        (90200, send("miniprogram_notice", {"title": "四个汉字"})),
        (45002, send("markdown", {"content": "字" * 683})),
        (42031, send("template_card", {"card_type": "postcard"})),
        (42014, send("template_card", buttons("编号"))),
        (42014, send("template_card", buttons("x" * 129))),
        (42039, send("template_card", buttons("T-1", "同", "同"))),
        (42039, send("template_card", buttons("T-1", button_list=[{"text": "a", "key": "字" * 342}]))),
        (42028, send("template_card", buttons("T-1", button_list=[{"text": "a", "type": 1}]))),
        (42027, send("template_card", buttons(horizontal_content_list=[{"value": "a"}]))),
        (42029, send("template_card", buttons(horizontal_content_list=[{"keyname": "a", "type": 2}]))),
        (42051, send("template_card", buttons(action_menu={"action_list": [{"text": "a", "key": "k"}] * 2}))),
        (42043, send("template_card", {**selectors(), "select_list": selectors()["select_list"][:1] * 2})),
        (42040, send("template_card", {**selectors(), "select_list": [
            {"question_key": "q", "option_list": [{"id": "1", "text": "a"}] * 2}]})),
        (42037, send("template_card", {**selectors(), "select_list": [{"question_key": "q", "option_list": []}]})),
        (42049, send("template_card", {**selectors(), "submit_button": {"key": "k"}})),
        (40058, {**text("wang"), "unknown": 1}),
    ],
)  # fmt: skip
def test_send_refuses_with(errcode: int, body: dict[str, Any]) -> None:
    assert code("message_send.request", body) == errcode


@pytest.mark.parametrize(
    ("errcode", "menu"),
    [
        (40016, []),
        (40018, [{**MENU, "name": "六个汉字名称"}]),
        (40019, [{**MENU, "key": "k" * 129}]),
        (40017, [{**MENU, "type": "press"}]),
        (40024, [{"name": "更多", "sub_button": [{**MENU, "type": "press"}]}]),
        (40025, [{"name": "更多", "sub_button": [{**MENU, "name": "字" * 14}]}]),
        (40022, [{"name": "更多", "sub_button": [{"name": "再多", "sub_button": [MENU]}]}]),
        (40055, [{"type": "view", "name": "页面", "url": "a.example"}]),
        (41102, [{"type": "click", "key": "k"}]),
    ],
)
def test_menu_create_refuses_with(errcode: int, menu: list[Any]) -> None:
    assert code("menu_create.request", {"button": menu}) == errcode


def test_update_takes_one_of_button_and_card() -> None:
    body: dict[str, Any] = {"agentid": 1, "response_code": "r", "userids": ["wang"]}
    assert code("update_template_card.request", body) == 40058
    assert code("update_template_card.request", {**body, "button": {"replace_name": ""}}) == 42020
    card = buttons()
    assert code("update_template_card.request", {**body, "template_card": card}) == 40058  # no task_id here
    del card["task_id"]
    strict.check("update_template_card.request", {**body, "template_card": card})


def test_over_long_words_are_cut_inside_no_character_and_only_where_the_platform_cuts() -> None:
    body = text("wang", "x" + "字" * 700)
    checked = strict.check("message_send.request", body)
    assert checked.body["text"]["content"] == "x" + "字" * 682
    assert checked.cut == ["text.content"]
    assert len(body["text"]["content"]) == 701  # what was asked stays as it was
    assert code("message_send.request", body, cut=False) == 45002
    titles = send("textcard", {"title": "字" * 129, "description": "d", "url": "https://a.example"})
    assert len(strict.check("message_send.request", titles).body["textcard"]["title"]) == 128


def test_words_the_client_clips_are_reported_by_card_type() -> None:
    long_title = {"main_title": {"title": "字" * 20}}
    assert not strict.check("message_send.request", send("template_card", {**buttons(), **long_title})).clipped
    vote = {
        "card_type": "vote_interaction",
        **long_title,
        "checkbox": {"question_key": "q", "option_list": [{"id": "1", "text": "a", "is_checked": False}]},
        "submit_button": {"text": "提交", "key": "k"},
        "task_id": "V-1",
    }
    assert len(strict.check("message_send.request", send("template_card", vote)).clipped) == 1


@pytest.mark.parametrize(
    ("raw", "errcode"),
    [(b'{"a": "\\u4f60"}', 40033), (b"{", 40058), (b"[]", 40058), (b"\xff", 40058), (b"[" * 100_000, 40058)],
)  # fmt: skip
def test_a_body_is_plain_json(raw: bytes, errcode: int) -> None:
    with pytest.raises(Refusal) as refused:
        strict.read_json(raw)
    assert refused.value.errcode == errcode


def test_a_backslash_before_a_u_is_no_escape() -> None:
    assert strict.read_json(rb'{"path": "C:\\u4f60"}') == {"path": "C:\\u4f60"}


REQUESTS = [load(path) for path in VALID if "request" in path.name]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "key", "text"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_nonsense_anywhere_in_a_request_passes_or_is_refused_and_nothing_else(data: st.DataObject) -> None:
    name, example = data.draw(st.sampled_from(REQUESTS))
    body = copy.deepcopy(example)
    place, key = body, data.draw(st.sampled_from(sorted(body)))
    for _ in range(data.draw(st.integers(0, 5))):
        inner = place[key]
        keys = sorted(inner) if isinstance(inner, dict) else list(range(len(inner))) if isinstance(inner, list) else []
        if not keys:
            break
        place, key = inner, data.draw(st.sampled_from(keys))
    place[key] = data.draw(ANYTHING)
    try:
        checked = strict.check(name, body)
    except Refusal:
        return
    assert strict.is_valid(name, checked.body)
