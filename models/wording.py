"""What a proposal says, reduced to what is compared and searched. Written in the same transaction as its text.

A *gram* is two or three letters that stand side by side; punctuation parts, and is dropped. Proposals are alike as far as
they share grams of three. To find the few worth comparing among very many, a sample of each text's grams is kept as
*marks*: the same grams are chosen from every text (by their hash), so what two texts share they share in the sample too.
A long text is sampled more thinly, so that none has more than some SAMPLE marks; a thin sample is part of the denser one.
"""

import re
import unicodedata
from collections.abc import Collection
from zlib import crc32

from sqlmodel import Field, SQLModel

SAMPLE = 64
MOST_MARKS = 128  # asked for at once
THREE, TWO = 3, 2
_LETTERS = re.compile(r"[^\W_]+")
_ALWAYS = re.compile(r"^关于|(的?(提案|建议))$")  # what nearly every title begins and ends with


class Wording(SQLModel, table=True):
    """The letters of a proposal that was handed in: runs of them, parted by line breaks."""

    __table_args__ = ({"info": {"derived": True}},)

    proposal_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    title: str
    body: str

    @property
    def whole(self) -> str:
        """Everything it says."""
        return f"{self.title}\n{self.body}"


class Mark(SQLModel, table=True):
    """One gram of a proposal's sample."""

    __table_args__ = ({"info": {"derived": True}, "sqlite_with_rowid": False},)

    gram: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    proposal_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


def letters(text: str) -> str:
    """Only what is read: 《“一窗受理”、并联审查》 -> 一窗受理, 并联审查, a run a line; full-width and capitals levelled."""
    return "\n".join(_LETTERS.findall(unicodedata.normalize("NFKC", text).lower()))


def worded(number: int, title: str, analysis: str, suggestions: Collection[str]) -> Wording:
    """The wording of a proposal."""
    return Wording(proposal_id=number, title=letters(title), body=letters("\n".join([analysis, *suggestions])))


def grams(text: str, size: int) -> set[str]:
    """Every gram of some letters."""
    return {run[i : i + size] for run in text.split("\n") for i in range(len(run) - size + 1)}


def bare_title(title: str) -> str:
    """关于……的提案 without what every title has."""
    return _ALWAYS.sub("", title)


def marks_of_title(title: str) -> list[int]:
    """All grams of two of a title: it is too short for a sample."""
    return sorted({_mark(f"~{gram}") for gram in grams(bare_title(title), TWO)})[:MOST_MARKS]


def marks_of_body(body: str) -> list[int]:
    """The sample of a text."""
    found = grams(body, THREE)
    thin = 1
    while len(found) > SAMPLE * thin:
        thin *= 2
    return sorted({mark for mark in map(_mark, found) if mark % thin == 0})[:MOST_MARKS]


def marks_of(wording: Wording) -> list[int]:
    """What is kept of a proposal."""
    return sorted({*marks_of_title(wording.title), *marks_of_body(wording.body)})


def _mark(gram: str) -> int:
    return crc32(gram.encode("utf-8", "surrogatepass")) - 2**31  # as much as a column holds


# --- for searching ----------------------------------------------------------------------------------------------------


def keys_of(text: str) -> list[int]:
    """What a text is searched by: each of its letters, and each two that stand side by side, as numbers."""
    return sorted({*map(_key, {*text} - {"\n"}), *map(_key, grams(text, TWO))})


def keys_to_ask(words: Collection[str]) -> list[int]:
    """What a text must have to contain these runs of letters; whether it does contain them is seen in the text itself."""
    return sorted({_key(gram) for run in words for gram in grams(run, min(len(run), TWO))})


def _key(gram: str) -> int:
    number = ord(gram) if len(gram) == 1 else (ord(gram[0]) << 16 ^ ord(gram[1])) & 0xFFFFFFFF
    return number - 2**31
