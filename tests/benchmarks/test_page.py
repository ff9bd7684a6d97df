"""The page of the benchmarks says what was measured, and misses stand out."""

import xml.etree.ElementTree as xml
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import common, render

FACTS = {
    "scale": "small",
    "records": 100_000,
    "subjects": 50_000,
    "cores": 2,
    "load": 0.4,
    "python": "3.11",
    "postgresql": "15.8",
    "shared_buffers": "512MB",
    "fsync": "on",
    "minutes": 7,
}
IMPORTS = [
    common.Line("import", "rows/s", 12_000.0, 1_800.0, 20_000.0, **common.at_least(0.6, 0.5), detail={"form": "csv"}),
    common.Line("memory <all>", "MB", 620.0, None, None, **common.at_most(620, 500)),
]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    monkeypatch.setattr(render, "RESULTS", tmp_path)
    monkeypatch.setattr(render, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(render, "PICTURES", tmp_path)
    common.finish("imports.py", IMPORTS)
    render.write(FACTS)
    return tmp_path


def test_a_line_for_each_measurement(written: Path) -> None:
    page = (written / "performance.md").read_text()
    assert "| import | 12,000 rows/s | 1,800 rows/s | 20,000 rows/s | 0.60 | >= 0.5 | yes |" in page
    assert "| memory &lt;all> | 620 MB | – | – | 620.00 | &lt;= 500 | **no** |" in page
    assert "form: csv" in page and "100,000 records" in page and "load 0.4" in page


def test_its_picture_is_a_drawing_with_a_bar_for_each_number(written: Path) -> None:
    drawing = xml.fromstring((written / "bench-imports.svg").read_text())
    bars = [float(bar.get("width", 0)) for bar in drawing.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(bars) == 4
    assert bars[0] == pytest.approx(bars[2] * 0.6, abs=1) and bars[1] == pytest.approx(bars[2] * 0.09, abs=1)


def test_only_what_was_measured_is_shown(written: Path) -> None:
    assert list(render.results()) == ["imports"]
    assert render.results()["imports"] == [asdict(line) for line in IMPORTS]


@pytest.mark.parametrize(("ratio", "least", "most"), [(0.4, False, True), (0.5, True, True), (0.6, True, False)])
def test_a_goal_is_met_at_its_bound(ratio: float, least: bool, most: bool) -> None:
    assert common.at_least(ratio, 0.5)["met"] is least
    assert common.at_most(ratio, 0.5)["met"] is most
