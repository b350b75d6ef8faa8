"""The process dies in one exact moment: between the platform and the database, where no transaction reaches."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from bot.config import AssistantSettings
from bot.outbox import LEASE
from bot.wecom.messages import Words, to_json
from models.conversation import Conversation
from models.messages import Incoming, Outgoing, Wait
from simulator.records import Shown
from tests.faults.account import repeated, settled, waiting
from tests.faults.conftest import Opening
from tests.faults.fleet import Bot
from tests.faults.nursery import Nursery
from tests.faults.stage import Stage
from tests.standin import StandIn
from tests.stories.acts import LIN, TITLE

OVER = LEASE.total_seconds() + 1  # seconds until what a dead process had in hand is somebody else's
WITHIN = 20.0
PIECES = 3


@pytest.fixture
async def stage(stages: Opening, nursery: Nursery) -> Stage:
    """One bot behind a door, on our clock."""
    return await stages(nursery=nursery, door=True)


def shown(stage: Stage, *fragments: str) -> list[Shown]:
    """What 林知夏 has been shown that holds these words."""
    return [s for s in stage.person(LIN).inbox if not s.from_me and all(part in s.text for part in fragments)]


def calls(path: str) -> Callable[[dict[str, Any]], bool]:
    """The platform has done what a call asks, and has not answered yet."""
    return lambda change: change["kind"] == "call" and change["path"] == path


async def test_a_text_that_was_taken_comes_at_most_once_more(stage: Stage) -> None:
    lin = stage.person(LIN)
    struck = stage.strikes_when(calls("message/send"))
    await lin.says("我要提案")
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    assert len(shown(stage, "案由是什么")) == 2
    await lin.says(TITLE)
    await lin.reads("属于哪个类别", within=WITHIN)
    await settled(stage)
    assert repeated(stage) == 1


async def test_a_text_that_was_taken_comes_no_third_time(stage: Stage) -> None:
    """The process dies there again and again."""
    lin = stage.person(LIN)
    struck = stage.strikes_when(calls("message/send"))
    await lin.says("我要提案")
    for _ in range(2):
        await struck.wait()
        struck = stage.strikes_when(calls("message/send"))
        stage.begins_another(seconds=OVER)
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    assert len(shown(stage, "案由是什么")) == 2
    await settled(stage)


async def test_a_card_that_was_taken_is_shown_once(stage: Stage) -> None:
    lin = stage.person(LIN)
    await lin.says("我要提案")
    await lin.reads("案由是什么", within=WITHIN)
    struck = stage.strikes_when(calls("message/send"))
    await lin.says(TITLE)
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    [card] = shown(stage, "属于哪个类别")
    await lin.presses("社会建设", card=card)
    await lin.reads("情况分析", within=WITHIN)
    await settled(stage)


@pytest.mark.parametrize("hours", [3, 5, 30])
async def test_a_card_that_was_taken_is_shown_once_however_long_nobody_is_there(stage: Stage, hours: int) -> None:
    """The platform remembers a request for four hours, and a task_id for good."""
    lin = stage.person(LIN)
    await lin.says("我要提案")
    await lin.reads("案由是什么", within=WITHIN)
    struck = stage.strikes_when(calls("message/send"))
    await lin.says(TITLE)
    await struck.wait()
    await stage.another(hours=hours)
    await stage.at_rest(waiting)
    assert len(shown(stage, "属于哪个类别")) == 1
    await settled(stage)


async def test_a_question_that_is_answered_before_its_fate_is_known_is_not_asked_again(stage: Stage) -> None:
    """It was taken and WeCom's answer lost; it is answered in words before the next try, and what waits is settled."""
    lin = stage.person(LIN)
    await lin.says("我要提案")
    await lin.reads("案由是什么", within=WITHIN)
    stage.platform.switches.break_down("message/send", lose_answer=True, times=1)
    await lin.says(TITLE)
    await lin.reads("属于哪个类别", within=WITHIN)
    await stage.until(lambda: stage.bot.times("message_delayed"))
    await lin.says("社会建设")
    await lin.reads("情况分析", within=WITHIN)
    assert len(shown(stage, "属于哪个类别")) == 1
    await settled(stage)


async def test_a_card_that_was_changed_stays_changed(stage: Stage) -> None:
    lin = stage.person(LIN)
    await lin.says("我要提案")
    await lin.reads("案由是什么", within=WITHIN)
    await lin.says(TITLE)
    card = await lin.reads("属于哪个类别", within=WITHIN)
    struck = stage.strikes_when(calls("message/update_template_card"))
    await lin.presses("社会建设", card=card)
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    assert not card.live
    assert "社会建设" in card.replaced_text
    await settled(stage)


