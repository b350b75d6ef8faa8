"""The protocol adapter: nobody else knows XML, ciphers, tokens, error codes or the limits of a card."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]  # aware, in UTC
