"""Made proposals, as alike as honest ones are: 150 topics with words of their own, and a stock of phrases that all share."""

import re
from collections import Counter
from itertools import accumulate
from random import Random
from typing import Any

from simulator import town

TOPICS, WORDS_OF_TOPIC, PHRASES = 150, 80, 300
OWN, STOCK = 0.3, 0.12  # of the words from the topic, of the clauses from the stock of phrases
STARTS = ("加强", "推进", "完善", "优化", "加快", "提升")


class Writer:
    """Writes the same proposals for the same seed; what it is made of is always the same."""

    def __init__(self, seed: int) -> None:
        stock = Random(7)  # noqa: S311 - not for secrets
        said = "".join(_said())
        counted = Counter(letter for letter in said if "\u4e00" <= letter <= "\u9fff")
        letters, often = list(counted), list(accumulate(counted.values()))

        def word(size: int) -> str:
            return "".join(stock.choices(letters, cum_weights=often, k=size))

        self.general = [word(size) for size, many in ((1, 200), (2, 8_000), (3, 1_000)) for _ in range(many)]
        stock.shuffle(self.general)
        self.topics = [[word(stock.choice((2, 2, 2, 3, 4))) for _ in range(WORDS_OF_TOPIC)] for _ in range(TOPICS)]
        clauses = [one for one in re.split(r"[，。；：、“”？！\n]", said) if 6 <= len(one) <= 25]
        self.phrases = stock.sample(clauses, PHRASES)
        self._often = [list(accumulate(1 / (n + flat) for n in range(many))) for flat, many in self._slopes()]
        self._chance = Random(seed)  # noqa: S311

    def _slopes(self) -> tuple[tuple[int, int], ...]:
        return (5, len(self.general)), (3, WORDS_OF_TOPIC), (10, PHRASES)

    def topic(self) -> int:
        """One of them."""
        return self._chance.randrange(TOPICS)

    def title(self, topic: int) -> str:
        """关于……的提案."""
        some = self._chance.choices(self.topics[topic], cum_weights=self._often[1], k=self._chance.randint(2, 4))
        more = self._chance.choices(self.general, cum_weights=self._often[0], k=1)
        return "".join(["关于", self._chance.choice(STARTS), *some, *more, "的提案"])

    def text(self, topic: int, size: int = 1_000) -> str:
        """So many characters about it."""
        out, length = [], 0
        while length < size:
            out.append(self._clause(topic) + ("。" if len(out) % 3 == 2 else "，"))
            length += len(out[-1])
        return "".join(out)

    def _clause(self, topic: int) -> str:
        if self._chance.random() < STOCK:
            return self._chance.choices(self.phrases, cum_weights=self._often[2], k=1)[0]
        many = self._chance.randint(4, 9)
        general = self._chance.choices(self.general, cum_weights=self._often[0], k=many)
        own = self._chance.choices(self.topics[topic], cum_weights=self._often[1], k=many)
        return "".join(own[n] if self._chance.random() < OWN else general[n] for n in range(many))


def _said() -> list[str]:
    proposals: list[dict[str, Any]] = town.read("proposals")["proposals"]
    return [one["analysis"] + "".join(item["text"] for item in one["suggestions"]) for one in proposals]
