"""GoEmotions in its official layout."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from emotopy.emotions import LABELS
from emotopy.errors import InputError, UnknownName
from emotopy.records.dataset_info import notes_of
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

LINES = 'I was so scared\t14\tid1\n"Oh no, he said\t25,14\tid2\n'


def test_a_row_per_comment_with_its_labels(tmp_path):
    """`labels` holds every name, `label` the name where there is just one; quotes are characters."""
    (tmp_path / "train.tsv").write_text(LINES, "utf-8")
    frame = GoEmotionsDataset().load(tmp_path)
    assert frame["text"].tolist() == ["I was so scared", '"Oh no, he said']
    assert frame["labels"].tolist() == [["fear"], ["sadness", "fear"]]
    assert frame["label"][0] == "fear"
    assert frame["label"].isna().tolist() == [False, True]
    assert frame["id"].tolist() == ["id1", "id2"]


def test_all_splits_that_are_there_are_loaded(tmp_path):
    """`all` takes what the folder holds, in the order train, dev, test."""
    (tmp_path / "test.tsv").write_text(LINES, "utf-8")
    (tmp_path / "train.tsv").write_text(LINES.replace("id", "tr"), "utf-8")
    assert GoEmotionsDataset(split="all").load(tmp_path)["split"].tolist() == ["train", "train", "test", "test"]


@pytest.mark.parametrize("line", ["no tabs at all", "text\t28\tid", "text\t-1\tid", "text\t\tid", "a\tb\t3\tid"])
def test_a_line_of_another_form_is_named(tmp_path, line):
    """Wrong number of cells, and label numbers that aren't: the file and the line are in the message."""
    (tmp_path / "train.tsv").write_text(LINES + line + "\n", "utf-8")
    with pytest.raises(InputError, match=r"train\.tsv, line 3: wanted text, label numbers 0 to 27 and id"):
        GoEmotionsDataset().load(tmp_path)


def test_absent_and_undecodable_files_are_named(tmp_path):
    """A folder without the files says which; bytes that are not UTF-8 name the line; an empty file is told."""
    with pytest.raises(InputError, match=r"has no train\.tsv; wanted .*google-research"):
        GoEmotionsDataset().load(tmp_path)
    with pytest.raises(InputError, match="isn't a folder"):
        GoEmotionsDataset().load(tmp_path / "gone")
    with pytest.raises(UnknownName, match="Did you mean 'train'"):
        GoEmotionsDataset(split="tran").load(tmp_path)
    (tmp_path / "train.tsv").write_bytes(b"fine\t1\tid\nnot \xff fine\t1\tid\n")
    with pytest.raises(InputError, match=r"train\.tsv, line 2: byte 0xff"):
        GoEmotionsDataset().load(tmp_path)
    (tmp_path / "train.tsv").write_bytes(b"\n")
    with pytest.raises(InputError, match=r"train\.tsv: empty"):
        GoEmotionsDataset().load(tmp_path)


@pytest.mark.parametrize("place", ["", "simplified/"])
@pytest.mark.parametrize("name", ["{}-00000-of-00001", "{}"])
def test_the_parquet_files_of_hugging_face_are_the_same_table(tmp_path, place, name):
    """`labels` as lists of numbers, `validation` for dev, in the folder or below; TSV gives the same rows."""
    (tmp_path / "tsv").mkdir()
    (tmp_path / "hub" / place).mkdir(parents=True)
    frame = pd.DataFrame(
        {"text": ["I was so scared", '"Oh no, he said'], "labels": [[14], [25, 14]], "id": ["id1", "id2"]}
    )
    for split, stem in (("train", "train"), ("dev", "validation")):
        (tmp_path / "tsv" / f"{split}.tsv").write_text(LINES, "utf-8")
        frame.to_parquet(tmp_path / "hub" / place / f"{name.format(stem)}.parquet")
    for split in ("train", "dev", "all"):
        pd.testing.assert_frame_equal(
            GoEmotionsDataset(split=split).load(tmp_path / "hub"), GoEmotionsDataset(split=split).load(tmp_path / "tsv")
        )


@pytest.mark.parametrize("labels", [[[14], [28]], [[14], [-1]], [[14], []], [[14], ["fear"]], [14, 3], [[14], None]])
def test_labels_that_are_none_are_named_with_their_row(tmp_path, labels):
    """Numbers out of range, none at all, names, single numbers."""
    frame = pd.DataFrame({"text": ["a", "b"], "labels": pd.Series(labels, dtype=object), "id": ["1", "2"]})
    if any(isinstance(cell, str) for cells in labels if isinstance(cells, list) for cell in cells):
        frame["labels"] = [["fear"], ["fear"]]
    frame.to_parquet(tmp_path / "train.parquet")
    with pytest.raises(InputError) as caught:
        GoEmotionsDataset().load(tmp_path)
    assert (caught.value.file, caught.value.column) == ("train.parquet", "labels")
    assert caught.value.row in (1, 2)


RAW = """text,id,author,rater_id,example_very_unclear,fear,joy,neutral
"Scared, so scared",id1,a,1,False,1,0,0
"Scared, so scared",id1,a,2,False,1,1,0
"Scared, so scared",id1,a,3,False,0,1,0
Well,id2,b,1,True,0,0,0
Well,id2,b,2,False,0,0,1
Glad,id3,c,2,False,0,1,0
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_raw_files_are_a_row_per_comment(tmp_path, form):
    """Labels of two raters or more, as published; what was made of the ratings is noted."""
    if form == "csv":
        head, *lines = RAW.splitlines()
        for number, part in ((1, lines[:2]), (2, lines[2:])):
            (tmp_path / f"goemotions_{number}.csv").write_text("\n".join([head, *part]) + "\n", "utf-8")
    else:
        (tmp_path / "raw").mkdir()
        pd.read_csv(io.StringIO(RAW)).to_parquet(tmp_path / "raw" / "train-00000-of-00001.parquet")
    frame = GoEmotionsDataset().load(tmp_path)
    assert frame["id"].tolist() == ["id1", "id2", "id3"]
    assert frame["text"].tolist() == ["Scared, so scared", "Well", "Glad"]
    assert frame["labels"].tolist() == [["fear", "joy"], [], []]
    assert frame["label"].isna().all()
    assert len(notes_of(frame)) == 3


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        (RAW.replace("rater_id", "rater"), None, "rater_id"),
        (RAW.replace("2,False,0,1,0", "2,False,0,yes,0"), 6, "joy"),
        ("text,id,rater_id\na,b,1\n", None, None),
    ],
)
def test_raw_files_of_another_form_are_named(tmp_path, content, row, column):
    """The column, and the row where there is one."""
    (tmp_path / "goemotions_1.csv").write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        GoEmotionsDataset().load(tmp_path)
    assert (caught.value.file, caught.value.row, caught.value.column) == ("goemotions_1.csv", row, column)


@pytest.mark.real_data
def test_the_real_data_is_read_whole(shared_data):
    """Train has 43,410 comments, 36,308 of one label (Demszky et al. 2020: 83 %), 28 labels."""
    frame = GoEmotionsDataset().load(shared_data / "goemotions")
    assert len(frame) == 43_410
    assert frame["label"].notna().sum() == 36_308
    assert {name for labels in frame["labels"] for name in labels} == set(LABELS)
    assert frame["id"].is_unique
