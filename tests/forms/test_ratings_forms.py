"""Tables of ratings in the forms in which other people have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.forms.form import Form

pytestmark = pytest.mark.usefixtures("flags")


def _is(folder: Path, name: str, emotions: dict[str, list[float]], onsets: list[float], durations: list[float]) -> None:
    """Read the file, and check emotions, values and times."""
    from emotopy.readers.ratings import read_ratings

    ratings = read_ratings(folder / name)
    assert ratings.emotions == tuple(emotions)
    np.testing.assert_allclose(ratings.values, np.column_stack(list(emotions.values())))
    np.testing.assert_allclose(ratings.onset_s, onsets)
    np.testing.assert_allclose(ratings.duration_s, durations)


def _bids_stimulus(folder: Path) -> None:
    (folder / "stim.tsv").write_text("0.1\t0.5\n0.2\t0.6\n0.4\t0.8\n")
    sidecar = {"SamplingFrequency": 1, "StartTime": 0, "Columns": ["joy", "fear"]}
    (folder / "stim.json").write_text(json.dumps(sidecar))
    _is(folder, "stim.tsv", {"joy": [0.1, 0.2, 0.4], "fear": [0.5, 0.6, 0.8]}, [0, 1, 2], [1, 1, 1])


def _case(folder: Path) -> None:
    rows = ["jstime,valence,arousal,video", "0,5,5,10", "0.05,5.5,5,10", "0.1,6,5.2,10", "0.15,6.1,5.2,11"]
    (folder / "sub_1.csv").write_text("\n".join(rows) + "\n")
    emotions = {"valence": [5, 5.5, 6, 6.1], "arousal": [5, 5, 5.2, 5.2]}
    _is(folder, "sub_1.csv", emotions, [0, 0.05, 0.1, 0.15], [0.05] * 4)


def _identifiers(folder: Path) -> None:
    header = "subject_id,session_id,trial_id,stimulus_id,start_time_sec,end_time_sec,duration_sec,feltArsl,feltVlnc"
    (folder / "labels.csv").write_text(f"{header}\n1,2,1,53,0,8,8,5,3\n1,2,2,53,8,20,12,6,4\n")
    _is(folder, "labels.csv", {"feltArsl": [5, 6], "feltVlnc": [3, 4]}, [0, 8], [8, 12])


def _row_names(folder: Path) -> None:
    rows = ['"","onset","duration","joy","fear"', '"1",0,8,0.1,0.7', '"2",8,8,NA,NA', '"3",16,8,0.9,0.1']
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")
    _is(folder, "ratings.csv", {"joy": [0.1, 0.9], "fear": [0.7, 0.1]}, [0, 16], [8, 8])


FORMS = (
    Form(
        "bids-stimulus",
        "ratings",
        "cpp-lln-lab/CPP_BIDS#112",
        "a TSV without a header; rate, start and columns stand in the JSON sidecar",
        _bids_stimulus,
    ),
    Form(
        "case-joystick",
        "ratings",
        "https://springernature.figshare.com/collections/4260668",
        "times of samples in a column `jstime`, the clip's number in a column `video`",
        _case,
    ),
    Form(
        "identifiers",
        "ratings",
        "LeeChangmin0310/ReMOTION-Temporal#2",
        "identifiers, and times named `start_time_sec`, `end_time_sec`, `duration_sec`",
        _identifiers,
    ),
    Form(
        "r-row-names",
        "ratings",
        "CheyneyComputerScience/CREMA-D#18",
        "R's row names in a first column without a name, NA where nothing was rated",
        _row_names,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form(form, tmp_path):
    """The right answer, worked out from the form."""
    form.check(tmp_path)


def test_case_05_times_by_other_names(tmp_path):
    """`tmin, tmax` and `start_s, end_s` are times."""
    for start, end in (("tmin", "tmax"), ("start_s", "end_s")):
        (tmp_path / "r.tsv").write_text(f"{start}\t{end}\tjoy\tfear\n0\t8\t0.1\t0.7\n8\t16\t0.4\t0.2\n")
        _is(tmp_path, "r.tsv", {"joy": [0.1, 0.4], "fear": [0.7, 0.2]}, [0, 8], [8, 8])


def test_case_21_studyforrest(tmp_path):
    """A value a second needs its rate; a list of episodes is refused, and the layout is named."""
    from emotopy.errors import InputError
    from emotopy.readers.ratings import read_ratings

    (tmp_path / "second.csv").write_text("arousal,valence,fear\n0.00,0.10,0.00\n0.10,0.20,0.50\n0.20,0.10,0.60\n")
    ratings = read_ratings(tmp_path / "second.csv", sampling_hz=1)
    np.testing.assert_array_equal(ratings.onset_s, [0, 1, 2])
    np.testing.assert_array_equal(ratings.values, [[0, 0.1, 0], [0.1, 0.2, 0.5], [0.2, 0.1, 0.6]])
    episode = "char=A tags=pos,happiness arousal=-0.5 val_pos=0.8"
    (tmp_path / "segments.tsv").write_text(f"10.2\t22.3\t{episode}\n22.3\t30.1\t{episode}\n")
    with pytest.raises(InputError) as caught:
        read_ratings(tmp_path / "segments.tsv")
    assert "episodes" in caught.value.got
    assert "--sampling" in caught.value.advice


@pytest.mark.parametrize("mark", ["NA", "n/a", "nan"])
def test_case_25_missing_ratings(tmp_path, mark):
    """The segment isn't rated; the others are."""
    (tmp_path / "r.tsv").write_text(
        f"onset\tduration\tjoy\tfear\n0\t8\t0.1\t0.7\n8\t8\t{mark}\t{mark}\n16\t8\t0.9\t0.1\n"
    )
    _is(tmp_path, "r.tsv", {"joy": [0.1, 0.9], "fear": [0.7, 0.1]}, [0, 16], [8, 8])


def test_case_35_row_numbers_and_reserved_columns(tmp_path):
    """Neither pandas' row numbers nor BIDS' columns are emotions."""
    (tmp_path / "r.csv").write_text(",onset,duration,joy,fear\n0,0,8,0.1,0.7\n1,8,8,0.4,0.2\n")
    _is(tmp_path, "r.csv", {"joy": [0.1, 0.4], "fear": [0.7, 0.2]}, [0, 8], [8, 8])
    (tmp_path / "b.tsv").write_text(
        "onset\tduration\tsample\tresponse_time\tjoy\n0\t8\t0\t0.5\t0.1\n8\t8\t800\t0.6\t0.4\n"
    )
    _is(tmp_path, "b.tsv", {"joy": [0.1, 0.4]}, [0, 8], [8, 8])
