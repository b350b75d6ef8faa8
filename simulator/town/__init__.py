"""The rehearsal city (云岭市, invented): its members, units, staff and proposals, and its address book."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from simulator.records import Someone

_FOLDER = Path(__file__).parent
_GROUP_OF_ROLE = {
    "pc_staff": "政协机关",
    "pc_director": "政协机关",
    "sysadmin": "政协机关",
    "dispatcher": "交办",
    "cppcc_leader": "领导",
    "supervising_leader": "领导",
    "evaluator": "第三方",
}
_TITLE_IN_UNIT = {"unit_leader": "主要领导", "unit_reviewer": "办公室复核", "unit_liaison": "办公室联络员"}


@cache
def read(name: str) -> dict[str, Any]:
    """One of the town's files: members, units, staff, proposals."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def people() -> dict[str, Someone]:
    """The address book: userid -> entry. Whoever is both member and staff stands there once, as a member."""
    book = {
        row["wecom_userid"]: Someone(
            row["wecom_userid"], row["name"], row["org_title"], "委员", row["sector"], private={"gender": row["gender"]}
        )
        for row in read("members")["members"]
    }
    for row in read("staff")["staff"]:
        if row["wecom_userid"] not in book:
            group = next(_GROUP_OF_ROLE[role] for role in row["roles"] if role in _GROUP_OF_ROLE)
            book[row["wecom_userid"]] = Someone(row["wecom_userid"], row["name"], row["org_title"], group)
    for unit in read("units")["units"]:
        for role, userid in unit["contacts"]["wecom_userids"].items():
            title = f"{unit['short_name']}{_TITLE_IN_UNIT[role]}"
            book[userid] = Someone(userid, unit["contacts"][role], title, "承办单位", unit["name"])
    return book
