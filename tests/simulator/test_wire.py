"""The envelope against the vendor's rules and the vectors."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import replies, wire

FOLDER = Path(__file__).parents[1] / "protocol" / "callback"
VECTORS: dict[str, Any] = json.loads((FOLDER / "crypto_vectors.json").read_text(encoding="utf-8"))


def seal(receive_id: str) -> wire.Envelope:
    return wire.Envelope(VECTORS["token"], VECTORS["encoding_aes_key"], receive_id)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: str(vector["name"]))
def test_every_vector_is_sealed_and_opened_alike(vector: dict[str, Any]) -> None:
    ours = seal(vector["receiveid"])
    assert ours.encrypt(vector["plain"], vector["random_16"].encode()) == vector["encrypt"]
    assert ours.sign(vector["timestamp"], vector["nonce"], vector["encrypt"]) == vector["msg_signature"]
    opened = ours.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert opened == vector["plain"]


@pytest.mark.parametrize("vector", VECTORS["negative"], ids=lambda vector: str(vector["name"]))
def test_every_forgery_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(wire.WireError) as refused:
        seal(VECTORS["corpid"]).open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert str(refused.value.code) in vector["expect"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_is_sealed_can_be_opened(words: str) -> None:
    ours = seal("ww1")
    assert ours.decrypt(ours.encrypt(words)) == words


def test_a_reply_is_opened_and_needs_all_four_elements() -> None:
    vector = next(vector for vector in VECTORS["vectors"] if vector["kind"] == "REPLY")
    assert seal(VECTORS["corpid"]).open_reply(vector["body"]) == vector["plain"]
    with pytest.raises(wire.WireError):
        seal(VECTORS["corpid"]).open_reply(vector["body"].replace("Nonce", "Once"))


@pytest.mark.parametrize("key", ["", "short", "d9KfR2mXqB7sLwZ0uVhT4yNcE8gPaJ1oI6tQ3xU5r+/"])
def test_a_key_is_43_letters_and_digits(key: str) -> None:
    with pytest.raises(wire.WireError):
        wire.Envelope("token", key, "ww1")


def test_words_cannot_break_out_of_their_element() -> None:
    fields = {"Content": "a]]></Content><Evil>1</Evil>", "N": 7, "L": {"item": ["x", "y"]}, "Empty": {}}
    parsed = wire.parse(wire.xml(fields))
    assert parsed == {"Content": "a]]></Content><Evil>1</Evil>", "N": "7", "L": {"item": ["x", "y"]}, "Empty": ""}
    assert wire.parse(wire.xml({"Content": "a\x00b\x0bc\n"})) == {"Content": "abc\n"}


@pytest.mark.parametrize("text", ["", "no xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><xml>&b;</xml>", "<xml>"])
def test_what_is_no_xml_is_refused(text: str) -> None:
    with pytest.raises(wire.WireError) as refused:
        wire.parse(text)
    assert refused.value.code == -40002
    assert wire.parse("<xml>words</xml>") == {}


@pytest.mark.parametrize("path", sorted((FOLDER / "plain").glob("*.xml")), ids=lambda path: path.stem)
def test_every_inbound_sample_survives_our_writer(path: Path) -> None:
    fields = wire.parse(path.read_text(encoding="utf-8"))
    assert wire.parse(wire.xml(fields)) == fields


@pytest.mark.parametrize("path", sorted((FOLDER / "reply").glob("*.xml")), ids=lambda path: path.stem)
def test_every_reply_sample_is_understood(path: Path) -> None:
    ours = seal(VECTORS["corpid"])
    encrypt = ours.encrypt(path.read_text(encoding="utf-8"))
    fields = {"Encrypt": encrypt, "MsgSignature": ours.sign("1", "2", encrypt), "TimeStamp": 1, "Nonce": "2"}
    inbound = {"FromUserName": "chen_b07", "ToUserName": VECTORS["corpid"], "Event": "template_card_menu_event"}
    body = wire.xml(fields).encode()
    reply = replies.read(body, inbound, ours, honour_card_events=False)
    assert reply is not None
    assert reply.content
