"""Who there is: people, units, and which roles they hold."""

from datetime import date

from sqlalchemy import JSON, Boolean, Column, Index, text
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """One WeCom account of the town; the key is the lower-case userid, for the platform does not tell case apart."""

    userid: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=64)
    title: str = Field(default="", max_length=200)
    sector: str = Field(default="", max_length=64)
    party: str = Field(default="", max_length=64)
    committee: str = Field(default="", max_length=64)
    duty: str = Field(default="", max_length=64)
    liaison_area: str = Field(default="", max_length=64)
    active: bool = True
    plain: bool = False  # reads in the WeChat plugin: cards and markdown do not show there (PROTOCOL §20)
    large: bool = Field(  # cannot read small print: short lines, no cards, choices as 1-2-3
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )

    @property
    def in_words(self) -> bool:
        """Whether every card goes to this person as words."""
        return self.plain or self.large


class Unit(SQLModel, table=True):
    """A handling unit (承办单位)."""

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=100, index=True)
    short_name: str = Field(default="", max_length=32)
    system: str = Field(default="", max_length=32)
    kind: str = Field(default="", max_length=32)
    keywords: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    reply_prefix: str = Field(default="", max_length=32)
    major: bool = False


class Holding(SQLModel, table=True):
    """A role that a person holds; unit roles name the unit."""

    __table_args__ = (
        Index("ix_holding_role_unit", "role", "unit"),
        Index("ix_holding_person", "person"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person: str = Field(foreign_key="person.userid", max_length=64)
    role: str = Field(max_length=32)
    unit: str | None = Field(default=None, foreign_key="unit.id", max_length=64)


class Organisation(SQLModel, table=True):
    """Who may make collective proposals: a committee, sector, party, people's organisation or group (DOMAIN §3.1).

    It speaks through its head, whose press stands for the stamp; a contact may do everything but that.
    """

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=100)
    kind: str = Field(max_length=32)  # one of models.roster.ORGANISATIONS
    quota: int | None = None  # proposals a year; None: what the rules say
    head: str = Field(foreign_key="person.userid", max_length=64)
    contact: str = Field(default="", max_length=64)
    active: bool = True
    reminded_on: date | None = None  # the last day on which it was reminded of its quota
