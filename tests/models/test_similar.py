"""What is alike is found and what is not is left alone: the groups of the corpus, copies changed in every way."""

import random
from collections.abc import Iterator

import pytest
from sqlmodel import Session

from models import similar
from models.people import Person
from models.proposal import Proposal
from models.rules import Rules
from models.similar import Near
from models.states import State
from models.store import Store
from models.wording import SAMPLE, Wording, bare_title, grams, letters, marks_of_body, worded
from tests.models import corpus

RULES = Rules()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def reader(session: Session, who: str = "pc_staff1") -> Person:
    return session.get_one(Person, who)


def names(near: list[Near], ids: dict[int, str]) -> list[str]:
    return [ids[one.proposal.id or 0] for one in near]


def test_of_the_corpus_the_pairs_of_two_groups_are_found_and_nobody_honest(store: Store) -> None:
    """C is beyond words: it has nearly none in common."""

    def work(session: Session) -> None:
        ids = corpus.fill(session)
        found: dict[str, list[str]] = {}
        for number, name in ids.items():
            words = similar.words_of(session.get_one(Proposal, number))
            if near := similar.by_text(session, words, reader(session), RULES):
                found[name] = names(near, ids)
        assert found == {"P001": ["P002"], "P002": ["P001"], "P003": ["P004"], "P004": ["P003"]}

    store.write(work)


def test_of_the_corpus_the_titles_of_one_group_are_near(store: Store) -> None:
    def work(session: Session) -> None:
        ids = corpus.fill(session)
        found: dict[str, list[str]] = {}
        for number, name in ids.items():
            words = similar.words_of(session.get_one(Proposal, number))
            if near := similar.by_title(session, words, reader(session), RULES):
                found[name] = names(near, ids)
        assert found == {"P001": ["P002"], "P002": ["P001"]}

    store.write(work)


def shuffled(sentences: list[str], chance: random.Random) -> str:
    return "。".join(chance.sample(sentences, len(sentences)))


def changed(text: str, part: float, chance: random.Random) -> str:
    return "".join(chance.choice(text) if ch.isalnum() and chance.random() < part else ch for ch in text)


@pytest.mark.parametrize(
    ("how", "least"), [("whole", 100), ("shuffled", 95), ("5%", 75), ("20%", 40), ("half", 35), ("excerpt", 95)]
)
@pytest.mark.parametrize("name", ["P007", "P016", "P023", "P029"])
def test_a_copy_is_found_however_it_was_dressed_up(store: Store, name: str, how: str, least: int) -> None:
    chance = random.Random(name + how)  # noqa: S311
    one, other = corpus.row(name), corpus.row("P033")
    text, new = "\n".join([one.analysis, *one.suggestions]), "\n".join([other.analysis, *other.suggestions])
    sentences = text.split("。")
    half = "。".join(sentences[: len(sentences) // 2]) + new[: len(text) // 2]
    copies = {
        "whole": text,
        "shuffled": shuffled(sentences, chance),
        "5%": changed(text, 0.05, chance),
        "20%": changed(text, 0.2, chance),
        "half": half,
        "excerpt": "。".join(sentences[1:4]),
    }

    def work(session: Session) -> None:
        ids = corpus.fill(session)
        near = similar.by_text(session, worded(0, "", copies[how], []), reader(session), RULES)
        assert names(near, ids)[0] == name
        assert near[0].percent >= least
        assert set(names(near, ids)) <= {name, "P033"}

    store.write(work)


def test_a_proposal_is_never_near_to_itself_and_a_draft_to_nobody(store: Store) -> None:
    def work(session: Session) -> None:
        session.add(first := corpus.row("P001"))
        session.add(corpus.row("P002", state=State.DRAFT, proposal_no=None, serial_no=None))
        session.flush()
        assert similar.by_text(session, similar.words_of(first), reader(session), RULES) == []

    store.write(work)


def test_a_member_hears_of_what_is_public_and_the_office_of_everything(store: Store) -> None:
    def work(session: Session) -> None:
        session.add(open_ := corpus.row("P001"))
        session.add(corpus.row("P001", consent_public=False, proposal_no="2", serial_no="S2", proposer="m014"))
        session.add(corpus.row("P001", state=State.SUBMITTED, proposal_no=None, serial_no="S3"))
        session.add(own := corpus.row("P001", state=State.REJECTED, proposal_no=None, serial_no="S4", proposer="m015"))
        session.flush()
        words = worded(0, "", open_.analysis, open_.suggestions)
        by_office = similar.by_text(session, words, reader(session), Rules(similar_shown=5))
        by_member = similar.by_text(session, words, reader(session, "m015"), Rules(similar_shown=5))
        assert len(by_office) == 4
        assert all(one.whole for one in by_office)
        assert {(one.proposal.id, one.whole) for one in by_member} == {(open_.id, False), (own.id, True)}

    store.write(work)


def test_the_city_says_how_near_is_near_and_how_many_are_shown(store: Store) -> None:
    def work(session: Session) -> None:
        session.add_all(corpus.row("P004", proposal_no=f"{n}", serial_no=f"S{n}") for n in range(4))
        session.flush()
        words = similar.words_of(corpus.row("P003"))
        for rules, number in ((RULES, 3), (Rules(similar_shown=1), 1), (Rules(similar_percent=40), 0)):
            assert len(similar.by_text(session, words, reader(session), rules)) == number

    store.write(work)


@pytest.mark.parametrize("text", ["", "好", "关于的提案", "。！？", "加装电梯"])
def test_too_little_says_nothing(store: Store, text: str) -> None:
    def work(session: Session) -> None:
        session.add(corpus.row("P001", title=text, analysis=text, suggestions=[text]))
        session.flush()
        words = worded(0, text, text, [text])
        assert similar.by_text(session, words, reader(session), RULES) == []
        assert len(similar.by_title(session, words, reader(session), RULES)) == (text == "加装电梯")

    store.write(work)


def test_shared_sentences_are_marked_also_where_a_word_was_changed() -> None:
    one = "审批要跑多个窗口，材料重复提交。本段文字只在这里出现过一次，别处没有。"
    other = Wording(proposal_id=1, title="", body=letters("审批要跑好多个窗口，材料还要重复提交。另一段完全不同。"))
    assert [(s.text, s.shared) for s in similar.marked(one, other)] == [
        ("审批要跑多个窗口，材料重复提交。", True),
        ("本段文字只在这里出现过一次，别处没有。", False),
    ]


def test_of_a_longer_text_no_more_is_kept_and_what_two_texts_share_they_share_in_the_sample() -> None:
    chance = random.Random(1)  # noqa: S311
    text = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(20_000))
    for length in (10, 100, 1_000, 20_000):
        assert min(length - 2, SAMPLE // 3) <= len(marks_of_body(text[:length])) <= 2 * SAMPLE
    assert {*marks_of_body(text)} - {*marks_of_body(text[:10_000])} != {*marks_of_body(text)}
    part = {*marks_of_body(text[:1_000])} & {*marks_of_body(text[500:3_000])}
    assert len(part) >= 5


def test_letters_are_levelled_and_titles_bared() -> None:
    assert letters("《“一窗受理”、ＡＢｃ１２》_x\n𬱖") == "一窗受理\nabc12\nx\n𬱖"
    assert bare_title("关于加装电梯的提案") == bare_title("关于加装电梯的建议") == "加装电梯"
    assert grams("加装电\n梯", 2) == {"加装", "装电"}
