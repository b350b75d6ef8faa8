"""Our opening of what the platform seals, against vectors made without our code."""

from typing import Any

import pytest

from bot.wecom.crypto import CannotOpen, NotForUs, Seal
from tests.wecom.conftest import VECTORS, the_seal


def words_of(vector: dict[str, Any]) -> str:
    seal = Seal(VECTORS["token"], VECTORS["encoding_aes_key"], vector["receiveid"])
    return seal.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_every_vector_opens(vector: dict[str, Any]) -> None:
    assert words_of(vector) == vector["plain"]
    assert the_seal().signature(vector["timestamp"], vector["nonce"], vector["encrypt"]) == vector["msg_signature"]


@pytest.mark.parametrize(
    ("name", "error"),
    [("bad_signature", NotForUs), ("foreign_receiveid", NotForUs), ("truncated_cipher", CannotOpen)],
)
def test_every_negative_vector_is_refused(name: str, error: type[Exception]) -> None:
    [vector] = [vector for vector in VECTORS["negative"] if vector["name"] == name]
    with pytest.raises(error):
        words_of(vector | {"receiveid": VECTORS["corpid"]})


def test_no_vector_is_left_out() -> None:
    assert {vector["pad_byte"] for vector in VECTORS["vectors"]} == {1, 7, 16, 17, 21, 25, 28, 31, 32}
    assert {vector["name"] for vector in VECTORS["negative"]} == {
        "bad_signature",
        "foreign_receiveid",
        "truncated_cipher",
    }


@pytest.mark.parametrize("strange", ["签名", "\ud800", "", "0" * 5000])
def test_a_strange_signature_is_only_wrong(strange: str) -> None:
    with pytest.raises(NotForUs):
        the_seal().verify(strange, "1", "2", "3")


@pytest.mark.parametrize("key", ["", "short", "!" * 43])
def test_a_bad_key_is_named_and_not_quoted(key: str) -> None:
    with pytest.raises(ValueError, match=r"^encoding_aes_key must be 43 letters or digits$"):
        Seal("token", key, "corp")
