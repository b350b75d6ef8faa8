"""The town in a browser: several phones side by side, a calendar one can turn, and what went over the wire."""

from simulator.phones.routes import Phones, add_phones

__all__ = ["Phones", "add_phones"]
