"""GoEmotions in its official layout."""

from __future__ import annotations

import pytest

from emotopy.datasets.goemotions import LABELS, load_goemotions
from emotopy.errors import InputError, UnknownName

LINES = 'I was so scared\t14\tid1\n"Oh no, he said\t25,14\tid2\n'


def test_a_row_per_comment_with_its_labels(tmp_path):
    """`labels` holds every name, `label` the name where there is just one; quotes are characters."""
    (tmp_path / "train.tsv").write_text(LINES, "utf-8")
    frame = load_goemotions(tmp_path)
    assert frame["text"].tolist() == ["I was so scared", '"Oh no, he said']
    assert frame["labels"].tolist() == [["fear"], ["sadness", "fear"]]
    assert frame["label"][0] == "fear"
    assert frame["label"].isna().tolist() == [False, True]
    assert frame["id"].tolist() == ["id1", "id2"]


def test_all_splits_that_are_there_are_loaded(tmp_path):
    """`all` takes what the folder holds, in the order train, dev, test."""
    (tmp_path / "test.tsv").write_text(LINES, "utf-8")
    (tmp_path / "train.tsv").write_text(LINES.replace("id", "tr"), "utf-8")
    assert load_goemotions(tmp_path, "all")["split"].tolist() == ["train", "train", "test", "test"]


@pytest.mark.parametrize("line", ["no tabs at all", "text\t28\tid", "text\t-1\tid", "text\t\tid", "a\tb\t3\tid"])
def test_a_line_of_another_form_is_named(tmp_path, line):
    """Wrong number of cells, and label numbers that aren't: the file and the line are in the message."""
    (tmp_path / "train.tsv").write_text(LINES + line + "\n", "utf-8")
    with pytest.raises(InputError, match=r"train\.tsv, line 3: wanted text, label numbers 0 to 27 and id"):
        load_goemotions(tmp_path)


def test_absent_and_undecodable_files_are_named(tmp_path):
    """A folder without the files says which; bytes that are not UTF-8 name the line; an empty file is told."""
    with pytest.raises(InputError, match=r"holds no train\.tsv; wanted .*google-research"):
        load_goemotions(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        load_goemotions(tmp_path / "gone")
    with pytest.raises(UnknownName, match="Did you mean 'train'"):
        load_goemotions(tmp_path, "tran")
    (tmp_path / "train.tsv").write_bytes(b"fine\t1\tid\nnot \xff fine\t1\tid\n")
    with pytest.raises(InputError, match=r"train\.tsv, line 2: byte 0xff"):
        load_goemotions(tmp_path)
    (tmp_path / "train.tsv").write_bytes(b"\n")
    with pytest.raises(InputError, match=r"train\.tsv: empty"):
        load_goemotions(tmp_path)


@pytest.mark.real_data
def test_the_real_data_is_read_whole(shared_data):
    """Train has 43,410 comments, 36,308 of one label (Demszky et al. 2020: 83 %), 28 labels."""
    frame = load_goemotions(shared_data / "goemotions")
    assert len(frame) == 43_410
    assert frame["label"].notna().sum() == 36_308
    assert {name for labels in frame["labels"] for name in labels} == set(LABELS)
    assert frame["id"].is_unique
