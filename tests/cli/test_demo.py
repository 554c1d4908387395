"""`emotopy demo`: the recommended preset, as it is, on the sample and on a simulated study."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import pytest

SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""What Python shows no user."""


@pytest.mark.slow
def test_the_demo_runs_the_recommended_preset_and_writes_a_report(call, tmp_path):
    """UMAP and HDBSCAN on 240 diaries, without a warning; the answer names both groups and the report."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for kind in SILENT:
            warnings.simplefilter("ignore", kind)
        run = call("demo", "--out", "demo")
    assert [str(warning.message) for warning in shown] == []
    assert run.code == 0, run.err
    assert [line.split()[:2] for line in run.out.splitlines()[1:3]] == [["exams", "120"], ["holidays", "120"]]
    assert run.out.splitlines()[-1].startswith("Open demo/texts/report.html and demo/brain/report.html in a browser")
    assert "Warning" not in run.err
    stages = json.loads((tmp_path / "demo" / "texts" / "provenance.json").read_text("utf-8"))["stages"]
    assert (stages["reducer"]["use"], stages["clusterer"]["use"]) == ("umap", "hdbscan")
    texts = pd.read_parquet(tmp_path / "demo" / "texts" / "texts.parquet")
    assert len(texts) == 240
    assert texts["cluster"].nunique() >= 1
    assert (tmp_path / "demo" / "texts" / "report.html").stat().st_size > 50_000
    scores = pd.read_csv(tmp_path / "demo" / "brain" / "scores.csv").set_index(["emotion", "features"])
    assert scores.loc[("fear", "sliding-window"), "p"] < 0.05 < scores.loc[("joy", "sliding-window"), "p"]
    assert "simulated" in (tmp_path / "demo" / "brain" / "report.html").read_text("utf-8")
