"""Every row of the benchmarks runs, in its smallest form, and gives numbers; how good they are is not judged here."""

import math

import pytest

from benchmarks import bench, results
from benchmarks.__main__ import ROWS, main
from benchmarks.results import Bar, Figure, Row


@pytest.mark.parametrize("name", ROWS)
async def test_a_row_gives_numbers(name: str) -> None:
    with bench.opened(quick=True, only_sqlite=name not in {"sweep", "scale"}) as run:
        row = await ROWS[name](run)
    assert row.name == name
    assert row.figures
    assert all(len(figure.values) == 1 for figure in row.figures)
    assert all(math.isfinite(value) for figure in row.figures for value in (*figure.values, *figure.beside_values))
    assert all(line.count("|") == 8 for line in row.lines())


def test_the_page_keeps_what_was_not_measured_again() -> None:
    here = {"rounds": 5, "machine": "a machine", "versions": "Python"}
    rest = Row("rest", "how it rests", [Figure("memory", "MB", [100.0], bar=Bar(most=130.0))], ["a note"])
    page = results.page([rest], **here)
    accept = Row(
        "accept", "how it accepts", [Figure("accept", "/s", [30.0], "peer", [40.0], Bar(least=1.0, ratio=True))]
    )
    page = results.page([accept], **here, before=page)
    lines = [line for line in page.splitlines() if line.startswith(("| accept", "| rest"))]
    assert lines == [
        "| accept | accept | 30 /s (30–30) | peer: 40 | 0.75 × | ≥ 1 × | **missed** |",
        "| rest | memory | 100 MB (100–100) | — | — | ≤ 130 MB | met |",
    ]
    assert page.index("how it accepts") < page.index("how it rests")
    assert "a note" in page
    assert results.page([accept], **here, before=page).count("how it rests") == 1


@pytest.mark.parametrize(
    ("bar", "values", "met"),
    [
        (Bar(most=1.0), [0.5, 1.0, 9.0], True),
        (Bar(most=1.0), [0.5, 1.1, 9.0], False),
        (Bar(most=1.0, always=True), [0.5, 1.0, 1.1], False),
        (Bar(least=1.0), [0.1, 1.0, 9.0], True),
        (Bar(least=1.0, always=True), [0.1, 1.0, 9.0], False),
    ],
)
def test_a_bar_is_held_against_the_median_or_every_round(bar: Bar, values: list[float], met: bool) -> None:
    assert Figure("", "s", values, bar=bar).met is met


def test_a_ratio_is_taken_round_by_round() -> None:
    figure = Figure("", "/s", [10.0, 20.0, 40.0], "peer", [10.0, 10.0, 10.0], Bar(least=2.0, ratio=True))
    assert figure.ratios == [1.0, 2.0, 4.0]
    assert figure.met


@pytest.mark.parametrize("arguments", [["speed"], ["--quick", "--write"]])
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
