"""What an experiment writes: whole or not at all, the same bytes, a page that holds everything it shows."""

from __future__ import annotations

import json
import re
import shutil

import attrs
import pandas as pd
import pytest
from tests.experiments.conftest import quick, run

from emotopy import Registry
from emotopy.errors import OutputError, PluginError
from emotopy.testing import doubles
from emotopy_plugins.reporters.page import asset

pytestmark = pytest.mark.slow

PARTS = {"recommended": "regions.csv", "vos2025": "regions.csv", "comparison": "comparison.csv"}


def scripts_of(page):
    return re.findall(r"<script[^>]*>(.*?)</script>", page, flags=re.DOTALL)


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_tables_pages_and_parts_are_written(emotions, tmp_path):
    """Every table as CSV with its columns, a page, provenance, and a results directory per part."""
    folder = emotions.write(tmp_path / "out")
    for name, table in emotions.tables.items():
        assert list(pd.read_csv(folder / f"{name}.csv").columns) == list(table.columns)
    assert set(emotions.tables) == {
        *("side_by_side", "splits", "balance", "intensity", "distances", "classification", "agreement"),
    }
    for part, file in PARTS.items():
        assert (folder / part / file).is_file()
        assert (folder / part / "report.html").is_file()
        assert (folder / part / "provenance.json").is_file()


def test_an_experiment_is_written_whole(emotions, tmp_path):
    """A reporter that fails in a part costs its own file alone; results that stand are only replaced when asked."""

    class Broken:
        def write(self, result, directory):
            raise ValueError("no ink")

    comparison = attrs.evolve(emotions.parts["comparison"], reporters=("x",))
    broken = attrs.evolve(emotions, parts={**emotions.parts, "extra": comparison}, reporters=())
    offers = {"x": Broken, "tables": doubles.CsvReporter, "html": Broken}
    registry = Registry([doubles.plugin("x", reporter=offers)], owner="emotopy")
    with pytest.raises(PluginError, match="no ink"):
        broken.write(tmp_path / "out", registry)
    assert not (tmp_path / "out" / "extra" / "report.html").exists()
    assert (tmp_path / "out" / "provenance.json").exists()
    shutil.rmtree(tmp_path / "out")
    emotions.write(tmp_path / "out")
    with pytest.raises(OutputError, match="exists"):
        emotions.write(tmp_path / "out")
    emotions.write(tmp_path / "out", force=True)


def test_the_same_run_gives_the_same_bytes(answers, models, tmp_path):
    """Two runs with one seed write identical files; another seed gives other splits."""
    from tests.experiments.conftest import with_models

    definition = with_models(quick("human-vs-llm"))
    one = files_in(models.write(tmp_path / "one"))
    two = files_in(run(definition, answers).write(tmp_path / "two"))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    other = run(definition, answers, sets={"seed": 7})
    assert other.provenance["seed"] == 7
    assert not other.tables["models"]["js_low"].equals(models.tables["models"]["js_low"])


def test_reporters_are_recorded_with_their_owners(emotions):
    """By full name, in the experiment and in its comparisons, so that a name that clashes later means what it meant."""
    for result in (emotions, emotions.parts["comparison"]):
        assert result.provenance["stages"]["reporter"] == ["emotopy:tables", "emotopy:html"]


def test_provenance_tells_everything_but_places(depression, woz, tmp_path):
    """Versions, seed, both presets' configurations and the data set; no path of this machine, no time."""
    folder = depression.write(tmp_path / "out")
    held = (folder / "provenance.json").read_text("utf-8")
    told = json.loads(held)
    assert told["dataset"]["title"] == "DAIC-WOZ"
    assert told["presets"]["vos2025"]["config"]["fit"] == "per-group"
    assert told["config"]["comparison"]["pairs"] == [["depressed", "healthy"]]
    assert str(woz) not in held
    assert str(tmp_path) not in held


def test_the_page_shows_both_sides(depression, tmp_path):
    """A row per node with the published verdict and our interval; what random splits say; links to the parts."""
    page = depression.report(tmp_path / "report.html").read_text("utf-8")
    assert depression.side_by_side["published_p"].nunique() > 5
    assert page.count("“significant”</td>") == int(depression.side_by_side["published_significant"].sum())
    assert page.count('<td class="plot">') == 29
    assert "When the same units are divided at random (2 splits)" in page
    assert "No brain is drawn" not in page
    assert len(set(re.findall(r'data-same="([a-z_]+)"', page))) == 18
    for part in depression.parts:
        assert f'href="{part}/report.html"' in page


@pytest.mark.parametrize("name", ["depression", "emotions", "models"])
def test_pages_load_nothing_and_hide_nothing(name, request, tmp_path):
    """No script but the page's own, no address to load from; every section of the navigation exists."""
    page = request.getfixturevalue(name).report(tmp_path / "report.html").read_text("utf-8")
    assert scripts_of(page) == [asset("report.js")]
    assert 'class="failed"' not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert set(re.findall(r'aria-labelledby="([^" ]+)"', page)) <= ids


def test_names_of_groups_are_escaped(answers, tmp_path):
    """A model that is called as a tag stays text."""
    from tests.experiments.conftest import with_models

    path = tmp_path / "tags.csv"
    path.write_text(answers.read_text("utf-8").replace("cheerful", "<script>alert(1)</script>", 1), "utf-8")
    definition = with_models(quick("human-vs-llm"), models=("twin", "<script>alert(1)</script>"))
    found = run(attrs.evolve(definition, splits=attrs.evolve(definition.splits, n=0)), path)
    folder = found.write(tmp_path / "out")
    assert scripts_of((folder / "report.html").read_text("utf-8")) == [asset("report.js")]
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith("comparison")) == [
        "comparison-_script_alert_1_script_-human",
        "comparison-twin-human",
    ]
