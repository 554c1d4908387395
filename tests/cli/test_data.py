"""`emotopy data goemotions` and `emotopy evidence build`."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.mark.real_data
def test_goemotions_becomes_a_table_that_map_takes(call, shared_data, tmp_path):
    """43,410 comments with `labels` and `label`; the same bytes again; --force needed to replace it."""
    words = ("data", "goemotions", "--from", shared_data / "goemotions", "--out")
    run = call(*words, "train.parquet")
    assert (run.code, run.out, run.err) == (0, "Wrote 43,410 comments to train.parquet\n", "")
    frame = pd.read_parquet(tmp_path / "train.parquet")
    assert list(frame.columns) == ["id", "text", "split", "labels", "label"]
    single = frame["labels"].map(len) == 1
    assert (single == frame["label"].notna()).all()
    assert call(*words, "again.parquet").code == 0
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "train.parquet").read_bytes()
    refused = call(*words, "train.parquet")
    assert (refused.code, refused.error) == (1, "train.parquet exists; give another --out, or --force to replace it")
    assert call(*words, "train.parquet", "--force", "--split", "dev").out.startswith("Wrote 5,426 comments")
    told = call("map", "train.parquet", "--group", "label", "--id", "id", "--out", "out", "--dry-run")
    assert told.out.splitlines()[0] == "rows            5,426"


def test_bad_files_of_goemotions_write_nothing(call, write, tmp_path):
    """A line of another form is named; an absent folder or split too."""
    write("train.tsv", "fine\t3\tid1\nnot fine\n")
    run = call("data", "goemotions", "--from", tmp_path, "--out", "new/train.parquet")
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith("train.tsv, line 2: wanted text, label numbers 0 to 27 and id")
    run = call("data", "goemotions", "--from", "gone", "--out", "train.parquet")
    assert run.error.startswith("gone is no folder; wanted the one that holds train.tsv")
    run = call("data", "goemotions", "--from", tmp_path, "--out", "train.parquet", "--split", "dev")
    assert "holds no dev.tsv" in run.error
    assert [path.name for path in tmp_path.iterdir()] == ["train.tsv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "gone"), "gone is no folder; wanted NeuroQuery's data"),
        (("--from", "."), ". lacks "),
        (("--from", ".", "--atlas", "afect18"), "atlas: no atlas is called 'afect18'. Did you mean 'affect18'?"),
        (("--from", ".", "--atlas", "my.csv"), "atlas.table: wanted dosenbach160, seitzman300 or the path of a CSV"),
        (("--from", ".", "--terms", "gone.csv"), "gone.csv"),
    ],
)
def test_what_evidence_build_lacks_is_named(call, tmp_path, words, message):
    """Data, atlas, terms: each error says which, and nothing is written."""
    run = call("evidence", "build", *words, "--out", "new/table.csv")
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_evidence_build_overwrites_nothing(call, write, tmp_path):
    """A table that exists, or its provenance beside it, is refused without --force, before any work."""
    for name in ("table.csv", "table.json"):
        file = write(name, "mine")
        run = call("evidence", "build", "--from", "gone", "--out", "table.csv")
        assert run.error == f"{name} exists; give another --out, or --force to replace it"
        assert file.read_text("utf-8") == "mine"
        file.unlink()
