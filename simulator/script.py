"""The rehearsal's script: every proposal of the town, who plays in it, and how it must end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from simulator import town

MESSAGE_BYTES = 1_800  # a person's text holds 2,048
ABOUT = 12  # the first characters of a title tell the proposals of the town apart, and no card clips them
STAFF = ("pc_staff1", "pc_staff2")
REVIEWER, DIRECTOR = "m001", "pc_director"
DISPATCHERS = ("dispatch_gov", "dispatch_party")
MODES = {"sole": "独办", "lead_co": "主办会办", "t_class": "主办会办", "parallel": "分办"}
REASONS = {  # the words of DOMAIN 5.2 that the corpus expects
    "R05_judicial": "已进入诉讼或仲裁程序",
    "R07_personal": "为本人或亲属解决个人问题",
    "R10_vague": "内容空泛、没有具体建议",
}
SATISFIED, NEARLY, DISSATISFIED = "满意", "基本满意", "不满意"
VERDICTS = {  # of the result, round by round; whoever is not named is satisfied
    **dict.fromkeys(("P003", "P009", "P017", "P021", "P033"), (NEARLY,)),
    "P012": (DISSATISFIED, SATISFIED),
    "P030": (DISSATISFIED, NEARLY),
}


class Ending(Enum):
    """How a proposal ends in this rehearsal; the value is what its proposer then reads."""

    CLOSED = "已办结"
    MERGED = "已并案"
    REJECTED = "不予立案"
    RETURNED = "已退回修改"


class Turn(Enum):
    """Something that does not go straight on, in a few lives, so that every button is pressed once."""

    NONE = ""
    WAIVED = "免予沟通"  # the member needs no second talk
    DISPUTED = "不属实"  # the record was wrong; they talk again
    SENT_BACK = "退回"  # the unit's reviewer wants the reply mended
    AGREED = "同意"  # the leader agrees, the liaison issues
    OBJECTED = "申请调整"  # the last co-unit objects; the dispatcher keeps it


TURNS = {
    "P016": Turn.WAIVED,
    "P019": Turn.DISPUTED,
    "P026": Turn.SENT_BACK,
    "P009": Turn.AGREED,
    "P027": Turn.AGREED,
    "P023": Turn.OBJECTED,
}
_ENDINGS = {
    "filed": Ending.CLOSED,
    "merged": Ending.MERGED,
    "rejected": Ending.REJECTED,
    "returned": Ending.RETURNED,
    "split": Ending.RETURNED,
}


class NoSuchCase(Exception):
    """A proposal that the town does not have."""


@dataclass(frozen=True)
class Unit:
    """A unit and its three people."""

    name: str
    liaison: str
    reviewer: str
    leader: str


@dataclass(frozen=True)
class Case:
    """One proposal: what its proposer writes, who handles it, how it ends."""

    id: str
    title: str
    category: str
    proposer: str
    signers: tuple[str, ...]  # who co-signs it
    analysis: tuple[str, ...]  # in messages
    suggestions: tuple[str, ...]
    units: tuple[Unit, ...]  # the lead first
    mode: str
    researched: str
    public: str
    secret_reason: str  # why it is not to be made public
    ending: Ending
    reason_code: str
    reason: str  # what the reviewer writes when it is not filed
    redirect_to: str
    main: str  # the id of the proposal it is merged into
    verdicts: tuple[str, ...]
    turn: Turn

    @property
    def number(self) -> int:
        """Its place in the corpus."""
        return int(self.id[1:])

    @property
    def about(self) -> str:
        """Words that stand in everything said about this proposal, and in nothing about another."""
        return self.title[:ABOUT]

    @property
    def staff(self) -> str:
        """Which of the two of the office takes it."""
        return STAFF[self.number % len(STAFF)]

    @property
    def dispatcher(self) -> str:
        """Which of the two dispatchers assigns it."""
        return DISPATCHERS[self.number % len(DISPATCHERS)]

    @property
    def by_hand(self) -> bool:
        """Whether its people type their answers rather than press them."""
        return self.number % 3 == 0

    @property
    def split(self) -> bool:
        """Whether it is returned because it is about several matters."""
        return self.ending is Ending.RETURNED and not self.reason_code

    @property
    def result(self) -> str:
        """The letter of its reply."""
        return "DABCAB"[self.number % 6]

    @property
    def steps(self) -> tuple[str, ...]:
        """Every step of this life: what the table of the rehearsal must count."""
        first = ("提交", "受理")
        if self.ending is Ending.RETURNED:
            return (*first, *(("初审",) if self.split else ()), "退回修改", "核对")
        review = (*first, "初审", "复审", self.ending.value if self.ending is not Ending.CLOSED else "立案")
        if self.ending is not Ending.CLOSED:
            return (*review, "核对")
        units = ("签收",) * len(self.units) + ("会办意见",) * (len(self.units) - 1)
        if self.turn is Turn.OBJECTED:
            units = (*units, "申请调整")
        return (*review, "交办", *units, *self._rounds(), "核对")

    def _rounds(self) -> Iterable[str]:
        for verdict in self.verdicts:
            yield from ("沟通", Turn.WAIVED.value if self.turn is Turn.WAIVED else "沟通", "沟通")
            if self.turn is Turn.DISPUTED:
                yield Turn.DISPUTED.value
            yield from ("答复", "复核", "签发", "二次办理" if verdict == DISSATISFIED else "评价")
            if self.turn is Turn.SENT_BACK:
                yield from ("退回", "答复")


def cases(only: Sequence[str] = ()) -> list[Case]:
    """The proposals in the order they are played, all of them or those named; a main proposal comes with what it takes in."""
    wanted = [name.strip().upper() for name in only if name.strip()]
    every = {row["id"]: row for row in town.read("proposals")["proposals"]}
    if strange := [name for name in wanted if name not in every]:
        raise NoSuchCase(f"没有叫 {'、'.join(strange)} 的提案，编号是 P001 至 {max(every)}。")
    played = set(wanted or every)
    played |= {_main_of(every[name]) for name in played} - {""}
    return [_case(row) for name, row in every.items() if name in played]


@cache
def units() -> dict[str, Unit]:
    """The units by their id."""
    found = {}
    for row in town.read("units")["units"]:
        people = row["contacts"]["wecom_userids"]
        found[row["id"]] = Unit(row["name"], people["unit_liaison"], people["unit_reviewer"], people["unit_leader"])
    return found


@cache
def _mains() -> dict[str, str]:
    return {pair["member"]: pair["primary"] for pair in town.read("proposals")["duplicate_pairs"]}


def _main_of(row: dict[str, Any]) -> str:
    return _mains()[row["id"]] if row["expected"]["review"] == "merged" else ""


def _case(row: dict[str, Any]) -> Case:
    expected = row["expected"]
    ending = _ENDINGS[expected["review"]]
    proposer = row["proposer"].get("first_proposer_id") or row["proposer"]["contact_member_id"]
    named = [name for name in (row["suggested_lead"], *row["suggested_co"]) if name]
    code = expected.get("reject_reason") or expected.get("reject_reason_candidate", "")
    return Case(
        id=row["id"],
        title=row["title"],
        category=row["category"],
        proposer=proposer,
        signers=tuple(row["co_signers"]),
        analysis=tuple(messages(row["analysis"])),
        suggestions=tuple(item["text"] for item in row["suggestions"]),
        units=tuple(units()[name] for name in named),
        mode=MODES[row["handling_mode_hint"]],
        researched=f"是，{row['research_note']}".rstrip("，") if row["researched"] else "否",
        public="同意" if row["consent_public"] else "不同意",
        secret_reason=row["no_public_reason"] or "内容暂不宜公开",
        ending=ending,
        reason_code=code,
        reason=expected.get("note", "")[:200],
        redirect_to=expected.get("redirect_to", ""),
        main=_main_of(row),
        verdicts=VERDICTS.get(row["id"], (SATISFIED,)) if ending is Ending.CLOSED else (),
        turn=TURNS.get(row["id"], Turn.NONE),
    )


def messages(text: str, most: int = MESSAGE_BYTES) -> list[str]:
    """A long text as several messages, each ending with a sentence."""
    pieces = [""]
    for sentence in text.replace("。", "。\0").split("\0"):
        if pieces[-1] and len((pieces[-1] + sentence).encode()) > most:
            pieces.append("")
        pieces[-1] += sentence
    return [piece for piece in pieces if piece]
