"""The roster: who the members, units and staff are, checked as a whole (pure; models/enrolment.py writes it down)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

ROLES = {
    "member": "委员",
    "pc_staff": "提案委工作人员",
    "pc_reviewer": "提案委复审人",
    "pc_director": "提案委负责人",
    "cppcc_leader": "政协领导",
    "supervising_leader": "领衔督办领导",
    "dispatcher": "交办员",
    "inspector": "督导组成员",
    "evaluator": "第三方评价员",
    "sysadmin": "系统管理员",
    "unit_liaison": "承办单位联络员",
    "unit_reviewer": "承办单位复核人",
    "unit_leader": "承办单位领导",
}
CONTACTS = {
    "liaison": "unit_liaison",
    "reviewer": "unit_reviewer",
    "leader": "unit_leader",
}  # a unit's columns -> roles
KINDS = {"政府部门": "government", "党委部门": "party", "群团组织": "mass_org", "区县": "district", "功能区": "zone"}
ORGANISATIONS = {  # who may make collective proposals (DOMAIN §3.1)
    "专委会": "committee",
    "界别": "sector",
    "党派": "party",
    "人民团体": "org",
    "联络组": "liaison_group",
    "小组": "group",
}
USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}")  # PROTOCOL §0
SEPARATORS = re.compile(r"[、，,;；\s]+")
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # line breaks, zero-width marks, halves of characters


@dataclass(frozen=True)
class BadRow:
    """One thing to mend: which sheet, row and column, and why."""

    sheet: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.sheet} 第 {self.row} 行" if self.row else self.sheet
        return f"{place}“{self.column}”：{self.reason}" if self.column else f"{place}：{self.reason}"


class BadRoster(Exception):
    """The roster cannot be taken; `rows` names everything that has to be mended first."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        super().__init__("\n".join(map(str, rows)))
        self.rows = list(rows)


@dataclass(frozen=True)
class Sheet:
    """Rows as somebody wrote them: our field names, and what this source calls them."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[int, Mapping[str, object]]] = field(default=())

    def bad(self, row: int, column: str, reason: str) -> BadRow:
        """A complaint about a cell of this sheet."""
        return BadRow(self.name, row, self.columns.get(column, column), reason)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("应为文字")
    text = str(value).strip()
    if text.startswith("="):
        raise ValueError("不能以等号开头")
    if any(unicodedata.category(character) in UNSEEN for character in text):
        raise ValueError("含有换行或看不见的字符，请重新输入")
    return text


def _userid(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("账号应为文本，请把单元格设为文本格式后重新填写")
    if not USERID.fullmatch(value.strip()):
        raise ValueError("账号应以字母或数字开头，只含字母、数字和 _ - @ .，最多 64 位")
    return value.strip().lower()


def _yes_no(value: object) -> bool:
    known = {"是": True, "否": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip() in known:
        return known[value.strip()]
    raise ValueError("请填“是”或“否”")


def _words(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list | tuple) else SEPARATORS.split(_text(value))
    return tuple(dict.fromkeys(word for word in map(_text, given) if word))


def _roles(value: object) -> tuple[str, ...]:
    identifiers = {name: role for role, name in ROLES.items()} | {role: role for role in ROLES}
    words = _words(value)
    for word in words:
        if word not in identifiers:
            raise ValueError(f"没有“{word[:20]}”这个角色，可填：{'、'.join(ROLES.values())}")
    return tuple(dict.fromkeys(identifiers[word] for word in words))


def _known_kind(text: str) -> str:
    return KINDS.get(text, text)


def _known_organisation(text: str) -> str:
    kind = ORGANISATIONS.get(text, text)
    if kind not in ORGANISATIONS.values():
        raise ValueError(f"请填：{'、'.join(ORGANISATIONS)}")
    return kind


def _number(value: object) -> int:
    text = _text(value)
    if not text.isascii() or not text.isdecimal() or len(text) > 2:
        raise ValueError("请填一个数字")
    return int(text)


def _one_word(text: str) -> str:
    if SEPARATORS.search(text):
        raise ValueError("编号中不能有空格或标点")
    return text


Userid = Annotated[str, BeforeValidator(_userid)]
Text = Annotated[str, BeforeValidator(_text)]
Short = Annotated[Text, Field(max_length=32)]
Line = Annotated[Text, Field(max_length=64)]
Title = Annotated[Text, Field(max_length=200)]
Id = Annotated[Line, AfterValidator(_one_word)]
Quota = Annotated[int, BeforeValidator(_number)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Roles = Annotated[tuple[str, ...], BeforeValidator(_roles), Field(min_length=1)]
Keywords = Annotated[tuple[Line, ...], BeforeValidator(_words), Field(max_length=200)]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(Entry):
    """委员."""

    userid: Userid
    name: Line
    title: Title = ""
    sector: Line = ""
    party: Line = ""
    committee: Line = ""
    duty: Line = ""
    liaison_area: Line = ""
    active: YesNo = True
    plain: YesNo | None = None  # None: as it was
    large: YesNo | None = None


class UnitEntry(Entry):
    """承办单位 with its three contacts; more of them may stand among the staff."""

    id: Id
    name: Annotated[Text, Field(max_length=100)]
    short_name: Short = ""
    system: Short = ""
    kind: Annotated[Short, AfterValidator(_known_kind)] = ""
    keywords: Keywords = ()
    reply_prefix: Short = ""
    major: YesNo = False
    liaison: Userid | None = None
    liaison_name: Line = ""
    reviewer: Userid | None = None
    reviewer_name: Line = ""
    leader: Userid | None = None
    leader_name: Line = ""

    def contacts(self) -> Iterator[tuple[str, str, str]]:
        """(column, userid, name) of every contact named here."""
        for column in CONTACTS:
            if userid := getattr(self, column):
                yield column, userid, getattr(self, f"{column}_name")


class Staff(Entry):
    """工作人员: the committee's office, dispatchers, leaders; also a unit's further contacts, with the unit's id."""

    userid: Userid
    name: Line
    title: Title = ""
    roles: Roles
    unit: Id | None = None
    active: YesNo = True
    plain: YesNo | None = None
    large: YesNo | None = None


