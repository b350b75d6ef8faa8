"""The rules in the words people read: who may, who may not and why; ratings; the form of a draft."""

from typing import Any

import pytest

from handlers.cards.buttons import Rate
from models.collective import Writer
from models.handling import Assignment, Rating, Reply
from models.people import Holding
from models.proposal import Proposal
from models.states import Event, Handling, State
from tests.handlers.office import (
    CHENG,
    GONG,
    LEI,
    LIN,
    MENG,
    SHEN,
    SU,
    WEI,
    WEN,
    YAN,
    Heard,
    Office,
    opened,
    to,
    told,
    whole,
)

E = Event


# --- the rules, in words ----------------------------------------------------------------------------------------------


def test_a_lead_is_replaced_and_not_only_released(office: Office) -> None:
    lead, _ = office.assigned("u10", "u06")
    office.does(WEI, lead, E.OBJECT, reason="不属本单位职责")
    assert "主办" in office.tries(MENG, lead, E.AGREE, unit=None)
    assert office.tries(MENG, lead, E.AGREE, unit="u06") != "", "who is a co-unit cannot be the lead as well"
    assert office.tries(MENG, lead, E.AGREE, unit="u02") == ""
    assert office.fresh(office.rows(Proposal)[0]).state is State.HANDLING


def test_all_released_the_proposal_waits_to_be_assigned_again(office: Office) -> None:
    [task] = office.assigned()
    office.does(WEI, task, E.OBJECT, reason="不属本单位职责")
    heard = office.does(MENG, task, E.AGREE, unit=None)
    [proposal] = office.rows(Proposal)
    assert proposal.state is State.FILED
    assert "待交办" in told(to(MENG, heard))
    office.does(MENG, proposal, E.ASSIGN, mode="SOLE", units=["u06"], unit_labels="财政局")
    assert office.fresh(proposal).state is State.HANDLING


def test_an_objection_after_its_window_is_not_taken(office: Office) -> None:
    [task] = office.assigned()
    office.now = office.now.replace(day=10)
    assert "期限" in office.tries(WEI, task, E.OBJECT, reason="不属本单位职责")


@pytest.mark.parametrize(
    ("mode", "units", "why"),
    [
        ("SOLE", ["u10", "u06"], "只能有一个"),
        ("LEAD_CO", ["u10"], "至少一个会办"),
        ("LEAD_CO", ["u10", "u10"], "写了两次"),
        ("PARALLEL", ["u10"], "至少要有两个"),
        ("PARALLEL", ["u10", "u10"], "写了两次"),
    ],
)
def test_a_way_of_assigning_and_its_units_must_fit(office: Office, mode: str, units: list[str], why: str) -> None:
    proposal = office.filed()
    assert why in office.tries(MENG, proposal, E.ASSIGN, mode=mode, units=units, unit_labels="")
    assert office.rows(Assignment) == []


def test_a_second_handling_wants_people_to_meet(office: Office) -> None:
    task = office.rates(office.delivered(), "DISSATISFIED")
    assert task.round == 2
    office.talks(task, "BEFORE", "DURING", means="PHONE")
    assert "当面" in office.tries(WEI, task, E.WRITE, result="A", text="已办。")
    office.talks(task, "DURING", means="SITE")
    assert office.tries(WEI, task, E.WRITE, result="A", text="已办。") == ""


def test_talks_of_the_first_round_do_not_count_in_the_second(office: Office) -> None:
    task = office.rates(office.delivered(), "DISSATISFIED")
    assert "先协商、后答复" in office.tries(WEI, task, E.WRITE, result="A", text="已办。")


def test_a_co_unit_gives_its_opinion_and_does_not_reply(office: Office) -> None:
    _, co = office.assigned("u10", "u06")
    office.does(GONG, co, E.ACKNOWLEDGE)
    assert "会办" in office.tries(GONG, co, E.WRITE, result="A", text="已办。")
    assert office.tries(GONG, co, E.OPINE, text="同意。") == ""
    assert office.fresh(co).state is Handling.CO_OPINION_SUBMITTED


@pytest.mark.parametrize("rules", [{"co_opinion_required": True}])
def test_where_the_city_wants_it_the_co_units_are_waited_for(office: Office) -> None:
    lead = office.consulted("u10", "u06")
    office.does(WEI, lead, E.WRITE, result="A", text="已办。")
    assert "财政局" in office.tries(WEI, lead, E.SEND_UP)
    co = office.rows(Assignment)[1]
    office.does(GONG, co, E.ACKNOWLEDGE)
    office.does(GONG, co, E.OPINE, text="同意。")
    assert office.tries(WEI, lead, E.SEND_UP) == ""


