"""The life of one proposal as its people live it: each reads what the bot says, and acts on it, up to the expected end."""

import asyncio
import re
from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from simulator.acts import END, Answer, Choose, Opening, Phone, Phones, Press, Trouble
from simulator.calendar import Calendar
from simulator.drafting import Effort, Way, answers, number_of
from simulator.records import Shown
from simulator.script import (
    DIRECTOR,
    DISSATISFIED,
    NEARLY,
    REASONS,
    REVIEWER,
    SATISFIED,
    Case,
    Ending,
    Turn,
    Unit,
)

BEFORE, DURING, AFTER = "办前", "办中", "办后"
DONE = ("已", "提交成功")  # how the words begin that end an act
STANDS = "状态："  # on the card that ends an act
LIST = "您有"  # how the list of one's proposals begins


class Steps(Protocol):
    """Where the steps of all lives are counted."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """One step of one life, counted when it ends well."""

    def wrote(self, effort: Effort) -> None:
        """A proposal has been handed in."""


@dataclass
class Ties:
    """What lives wait for in each other: a proposal goes into another that has its number and is not over yet."""

    numbers: dict[str, "asyncio.Future[str]"] = field(default_factory=dict)
    taken_in: dict[str, list[asyncio.Event]] = field(default_factory=dict)
    merged: dict[str, list[Case]] = field(default_factory=dict)  # what has gone into it

    @classmethod
    def of(cls, cases: Sequence[Case]) -> "Ties":
        """The ties among these."""
        ties = cls()
        for case in cases:
            if case.main:
                ties.numbers.setdefault(case.main, asyncio.get_running_loop().create_future())
                ties.taken_in.setdefault(case.main, []).append(asyncio.Event())
        return ties

    def numbered(self, case: Case, number: str) -> None:
        """It has its number, or ("") will never have one."""
        waiting = self.numbers.get(case.id)
        if waiting and not waiting.done():
            waiting.set_result(number)

    def ended(self, case: Case) -> None:
        """Whatever became of it, nobody need wait for it any more."""
        self.numbered(case, "")
        for event in self.taken_in.get(case.main, []):
            if not event.is_set():
                event.set()
                break


class Life:
    """One proposal."""

    def __init__(
        self, case: Case, phones: Phones, steps: Steps, ties: Ties, calendar: Calendar, way: Way = Way.STEPS
    ) -> None:
        self.case, self.steps, self.ties, self.calendar = case, steps, ties, calendar
        self.way = way
        self._of = phones.of
        self.member = phones.of(case.proposer)
        self.staff, self.dispatcher = phones.of(case.staff), phones.of(case.dispatcher)
        self.number = ""

    async def through(self) -> None:
        """From the first word to the last; Trouble when something is not as it must be."""
        case = self.case
        try:
            await self._proposed()
            if await self._reviewed():
                await self._handled()
            with self.steps.step("核对"):
                await self._found_in_the_list()
        finally:
            self.ties.ended(case)

    def _does(self, phone: Phone, opening: Opening, *answers: Answer, ends: Sequence[str] = DONE) -> Awaitable[Shown]:
        """Act, and read that it is done."""
        about = self.case.about

        def done(text: str) -> bool:
            return about in text and (text.startswith(tuple(ends)) or STANDS in text)

        return phone.does(opening, *answers, until=done, what=f"对《{about}…》的回话", by_hand=self.case.by_hand)

    async def _presses(self, who: str | Phone, label: str, title: str, *answers: Answer, since: int = 0) -> Shown:
        """Wait for the card so titled, press, answer, and read the bot's word that it is done."""
        phone = self._of(who) if isinstance(who, str) else who
        card = await phone.card(label, title, self.case.about, since=since)
        return await self._does(phone, Press(label, card), *answers)

    # --- the committee -----------------------------------------------------------------------------------------------

    async def _proposed(self) -> None:
        with self.steps.step("提交"):
            names = [self._of(signer).person.name for signer in self.case.signers]
            shown = await self._does(self.member, "我要提案", *answers(self.case, self.way, names))
            self.steps.wrote(Effort(self.case.id, self.member.acts, self.member.pushed))
            if names:
                shown = await self._signed_jointly()
            self.number = self._found(r"流水号：(\w+)", shown)

    async def _signed_jointly(self) -> Shown:
        """Each reads the text and agrees; then it is handed in."""
        for signer in self.case.signers:
            await self._of(signer).reads("情况分析", self.case.about)
            await self._presses(signer, "同意联名", "邀请您联名")
        return await self._presses(self.member, "提交", "都已答复")

    async def _reviewed(self) -> bool:
        """Acceptance and three reviews; whether it was filed."""
        case, step = self.case, self.steps.step
        with step("受理"):
            accepted = await self._presses(self.staff, "受理", "有新提案待受理")
            await self.member.reads("已受理", case.about)
        if case.ending is Ending.RETURNED and not case.split:
            await self._returned(self.staff, accepted)
            return False
        with step("初审"):
            await self._does(self.staff, Press("通过", accepted))
        if case.split:
            reviewer = self._of(REVIEWER)
            await self._returned(reviewer, await reviewer.card("退回修改", "请复审", case.about))
            return False
        with step("复审"):
            await self._presses(REVIEWER, "通过", "请复审")
        match case.ending:
            case Ending.REJECTED:
                await self._rejected()
            case Ending.MERGED:
                await self._merged()
            case _:
                await self._filed()
                return True
        return False

    async def _returned(self, who: Phone, card: Shown) -> None:
        case = self.case
        reason = f"{'请按一事一案拆分后分别提交' if case.split else REASONS[case.reason_code]}：{case.reason}"
        with self.steps.step("退回修改"):
            await self._does(who, Press("退回修改", card), Answer(("需要怎么修改",), (reason,)))
            await self.member.reads("提案退回修改", case.about, reason[:20])

    async def _rejected(self) -> None:
        case = self.case
        words = REASONS[case.reason_code]
        with self.steps.step(Ending.REJECTED.value):
            await self._presses(
                DIRECTOR,
                "不予立案",
                "请终审",
                Answer(("事由是哪一项",), (lambda text: number_of(words, text),)),
                Answer(("请写明理由",), (case.reason,)),
                Answer(("转到哪里",), (case.redirect_to,)),
            )
            await self.member.reads("不予立案", case.about, words, case.redirect_to)

    async def _merged(self) -> None:
        case = self.case
        with self.steps.step(Ending.MERGED.value):
            main = await self.ties.numbers[case.main]
            if not main:
                raise Trouble(f"主案{case.main}没有立案，无法并入")
            await self._presses(DIRECTOR, "并案", "请终审", Answer(("并入哪一件",), (main,)))
            await self.member.reads("合并办理", case.about, main)
        self.ties.merged.setdefault(case.main, []).append(case)

    async def _filed(self) -> None:
        with self.steps.step("立案"):
            await self._presses(DIRECTOR, "立案", "请终审")
            shown = await self.member.reads("已立案", self.case.about, "提案号")
            self.number = self._found(r"提案号：(\w+)", shown)
        self.ties.numbered(self.case, self.number)

    # --- the units ---------------------------------------------------------------------------------------------------

    async def _handled(self) -> None:
        case = self.case
        units = "、".join(unit.name for unit in case.units)
        with self.steps.step("交办"):
            await self._presses(
                self.dispatcher,
                "交办",
                "有提案待交办",
                Answer(("用哪种办理方式",), presses=case.mode),
                Answer(("承办单位有哪些",), (units,)),
                Answer(("承办单位是哪一个",), (units,)),
                Answer(("分办单位有哪些",), (units,)),
                Answer(("确认交办",), presses="交办"),
            )
            await self.member.reads("已交办", case.about, case.units[0].name)
        lead, *others = case.units
        try:
            async with asyncio.TaskGroup() as together:
                helping = [together.create_task(self._helps(unit, lead)) for unit in others]
                together.create_task(self._leads(lead, helping))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several

    async def _signs_for(self, unit: Unit) -> Shown:
        with self.steps.step("签收"):
            await self._of(unit.leader).reads("新承办提案", self.case.about)
            card = await self._presses(unit.liaison, "签收", "新的承办任务")
            if unit is self.case.units[0]:  # a co-unit does not turn to the member
                await self.member.reads(f"{unit.name}已签收", self.case.about)
        return card

    async def _helps(self, unit: Unit, lead: Unit) -> None:
        """A co-unit signs and gives the lead its opinion; one of them first tries to get out of it."""
        case, liaison = self.case, self._of(unit.liaison)
        if case.turn is Turn.OBJECTED and unit is case.units[-1]:
            card = await self._objects(unit)
        else:
            card = await self._signs_for(unit)
        with self.steps.step("会办意见"):
            opinion = f"本单位赞成《{case.title}》的方向，愿在职责范围内配合，并确定一名联系人参加。"
            answer = Answer(("请写会办意见",), (opinion, END))
            await self._does(liaison, Press("写会办意见", card), answer)
            await self._of(lead.liaison).reads(unit.name, "会办意见", case.about)

    async def _objects(self, unit: Unit) -> Shown:
        liaison = self._of(unit.liaison)
        with self.steps.step("签收"):
            answer = Answer(("为什么不由本单位承办",), ("主要工作不在本单位职责之内，建议由教育部门统筹。",))
            await self._presses(liaison, "申请调整", "新的承办任务", answer)
        with self.steps.step(Turn.OBJECTED.value):
            answer = Answer(("为什么退回",), ("会办事项属你单位监管职责，请继续会办。",))
            await self._presses(self.dispatcher, "退回", "承办单位申请调整", answer)
            return await liaison.card("写会办意见", "调整申请未同意", self.case.about)

    async def _leads(self, unit: Unit, helping: Sequence["asyncio.Task[None]"]) -> None:
        card = await self._signs_for(unit)
        for place, verdict in enumerate(self.case.verdicts):
            for stage in (BEFORE, DURING):
                card = await self._talked(unit, stage, card)
            since, member_since = self._of(unit.liaison).here, self.member.here
            written = await self._written(unit, card)
            await asyncio.gather(*helping)
            card = await self._signed(unit, written, since)
            shown = await self.member.reads("答复如下（", self.case.about, since=member_since)
            self._found(r"答复如下（(.+?)）", shown)
            await self._talked(unit, AFTER, card)
            last = place == len(self.case.verdicts) - 1
            card = await self._rated(unit, verdict, member_since, last=last)

    async def _talked(self, unit: Unit, stage: str, card: Shown) -> Shown:
        """One of the three talks; returns the card from which the unit goes on."""
        case, liaison = self.case, self._of(unit.liaison)
        since, member_since = liaison.here, self.member.here
        if case.turn is Turn.WAIVED and stage == DURING:
            with self.steps.step(Turn.WAIVED.value):
                await self._presses(
                    self.member, "免予沟通", f"{unit.name}已签收", Answer(("不需要哪一次沟通",), presses=stage)
                )
                return await liaison.card("写答复", "委员表示不需要沟通", case.about, since=since)
        if case.turn is Turn.DISPUTED and stage == BEFORE:
            with self.steps.step(Turn.DISPUTED.value):
                await self._recorded(liaison, stage, card)
                answer = Answer(("哪里不属实",), ("当天只通了电话，没有见面。",))
                await self._presses(self.member, "不属实", f"请确认{stage}沟通", answer, since=member_since)
                card = await liaison.card("登记沟通", f"{stage}沟通被指不属实", case.about, since=since)
                since, member_since = liaison.here, self.member.here
        with self.steps.step("沟通"):
            await self._recorded(liaison, stage, card)
            await self._presses(self.member, "属实", f"请确认{stage}沟通", since=member_since)
            return await liaison.reads(f"{stage}沟通委员已确认", case.about, since=since)

    async def _recorded(self, liaison: Phone, stage: str, card: Shown) -> None:
        await self._does(
            liaison,
            Press("登记沟通", card),
            Answer(("哪一次沟通",), presses=stage),
            Answer(("用什么方式",), ("上门走访",)),
            Answer(("沟通日期是",), ("今天",)),
            Answer(("沟通纪要：",), (f"{stage}与提案人当面谈了《{self.case.title}》，提案人希望列出时间表。",)),
        )

    async def _written(self, unit: Unit, card: Shown) -> Shown:
        case = self.case
        text = [f"您提出的《{case.title}》收悉。"]
        text += [
            f"关于第{place}条建议，我们已会同有关单位研究，将按职责逐项落实。"
            for place in range(1, len(case.suggestions) + 1)
        ]
        due = f"{self.calendar.now().year + 1}年6月30日"
        with self.steps.step("答复"):
            return await self._does(
                self._of(unit.liaison),
                Press("写答复", card),
                Answer(("办理结果是哪一类",), (case.result,)),
                Answer(("请写答复正文",), ("\n".join(text), "感谢您对我们工作的关心和支持。", END)),
                Answer(("承诺做什么",), ("年内拿出方案，明年上半年完成首批任务",)),
                Answer(("完成日期是",), (due,)),
                Answer(("由谁负责",), (f"{self._of(unit.leader).person.name}，主要负责人",)),
            )

    async def _signed(self, unit: Unit, written: Shown, since: int) -> Shown:
        """Sent up, reviewed, signed and issued; returns the card that says so."""
        case, liaison = self.case, self._of(unit.liaison)
        reviewer, leader = self._of(unit.reviewer), self._of(unit.leader)
        to_review, to_sign = reviewer.here, leader.here
        with self.steps.step("复核"):
            await self._does(liaison, Press("送审", written))
            if case.turn is Turn.SENT_BACK:
                with self.steps.step(Turn.SENT_BACK.value):
                    answer = Answer(("为什么退回",), ("请写明时间安排。",))
                    await self._presses(reviewer, "退回", "答复待复核", answer, since=to_review)
                to_review = reviewer.here
                card = await liaison.card("写答复", "答复被退回", case.about, since=since)
                again = await self._written(unit, card)
                await self._does(liaison, Press("送审", again))
            await self._presses(reviewer, "同意", "答复待复核", since=to_review)
        with self.steps.step("签发"):
            if case.turn is Turn.AGREED:
                await self._presses(leader, "同意", "答复待签发", since=to_sign)
                return await self._presses(liaison, "签发", "答复已审定", since=since)
            await self._presses(leader, "签发", "答复待签发", since=to_sign)
            return await liaison.card("登记沟通", "答复已送达提案人", case.about, since=since)

    async def _rated(self, unit: Unit, verdict: str, since: int, *, last: bool) -> Shown:
        case = self.case
        staff_since, liaison_since = self.staff.here, self._of(unit.liaison).here
        if last:  # what goes into it must be in it before it is over
            for event in self.ties.taken_in.get(case.id, []):
                await event.wait()
        with self.steps.step("二次办理" if verdict == DISSATISFIED else "评价"):
            card = await self.member.card("提交评价", self.number, since=since)
            choices = {
                "办理态度": SATISFIED,
                "办理过程": NEARLY if verdict == DISSATISFIED else SATISFIED,
                "办理结果": verdict,
            }
            why = Answer(("不满意，原因是什么",), ("答复没有写时间安排，看不到什么时候能办成。",))
            shown = await self._does(self.member, Choose(choices, "提交评价", card), why)
            await self.staff.reads(f"评价{unit.name}", case.about, f"办理结果{verdict}", since=staff_since)
            if verdict == DISSATISFIED:
                await self._of(unit.leader).reads("二次办理通知", case.about)
                return await self._of(unit.liaison).card("登记沟通", "二次办理通知", case.about, since=liaison_since)
            for signer in case.signers:
                phone = self._of(signer)
                card = await phone.card("提交评价", self.number, unit.name)
                await self._does(phone, Choose(choices, "提交评价", card))
            await self.member.reads("已办结", case.about, since=since)
            for other in self.ties.merged.get(case.id, []):  # whose proposal went into it was promised to hear of it
                await self._of(other.proposer).reads("已办结", case.about)
        return shown

    # --- the end -----------------------------------------------------------------------------------------------------

    async def _found_in_the_list(self) -> None:
        """The proposer asks where it stands, and it stands where the corpus says."""
        case = self.case
        shown = await self._does(self.member, "我的提案", ends=(LIST,))
        line = next(line for line in shown.text.splitlines() if case.about in line)
        if self.number not in line or case.ending.value not in line:
            raise Trouble(f"“我的提案”里应有{self.number}和“{case.ending.value}”，写的却是：{line}")

    def _found(self, pattern: str, shown: Shown) -> str:
        found = re.search(pattern, shown.text)
        if found is None:
            raise Trouble(f"没有读到“{pattern}”：{shown.text[:120]}")
        return found[1]
