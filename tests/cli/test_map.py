"""`emotopy map`: what it writes, prints and says."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from emotopy.storage.csv_safe import safe_text

REGION_COLUMNS = [
    *("group", "region", "n_texts", "relative", "relative_low", "relative_high", "evidence"),
    *("share", "reference_share", "intensity", "intensity_low", "intensity_high"),
]
TEXT_COLUMNS = ["id", "row", "group", "unit", "time", "status", "cluster", "top_region", "intensity", "coverage"]

SMALL = (
    "said,who,label,day,key\n"
    "I am so afraid of the dark,p,sad,1,k1\n"
    ",q,sad,2,k2\n"
    "What a lovely and happy day,q,glad,3,k3\n"
    "I hate this with all my heart,r,,4,k4\n"
    "We laughed until we cried,q,glad,5,k5\n"
)


@pytest.fixture
def small(write):
    """Five rows: one without text, one without a group."""
    return write("small.csv", SMALL)


COLUMNS = ("--text", "said", "--group", "label", "--unit", "who", "--time", "day", "--id", "key")


def test_the_tables_keep_their_contract(map_it, small):
    """Columns, order of rows and groups, empty rows, rows without a group, rows that sum to one."""
    run, regions, texts = map_it(small, *COLUMNS)
    assert run.code == 0, run.err

    assert list(regions.columns) == REGION_COLUMNS
    assert list(regions["group"].unique()) == ["all", "glad", "sad"]
    assert len(regions) == 3 * 18
    assert regions.groupby("group")["n_texts"].first().to_dict() == {"all": 4, "glad": 2, "sad": 1}

    assert list(texts.columns[: len(TEXT_COLUMNS)]) == TEXT_COLUMNS
    assert texts["id"].tolist() == ["k1", "k2", "k3", "k4", "k5"]
    assert texts["row"].tolist() == [0, 1, 2, 3, 4]
    assert texts["status"].tolist() == ["scored", "empty", "scored", "scored", "scored"]
    assert texts["time"].tolist() == ["1", "2", "3", "4", "5"]
    assert texts["unit"].tolist() == ["p", "q", "q", "r", "q"]
    assert texts["group"].isna().tolist() == [False, False, False, True, False]

    rest = list(texts.columns[len(TEXT_COLUMNS) :])
    kinds = [name.partition("_")[0] for name in rest]
    assert sorted(set(kinds), key=kinds.index) == ["emotion", "region", "profile", "n", "intensity", "map", "language"]
    assert rest[-23:-21] == ["n_words", "n_segments"]
    places = [name.removeprefix("region_") for name in rest if name.startswith("region_")]
    assert places == [name.removeprefix("profile_") for name in rest if name.startswith("profile_")]
    assert places == regions["region"][:18].tolist() == [name.removeprefix("intensity_") for name in rest[-21:-3]]
    assert rest[-3:] == ["map_x", "map_y", "language"]
    scored = texts["status"] == "scored"
    shares = texts[[f"region_{place}" for place in places]].to_numpy()
    np.testing.assert_allclose(shares[scored].sum(axis=1), 1, atol=1e-5)
    assert np.isnan(shares[~scored]).all()
    assert texts.loc[~scored, ["cluster", "top_region", "intensity", "coverage"]].isna().all(axis=None)
    assert texts.loc[scored, "top_region"].isin(places).all()

    # What regions.csv says of a group is the word-weighted mean over the group's rows of texts.parquet.
    glad = texts[texts["group"] == "glad"]
    table = regions[regions["group"] == "glad"].set_index("region")
    for prefix, column in (("profile", "relative"), ("region", "share")):
        means = [np.average(glad[f"{prefix}_{p}"], weights=glad["n_words"].astype(float)) for p in places]
        np.testing.assert_allclose(means, table[column][places], rtol=1e-4)


def test_the_answer_goes_to_stdout_and_the_rest_to_stderr(map_it, small):
    """stdout names groups and the results' place; log lines and notes are on stderr; --quiet silences these."""
    run, _, _ = map_it(small, *COLUMNS)
    lines = run.out.splitlines()
    assert lines[0].split()[:2] == ["group", "texts"]
    assert [line.split()[:2] for line in lines[1:3]] == [["glad", "2"], ["sad", "1"]]
    assert lines[-1] == "Results are in out"
    assert "note: 1 of 5 rows have no text" in run.err
    assert "embedder emotopy:static: embedding 4 texts" in run.err
    quiet, _, _ = map_it(small, *COLUMNS, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, run.out, "")


