"""What a button carries comes back as it went out, and nothing else is taken for it."""

from dataclasses import dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payload import LARGEST, Payload, read
from bot.questions import Pick, Resume
from handlers.cards.buttons import Do, Rate, Show

ALL = [kind for kind in Payload.__subclasses__() if kind.tag]
words = st.text(st.characters(blacklist_characters="|", blacklist_categories=["Cs", "Cc"]), max_size=60)


@dataclass(frozen=True)
class Probe(Payload, tag="probe"):
    """A payload of the tests."""

    word: str
    number: int


@pytest.mark.parametrize(
    "payload",
    [Do("proposal", 12, "ACCEPT", 3), Show("assignment", 7), Rate(9, 2), Resume(4), Pick(5, "category", "社会建设")],
)
def test_a_button_comes_back_as_it_went_out(payload: Payload) -> None:
    assert read(payload.key) == payload


@given(word=words, number=st.integers(0, LARGEST))
def test_anything_short_of_a_bar_comes_back(word: str, number: int) -> None:
    assert read(Probe(word, number).key) == Probe(word, number)


@given(st.text(max_size=200))
def test_no_key_does_harm(key: str) -> None:
    payload = read(key)
    assert payload is None or isinstance(payload, Payload)


typed = words | st.integers().map(str) | st.text(max_size=20) | st.sampled_from(["%00", "%", "٣", "1_0", " 7 ", "-0"])


@given(st.sampled_from(ALL), st.lists(typed, max_size=6) | st.lists(st.integers(-1, 2**40).map(str), max_size=4))
def test_whatever_is_typed_into_a_key_is_nothing_or_what_a_database_takes(
    kind: type[Payload], values: list[str]
) -> None:
    payload = read("|".join([kind.tag, *values]))
    if payload is None:
        return
    for one in fields(payload):
        value = getattr(payload, one.name)
        if one.type in {int, "int"}:
            assert isinstance(value, int)
            assert 0 <= value <= LARGEST
        else:
            assert isinstance(value, str)
            assert "\0" not in value


@given(st.sampled_from(ALL), st.lists(words, max_size=6))
def test_a_key_that_is_not_whole_is_nothing(kind: type[Payload], values: list[str]) -> None:
    assert len(values) == len(fields(kind)) or read("|".join([kind.tag, *values])) is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "do",
        "do|",
        "do|proposal|x|ACCEPT|0",
        "|||||",
        "nobody|1",
        "do|proposal|1|A|0|9",
        "show|proposal|99999999999999999999",
        "show|proposal|2147483648",
        "show|proposal|-1",
        "found|s14%00",
    ],
)
def test_what_is_not_ours_is_nothing(key: str) -> None:
    assert read(key) is None


def test_every_tag_is_its_own() -> None:
    tags = [kind.tag for kind in ALL]
    assert len(tags) == len(set(tags))


def test_a_key_fits_into_a_card() -> None:
    """At most 1024 bytes (PROTOCOL §6), whatever the ids grow to."""
    longest = [Do("communication", 2**31, "ACKNOWLEDGE", 2**31), Pick(2**31, "no_public_reason", "类" * 20)]
    assert all(len(payload.key.encode()) < 256 for payload in longest)


def test_a_bar_in_a_city_s_own_word_is_no_dead_button() -> None:
    """Categories come from the configuration; their buttons must work whatever is written there."""
    pick = Pick(5, "category", "社会|民生")
    assert read(pick.key) == pick