async def test_what_the_platform_had_not_taken_is_shown_once(stage: Stage) -> None:
    lin = stage.person(LIN)
    stage.platform.switches.break_down("message/send", refuse=True, times=1)
    struck = stage.strikes_when(calls("message/send"))
    await lin.says("我要提案")
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    assert len(shown(stage, "案由是什么")) == 1
    await settled(stage)
    assert repeated(stage) == 0


async def test_a_long_text_cut_in_the_middle_comes_whole_and_in_order(stage: Stage) -> None:
    lin = stage.person(LIN)
    text = "。".join(f"第{number:03}句，说的是小区加装电梯的进展情况" for number in range(90)) + "。"

    def say(session: Session) -> None:
        body = to_json(Words(text))
        session.add(Outgoing(key="long", person=LIN, body=body, created_at=stage.calendar.now(), state=Wait.WAITING))

    struck = stage.strikes_when(lambda change: change["kind"] == "call" and bool(shown(stage, f"（2/{PIECES}）")))
    stage.look(say)
    await struck.wait()
    await stage.another(seconds=OVER)
    await stage.at_rest(waiting)
    marks = [next(n for n in (1, 2, 3) if s.text.startswith(f"（{n}/{PIECES}）")) for s in lin.inbox]
    assert marks in ([1, 2, 1, 2, 3], [1, 2, 2, 3], [1, 2, 3])
    await settled(stage)


async def test_an_answer_that_the_platform_never_saw_leads_to_no_second_turn(stage: Stage) -> None:
    """It was written down and answered; the process dies, the answer is lost, the platform comes again."""
    lin = stage.person(LIN)
    assert stage.door

    def lose_the_answer(bot: Bot) -> int:
        assert stage.door
        stage.door.after = None
        with stage.blow("kill after 200"):
            bot.kill()
        bot.begin()
        return 502

    stage.door.after = lose_the_answer
    await lin.says("我要提案")
    assert stage.platform.callbacks[-1].attempts > 1
    stage.calendar.jump(seconds=OVER)
    await lin.reads("案由是什么", within=WITHIN)
    await stage.at_rest(waiting)
    assert [row.state for row in stage.look(lambda s: s.exec(select(Incoming)).all())] == [Wait.DONE]
    assert len(stage.look(lambda s: s.exec(select(Conversation)).all())) == 1
    await settled(stage)


async def test_what_was_not_written_down_is_asked_for_again(stage: Stage) -> None:
    lin = stage.person(LIN)
    assert stage.door

    def kill(bot: Bot) -> int | None:
        assert stage.door
        stage.door.before = None
        with stage.blow("kill before"):
            bot.kill()
        bot.begin()
        return None

    stage.door.before = kill
    await lin.says("我要提案")
    assert stage.platform.callbacks[-1].answers[0] == "502"
    await lin.reads("案由是什么", within=WITHIN)
    await settled(stage)
    assert repeated(stage) == 0


async def test_told_to_stop_while_the_platform_hangs_it_stops_and_the_next_goes_on(stage: Stage) -> None:
    lin = stage.person(LIN)
    outage = stage.platform.switches.break_down("message/send", hang=True)
    await lin.says("我要提案")
    await outage.struck.wait()
    begun = stage.calendar.now()
    assert await stage.bot.stop() == 0
    assert stage.calendar.now() - begun < timedelta(seconds=12)
    stage.platform.switches.repair()
    stage.calendar.jump(seconds=OVER)
    await stage.bot.start()
    await lin.reads("案由是什么", within=WITHIN)
    await settled(stage)
    [row] = stage.look(lambda s: s.exec(select(Outgoing).where(col(Outgoing.person) == LIN)).all())
    assert row.state is Wait.DONE


# --- between the model and the database -------------------------------------------------------------------------------


async def test_killed_while_the_model_thinks_it_asks_again_and_tells_once(stages: Opening, nursery: Nursery) -> None:
    model = StandIn()
    await model.start()
    assistant = AssistantSettings(base_url=model.base_url, model="local-7b", time_limit_seconds=60)
    stage = await stages(nursery=nursery, door=True, assistant=assistant)
    lin = stage.person(LIN)
    for words in ("我要提案", TITLE, "社会建设", "老小区的老人下楼很难。"):
        await lin.says(words)
    model.go_on.clear()
    await lin.says("润色")
    await model.is_asked(1, WITHIN)
    with stage.blow("kill"):
        stage.bot.strike()
    await stage.another(seconds=66)  # the lease is over
    await model.is_asked(2, WITHIN)
    model.go_on.set()
    await lin.reads("【由模型建议】情况分析", within=WITHIN)
    await stage.at_rest(waiting)
    assert len(shown(stage, "【由模型建议】")) == 1
    await lin.says("用新的")
    await lin.reads("情况分析换上了", within=WITHIN)
    await model.close()
