"""Opens what the platform has sealed: signature first, in constant time, and only then the cipher."""

import hashlib
import hmac

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException


class NotForUs(Exception):
    """Signed or sealed for somebody else."""


class CannotOpen(Exception):
    """Rightly signed, yet not a cipher text of this key."""


class Seal:
    """Token and key of one app; wechatpy does the deciphering, the order of the checks is ours.

    wechatpy parses a stranger's XML before it looks at the signature, compares with `!=`, and lets ValueError,
    struct.error, UnicodeDecodeError and more escape; so it is handed nothing but a verified cipher text, and
    whatever it throws becomes one of the two classes above.
    """

    def __init__(self, token: str, encoding_aes_key: str, corp_id: str) -> None:
        try:
            self._cipher = PrpCrypto(WeChatCrypto(token, encoding_aes_key, corp_id).key)
        except (ValueError, AssertionError):
            raise ValueError("encoding_aes_key must be 43 letters or digits") from None
        self._token, self._corp = token, corp_id

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The platform's signature of these parts (PROTOCOL §1.3), 40 hex characters."""
        parts = sorted(_bytes(part) for part in (self._token, timestamp, nonce, encrypted))
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()  # the platform's choice, not ours

    def verify(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> None:
        """Raises NotForUs unless the platform has signed exactly this."""
        if not hmac.compare_digest(_bytes(self.signature(timestamp, nonce, encrypted)), _bytes(signature)):
            raise NotForUs("signature")

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """Verify, then decipher."""
        self.verify(signature, timestamp, nonce, encrypted)
        return self.decipher(encrypted)

    def decipher(self, encrypted: str) -> str:
        """The sealed words of a verified cipher text; the receive id inside must be our corp."""
        try:
            words: str = self._cipher.decrypt(encrypted, self._corp)
        except InvalidCorpIdException:
            raise NotForUs("receiveid") from None
        except Exception as error:  # wechatpy throws nearly anything
            raise CannotOpen(type(error).__name__) from None
        return words


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a query may hold anything; compare_digest refuses non-ASCII str
