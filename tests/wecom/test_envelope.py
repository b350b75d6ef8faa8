"""The quick reading of flat documents says exactly what the parser says, or leaves it to the parser."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom import envelope
from bot.wecom.envelope import Malformed, fields_of

SAMPLES = sorted((Path(__file__).parents[1] / "protocol" / "callback" / "plain").glob("*.xml"))
NAMES = st.sampled_from(["Content", "MsgId", "FromUserName", "Event", "EventKey", "X"])
VALUES = st.text(alphabet=st.sampled_from("ab 1\t\n<>&]]>!CDATA[提案🙂\r\x0b"), max_size=20)


def by_the_parser(xml: str, monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patched:
        patched.setattr(envelope, "_flat", lambda document: None)
        try:
            return fields_of(xml)
        except Malformed:
            return Malformed


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_samples_read_the_same_either_way(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xml = sample.read_text(encoding="utf-8")
    assert fields_of(xml) == by_the_parser(xml, monkeypatch)


@given(st.lists(st.tuples(NAMES, VALUES, st.booleans(), st.sampled_from(["", " ", "\n  "])), max_size=5))
def test_whatever_stands_in_the_elements_it_reads_the_same(parts: list[tuple[str, str, bool, str]]) -> None:
    inner = "".join(
        f"<{name}>{f'<![CDATA[{value}]]>' if quoted else value}</{name}>{gap}" for name, value, quoted, gap in parts
    )
    document = f"<xml>{inner}</xml>"
    quick = envelope._flat(envelope._ILLEGAL.sub("", document))
    if quick is not None:
        with pytest.MonkeyPatch.context() as patched:
            assert quick == by_the_parser(document, patched)
