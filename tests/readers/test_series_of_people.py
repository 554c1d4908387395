"""Region series in folders as people make them: codes in order, several atlases, tables of confounds."""

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.readers.series import read_series_folder

pytestmark = pytest.mark.usefixtures("flags")


def rows(seed, n_columns=6, mean=0.0, sd=1.0, digits=4):
    """Return lines of numbers, 40 volumes."""
    values = np.random.default_rng(seed).normal(mean, sd, (40, n_columns))
    return "".join(",".join(f"{value:.{digits}f}" for value in row) + "\n" for row in values)


@pytest.fixture
def folder(tmp_path):
    """Write files into a folder."""

    def write(**files):
        for name, content in files.items():
            (tmp_path / f"{name.replace('__', '-')}.csv").write_text(content, encoding="utf-8")
        return tmp_path

    return write


def test_codes_in_order_above_whole_numbers_are_names(folder):
    """A single file of whole numbers as large as its codes: no other row ascends."""
    notes = []
    path = folder(sub__01="2001,2002,2101,2102,2201,2202\n" + rows(1, mean=2100, sd=100, digits=0))
    ((series,), _) = read_series_folder(path, 2.0, notify=notes.append)
    assert series.regions == ("2001", "2002", "2101", "2102", "2201", "2202")
    assert series.n_volumes == 40
    assert any("--header no" in note for note in notes)


def test_a_volume_in_order_is_one_of_many(folder):
    """Regions that are ever brighter from the first to the last: all rows ascend."""
    ramp = np.arange(6) * 1000
    values = np.random.default_rng(2).normal(ramp, 10, (40, 6)).round().astype(int) + 500
    path = folder(sub__01="".join(",".join(map(str, row)) + "\n" for row in values))
    ((series,), _) = read_series_folder(path, 2.0)
    assert series.n_volumes == 40


def test_names_by_numpy_are_whole_numbers(folder):
    """`np.savetxt` writes codes as 1.000e+00."""
    path = folder(sub__01="1.000e+00,2.000e+00,3.000e+00\n" + rows(1, 3))
    assert read_series_folder(path, 2.0)[0][0].regions == ("1", "2", "3")


@pytest.mark.parametrize(("one", "other"), [("seg-4S156", "seg-4S256"), ("stat-mean", "stat-alff")])
def test_files_of_several_atlases_say_what_they_differ_in(folder, one, other):
    """Two files of one recording: the error names the parts of their names, not runs."""
    files = {f"sub-01_task-story_{which}_timeseries": "a,b,c\n" + rows(1, 3) for which in (one, other)}
    with pytest.raises(InputError) as raised:
        read_series_folder(folder(**files), 2.0)
    assert one in raised.value.advice
    assert other in raised.value.advice


def test_confounds_among_regions_are_told(folder):
    """`csf` may be a region of an atlas, `framewise_displacement` is none: kept, and told."""
    notes = []
    path = folder(sub__01="V1,csf,global_signal,framewise_displacement\n" + rows(1, 4))
    ((series,), _) = read_series_folder(path, 2.0, notify=notes.append)
    assert len(series.regions) == 4
    (note,) = notes
    assert "global_signal" in note
    assert "csf" not in note