def test_nodes_are_named_beside_their_regions(map_it, small):
    """`--level node` gives 29 rows a group with a column `node`, and columns per node in texts.parquet."""
    run, regions, texts = map_it(small, *COLUMNS, "--level", "node")
    assert list(regions.columns) == [*REGION_COLUMNS[:2], "node", *REGION_COLUMNS[2:]]
    assert len(regions) == 3 * 29
    assert regions[regions["node"] == "amygdala_left"]["region"].unique().tolist() == ["amygdala"]
    assert "profile_amygdala_left" in texts.columns
    assert "left" in run.out


def test_many_groups_do_not_flood_the_screen(map_it, write):
    """The screen shows thirty groups and counts the rest; regions.csv has them all."""
    rows = "".join(f"I am happy today {i},g{i:02d}\n" for i in range(33))
    run, regions, _ = map_it(write("x.csv", "text,g\n" + rows), "--group", "g", "--set", "interval.n=100")
    assert regions["group"].nunique() == 34
    assert "... and 3 more groups in regions.csv" in run.out


def test_a_formula_in_the_input_is_text_in_every_csv(map_it, write, tmp_path):
    """Groups and words that a spreadsheet would run get an apostrophe; a terminal isn't steered either."""
    evil = '=HYPERLINK("http://example.org","x")'
    quoted = evil.replace('"', '""')
    file = write("x.csv", f'text,g\n"{quoted}","{quoted}"\n@SUM(1) is so sad,\x1b[31mred\nI am happy,+1\n')
    run, _, _ = map_it(file, "--group", "g")
    assert run.code == 0, run.err
    assert "\x1b" not in run.out
    for name in ("regions.csv", "clusters.csv"):
        with (tmp_path / "out" / name).open(encoding="utf-8", newline="") as sheet:
            cells = [cell for row in csv.reader(sheet) for cell in row]
        words = {cell for cell in cells if not _is_number(cell)}
        assert {f"'{evil}", "'+1"} <= words or name == "clusters.csv"
        assert not [word for word in words if safe_text(word) != word and not word.startswith("'")]
    texts = pd.read_parquet(tmp_path / "out" / "texts.parquet")
    assert texts["group"].tolist() == [evil, "\x1b[31mred", "+1"]


def test_emotions_are_said_per_text(map_it, small):
    """The scorer's emotions come as columns, between 0 and 1, none of them missing for a scored text."""
    _, _, texts = map_it(small, *COLUMNS)
    emotions = texts.filter(like="emotion_")[texts["status"] == "scored"]
    assert "emotion_fear" in emotions.columns
    assert emotions.notna().all(axis=None)
    assert texts["emotion_fear"].idxmax() == 0


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_course_along_a_book_and_its_sentences(map_it, write, tmp_path):
    """A file of plain text is one text then; --segments gives its sentences, without texts where these stay out."""
    dark, bright = "The night was full of fear and terror.", "They were happy and full of joy again."
    book = write("book.txt", "\n\n".join([dark] * 12 + [bright] * 12) + "\n")
    sentences = tmp_path / "sentences.csv"
    run, _, texts = map_it(book, "--time", "position", "--segments", str(sentences))
    assert run.code == 0, run.err
    assert texts["n_segments"].tolist() == [24]
    table = pd.read_csv(sentences)
    assert table["text"].tolist() == [dark] * 12 + [bright] * 12
    assert table["position"].is_monotonic_increasing
    course = pd.read_csv(tmp_path / "out" / "time_course.csv")
    assert course["time"].between(0, 1).all()
    again, *_ = map_it(book, "--time", "position", "--segments", str(sentences), "--no-texts", "--force")
    assert again.code == 0, again.err
    assert "text" not in pd.read_csv(sentences)
    wrong, *_ = map_it(book, "--segments", str(tmp_path / "sentences.txt"), "--force")
    assert wrong.code == 2