class OrganisationEntry(Entry):
    """集体组织: who makes collective proposals, through its head; a contact may prepare them."""

    id: Id
    name: Annotated[Text, Field(max_length=100)]
    kind: Annotated[Short, AfterValidator(_known_organisation)]
    quota: Quota | None = None  # None: as the rules have it
    head: Userid
    head_name: Line = ""
    contact: Userid | None = None
    contact_name: Line = ""
    active: YesNo = True

    def contacts(self) -> Iterator[tuple[str, str, str]]:
        """(column, userid, name) of whoever speaks for it."""
        yield "head", self.head, self.head_name
        if self.contact:
            yield "contact", self.contact, self.contact_name


class Roster(Entry):
    members: tuple[Member, ...] = ()
    units: tuple[UnitEntry, ...] = ()
    staff: tuple[Staff, ...] = ()
    organisations: tuple[OrganisationEntry, ...] = ()


E = TypeVar("E", bound=Entry)
Read = list[tuple[int, E]]


def check(members: Sheet, units: Sheet, staff: Sheet, organisations: Sheet | None = None) -> Roster:
    """The roster, or BadRoster with every row that cannot be taken. An office may do without organisations."""
    bad: list[BadRow] = []
    groups = organisations or Sheet("集体组织", {})
    bodies = _entries(groups, OrganisationEntry, bad)
    people, places, office = (
        _entries(members, Member, bad),
        _entries(units, UnitEntry, bad),
        _entries(staff, Staff, bad),
    )
    bad += _repeated(members, people, "userid", "账号")
    bad += _repeated(staff, office, "userid", "账号")
    bad += _repeated(units, places, "id", "编号")
    bad += _repeated(units, places, "name", "名称")
    bad += _repeated(groups, bodies, "id", "编号")
    bad += _repeated(groups, bodies, "name", "名称")
    bad += _several_names(_named(members, people, units, places, staff, office, groups, bodies))
    if not bad:  # else a row that could not be read would be called missing
        bad += _unit_roles(units, places, staff, office)
    if bad:
        raise BadRoster(bad)
    return Roster(
        members=tuple(entry for _, entry in people),
        units=tuple(entry for _, entry in places),
        staff=tuple(entry for _, entry in office),
        organisations=tuple(entry for _, entry in bodies),
    )


