"""Dialogues: questions one after another, kept as data; between any two messages another process may answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.dialogue import LONGEST, Dialogues
from bot.questions import Ask, Choice, Dialogue, Exchange, NotYet, Pick
from bot.router import Answers, Router
from bot.turn import Turn
from bot.undo import DOUBLE_TAP
from bot.wecom.messages import Card, CardNow
from models.conversation import Conversation
from models.errors import Refused
from models.messages import Outgoing
from models.people import Person
from tests.handlers.office import LIN, SU, Office, opened, told

DONE: list[dict[str, Any]] = []


def _whole(exchange: Exchange, text: str) -> int:
    if not text.strip().isdecimal():
        raise Refused("请写一个整数。")
    return int(text)


def _pair(exchange: Exchange, text: str) -> list[str] | NotYet:
    so_far = [*(exchange.so_far or []), text.strip()]
    return so_far if len(so_far) == 2 else NotYet("还差一个。", so_far)


def _wishes(exchange: Exchange, text: str) -> str | list[str]:
    return text.split("／") if "／" in text else text


def _is_red(exchange: Exchange) -> bool:
    return exchange.answers.get("colour") == "red"


COLOURS = (Choice("red", "红", ("赤",)), Choice("blue", "蓝"))
LONG = Dialogue(
    "long",
    lambda exchange: f"长问卷《{exchange.answers.get('name', '')}》",
    (
        Ask("name", "名称", "叫什么？", example="小明"),
        Ask("colour", "颜色", "什么颜色？", choices=COLOURS, picked=str, short="选颜色。"),
        Ask("why", "原因", "为什么是红的？", when=_is_red),
        Ask("age", "岁数", "几岁？", _whole, optional=True),
        Ask("story", "经过", "经过是怎样的？", several="text"),
        Ask("wishes", "愿望", "有什么愿望？一条一条写。", _wishes, several="list"),
        Ask("pair", "一对", "写两个词。", _pair),
        Ask(
            "preview",
            "再看一遍",
            lambda exchange: f"名称：{exchange.answers.get('name')}",
            choices=(Choice("send", "提交"), Choice("edit", "修改")),
        ),
    ),
    lambda exchange: DONE.append(dict(exchange.answers)),
    parkable=True,
)
SHORT = Dialogue(
    "short",
    lambda exchange: "短问卷",
    (Ask("reason", "理由", "为什么？"),),
    lambda exchange: DONE.append(dict(exchange.answers)),
)
MANY = Dialogue(
    "many",
    lambda exchange: "多选",
    (Ask("one", "一个", "哪一个？", choices=tuple(Choice(str(n), f"第{n}个") for n in range(8))),),
    lambda exchange: DONE.append(dict(exchange.answers)),
)
KNOWN = (LONG, SHORT, MANY)


@pytest.fixture
def office(filled_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    """Every message is answered by dialogues newly made: nothing is remembered but rows."""
    DONE.clear()
    with opened(filled_sqlite, tmp_path) as office:
        forget(office)
        work = office.app.work

        def forgetful(session: Any, row: Any) -> None:
            forget(office)
            work(session, row)

        office.app.work = forgetful  # type: ignore[method-assign]
        yield office


def forget(office: Office, *dialogues: Dialogue) -> None:
    """Another process: the same words, nothing remembered."""
    router = Router()
    known = Dialogues(dialogues or KNOWN)
    for dialogue in known.by_name.values():
        router.command(dialogue.name)(lambda turn, name=dialogue.name: turn.dialogues.open(turn, name))
    router.command("继续")(lambda turn: turn.dialogues.resume(turn.dialogues.laid_aside(turn)[0]))
    office.app.answers = Answers([router], known)


def stands(office: Office, who: str = LIN) -> str:
    """The question that is open."""
    found = office.rows(Conversation, Conversation.person == who, Conversation.open)
    return found[0].step if found else ""


FULL = ("long", "小明", "红", "喜欢", "7", "先这样", "再那样", "完", "一", "二", "完", "甲", "乙")


# --- forward ----------------------------------------------------------------------------------------------------------


def test_from_the_first_question_to_the_last(office: Office) -> None:
    asked = [told(office.says(LIN, text)) for text in FULL]
    assert [text[:5] for text in asked[:5]] == ["（1/6）", "（2/6）", "（3/7）", "（4/7）", "（5/7）"]
    assert "长问卷" in asked[0], "the first question says what it is about"
    assert "共3字" in asked[5]
    assert "共6字" in asked[6]
    assert "第2条" in asked[9]
    assert asked[11] == "还差一个。"
    assert "名称：小明" in asked[12]
    office.says(LIN, "提交")
    assert DONE == [
        {
            "name": "小明",
            "colour": "red",
            "why": "喜欢",
            "age": 7,
            "story": "先这样\n再那样",
            "wishes": ["一", "二"],
            "pair": ["甲", "乙"],
            "preview": "send",
        }
    ]
    assert office.rows(Conversation) == []


@pytest.mark.parametrize("text", ["红", "赤", "1", "１", " 红。", "红！"])
def test_a_choice_may_be_typed_in_many_ways(office: Office, text: str) -> None:
    office.says(LIN, "long", "小明", text)
    assert stands(office) == "why"


def test_a_choice_may_be_pressed_and_its_card_tells_so(office: Office) -> None:
    office.says(LIN, "long", "小明")
    heard = office.taps(LIN, "蓝")
    assert [one.say.done for one in heard if isinstance(one.say, CardNow)] == ["已选：蓝"]
    assert stands(office) == "age"
    assert office.rows(Conversation)[0].answers["colour"] == "blue"


def test_a_wrong_answer_is_told_what_would_help_and_asked_nothing_new(office: Office) -> None:
    office.says(LIN, "long", "小明", "蓝")
    assert told(office.says(LIN, "七岁")) == "请写一个整数。"
    assert stands(office) == "age"
    office.says(LIN, "7")
    assert stands(office) == "story"


@pytest.mark.parametrize("text", ["", "   ", "。。。", "[强]？"])
def test_nothing_to_read_is_no_answer(office: Office, text: str) -> None:
    office.says(LIN, "short")
    office.says(LIN, text)
    assert (stands(office) == "reason") is (text != "[强]？")


def test_a_question_that_does_not_apply_is_passed_over_both_ways(office: Office) -> None:
    office.says(LIN, "long", "小明", "蓝")
    assert stands(office) == "age"
    office.says(LIN, "上一步")
    assert stands(office) == "colour"


def test_many_choices_are_words_with_numbers_and_few_a_card(office: Office) -> None:
    heard = office.says(LIN, "many")
    assert not any(isinstance(one.say, Card) for one in heard)
    assert "8 第7个" in told(heard)
    office.says(LIN, "8")
    assert DONE == [{"one": "7"}]
    office.says(LIN, "long", "小明")
    [heard_card] = office.says(LIN, "上一步", "小明")
    assert heard_card.labels == ["红", "蓝"]


def test_who_sees_no_cards_gets_words_only(office: Office) -> None:
    office.store.write(lambda session: setattr(session.get_one(Person, LIN), "plain", True))
    heard = office.says(LIN, "long", "小明")
    assert [type(one.say).__name__ for one in heard] == ["Words"]
    assert "1 红" in told(heard)


# --- several messages -------------------------------------------------------------------------------------------------


def test_an_end_without_a_beginning_is_asked_for_more(office: Office) -> None:
    office.says(LIN, "long", "小明", "蓝", "跳过")
    assert "还没有写经过" in told(office.says(LIN, "完"))
    assert stands(office) == "story"


def test_an_end_where_none_is_wanted_is_told_so(office: Office) -> None:
    office.says(LIN, "long")
    assert "不用“完”" in told(office.says(LIN, "完"))
    assert stands(office) == "name"


def test_what_was_said_before_is_kept_when_nothing_new_is(office: Office) -> None:
    office.says(LIN, *FULL[:8])
    office.says(LIN, "上一步")
    assert stands(office) == "story"
    office.says(LIN, "完")
    assert stands(office) == "wishes"
    assert office.rows(Conversation)[0].answers["story"] == "先这样\n再那样"


def test_half_an_answer_is_kept_when_going_back_and_said(office: Office) -> None:
    office.says(LIN, *FULL[:6], "上一步")
    assert "已写3字，接着写" in told(office.says(LIN, "7"))
    office.says(LIN, "再那样", "完")
    assert office.rows(Conversation)[0].answers["story"] == "先这样\n再那样"


def test_an_answer_without_end_is_stopped_and_what_is_there_is_kept(office: Office) -> None:
    office.says(LIN, "long", "小明", "蓝", "跳过", "字" * (LONGEST - 10))
    assert "没有记下" in told(office.says(LIN, "字" * 11))
    office.says(LIN, "完")
    assert len(office.rows(Conversation)[0].answers["story"]) == LONGEST - 10


def test_one_message_may_hold_several_items(office: Office) -> None:
    office.says(LIN, *FULL[:8])
    assert "记下2条，共2条" in told(office.says(LIN, "甲／乙"))
    assert "记下第3条" in told(office.says(LIN, "丙"))
    office.says(LIN, "完")
    assert office.rows(Conversation)[0].answers["wishes"] == ["甲", "乙", "丙"]


# --- taking back ------------------------------------------------------------------------------------------------------


def test_the_last_answer_is_taken_back_and_no_other(office: Office) -> None:
    office.says(LIN, "long", "小明", "红")
    assert "已撤回“红”。什么颜色？" in told(office.says(LIN, "撤回"))
    assert "colour" not in office.rows(Conversation)[0].answers
    assert "没有可以撤回的了" in told(office.says(LIN, "撤回"))
    assert stands(office) == "colour"


def test_one_of_several_messages_is_taken_back(office: Office) -> None:
    office.says(LIN, *FULL[:10])
    assert "已写1条，接着写" in told(office.says(LIN, "撤回"))
    office.says(LIN, "二二", "完")
    assert office.rows(Conversation)[0].answers["wishes"] == ["一", "二二"]
    office.says(LIN, "撤回")
    assert stands(office) == "wishes"


def test_a_pressed_choice_and_a_skipped_question_are_taken_back(office: Office) -> None:
    office.says(LIN, "long", "小明")
    office.taps(LIN, "蓝")
    assert "已撤回“蓝”" in told(office.says(LIN, "撤回"))
    office.says(LIN, "蓝", "跳过")
    assert "已撤回“跳过”" in told(office.says(LIN, "撤回"))
    assert stands(office) == "age"


def test_words_sent_twice_by_a_double_tap_count_once(office: Office) -> None:
    long = "这是一个很长很长的名字"
    office.says(LIN, "long", long)
    assert "没有重复记" in told(office.says(LIN, long))
    assert stands(office) == "colour"
    office.says(LIN, "蓝", "跳过", "这一句话也点了两次")
    assert "没有重复记" in told(office.says(LIN, "这一句话也点了两次"))
    office.now += DOUBLE_TAP + DOUBLE_TAP
    assert "共18字" in told(office.says(LIN, "这一句话也点了两次"))


def test_going_back_to_say_the_same_again_is_no_double_tap(office: Office) -> None:
    long = "这是一个很长很长的名字"
    office.says(LIN, "long", long, "上一步", long)
    assert stands(office) == "colour"


# --- help on the way --------------------------------------------------------------------------------------------------


def test_an_example_is_shown_where_there_is_one(office: Office) -> None:
    office.says(LIN, "long")
    assert told(office.says(LIN, "示例")) == "示例：小明"
    office.says(LIN, "小明")
    assert "这一步没有示例" in told(office.says(LIN, "示例"))


def test_the_question_is_said_again(office: Office) -> None:
    office.says(LIN, "long", "小明")
    assert "什么颜色" in told(office.says(LIN, "再说一遍"))


def test_large_print_is_short_lines_and_numbers(office: Office) -> None:
    office.store.write(lambda session: setattr(session.get_one(Person, LIN), "large", True))
    [heard] = office.says(LIN, "long", "小明")
    assert heard.text == "第2步，共6步\n\n选颜色。\n\n1 红\n2 蓝\n\n请回复数字。"


# --- steering ---------------------------------------------------------------------------------------------------------


def test_there_is_nothing_before_the_first_question(office: Office) -> None:
    office.says(LIN, "long")
    assert "第一步" in told(office.says(LIN, "上一步"))


def test_what_is_optional_may_be_skipped_and_nothing_else(office: Office) -> None:
    office.says(LIN, "long")
    assert "不能跳过" in told(office.says(LIN, "跳过"))
    office.says(LIN, "小明", "蓝", "跳过")
    assert stands(office) == "story"
    assert office.rows(Conversation)[0].answers["age"] is None


def test_a_preview_before_its_time_says_what_is_missing_and_asks_on(office: Office) -> None:
    office.says(LIN, "long", "小明", "红")
    words = told(office.says(LIN, "预览"))
    assert "还差：原因、经过、愿望、一对。" in words
    assert "为什么是红的" in words
    assert stands(office) == "why"


@pytest.mark.parametrize("word", ["提交", "修改", "预览"])
def test_the_words_of_the_preview_lead_there_from_anywhere(office: Office, word: str) -> None:
    office.says(LIN, *FULL)
    office.says(LIN, "上一步", word)
    assert stands(office) == "preview"
    assert DONE == []


def test_a_short_one_has_no_preview_and_is_not_laid_aside(office: Office) -> None:
    office.says(LIN, "short")
    assert "没有可预览" in told(office.says(LIN, "预览"))
    assert "不用存" in told(office.says(LIN, "存草稿"))
    assert stands(office) == "reason"
    assert "什么都没有改变" in told(office.says(LIN, "取消"))
    assert office.rows(Conversation) == []


def test_a_long_one_is_laid_aside_and_taken_up_where_it_stood(office: Office) -> None:
    office.says(LIN, *FULL[:9])
    for word in ("存草稿", "取消"):
        assert "长问卷《小明》" in told(office.says(LIN, word))
        assert stands(office) == ""
        assert "有什么愿望" in told(office.says(LIN, "继续"))
        assert stands(office) == "wishes"
    office.says(LIN, "二", "完")
    assert office.rows(Conversation)[0].answers["wishes"] == ["一", "二"]


def test_a_short_one_in_between_leaves_the_long_one_for_later(office: Office) -> None:
    office.says(LIN, "long", "小明")
    office.says(LIN, "short")
    assert stands(office) == "reason"
    words = told(office.says(LIN, "因为"))
    assert DONE == [{"reason": "因为"}]
    assert "没写完的长问卷《小明》" in words
    office.says(LIN, "继续")
    assert stands(office) == "colour"


def test_two_long_ones_are_taken_up_in_any_order(office: Office) -> None:
    office.says(LIN, "long", "一号")
    office.says(LIN, "long", "二号")
    first, second = office.rows(Conversation)
    assert (first.open, second.open) == (False, True)
    for wanted in (first, second, first):

        def take_up(turn: Turn, key: int | None = wanted.id) -> None:
            turn.dialogues.resume(Exchange(turn, turn.session.get_one(Conversation, key)))

        office.act(LIN, take_up)
        assert [row.id for row in office.rows(Conversation, Conversation.open)] == [wanted.id]


def test_words_that_steer_need_something_to_steer(office: Office) -> None:
    for word in ("取消", "上一步", "预览", "存草稿", "跳过", "完", "撤回", "示例", "再说一遍"):
        assert f"现在没有可以“{word}”的事" in told(office.says(LIN, word))


def test_one_correction_comes_back_to_where_it_was(office: Office) -> None:
    office.says(LIN, *FULL)

    def correct(turn: Turn) -> None:
        exchange = turn.dialogues.current(turn)
        assert exchange is not None
        turn.dialogues.correct(exchange, "name")

    office.act(LIN, correct)
    assert "名称：小红" in told(office.says(LIN, "小红"))
    assert stands(office) == "preview"


def test_a_correction_that_opens_another_question_asks_it(office: Office) -> None:
    """蓝 becomes 红: now the reason is wanted, before the preview."""
    office.says(LIN, "long", "小明", "蓝", *FULL[4:])

    def correct(turn: Turn) -> None:
        exchange = turn.dialogues.current(turn)
        assert exchange is not None
        turn.dialogues.correct(exchange, "colour")

    office.act(LIN, correct)
    office.says(LIN, "红")
    assert stands(office) == "why"
    office.says(LIN, "喜欢")
    assert stands(office) == "preview"


# --- cards of the past ------------------------------------------------------------------------------------------------


def test_a_card_of_an_earlier_question_is_told_so_and_the_present_one_asked(office: Office) -> None:
    office.says(LIN, "long", "小明", "蓝")
    [row] = office.rows(Conversation)
    heard = office.presses(LIN, Pick(row.id or 0, "colour", "red").key)
    assert "已经答过" in told(heard)
    assert "几岁" in told(heard)
    assert any(isinstance(one.say, CardNow) for one in heard)
    assert office.rows(Conversation)[0].answers["colour"] == "blue"


def test_a_card_of_a_dialogue_that_is_over_is_told_so_and_goes_grey(office: Office) -> None:
    office.says(LIN, "long", "小明")
    [row] = office.rows(Conversation)
    office.says(LIN, "存草稿")
    heard = office.presses(LIN, Pick(row.id or 0, "colour", "red").key)
    assert "已经答过" in told(heard) or "继续" in told(heard)
    assert any(isinstance(one.say, CardNow) for one in heard), "its buttons should not stay alive"


def test_another_s_card_answers_nothing(office: Office) -> None:
    office.says(LIN, "long", "小明")
    office.says(SU, "long", "小红")
    lin = office.rows(Conversation, Conversation.person == LIN)[0]
    office.presses(SU, Pick(lin.id or 0, "colour", "red").key)
    assert [row.step for row in office.rows(Conversation)] == ["colour", "colour"]


def test_a_choice_that_is_no_longer_offered_is_not_taken(office: Office) -> None:
    """The city has changed its list since the card was sent."""
    office.says(LIN, "long", "小明")
    [row] = office.rows(Conversation)
    office.presses(LIN, Pick(row.id or 0, "colour", "green").key)
    assert stands(office) == "colour"


def test_an_answer_in_words_takes_the_card_s_buttons_away(office: Office) -> None:
    office.says(LIN, "long", "小明")
    assert office.says(LIN, "蓝")
    cards = [row for row in office.rows(Outgoing) if row.subject.endswith(":colour")]
    assert cards
    assert all(row.body.get("buttons") == [] for row in cards)


# --- another version --------------------------------------------------------------------------------------------------


def test_a_dialogue_this_version_does_not_know_is_left_alone(office: Office) -> None:
    office.says(LIN, "long")
    [row] = office.rows(Conversation)
    office.change(row, dialogue="of_another_version")
    assert "没有听懂" in told(office.says(LIN, "小明"))
    office.says(LIN, "short")
    assert stands(office) == "reason"


def test_a_question_that_no_longer_applies_leads_back_all_the_same(office: Office) -> None:
    office.says(LIN, *FULL[:3])
    assert stands(office) == "why"

    def differs(session: Session) -> None:
        row = session.exec(select(Conversation)).one()
        row.answers = row.answers | {"colour": "blue"}

    office.store.write(differs)
    assert "什么颜色？" in told(office.says(LIN, "上一步"))
    assert stands(office) == "colour"


def test_a_question_this_version_does_not_know_leaves_nobody_stuck(office: Office) -> None:
    """An upgrade took the very question away that somebody was about to answer."""
    office.says(LIN, "long", "小明")
    [row] = office.rows(Conversation)
    office.change(row, step="of_another_version")
    office.says(LIN, "蓝")
    office.says(LIN, "取消")
    office.says(LIN, "short")
    assert stands(office) == "reason"
