"""Whatever may be said is within the platform's limits when it leaves, and survives the outbox."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.messages import (
    BadBody,
    Button,
    Card,
    CardNow,
    Say,
    Select,
    Words,
    as_task_id,
    bodies,
    check,
    from_json,
    link,
    plain,
    tidy,
    to_json,
)

URL = "https://city.example/p/proposals/7?tab=1&x=2"
TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "]]>", "😀" * 50, "办" * 5000, "<a href='x'>", "\x02http://x.y\x1fz\x03", "\x00\r\n"]
)
NAMED = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.split()) and text.isprintable())
KEY = st.text("abc:签1_@", min_size=1, max_size=30)
LINK = st.sampled_from(["", URL])
BUTTON = st.builds(Button, NAMED, key=KEY, style=st.integers(-1, 6)) | st.builds(Button, NAMED, url=st.just(URL))
OPTIONS = st.lists(st.tuples(KEY, TEXT), min_size=1, max_size=10, unique_by=lambda option: option[0]).map(tuple)
SELECTS = st.lists(
    st.builds(Select, KEY, TEXT, OPTIONS), min_size=1, max_size=3, unique_by=lambda one: one.question_key
)
BUTTONS = st.lists(BUTTON, max_size=6, unique_by=lambda one: one.key or one.label).map(tuple)
FACTS = st.lists(st.tuples(TEXT, TEXT), max_size=9).map(tuple)
COMMON: dict[str, Any] = {"text": TEXT, "facts": FACTS, "link": LINK, "link_text": TEXT, "note": TEXT}
SUBMIT = st.builds(Button, NAMED, key=KEY)
CARD = st.builds(Card, TEXT, buttons=BUTTONS, **COMMON) | st.builds(
    Card, TEXT, selects=SELECTS.map(tuple), submit=SUBMIT, **COMMON
)
WORDS = st.builds(Words, TEXT.filter(lambda text: bool(text.replace("\x00", "").strip())))
NOW = st.builds(CardNow, st.just("rC-1"), NAMED, CARD | st.none())
TASK = st.text(min_size=1, max_size=200)


def said(say: Say, task_id: str = "t-1") -> list[dict[str, Any]]:
    made = bodies(say, to="chen_b07", agent_id=1000021, task_id=task_id)
    for body in made:
        check(body, "update_template_card" if isinstance(say, CardNow) else "message_send")
    return made


@given(CARD | NOW, TASK)
def test_every_card_is_within_the_limits(say: Say, task_id: str) -> None:
    assert said(say, task_id)


@given(st.text(max_size=3000) | TEXT)
def test_words_are_within_the_limits_or_refused(text: str) -> None:
    if not tidy(text).strip():
        with pytest.raises(BadBody, match=r"text\.content: empty$"):
            said(Words(text))
        return
    assert all(body.keys() == {"touser", "agentid", "msgtype", "text"} for body in said(Words(text)))


@pytest.mark.parametrize("text", ["", " \n", "\x00\x02"])
def test_nothing_is_not_said(text: str) -> None:
    with pytest.raises(BadBody, match="empty"):
        said(Words(text))
    with pytest.raises(BadBody, match="empty"):
        said(CardNow("rC-1", text))


@given(CARD | NOW | WORDS)
def test_what_is_said_survives_the_outbox(say: Say) -> None:
    stored = to_json(say)
    assert from_json(json.loads(json.dumps(stored))) == say
    assert json.loads(json.dumps(stored)) == stored


def test_a_stranger_in_the_outbox_is_refused() -> None:
    with pytest.raises(ValueError, match="no such thing"):
        from_json({"say": "Song"})
    with pytest.raises(TypeError):
        said(Say())


@given(CARD)
def test_every_card_is_also_words(card: Card) -> None:
    assert said(Words(plain(card)))


SIGN = Card(
    "请签收提案",
    text="请于 5 个工作日内签收。",
    facts=(("提案", "关于增设社区长者食堂的建议"), ("主办", "民政局")),
    buttons=(Button("签收", "sign:7"), Button("申请调整", "adjust:7", style=3), Button("看全文", url=URL)),
    link=URL,
    note="市政协提案委",
)
RATE = Card(
    "请评价办理情况",
    text="答复已送达。",
    facts=(("提案", "长者食堂"),),
    selects=(Select("attitude", "办理态度", (("1", "满意"), ("2", "不满意"))),),
    submit=Button("提交评价", "rate:7"),
    link=URL,
)


def test_a_card_with_buttons() -> None:
    [body] = said(SIGN, "t-7")
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 14400)
    card = body["template_card"]
    assert (card["card_type"], card["task_id"]) == ("button_interaction", "t-7")
    assert card["button_list"] == [
        {"type": 0, "text": "签收", "style": 1, "key": "sign:7"},
        {"type": 0, "text": "申请调整", "style": 3, "key": "adjust:7"},
        {"type": 1, "text": "看全文", "style": 1, "url": URL},
    ]
    assert card["horizontal_content_list"][-1] == {"type": 1, "keyname": "详情", "value": "打开网页", "url": URL}
    assert card["card_action"] == {"type": 1, "url": URL}
    assert card["source"] == {"desc": "市政协提案委", "desc_color": 0}


def test_a_card_with_selects() -> None:
    card = said(RATE)[0]["template_card"]
    assert card["card_type"] == "multiple_interaction"
    assert card["main_title"] == {"title": "请评价办理情况", "desc": "答复已送达。\n提案：长者食堂"}
    assert card["submit_button"] == {"text": "提交评价", "key": "rate:7"}


def test_a_card_with_a_link_only_and_one_with_nothing_to_tap() -> None:
    notice = said(Card("已立案", link=URL))[0]["template_card"]
    assert (notice["card_type"], notice["card_action"]) == ("text_notice", {"type": 1, "url": URL})
    assert said(Card("已立案", facts=(("案号", "0412"),)))[0]["text"] == {"content": "【已立案】\n案号：0412"}


def test_a_seventh_fact_is_told_in_the_text() -> None:
    facts = tuple((f"第{n}项", f"{n}") for n in range(1, 9))
    card = said(Card("标题", facts=facts, link=URL))[0]["template_card"]
    assert len(card["horizontal_content_list"]) == 6
    assert card["sub_title_text"] == "第7项：7\n第8项：8"


def test_a_card_changes_once_it_is_done() -> None:
    grey = "已签收 · 危听澜 · 11月21日"
    base = {"userids": ["chen_b07"], "agentid": 1000021, "response_code": "rC-1"}
    assert said(CardNow("rC-1", grey)) == [base | {"button": {"replace_name": grey}}]
    assert said(CardNow("rC-1", grey, Card("无处可点"))) == [base | {"button": {"replace_name": grey}}]
    assert said(CardNow("rC-1", grey, SIGN))[0]["template_card"]["replace_text"] == grey
    assert said(CardNow("rC-1", grey, RATE))[0]["template_card"]["replace_text"] == grey
    assert "replace_text" not in said(CardNow("rC-1", "", SIGN))[0]["template_card"]
    notice = said(CardNow("rC-1", grey, Card("已立案", link=URL)))[0]["template_card"]
    assert (notice["main_title"]["desc"], "replace_text" in notice, "task_id" in notice) == (grey, False, False)


def test_the_same_card_as_words() -> None:
    assert plain(SIGN) == "\n".join(
        [
            "【请签收提案】",
            "提案：关于增设社区长者食堂的建议",
            "主办：民政局",
            "请于 5 个工作日内签收。",
            "请回复：签收／申请调整",
            link(URL, "看全文"),
            link(URL, "查看详情"),
        ]
    )
    assert plain(SIGN, [3, 12]).splitlines()[4:7] == ["请回复数字：", "3 签收", "12 申请调整"]
    assert "办理态度：满意／不满意" in plain(RATE)
    assert "请回复数字：\n7 提交评价" in plain(RATE, [7])
    assert plain(RATE).endswith(link(URL, "打开网页填写"))


@pytest.mark.parametrize("key", ["t-1", "A_b@9", "x" * 128])
def test_a_good_task_id_stays(key: str) -> None:
    assert as_task_id(key) == key


@pytest.mark.parametrize("key", ["", "p:7", "提案", "x" * 129, "a\n"])
def test_any_other_key_becomes_one_and_always_the_same(key: str) -> None:
    assert as_task_id(key) == as_task_id(key)
    assert len(as_task_id(key)) == 64


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Button("", "k"),
        lambda: Button("\x00", "k"),
        lambda: Button("看"),
        lambda: Button("看", "k", URL),
        lambda: Button("看", "签" * 342),
        lambda: Button("看", url="javascript:alert(1)"),
        lambda: Select("", "问", (("1", "甲"),)),
        lambda: Select("q", "问", ()),
        lambda: Select("q", "问", tuple((str(n), "甲") for n in range(11))),
        lambda: Select("q", "问", (("1", "甲"), ("1", "乙"))),
        lambda: Select("q", "问", (("选" * 43, "甲"),)),
        lambda: Card("多", buttons=tuple(Button("点", f"k{n}") for n in range(7))),
        lambda: Card("重", buttons=(Button("甲", "k"), Button("乙", "k"))),
        lambda: Card("无", selects=RATE.selects),
        lambda: Card("无", submit=RATE.submit),
        lambda: Card("杂", selects=RATE.selects, submit=RATE.submit, buttons=SIGN.buttons),
        lambda: Card("链", link="/p/1"),
    ],
)
def test_a_card_that_cannot_be_shown_cannot_be_made(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wrong()
