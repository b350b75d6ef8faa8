"""The address book as the API shows it: departments made from groups and units, people, and who a message is for."""

from dataclasses import dataclass, field
from typing import Any

from simulator.records import Someone
from simulator.refusal import Refusal
from simulator.switches import Switches

ROOT = 1


@dataclass(frozen=True)
class Department:
    """A group, or a unit inside one."""

    id: int
    name: str
    parent: int
    order: int

    def shown(self) -> dict[str, Any]:
        """As department/list gives it."""
        return {"id": self.id, "name": self.name, "department_leader": [], "parentid": self.parent, "order": self.order}


@dataclass
class Receivers:
    """Whom a message reaches, and which targets were bad."""

    userids: list[str] = field(default_factory=list)  # lower case, each once
    bad_users: list[str] = field(default_factory=list)
    bad_parties: list[str] = field(default_factory=list)
    bad_tags: list[str] = field(default_factory=list)
    unlicensed: list[str] = field(default_factory=list)


class Directory:
    """People by lower-case userid, and their departments."""

    def __init__(self, corp_name: str, people: dict[str, Someone], switches: Switches) -> None:
        self.people, self._switches = people, switches
        self.departments: dict[int, Department] = {ROOT: Department(ROOT, corp_name, 0, 1)}
        self._of: dict[str, int] = {}
        ids: dict[tuple[str, str], int] = {}
        for group in dict.fromkeys(someone.group for someone in people.values() if someone.group):
            ids[(group, "")] = self._add(group, ROOT)
        for someone in people.values():
            place = (someone.group, someone.unit)
            if someone.unit and place not in ids:
                ids[place] = self._add(someone.unit, ids.get((someone.group, ""), ROOT))
        for userid, someone in people.items():
            self._of[userid] = ids.get((someone.group, someone.unit), ROOT)

    def _add(self, name: str, parent: int) -> int:
        number = len(self.departments) + 1
        self.departments[number] = Department(number, name, parent, 100_000 - number)
        return number

    def below(self, number: int) -> set[int]:
        """A department with all its descendants; parents always have the smaller number."""
        found = {number}
        for department in self.departments.values():
            if department.parent in found:
                found.add(department.id)
        return found

    def members(self, number: int, *, deep: bool) -> list[str]:
        """The userids in a department, with or without those below it."""
        if number not in self.departments:
            raise Refusal(60003, "department unknown")
        rooms = self.below(number) if deep else {number}
        return [userid for userid, room in self._of.items() if room in rooms]

    def reachable(self, userid: str) -> bool:
        """Whether the app's visible range holds this person."""
        return userid in self.people and userid not in {hidden.lower() for hidden in self._switches.out_of_range}

    def receivers(self, body: dict[str, Any]) -> Receivers:
        """Work out touser, toparty and totag; nobody at all is 81013."""
        found = Receivers()
        wanted: dict[str, None] = {}
        if body.get("touser") == "@all":
            wanted = {userid: None for userid in self.people if self.reachable(userid)}
        else:
            for userid in body.get("touser", "").lower().split("|"):
                if self.reachable(userid):
                    wanted[userid] = None
                elif userid:
                    found.bad_users.append(userid)
            for party in filter(None, body.get("toparty", "").split("|")):
                if int(party) not in self.departments:
                    found.bad_parties.append(party)
                else:
                    wanted |= {u: None for u in self.members(int(party), deep=True) if self.reachable(u)}
            found.bad_tags = [tag for tag in body.get("totag", "").split("|") if tag]  # this corp has no tags
        unlicensed = {userid.lower() for userid in self._switches.unlicensed}
        found.unlicensed = [userid for userid in wanted if userid in unlicensed]
        found.userids = [userid for userid in wanted if userid not in unlicensed]
        return found

    def shown(self, userid: str) -> dict[str, Any]:
        """As user/get gives it."""
        userid = userid.lower()
        if userid not in self.people:
            raise Refusal(60111, "userid unknown")
        if not self.reachable(userid):
            raise Refusal(60011, "no right on this member")
        someone, room = self.people[userid], self._of[userid]
        details: dict[str, Any] = {
            "userid": userid,
            "name": someone.name,
            "department": [room],
            "order": [0],
            "position": someone.title,
            "is_leader_in_dept": [0],
            "direct_leader": [],
            "telephone": "",
            "alias": "",
            "status": 1,
            "main_department": room,
            "extattr": {"attrs": []},
        }
        return details if self._switches.fields_withheld else details | someone.private

    def name_of(self, what: str, ident: str) -> str | None:
        """For the translation of ids in messages."""
        if what == "departmentName":
            return self.departments[int(ident)].name if ident.isdigit() and int(ident) in self.departments else None
        return self.people[ident.lower()].name if self.reachable(ident.lower()) else None
