"""perform() and what stands around it: asks first, tells whom it concerns and nobody else, settles what is over."""

from collections.abc import Sequence

import pytest
from sqlmodel import Session, select

from bot.turn import Turn
from bot.wecom.messages import CardNow
from handlers.actions import get_row, perform
from handlers.cards.buttons import Do, Show, buttons_for, do
from models.conversation import Conversation
from models.errors import Refused
from models.handling import Assignment, Communication
from models.messages import Outgoing, Wait
from models.people import Holding, Person
from models.proposal import Proposal
from models.states import Event, Handling, State, Talk
from tests.handlers.office import (
    CHENG,
    FANG,
    GONG,
    LEI,
    LIN,
    MENG,
    SHEN,
    SU,
    WEI,
    WEN,
    YAN,
    Office,
    to,
    told,
    whole,
)

E = Event


# --- asking first -----------------------------------------------------------------------------------------------------


def test_a_move_that_needs_words_asks_and_moves_nothing_yet(office: Office) -> None:
    [task] = office.assigned()
    heard = office.presses(WEI, do(task, E.OBJECT).key)
    assert "职责依据" in told(heard)
    assert office.fresh(task).state is Handling.PENDING_ACK
    office.says(WEI, "不属本单位职责，建议由财政局办理")
    assert office.fresh(task).state is Handling.OBJECTING
    assert office.fresh(task).objection == "不属本单位职责，建议由财政局办理"
    assert office.rows(Conversation) == []


