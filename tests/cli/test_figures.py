"""`--figures`: files beside the results, the same each time, and nothing where they can't go."""

from __future__ import annotations

import pytest

QUICK = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "clusterer.n_clusters=2")


@pytest.fixture
def table(tmp_path):
    words = {"a": "I was afraid of the dark and cried", "b": "We danced and laughed in the sun"}
    rows = [f"{words['ab'[i % 2]]} {'again ' * (i % 5)}now,{'ab'[i % 2]},{'ab'[i % 2]}{i % 12}" for i in range(36)]
    path = tmp_path / "t.csv"
    path.write_text("text,group,unit\n" + "\n".join(rows) + "\n")
    return path


def test_figures_of_a_map_its_repetition_and_a_comparison(call, table, tmp_path):
    out, figures, again = tmp_path / "out", tmp_path / "deep" / "figures", tmp_path / "again"
    flags = ("--group", "group", "--unit", "unit")
    assert call("map", table, *flags, *QUICK, "--out", out, "--figures", figures).code == 0
    forms = ("png", "svg", "pdf")
    effect_names = {f"{name}.{form}" for name in ("brain", "heatmap", "forest") for form in forms}
    names = effect_names | {f"text_map.{form}" for form in forms}
    assert {path.name for path in figures.iterdir()} == names
    repeated = ("--from", out / "provenance.json", "--out", tmp_path / "out2", "--figures", again)
    assert call("map", table, *repeated).code == 0
    for name in names:
        assert (figures / name).read_bytes() == (again / name).read_bytes(), name
    effects = tmp_path / "effects"
    assert call("compare", out, "a", "b", "--out", tmp_path / "c", "--figures", effects).code == 0
    assert {path.name for path in effects.iterdir()} == effect_names


@pytest.mark.parametrize("place", ["out", "out/figures", "t.csv", "taken"])
def test_places_where_figures_can_not_go(place, call, table, tmp_path):
    """Refused before any work: nothing is written."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "brain.svg").write_text("mine")
    code = call("map", table, *QUICK, "--out", tmp_path / "out", "--figures", tmp_path / place).code
    assert code != 0
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "taken" / "brain.svg").read_text() == "mine"
