"""The roster is checked as a whole: every row that cannot be taken is named, and then nothing is taken."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.roster import ROLES, BadRoster, BadRow, Roster, Sheet, check

UNIT = {
    "id": "u1",
    "name": "教育局",
    "liaison": "a1",
    "liaison_name": "甲",
    "reviewer": "a2",
    "reviewer_name": "乙",
    "leader": "a3",
    "leader_name": "丙",
}
MEMBER = {"userid": "m1", "name": "沈禾清"}
STAFF = {"userid": "s1", "name": "温以宁", "roles": ["pc_staff"]}

Rows = tuple[Mapping[str, Any], ...]


def roster(members: Rows = (MEMBER,), units: Rows = (UNIT,), staff: Rows = (STAFF,)) -> Roster:
    """Rows are counted from 2, as under a heading."""
    sheets = [
        Sheet(name, {"userid": "账号", "id": "编号"}, list(enumerate(rows, 2)))
        for name, rows in (("委员", members), ("承办单位", units), ("工作人员", staff))
    ]
    return check(*sheets)


def faults(**sheets: Rows) -> list[BadRow]:
    with pytest.raises(BadRoster) as refused:
        roster(**sheets)
    return refused.value.rows


def test_a_good_roster_is_taken() -> None:
    taken = roster()
    assert taken.members[0].userid == "m1"
    assert taken.members[0].active is True
    assert taken.members[0].plain is None
    assert [contact[1] for contact in taken.units[0].contacts()] == ["a1", "a2", "a3"]
    assert taken.staff[0].roles == ("pc_staff",)


def test_an_empty_roster_is_one() -> None:
    assert roster((), (), ()) == Roster()


def test_accounts_do_not_tell_case_apart() -> None:
    assert roster(members=({"userid": " WangWei@A.b ", "name": " 王伟 "},)).members[0].userid == "wangwei@a.b"
    assert faults(members=(MEMBER, {"userid": "M1", "name": "沈禾清"})) == [
        BadRow("委员", 3, "账号", "账号与第 2 行重复")
    ]


@pytest.mark.parametrize(
    ("userid", "reason"),
    [
        ("-a", "账号应以字母或数字开头"),
        ("张三", "账号应以字母或数字开头"),
        ("a b", "账号应以字母或数字开头"),
        ("a|b", "账号应以字母或数字开头"),
        ("a" * 65, "账号应以字母或数字开头"),
        ("a\n", ""),
        ("@all", "账号应以字母或数字开头"),
        ("", "不能为空"),
        ("  ", "不能为空"),
        (None, "不能为空"),
        (1001, "账号应为文本"),
        (["a"], "账号应为文本"),
    ],
)
def test_an_account_that_cannot_be_one(userid: object, reason: str) -> None:
    row = {"userid": userid, "name": "沈禾清"}
    if not reason:
        assert roster(members=(row,)).members[0].userid == "a"
        return
    [bad] = faults(members=(MEMBER, row))
    assert (bad.sheet, bad.row, bad.column) == ("委员", 3, "账号")
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize("userid", ["a", "9_-@.z", "a" * 64])
def test_an_account_that_can(userid: str) -> None:
    assert roster(members=({"userid": userid, "name": "沈禾清"},)).members[0].userid == userid


@pytest.mark.parametrize(
    ("values", "column", "reason"),
    [
        ({"name": ""}, "name", "不能为空"),
        ({"name": "\u3000"}, "name", "不能为空"),
        ({"name": "王\u200b伟"}, "name", "含有换行或看不见的字符"),
        ({"name": "王\n伟"}, "name", "含有换行或看不见的字符"),
        ({"name": "王\ud800"}, "name", "含有换行或看不见的字符"),
        ({"name": "王\x00"}, "name", "含有换行或看不见的字符"),
        ({"name": "=1+1"}, "name", "不能以等号开头"),
        ({"name": "王" * 65}, "name", "不能超过 64 个字"),
        ({"name": True}, "name", "应为文字"),
        ({"name": {"first": "王"}}, "name", "应为文字"),
        ({"name": float("nan")}, "name", "应为文字"),
        ({"title": "长" * 201}, "title", "不能超过 200 个字"),
        ({"active": "在任"}, "active", "请填“是”或“否”"),
        ({"active": 1}, "active", "请填“是”或“否”"),
        ({"plain": "对"}, "plain", "请填“是”或“否”"),
        ({"phone": "138"}, "phone", "填写不对"),
    ],
)
def test_a_member_that_cannot_be_taken(values: dict[str, object], column: str, reason: str) -> None:
    [bad] = faults(members=({**MEMBER, **values},))
    assert (bad.sheet, bad.row, bad.column) == ("委员", 2, column)
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        (["pc_staff", "pc_reviewer"], ("pc_staff", "pc_reviewer")),
        ("提案委工作人员、提案委复审人", ("pc_staff", "pc_reviewer")),
        ("交办员, 督导组成员；dispatcher", ("dispatcher", "inspector")),
        ("系统管理员", ("sysadmin",)),
    ],
)
def test_roles_are_read_by_either_name(given: object, roles: tuple[str, ...]) -> None:
    assert roster(staff=({**STAFF, "roles": given},)).staff[0].roles == roles


@pytest.mark.parametrize(
    ("given", "reason"),
    [("总管", "没有“总管”这个角色"), (["pc_staff", "king"], "没有“king”这个角色"), ("", "不能为空"), ([], "不能为空")],
)
def test_an_unknown_role_is_named(given: object, reason: str) -> None:
    [bad] = faults(staff=({**STAFF, "roles": given},))
    assert (bad.sheet, bad.row, bad.column) == ("工作人员", 2, "roles")
    assert bad.reason.startswith(reason)


def test_every_role_can_be_given_by_its_chinese_name() -> None:
    office = [role for role in ROLES if not role.startswith("unit_")]
    taken = roster(staff=({**STAFF, "roles": "、".join(ROLES[role] for role in office)},))
    assert taken.staff[0].roles == tuple(office)


def test_a_unit_is_read() -> None:
    row = {**UNIT, "kind": "政府部门", "keywords": "学校、学位，幼儿园 学校", "major": "是", "id": 7}
    unit = roster(units=(row,)).units[0]
    assert (unit.id, unit.kind, unit.major) == ("7", "government", True)
    assert unit.keywords == ("学校", "学位", "幼儿园")


@pytest.mark.parametrize(
    ("values", "faulty"),
    [
        ({"liaison": None}, [("liaison", "没有承办单位联络员")]),
        ({"reviewer": ""}, [("reviewer", "没有承办单位复核人")]),
        ({"leader": None}, [("leader", "没有承办单位领导")]),
        ({"liaison": "", "leader": ""}, [("liaison", "没有承办单位联络员"), ("leader", "没有承办单位领导")]),
        ({"liaison": "张三"}, [("liaison", "账号应以")]),
        ({"liaison_name": ""}, [("liaison_name", "不能为空")]),
        ({"leader": "a2", "leader_name": "乙"}, [("liaison", "联络员、复核人、领导须是三位不同的人")]),
        ({"leader": "a2"}, [("leader_name", "账号 a2 在承办单位 第 2 行用的是另一个姓名")]),
        ({"id": "u 1"}, [("编号", "编号中不能有空格或标点")]),
        ({"name": ""}, [("name", "不能为空")]),
        ({"keywords": ["词"] * 3 + ["长" * 65]}, [("keywords", "不能超过 64 个字")]),
        ({"keywords": [f"词{at}" for at in range(201)]}, [("keywords", "不能超过 200 个词")]),
    ],
)
def test_a_unit_needs_three_hands(values: dict[str, object], faulty: list[tuple[str, str]]) -> None:
    rows = faults(units=({**UNIT, **values},))
    assert [bad.column for bad in rows] == [column for column, _ in faulty]
    assert all(bad.reason.startswith(reason) for bad, (_, reason) in zip(rows, faulty, strict=True))
    assert all((bad.sheet, bad.row) == ("承办单位", 2) for bad in rows)


def test_a_units_contact_may_stand_among_the_staff() -> None:
    second = {"userid": "a4", "name": "丁", "roles": "承办单位联络员", "unit": "u1"}
    taken = roster(units=({**UNIT, "liaison": None, "liaison_name": None},), staff=(second,))
    assert taken.staff[0].unit == "u1"


def test_somebody_who_has_left_is_no_contact() -> None:
    second = {"userid": "a4", "name": "丁", "roles": "承办单位联络员", "unit": "u1", "active": "否"}
    [bad] = faults(units=({**UNIT, "liaison": None, "liaison_name": None},), staff=(second,))
    assert bad.column == "liaison"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"roles": "承办单位领导"}, "承办单位领导须填所在单位的编号"),
        ({"roles": "承办单位领导", "unit": "u9"}, "承办单位中没有这个编号"),
        ({"unit": "u1"}, "只有承办单位的联络员"),
    ],
)
def test_the_unit_of_a_staff_row(values: dict[str, object], reason: str) -> None:
    [bad] = faults(staff=({**STAFF, **values},))
    assert (bad.sheet, bad.column) == ("工作人员", "unit")
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ({"staff": (STAFF, STAFF)}, [("工作人员", 3, "账号", "账号与第 2 行重复")]),
        (
            {"units": (UNIT, {**UNIT, "name": "卫健委"}, {**UNIT, "id": "u3"})},
            [("承办单位", 3, "编号", "编号与第 2 行重复"), ("承办单位", 4, "name", "名称与第 2 行重复")],
        ),
        (
            {"staff": ({**STAFF, "userid": "m1"},)},
            [("工作人员", 2, "name", "账号 m1 在委员 第 2 行用的是另一个姓名，请核对")],
        ),
    ],
)
def test_what_stands_twice(sheets: dict[str, Rows], expected: list[tuple[str, int, str, str]]) -> None:
    assert faults(**sheets) == [BadRow(*row) for row in expected]


def test_one_person_may_stand_in_several_sheets() -> None:
    taken = roster(
        staff=({"userid": "M1", "name": "沈禾清", "roles": "pc_reviewer"},),
        units=({**UNIT, "leader": "m1", "leader_name": None},),
    )
    assert taken.staff[0].userid == taken.units[0].leader == taken.members[0].userid


def test_all_faults_are_named_at_once() -> None:
    rows = faults(
        members=({"userid": "张", "name": ""}, MEMBER, MEMBER), units=({"id": "u1"},), staff=({"roles": "king"},)
    )
    assert [(bad.sheet, bad.row, bad.column) for bad in rows] == [
        ("委员", 2, "账号"),
        ("委员", 2, "name"),
        ("承办单位", 2, "name"),
        ("工作人员", 2, "账号"),
        ("工作人员", 2, "name"),
        ("工作人员", 2, "roles"),
        ("委员", 4, "账号"),
    ]


def test_a_fault_reads_as_a_sentence() -> None:
    assert str(BadRow("委员", 3, "账号", "不能为空")) == "委员 第 3 行“账号”：不能为空"
    assert str(BadRow("a.xlsx", 0, "", "无法读取")) == "a.xlsx：无法读取"
