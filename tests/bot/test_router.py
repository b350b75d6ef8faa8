"""The first handler that fits: commands, the open dialogue, buttons, numbers, and at last a word of help."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.dialogue import Dialogues
from bot.payload import Payload
from bot.router import Answers, Router, listed
from bot.turn import Turn
from bot.wecom.messages import Button, Card, CardNow, Words
from handlers import ROUTERS
from models.conversation import Conversation
from models.messages import Outgoing, Wait
from models.people import Person
from tests.handlers.office import FANG, LIN, SU, WEN, Heard, Office, opened, to


@dataclass(frozen=True)
class Ring(Payload, tag="ring"):
    """A button of the tests."""

    bell: str


@pytest.fixture
def office(filled_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    with opened(filled_sqlite, tmp_path) as office:
        router = Router()
        router.command("铃")(lambda turn: turn.say("叮"))
        router.text(_guess)
        router.pattern(r"问 +([^\n]+)")(lambda found, turn: turn.say(f"问的是{' '.join(found[1].split())}"))
        router.press(Ring)(lambda pressed, turn: turn.say(f"{pressed[0].bell}{sorted(pressed[1].items()) or ''}"))
        answers = office.app.answers
        office.app.answers = Answers([router, *ROUTERS], answers.dialogues)
        yield office


def _guess(words: str, turn: Turn) -> bool:
    if words == "列":
        listed(turn, [Ring("一"), Ring("二")])
    elif words != "猜":
        return False
    turn.say("猜到了")
    return True


def told(heard: list[Heard]) -> list[str]:
    return [one.text for one in heard]


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_word_with_something_behind_it_asks(office: Office) -> None:
    for words in ("问 甲 乙", " 问　甲 乙", "问  甲 乙 "):
        assert told(office.says(LIN, words)) == ["问的是甲 乙"]
    for words in ("问", "问甲", "甲 问", "问 甲\n乙"):
        assert "问的是" not in told(office.says(LIN, words))[0]


def test_it_asks_within_a_dialogue_too_which_goes_on(office: Office) -> None:
    office.says(LIN, "我要提案")
    assert told(office.says(LIN, "问 甲")) == ["问的是甲"]
    assert "类别" in told(office.says(LIN, "关于甲的提案"))[-1]


@pytest.mark.parametrize("words", ["铃", " 铃 ", "铃\n", "铃。", "铃！"])
def test_a_command_is_a_word_with_whatever_stands_around_it(office: Office, words: str) -> None:
    assert told(office.says(LIN, words)) == ["叮"]


def test_a_menu_entry_is_its_name_typed(office: Office) -> None:
    assert told(office.hears(LIN, MsgType="event", Event="click", EventKey="铃", MsgId="")) == ["叮"]


def test_what_no_command_knows_is_guessed_at_and_then_helped(office: Office) -> None:
    assert told(office.says(LIN, "猜")) == ["猜到了"]
    [words] = told(office.says(LIN, "今天天气不错"))
    assert "没有听懂" in words
    assert "帮助" in words


def test_a_command_goes_before_the_question_that_is_open(office: Office) -> None:
    office.says(LIN, "我要提案")
    assert told(office.says(LIN, "铃")) == ["叮"]
    [row] = office.rows(Conversation)
    assert (row.step, row.answers) == ("title", {})


def test_but_a_choice_of_that_very_name_answers_the_question(office: Office) -> None:
    """继续 is a command, and one of two choices when somebody has a draft."""
    office.says(LIN, "我要提案", "关于长者食堂的提案", "我要提案")
    assert office.rows(Conversation, Conversation.open)[0].dialogue == "again"
    office.says(LIN, "继续")
    assert [row.dialogue for row in office.rows(Conversation)] == ["draft"]


def test_the_same_word_twice_is_a_mistake_of_ours() -> None:
    one, two = Router(), Router()
    one.command("铃")(lambda turn: None)
    two.command("铃", "钟")(lambda turn: None)
    with pytest.raises(ValueError, match="铃"):
        Answers([one, two], Dialogues(()))
    one, two = Router(), Router()
    one.press(Ring)(lambda pressed, turn: None)
    two.press(Ring)(lambda pressed, turn: None)
    with pytest.raises(ValueError, match="Ring"):
        Answers([one, two], Dialogues(()))


# --- buttons and numbers ----------------------------------------------------------------------------------------------


def test_a_press_reaches_its_handler_with_what_was_chosen(office: Office) -> None:
    assert told(office.presses(LIN, Ring("钟").key)) == ["钟"]
    assert told(office.presses(LIN, Ring("钟").key, {"q": "a"})) == ["钟[('q', ('a',))]"]


@pytest.mark.parametrize(
    "key",
    ["", "nobody|1", "ring", "ring|a|b", "do|proposal|1|LONG_GONE|0", "do|letter|1|ACCEPT|0", "show|letter|1"],
)
def test_a_button_of_another_version_is_no_longer_used(office: Office, key: str) -> None:
    [words] = told(office.presses(LIN, key))
    assert "待办" in words


def test_a_number_does_what_its_row_would(office: Office) -> None:
    office.says(LIN, "列")
    assert told(office.says(LIN, "2")) == ["二"]
    assert told(office.says(LIN, "１。")) == ["一"]
    assert told(office.says(LIN, "2")) == ["二"], "the list stays"


@pytest.mark.parametrize("number", ["0", "3", "999"])
def test_a_number_beyond_the_list_is_told_what_there_is(office: Office, number: str) -> None:
    office.says(LIN, "列")
    [words] = told(office.says(LIN, number))
    assert f"没有第{int(number)}项" in words
    assert "1 到 2" in words


def test_a_number_without_a_list_is_a_word_like_others(office: Office) -> None:
    assert "没有听懂" in told(office.says(LIN, "2"))[0]
    office.says(LIN, "列")
    assert "没有听懂" in told(office.says(SU, "2"))[0], "the list was another's"
    assert "没有听懂" in told(office.says(LIN, "2024"))[0]


def test_a_number_answers_the_open_question_first(office: Office) -> None:
    office.says(LIN, "列", "我要提案", "关于长者食堂的提案", "2")
    [row] = office.rows(Conversation)
    assert row.answers["category"] == office.app.settings.rules.categories[1]


# --- who is there -----------------------------------------------------------------------------------------------------


def test_a_stranger_is_told_whom_to_ask(office: Office) -> None:
    [one] = office.says("nobody7", "铃")
    assert one.person == "nobody7"
    assert "nobody7" in one.text
    assert "方可期" in one.text


def test_whoever_left_office_is_told_that_nothing_is_lost(office: Office) -> None:
    def leave(session: Any) -> None:
        session.get_one(Person, LIN).active = False

    office.store.write(leave)
    [one] = office.says(LIN, "铃")
    assert "已停用，这条没有收下；以前写的都还保留着" in one.text


@pytest.mark.parametrize("event", ["enter_agent", "unsubscribe", "LOCATION"])
def test_a_stranger_is_not_spoken_to_unasked(office: Office, event: str) -> None:
    assert office.hears("nobody7", MsgType="event", Event=event, MsgId="") == []


@pytest.mark.parametrize("event", ["unsubscribe", "LOCATION", "batch_job_result"])
def test_events_that_ask_nothing_are_answered_with_silence(office: Office, event: str) -> None:
    assert office.hears(LIN, MsgType="event", Event=event, MsgId="") == []


@pytest.mark.parametrize("who", ["M013", "m013"])
def test_a_userid_has_no_case(office: Office, who: str) -> None:
    row_person = who.lower()
    assert [one.person for one in office.hears(row_person, MsgType="text", Content="铃", FromUserName=who)] == ["m013"]


@pytest.mark.parametrize("kind", ["image", "voice", "video", "file", "location", "link"])
def test_what_is_no_text_is_told_so(office: Office, kind: str) -> None:
    [words] = told(office.hears(LIN, MsgType=kind))
    assert "文字" in words
    office.says(LIN, "我要提案")
    again = told(office.hears(LIN, MsgType=kind))
    if kind in {"image", "voice", "file"}:
        assert "收到，作“案由”的附件" in again[0]
        return
    assert "文字" in again[0]
    assert "案由" in again[1], "the question is asked once more"


# --- what a turn says -------------------------------------------------------------------------------------------------

CARD = Card(title="请签收", text="新的任务", buttons=(Button("签收", key="ring|钟"),))


def test_who_reads_in_wechat_gets_words_for_a_card(office: Office) -> None:
    office.store.write(lambda session: setattr(session.get_one(Person, LIN), "plain", True))

    def speak(turn: Turn) -> None:
        turn.say(CARD)
        turn.response_code = "code"
        turn.card_now("已签收")

    office.act(LIN, speak)
    [row] = office.rows(Outgoing)
    assert row.body["say"] == "Words"
    assert "签收" in row.body["text"]


def test_a_press_s_code_serves_once(office: Office) -> None:
    def speak(turn: Turn) -> None:
        turn.card_now("没有卡片")
        turn.response_code = "code"
        turn.card_now("已签收")
        turn.card_now("又一次")

    office.act(LIN, speak)
    assert [row.body["done"] for row in office.rows(Outgoing)] == ["已签收"]


def test_a_settled_card_is_told_so_and_an_unsent_one_loses_its_buttons(office: Office) -> None:
    office.act(LIN, lambda turn: turn.say(CARD, subject="assignment:1:0"))
    office.act(SU, lambda turn: turn.say(CARD, subject="assignment:1:0"))
    office.act(SU, lambda turn: turn.say(CARD, subject="assignment:2:0"))
    sent, waiting, other = office.rows(Outgoing)
    office.change(sent, state=Wait.DONE, response_code="code")
    heard = office.heard(lambda s: _settle(office.turn(s, WEN)))
    assert [(one.person, one.say) for one in heard] == [(LIN, CardNow("code", "已签收 · 3月2日", None))]
    assert office.fresh(sent).response_code == ""
    assert office.fresh(waiting).body["buttons"] == []
    assert "已签收 · 3月2日" in office.fresh(waiting).body["text"]
    assert office.fresh(other).body["buttons"] != []
    assert office.heard(lambda s: _settle(office.turn(s, WEN))) == [], "once is enough"


def _settle(turn: Turn) -> None:
    turn.settle_cards("assignment:1:0", "已签收 · 3月2日")
    turn.write_down()


def test_what_was_said_before_a_refusal_is_not_said(office: Office) -> None:
    office.says(LIN, "列")
    heard = office.says(LIN, "9")
    assert len(heard) == 1
    assert isinstance(heard[0].say, Words)


def test_a_message_is_answered_only_to_its_sender(office: Office) -> None:
    heard = office.says(FANG, "铃")
    assert to(FANG, heard) == heard


def test_nothing_is_kept_of_words_not_understood(office: Office) -> None:
    office.says(LIN, "今天天气不错")
    assert office.store.write(lambda session: session.exec(select(Conversation)).all()) == []