def test_what_is_not_allowed_is_refused_before_anything_is_asked(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    heard = office.presses(WEI, do(office.fresh(task), E.WRITE).key)
    assert "先协商、后答复" in told(heard)
    assert office.rows(Conversation) == []


def test_an_answer_that_comes_after_the_case_moved_on_is_told_so(office: Office) -> None:
    """While the liaison writes why, a colleague signs for the task."""
    [task] = office.assigned()
    office.presses(WEI, do(task, E.OBJECT).key)
    office.store.write(lambda s: s.add(Holding(person=LEI, role="unit_liaison", unit="u10")))
    office.does(LEI, task, E.ACKNOWLEDGE)
    heard = office.says(WEI, "不属本单位职责")
    assert "已有变化" in told(heard)
    assert office.fresh(task).state is Handling.WORKING
    assert office.rows(Conversation) == []


def test_a_card_of_an_earlier_day_says_what_is_true_now(office: Office) -> None:
    [task] = office.assigned()
    old = do(task, E.ACKNOWLEDGE).key
    office.does(WEI, task, E.ACKNOWLEDGE)
    heard = office.presses(WEI, old)
    assert [one.say.done for one in heard if isinstance(one.say, CardNow)] == ["现在是：办理中"]
    assert "已经过时" in told(heard)
    assert office.fresh(task).state is Handling.WORKING


def test_a_row_that_is_gone_is_told_so(office: Office) -> None:
    assert "没有找到" in told(office.presses(WEN, Do("proposal", 999, "ACCEPT", 0).key))
    assert "没有找到" in told(office.presses(WEN, Show("assignment", 999).key))


# --- telling ----------------------------------------------------------------------------------------------------------


def test_only_whom_it_concerns_is_told(office: Office) -> None:
    heard = office.does(LIN, office.add(whole()), E.SUBMIT)
    assert {one.person for one in heard} == {WEN, "pc_staff2"}
    [proposal] = office.rows(Proposal)
    assert {one.person for one in office.does(WEN, proposal, E.ACCEPT)} == {LIN}


def test_nobody_there_to_be_told_is_told_to_the_administrator(office: Office) -> None:
    office.store.write(lambda s: [s.delete(h) for h in _holdings(s, "pc_reviewer")])
    proposal = office.submitted()
    office.does(WEN, proposal, E.ACCEPT)
    heard = office.does(WEN, proposal, E.PASS)
    assert {one.person for one in heard} == {FANG}
    assert "提案委复审人" in told(heard)


def _holdings(session: Session, role: str) -> Sequence[Holding]:
    return session.exec(select(Holding).where(Holding.role == role)).all()


@pytest.mark.parametrize("how", ["reviewed", "released"])
def test_a_unit_hears_of_its_task_once(office: Office, how: str) -> None:
    """What another unit of the same proposal goes through is no news of one's own."""
    first, second = office.assigned("u10", "u06", mode="PARALLEL")
    if how == "reviewed":
        office.does(WEI, first, E.ACKNOWLEDGE)
        office.talks(first, "BEFORE", "DURING")
        office.does(WEI, first, E.WRITE, result="A", text="已排出清单。")
        office.does(WEI, first, E.SEND_UP)
        heard = office.does(LEI, first, E.AGREE)
    else:
        office.does(WEI, first, E.OBJECT, reason="不属本单位职责")
        heard = office.does(MENG, first, E.AGREE, unit="u02")
        assert to("u02_liaison", heard)
    assert office.fresh(second).state is Handling.PENDING_ACK
    assert to(GONG, heard) == []
    assert to("u06_leader", heard) == []
    assert "财政局" not in told(to(LIN, heard))


def test_a_card_of_somebody_else_is_settled_when_the_case_moves_on(office: Office) -> None:
    office.does(LIN, office.add(whole()), E.SUBMIT)
    [proposal] = office.rows(Proposal)
    for row in office.rows(Outgoing):
        office.change(row, state=Wait.DONE, response_code=f"code of {row.person}")
    heard = office.presses(WEN, do(proposal, E.ACCEPT).key)
    settled = {one.person: one.say for one in heard if isinstance(one.say, CardNow)}
    assert set(settled) == {WEN, "pc_staff2"}
    assert all("温以宁" in say.done and "3月2日" in say.done for say in settled.values())


def test_the_actor_reads_what_was_done_and_what_comes_next(office: Office) -> None:
    proposal = office.submitted()
    heard = to(WEN, office.presses(WEN, do(proposal, E.ACCEPT).key))
    assert "通过" in heard[-1].labels
    office.does(WEN, proposal, E.PASS)
    heard = to(SHEN, office.presses(SHEN, do(office.fresh(proposal), E.PASS).key))
    assert "提案委负责人" in told(heard)


def test_a_member_hears_of_the_end_when_all_units_are_done_and_once(office: Office) -> None:
    """分办: one unit's dissent is settled while another still works; the proposal is not closed yet."""
    first, second = office.assigned("u10", "u06", mode="PARALLEL")
    for task in (first, second):
        office.does(f"{task.unit}_liaison", task, E.ACKNOWLEDGE)
    for _ in range(3):
        office.talks(first, "BEFORE", "DURING")
        office.rates(office.replies(office.fresh(first)), "DISSATISFIED")
    heard = office.does(CHENG, first, E.SETTLE, reason="已当面协商。")
    assert office.rows(Proposal)[0].state is State.HANDLING
    assert "已办结" not in told(to(LIN, heard))
    office.talks(second, "BEFORE", "DURING")
    second = office.replies(second)
    said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "SATISFIED"}
    heard = office.does(LIN, second, E.RATE, **said, labels="办理结果满意")
    [proposal] = office.rows(Proposal)
    assert (proposal.state, proposal.closed_with_dissent) == (State.CLOSED, True)
    assert told(to(LIN, heard)).count("已办结") == 1


def test_a_member_hears_of_a_dissent_settled_once(office: Office) -> None:
    task = office.delivered()
    for _ in range(2):
        office.rates(task, "DISSATISFIED")
        office.talks(task, "BEFORE", "DURING")
        task = office.replies(office.fresh(task))
    office.rates(task, "DISSATISFIED")
    heard = office.does(CHENG, task, E.SETTLE, reason="已当面协商。")
    assert told(to(LIN, heard)).count("已办结") == 1