def test_the_writer_neither_reviews_nor_signs_whoever_sent_it_up(office: Office) -> None:
    office.store.write(lambda s: s.add(Holding(person=LEI, role="unit_liaison", unit="u10")))
    task = office.consulted()
    office.does(LEI, task, E.WRITE, result="A", text="已办。")
    office.does(WEI, task, E.SEND_UP)
    assert "起草" in office.tries(LEI, task, E.AGREE)


@pytest.mark.parametrize("distinct", [True, False])
def test_three_reviews_by_three_people_unless_the_city_has_not_so_many(
    filled_sqlite: Any, tmp_path: Any, distinct: bool
) -> None:
    with opened(filled_sqlite, tmp_path, triple_review_distinct=distinct) as office:
        office.store.write(lambda s: s.add(Holding(person=WEN, role="pc_reviewer")))
        proposal = office.submitted()
        office.does(WEN, proposal, E.ACCEPT)
        office.does(WEN, proposal, E.PASS)
        assert ("初审" in office.tries(WEN, proposal, E.PASS)) is distinct


def test_nobody_reviews_a_proposal_of_their_own(office: Office) -> None:
    proposal = office.submitted(SHEN)
    office.does(WEN, proposal, E.ACCEPT)
    office.does(WEN, proposal, E.PASS)
    assert "您本人" in office.tries(SHEN, proposal, E.PASS)


def test_a_proposal_is_merged_only_into_one_that_lives(office: Office) -> None:
    office.filed(SU)
    main = office.rows(Proposal)[0]
    other = office.submitted(LIN)
    office.does(WEN, other, E.ACCEPT)
    office.does(WEN, other, E.PASS)
    office.does(SHEN, other, E.PASS)
    assert "并入它自己" in office.tries(CHENG, other, E.MERGE, into=other.id)
    assert "不能作为主案" in office.tries(CHENG, other, E.MERGE, into=99)
    draft = office.add(whole(SU))
    assert "不能作为主案" in office.tries(CHENG, other, E.MERGE, into=draft.id)
    assert office.tries(CHENG, other, E.MERGE, into=main.id, into_label="主案") == ""


def test_numbers_are_given_when_they_are_due_and_never_again(office: Office) -> None:
    proposal = office.submitted()
    assert (proposal.serial_no, proposal.proposal_no) == ("S20260001", None)
    office.does(WEN, proposal, E.ACCEPT)
    office.does(WEN, proposal, E.RETURN, reason="请补充。")
    office.does(LIN, proposal, E.SUBMIT)
    assert office.fresh(proposal).serial_no == "S20260001"
    filed = office.filed(SU)
    assert (filed.serial_no, filed.proposal_no) == ("S20260002", "20260001")


@pytest.mark.parametrize(
    ("unit", "number"), [("u10", "云住建提〔2026〕1号"), ("u06", "云财提〔2026〕1号")], ids=["u10", "u06"]
)
def test_a_reply_has_its_unit_s_number(office: Office, unit: str, number: str) -> None:
    task = office.assigned(unit)[0]
    office.does(f"{unit}_liaison", task, E.ACKNOWLEDGE)
    office.talks(task, "BEFORE", "DURING")
    office.replies(task)
    [reply] = office.rows(Reply)
    assert reply.document_no == number


# --- rating -----------------------------------------------------------------------------------------------------------


def rates(office: Office, task: Assignment, who: str = LIN, **said: str) -> list[Heard]:
    return office.presses(who, Rate(task.id or 0, office.fresh(task).stamp).key, said)


def test_a_rating_card_comes_back_with_three_answers(office: Office) -> None:
    task = office.delivered()
    heard = rates(office, task, attitude="SATISFIED", process="BASICALLY_SATISFIED", result="SATISFIED")
    assert "办理过程基本满意" in told(heard)
    assert office.fresh(task).state is Handling.DONE
    [rating] = office.rows(Rating)
    assert (rating.attitude.value, rating.process.value, rating.result.value) == ("满意", "基本满意", "满意")
    assert office.rows(Proposal)[0].state is State.CLOSED


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"attitude": "SATISFIED", "process": "SATISFIED"},
        {"attitude": "SATISFIED", "process": "SATISFIED", "result": "EXCELLENT"},
    ],
)
def test_a_rating_card_that_is_not_whole_is_asked_for_again(office: Office, said: dict[str, str]) -> None:
    task = office.delivered()
    assert "三项都选好" in told(rates(office, task, **said))
    assert office.rows(Rating) == []


