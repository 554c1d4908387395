"""`emotopy demo`: the recommended preset, as it is, on the sample."""

from __future__ import annotations

import json

import pandas as pd


def test_the_demo_runs_the_recommended_preset_and_writes_a_report(process, tmp_path):
    """UMAP and HDBSCAN on 240 diaries in a process of its own; the answer names both groups and the report."""
    run = process("demo", "--out", "demo")
    assert run.code == 0, run.err
    assert [line.split()[:2] for line in run.out.splitlines()[1:3]] == [["exams", "120"], ["holidays", "120"]]
    assert run.out.splitlines()[-1].startswith(
        "Open demo/report.html in a browser; everything in the sample is made up"
    )
    assert "Warning" not in run.err
    stages = json.loads((tmp_path / "demo" / "provenance.json").read_text("utf-8"))["stages"]
    assert (stages["reducer"]["use"], stages["clusterer"]["use"]) == ("umap", "hdbscan")
    texts = pd.read_parquet(tmp_path / "demo" / "texts.parquet")
    assert len(texts) == 240
    assert texts["cluster"].nunique() >= 1
    assert (tmp_path / "demo" / "report.html").stat().st_size > 50_000