def test_who_was_merged_hears_of_the_reply_wherever_it_went(office: Office) -> None:
    """甲 is merged into 乙, and 乙, later, into 丙."""

    def reviewed(who: str) -> Proposal:
        proposal = office.submitted(who)
        for reviewer, event in ((WEN, E.ACCEPT), (WEN, E.PASS), (SHEN, E.PASS)):
            office.does(reviewer, proposal, event)
        return proposal

    main = office.filed("m002")
    second, third = reviewed(SU), reviewed(LIN)
    office.does(CHENG, third, E.MERGE, into=second.id, into_label="乙")
    office.does(CHENG, second, E.MERGE, into=main.id, into_label="丙")
    heard = office.does(MENG, main, E.ASSIGN, mode="SOLE", units=["u10"], unit_labels="住建局")
    for who in ("m002", SU, LIN):
        assert "已交办" in told(to(who, heard)), who


# --- typed ------------------------------------------------------------------------------------------------------------


def test_a_button_s_text_typed_does_what_the_press_does(office: Office) -> None:
    [task] = office.assigned()
    office.says(WEI, "签收")
    assert office.fresh(task).state is Handling.WORKING


def test_when_several_cases_wait_they_are_listed_by_number(office: Office) -> None:
    office.assigned()
    office.assigned(who=SU)
    assert "有2件可以“签收”" in told(office.says(WEI, "签收"))
    office.says(WEI, "2")
    assert [task.state for task in office.rows(Assignment)] == [Handling.PENDING_ACK, Handling.WORKING]


def test_typing_what_nothing_waits_for_is_told_so(office: Office) -> None:
    assert "现在没有可以“签收”的事" in told(office.says(WEI, "签收"))
    office.assigned()
    assert "现在没有可以“签收”的事" in told(office.says(GONG, "签收"))


# --- who may see ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees"), [(LIN, True), (WEN, True), (MENG, True), (WEI, True), (SU, False), (GONG, False), (FANG, False)]
)
def test_a_case_is_shown_to_whom_it_concerns(office: Office, who: str, sees: bool) -> None:
    [task] = office.assigned()
    heard = told(office.presses(who, Show("assignment", task.id or 0).key))
    assert ("没有查看的权限" in heard) is not sees


def test_a_draft_is_its_writer_s_alone(office: Office) -> None:
    draft = office.add(whole())
    for who in (WEN, SHEN, CHENG, SU):
        assert "没有查看的权限" in told(office.presses(who, Show("proposal", draft.id or 0).key))
    assert "没有查看的权限" not in told(office.presses(LIN, Show("proposal", draft.id or 0).key))


def test_a_button_is_shown_only_to_whom_the_table_offers_the_move(office: Office) -> None:
    [task] = office.assigned()

    def labels(who: str) -> list[str]:
        return office.store.write(
            lambda s: [b.label for b in buttons_for(s, s.get_one(Assignment, task.id), s.get_one(Person, who))]
        )

    assert labels(WEI) == ["签收", "申请调整"]
    assert labels(YAN) == labels(LIN) == labels(GONG) == []


# --- holding ----------------------------------------------------------------------------------------------------------


def test_a_row_is_read_anew_when_it_is_held(office: Office) -> None:
    """What was read before the row was held may be old: another replica may have moved it."""
    [task] = office.assigned()

    def work(turn: Turn) -> Handling:
        stale = turn.session.get_one(Assignment, task.id)
        assert stale.state is Handling.PENDING_ACK
        turn.session.connection().exec_driver_sql("UPDATE assignment SET state = 'working'")
        return get_row(turn, Assignment, task.id or 0).state

    assert office.act(WEI, work) is Handling.WORKING


def test_the_clock_stands_in_no_other_role(office: Office) -> None:
    [task] = office.assigned()
    with pytest.raises(Refused):
        office.act("", lambda turn: perform(turn, get_row(turn, Assignment, task.id or 0), E.ACKNOWLEDGE, {}))
    for who in (WEI, LIN, MENG, FANG):
        assert office.tries(who, task, E.LAPSE) != ""


def test_a_talk_confirmed_is_confirmed(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.ACKNOWLEDGE)
    office.talks(task, "BEFORE")
    [talk] = office.rows(Communication)
    assert talk.state is Talk.CONFIRMED
    assert "不能再“不属实”" in office.tries(LIN, talk, E.DISPUTE, reason="没有谈过")