def test_a_rating_is_the_proposer_s_alone(office: Office) -> None:
    task = office.delivered()
    said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "SATISFIED"}
    for who in (SU, WEI, YAN, WEN):
        assert "提案人本人" in told(rates(office, task, who, **said))
    assert office.rows(Rating) == []


def test_whoever_is_not_satisfied_is_asked_why_and_then_it_begins_again(office: Office) -> None:
    task = office.delivered()
    heard = rates(office, task, attitude="SATISFIED", process="SATISFIED", result="DISSATISFIED")
    assert "原因" in told(heard)
    assert office.rows(Rating) == []
    office.says(LIN, "清单里没有我们小区。")
    [rating] = office.rows(Rating)
    assert rating.reason == "清单里没有我们小区。"
    assert (office.fresh(task).state, office.fresh(task).round) == (Handling.REDO, 2)


def test_a_rating_comes_once_a_round(office: Office) -> None:
    task = office.delivered()
    said = {"attitude": "SATISFIED", "process": "SATISFIED", "result": "SATISFIED"}
    key = Rate(task.id or 0, task.stamp).key
    office.presses(LIN, key, said)
    assert "过时" in told(office.presses(LIN, key, said))
    assert len(office.rows(Rating)) == 1


# --- the draft --------------------------------------------------------------------------------------------------------

UP_TO_PUBLIC = (
    "我要提案",
    "关于长者食堂的提案",
    "社会建设",
    "老人吃饭难。",
    "完",
    "每个社区建一处。",
    "完",
    "跳过",
    "是",
)


def drafted(office: Office, *public: str) -> list[Heard]:
    return office.says(LIN, *UP_TO_PUBLIC, *public, "不涉密")


@pytest.mark.parametrize("public", [("2", "涉及个人隐私"), ("不同意，涉及个人隐私",)], ids=["asked", "at once"])
def test_why_it_may_not_be_public_is_kept(office: Office, public: tuple[str, ...]) -> None:
    drafted(office, *public)
    office.says(LIN, "提交")
    [proposal] = office.rows(Proposal)
    assert (proposal.consent_public, proposal.no_public_reason) == (False, "涉及个人隐私")


def test_why_it_may_not_be_public_is_asked_after_a_correction(office: Office) -> None:
    drafted(office, "同意")
    office.says(LIN, "修改", "是否同意公开", "不同意")
    office.says(LIN, "涉及个人隐私", "提交")
    [proposal] = office.rows(Proposal)
    assert (proposal.state, proposal.no_public_reason) == (State.SUBMITTED, "涉及个人隐私")


def test_a_reason_is_gone_with_what_it_was_for(office: Office) -> None:
    drafted(office, "2", "涉及个人隐私")
    office.says(LIN, "修改", "是否同意公开", "同意", "提交")
    [proposal] = office.rows(Proposal)
    assert (proposal.consent_public, proposal.no_public_reason) == (True, "")


def test_only_members_propose(office: Office) -> None:
    assert "不是委员" in told(office.says(WEN, "我要提案"))
    assert office.rows(Proposal) == []


def test_every_answer_is_in_the_row_at_once(office: Office) -> None:
    office.says(LIN, *UP_TO_PUBLIC[:6])
    [proposal] = office.rows(Proposal)
    assert (proposal.title, proposal.category, proposal.analysis) == ("关于长者食堂的提案", "社会建设", "老人吃饭难。")
    assert proposal.state is State.DRAFT


def test_whoever_wrote_along_does_not_review_it(office: Office) -> None:
    proposal = office.add(whole("m032", organisation="s14"))
    office.add(Writer(proposal_id=proposal.id or 0, person=WEN, named_at=office.now))
    assert "单位负责人" in office.tries(WEN, proposal, E.SEAL)
    assert "单位负责人" in office.tries("m033", proposal, E.SEAL), "the contact prepares, the head hands in"
    office.does("m032", proposal, E.SEAL)
    assert "参与起草" in office.tries(WEN, office.fresh(proposal), E.ACCEPT)
    assert office.tries("pc_staff2", office.fresh(proposal), E.ACCEPT) == ""


def test_a_collective_proposal_is_no_joint_one(office: Office) -> None:
    proposal = office.add(whole("m032", organisation="s14"))
    for event, words in ((E.SUBMIT, "提案人来办"), (E.INVITE, "提案人来办")):
        assert words in office.tries("m032", proposal, event, people=[SU])