def _entries(sheet: Sheet, kind: type[E], bad: list[BadRow]) -> Read[E]:
    read: Read[E] = []
    for row, values in sheet.rows:
        filled = {key: value for key, value in values.items() if not _is_blank(value)}
        try:
            read.append((row, kind.model_validate(filled)))
        except ValidationError as error:
            problems = {str(problem["loc"][0]): _reason(problem) for problem in error.errors(include_url=False)}
            bad += [sheet.bad(row, column, reason) for column, reason in problems.items()]
    return read


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _reason(problem: ErrorDetails) -> str:
    wanted = problem.get("ctx", {})
    match problem["type"]:
        case "missing" | "too_short":
            return "不能为空"
        case "value_error":
            return str(wanted["error"])
        case "string_too_long" | "too_long":
            return f"不能超过 {wanted['max_length']} 个{'词' if problem['loc'] == ('keywords',) else '字'}"
        case _:
            return "填写不对"


def _repeated(sheet: Sheet, entries: Read[E], column: str, called: str) -> Iterator[BadRow]:
    first: dict[str, int] = {}
    for row, entry in entries:
        value = getattr(entry, column)
        if value in first:
            yield sheet.bad(row, column, f"{called}与第 {first[value]} 行重复")
        first.setdefault(value, row)


Named = tuple[Sheet, int, str, str, str]


def _named(
    members: Sheet,
    people: Read[Member],
    units: Sheet,
    places: Read[UnitEntry],
    staff: Sheet,
    office: Read[Staff],
    groups: Sheet,
    bodies: Read[OrganisationEntry],
) -> list[Named]:
    """Every place where an account stands, with the name beside it."""
    named = [(members, row, "name", entry.userid, entry.name) for row, entry in people]
    named += [(staff, row, "name", entry.userid, entry.name) for row, entry in office]
    for row, place in places:
        named += [(units, row, f"{column}_name", userid, name) for column, userid, name in place.contacts()]
    for row, body in bodies:
        named += [(groups, row, f"{column}_name", userid, name) for column, userid, name in body.contacts()]
    return named


def _several_names(named: Sequence[Named]) -> Iterator[BadRow]:
    """One account is one person: wherever it stands, the name beside it is the same."""
    known: dict[str, tuple[str, str]] = {}
    for sheet, row, column, userid, name in named:
        where = f"{sheet.name} 第 {row} 行"
        if not name:
            if userid not in known:
                yield sheet.bad(row, column, "不能为空")
            continue
        first, there = known.setdefault(userid, (name, where))
        if first != name:
            yield sheet.bad(row, column, f"账号 {userid} 在{there}用的是另一个姓名，请核对")


def _unit_roles(units: Sheet, places: Read[UnitEntry], staff: Sheet, office: Read[Staff]) -> Iterator[BadRow]:
    """Every unit has somebody for each of the three hands a reply passes through (DOMAIN §9.3), and they are three people."""
    holders: dict[str, dict[str, set[str]]] = {entry.id: defaultdict(set) for _, entry in places}
    for row, person in office:
        in_unit = [role for role in person.roles if role in CONTACTS.values()]
        if in_unit and person.unit is None:
            yield staff.bad(row, "unit", f"{ROLES[in_unit[0]]}须填所在单位的编号")
        elif person.unit is not None and not in_unit:
            yield staff.bad(row, "unit", "只有承办单位的联络员、复核人、领导才填单位编号")
        elif person.unit is not None and person.unit not in holders:
            yield staff.bad(row, "unit", f"{units.name}中没有这个编号")
        elif person.unit is not None and person.active:
            for role in in_unit:
                holders[person.unit][role].add(person.userid)
    for row, place in places:
        here = holders[place.id]
        for column, userid, _ in place.contacts():
            here[CONTACTS[column]].add(userid)
        missing = [column for column, role in CONTACTS.items() if not here[role]]
        for column in missing:
            yield units.bad(row, column, f"没有{ROLES[CONTACTS[column]]}，这个单位收不到或办不了提案")
        hands = [sorted(here[role])[:4] for role in CONTACTS.values()]
        if not missing and not any(len(set(three)) == 3 for three in product(*hands)):
            yield units.bad(row, "liaison", "联络员、复核人、领导须是三位不同的人，否则答复无法三级审核")
