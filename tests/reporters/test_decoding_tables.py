"""The files that the reporter `tables` writes of a decoding, read back by pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy_plugins.reporters.tables import TablesReporter

FRAMES = {
    "scores.csv": "scores",
    "subjects.csv": "subjects",
    "paired.csv": "paired",
    "sensitivity.csv": "sensitivity",
    "predictions.parquet": "predictions",
    "edges.csv": "edges",
    "graph.csv": "graph",
    "weights.csv": "weights_table",
    "networks.csv": "networks",
}


def read(path):
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def test_every_table_comes_back(decoding, tmp_path):
    """Each file holds its table: the same columns in the same order, the same rows, floats to 17 digits."""
    paths = TablesReporter(digits=17).write(decoding, tmp_path)
    assert [path.name for path in paths] == list(FRAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FRAMES)
    for name, frame in FRAMES.items():
        pd.testing.assert_frame_equal(read(tmp_path / name), getattr(decoding, frame), check_dtype=False)


def test_floats_have_the_digits_asked_for(decoding, tmp_path):
    """CSV is rounded to the digits of the option, Parquet isn't."""
    TablesReporter(digits=3).write(decoding, tmp_path)
    scores, predictions = read(tmp_path / "scores.csv"), read(tmp_path / "predictions.parquet")
    assert scores["r"].tolist() == [float(f"{value:.3g}") for value in decoding.scores["r"]]
    pd.testing.assert_series_equal(predictions["prediction"], decoding.predictions["prediction"], rtol=0, atol=0)


def test_weights_start_with_what_other_tools_look_for(decoding, tmp_path):
    """Emotion, region and weight are the first columns."""
    TablesReporter().write(decoding, tmp_path)
    assert list(read(tmp_path / "weights.csv").columns)[:3] == ["emotion", "region", "weight"]


def test_the_same_decoding_gives_the_same_bytes(make_decoding, tmp_path):
    """Two decodings built alike, written to two directories, give files equal byte for byte."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        TablesReporter().write(make_decoding(), tmp_path / name)
    for name in FRAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_without_an_explanation_only_headers_are_left(make_decoding, tmp_path):
    """A decoder without patterns gives files of the same names, with their header alone."""
    TablesReporter().write(make_decoding(explained=False), tmp_path)
    assert (tmp_path / "weights.csv").read_text("utf-8") == "emotion,region,weight\n"
    assert not (tmp_path / "networks.csv").exists()
    assert (tmp_path / "edges.csv").read_text("utf-8") == "emotion,region_a,region_b,pattern,sign_consistency\n"
    assert (tmp_path / "graph.csv").read_text("utf-8") == "emotion,graph,metric,value,null_mean,null_95,p\n"


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1+1", "@cmd", "-2"])
def test_no_name_is_a_formula(make_decoding, tmp_path, name):
    """Emotions, subjects, regions and feature sets named like formulas are disarmed in CSV, and kept in Parquet."""
    others = ("b", "c")
    made = make_decoding(
        emotions=(name, *others),
        features=(name, *others),
        subjects=(name, "b"),
        regions=(name, *others),
        networks=(name, *others),
    )
    TablesReporter().write(made, tmp_path)
    columns = {
        "scores.csv": ["emotion", "features"],
        "subjects.csv": ["emotion", "features", "subject"],
        "paired.csv": ["emotion", "features_a"],
        "sensitivity.csv": ["emotion", "features"],
        "edges.csv": ["emotion", "region_a"],
        "graph.csv": ["emotion"],
        "weights.csv": ["emotion", "region"],
        "networks.csv": ["emotion", "network_a"],
    }
    for file, names in columns.items():
        table = pd.read_csv(tmp_path / file, dtype=str)
        for column in names:
            assert f"'{name}" in set(table[column])
            assert name not in set(table[column])
    assert name in set(read(tmp_path / "predictions.parquet")["emotion"])


def test_one_feature_set_has_nothing_to_be_compared_with(make_decoding, tmp_path):
    """The file of comparisons is there all the same, with its header."""
    TablesReporter().write(make_decoding(features=("amplitude",)), tmp_path)
    assert (tmp_path / "paired.csv").read_text("utf-8").splitlines() == [
        "emotion,features_a,features_b,difference,null_mean,null_95,p,p_family"
    ]
