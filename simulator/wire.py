"""The callback's envelope (PROTOCOL section 1): signature, cipher, XML, written without any SDK so that both sides are checked."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET  # parses only what the bot answered

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # the padding goes to 32 bytes, twice the AES block

Fields = Mapping[str, Any]


class WireError(Exception):
    """An envelope cannot be opened; `code` is the vendor's number for the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class Envelope:
    """Seals and opens with one app's token, key and receiveid."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        if len(encoding_aes_key) != 43 or not encoding_aes_key.isalnum():
            raise WireError(-40004, "EncodingAESKey is 43 letters and digits")
        # the 43rd character carries two spare bits; b64decode tolerates them
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._token = token
        self._receive_id = receive_id.encode()

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """Forty hex characters over the four values in byte order."""
        parts = sorted(part.encode() for part in (self._token, timestamp, nonce, encrypt))
        return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 - the protocol's own choice

    def encrypt(self, plain: str, random_16: bytes | None = None) -> str:
        """Cipher text in base64; `random_16` only to repeat a known vector."""
        message = plain.encode()
        data = (random_16 or os.urandom(16)) + len(message).to_bytes(4, "big") + message + self._receive_id
        pad = _BLOCK - len(data) % _BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, encrypt: str) -> str:
        """The words inside a cipher text; WireError says what is wrong with it."""
        try:
            data = base64.b64decode(encrypt, validate=True)
        except (binascii.Error, ValueError) as error:
            raise WireError(-40010, "not base64") from error
        if not data or len(data) % 16:
            raise WireError(-40007, "not whole blocks")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= _BLOCK or pad > len(plain) or plain[-pad:] != bytes([pad]) * pad:
            raise WireError(-40007, "bad padding")
        plain = plain[:-pad]
        if len(plain) < 20:
            raise WireError(-40008, "too short")
        length = int.from_bytes(plain[16:20], "big")
        if 20 + length > len(plain):
            raise WireError(-40008, "shorter than it says")
        if plain[20 + length :] != self._receive_id:
            raise WireError(-40005, "another receiveid")
        try:
            return plain[20 : 20 + length].decode()
        except UnicodeDecodeError as error:
            raise WireError(-40007, "not UTF-8") from error

    def open(self, signature: str, timestamp: str, nonce: str, encrypt: str) -> str:
        """Check the signature first, then decrypt."""
        if not hmac.compare_digest(self.sign(timestamp, nonce, encrypt).encode(), signature.encode()):
            raise WireError(-40001, "signature")
        return self.decrypt(encrypt)

    def open_reply(self, body: str) -> str:
        """The inner XML of a passive reply; all four elements are needed."""
        outer = parse(body)
        values = [outer.get(name) for name in ("MsgSignature", "TimeStamp", "Nonce", "Encrypt")]
        if not all(isinstance(value, str) and value for value in values):
            raise WireError(-40002, "Encrypt, MsgSignature, TimeStamp and Nonce are all required")
        return self.open(*(str(value) for value in values))

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def cdata(text: str) -> str:
    """`text` as a CDATA section; a `]]>` inside is split over two."""
    return "<![CDATA[" + _printable(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _printable(text: str) -> str:
    """Without the characters XML 1.0 cannot carry."""
    if text.isprintable():
        return text
    return "".join(
        c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )


def xml(fields: Fields) -> str:
    """The inner XML: numbers plain, words in CDATA, a mapping nested, a list repeats its element."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = _elements(value)
    elif isinstance(value, list | tuple):
        return "".join(_element(name, item) for item in value)
    elif isinstance(value, int | float):
        inner = str(value)
    else:
        inner = cdata(str(value))
    return f"<{name}>{inner}</{name}>"


def envelope(corp_id: str, agent_id: int, encrypt: str) -> str:
    """The outer XML of a POST."""
    return (
        f"<xml><ToUserName>{cdata(corp_id)}</ToUserName><AgentID>{cdata(str(agent_id))}</AgentID>"
        f"<Encrypt>{cdata(encrypt)}</Encrypt></xml>"
    )


def parse(text: str) -> dict[str, Any]:
    """A flat or nested XML as a dict; a repeated element becomes a list."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise WireError(-40002, "a document type has no place here")
    try:
        root = ET.fromstring(text)  # noqa: S314 - document types are refused above
    except ET.ParseError as error:
        raise WireError(-40002, "not XML") from error
    value = _value(root)
    return value if isinstance(value, dict) else {}


def _value(node: ET.Element) -> Any:
    if not len(node):
        return node.text or ""
    found: dict[str, Any] = {}
    for child in node:
        value = _value(child)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def as_list(value: Any) -> list[Any]:
    """What `parse` gave for an element that may repeat, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
