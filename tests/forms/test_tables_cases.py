"""The reported cases of label tables (16), word lists (17) and rows of commas (20)."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from emotopy.roles import Host


@pytest.fixture
def image(tmp_path):
    """Labels 1, 2 and 3."""
    numbers = np.zeros((4, 3, 3), dtype=np.int16)
    numbers[1:] = np.array([1, 2, 3])[:, None, None]
    nibabel.save(nibabel.Nifti1Image(numbers, np.diag([2.0, 2, 2, 1])), tmp_path / "atlas.nii.gz")
    return tmp_path / "atlas.nii.gz"


def atlas_of(image, content):
    from emotopy_plugins.atlases.labels import labels

    image.with_name("atlas.tsv").write_text(content)
    said = []
    return labels(image, host=Host(notify=said.append)), said


@pytest.mark.parametrize("mark", ["n/a", "NA", "nan", "", "-"])
def test_case_16_a_missing_network_is_none(image, mark):
    """BIDS' mark and others: no network of that name, and not without a word."""
    rows = f"1\tLH_Vis_1\tVis\n2\tLH_Amygdala\t{mark}\n3\tCerebellar_Region1\t{mark}\n"
    atlas, said = atlas_of(image, "index\tname\tnetwork\n" + rows)
    assert dict(atlas.networks) == {"lh_vis_1": "vis"}
    assert atlas.regions == ("lh_vis_1", "lh_amygdala", "cerebellar_region1")
    assert len(said) == (mark != "")


def test_case_16_a_region_without_a_name_is_called_by_its_number(image):
    """Index 2 has the name n/a: it stays a region, told."""
    rows = "0\tBackground\t#000000\n1\tLH_Vis_1\t#ff0000\n2\tn/a\t#00ff00\n3\tCb\t#0000ff\n"
    atlas, said = atlas_of(image, "index\tname\tcolor\n" + rows)
    assert atlas.regions == ("lh_vis_1", "label_2", "cb")
    assert len(said) == 1


def test_case_16_float_indices_without_a_background(image):
    """1.0 is label 1."""
    atlas, said = atlas_of(image, "index\tname\n1.0\tLH_Vis_1\n2.0\tLH_Amygdala\n3.0\tCb\n")
    assert atlas.regions == ("lh_vis_1", "lh_amygdala", "cb")
    assert not said


ROWS = "aback\tanger\t0\naback\tfear\t0\nabandon\tfear\t1\nabandon\tsadness\t1\nabandon\tjoy\t0\nlaughed\tjoy\t1\n"
WIDE = (
    "English Word\tanger\tfear\tjoy\tsadness\tGerman Word\naback\t0\t0\t0\t0\tx\nabandon\t0\t1\t0\t1\ty\n"
    "laughed\t0\t0\t1\t0\tz\n"
)
PAIRS = {("abandon", "fear"), ("abandon", "sadness"), ("laughed", "joy")}


@pytest.mark.parametrize(
    "content",
    [
        "Copyright: for research.\nContact: someone\n\nNumber of words: 3\n.............\n\n" + ROWS,
        "\n" + ROWS,
        WIDE,
    ],
    ids=["text in front", "blank first line", "wide"],
)
def test_case_17_a_list_is_read_from_its_first_row(tmp_path, content):
    """Whatever stands in front, and with a column per emotion."""
    from emotopy_plugins.shared.nrc_files import read_list

    (tmp_path / "lexicon.txt").write_text(content)
    words = read_list(tmp_path / "lexicon.txt")
    assert words.format == "emolex"
    assert list(words.rows) == ["aback", "abandon", "laughed"]
    found = {
        (word, emotion)
        for word, row in words.rows.items()
        for emotion, score in zip(words.emotions, words.scores[row], strict=True)
        if score
    }
    assert found == PAIRS


def test_case_20_rows_of_commas_are_no_participants(tmp_path):
    """Labels of DAIC as a spreadsheet saved them."""
    from emotopy_plugins.datasets.daic_woz import DaicWozDataset

    for who in (300, 301):
        (tmp_path / f"{who}_P").mkdir()
        (tmp_path / f"{who}_P" / f"{who}_TRANSCRIPT.csv").write_text(
            "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tParticipant\tso it is\n"
        )
    (tmp_path / "train_split_Depression_AVEC2017.csv").write_text(
        "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest\n300,0,2,1,0\n301,1,12,0,2\n,,,,\n,,,,\n"
    )
    frame = DaicWozDataset().load(tmp_path)
    assert frame[["participant", "group"]].to_numpy().tolist() == [["300", "healthy"], ["301", "depressed"]]
