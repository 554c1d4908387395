"""Every entry of the shared lists of names and marks, given to every reader that such a column or cell can come to."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.readers import column_names
from emotopy.readers.column_names import (
    CONFOUND,
    DURATION,
    EVENT,
    MISSING_NUMBERS,
    MISSING_WORDS,
    MOTION,
    OFFSET,
    ONSET,
    RATER,
    ROW_NUMBER,
    RUN,
    SPEAKER,
    SUBJECT,
    TIME,
    WORD,
    folded,
)
from emotopy.readers.confounds import read_confounds
from emotopy.readers.motion import read_motion_folder
from emotopy.readers.narratives import read_narrative
from emotopy.readers.ratings import read_ratings
from emotopy.readers.series import read_series_folder
from emotopy.records.brain import RegionSeries

N_VOLUMES = 12
RNG = np.random.default_rng(7)
SIGNAL = np.round(RNG.standard_normal((N_VOLUMES, 2)), 3)
HEAD = np.round(np.cumsum(RNG.normal(0, 0.02, (N_VOLUMES, 6)), axis=0) * [1, 1, 1, 0.02, 0.02, 0.02], 6)
OTHERS = sorted({*SUBJECT, *RUN, *SPEAKER, *EVENT} - {*ONSET, *OFFSET, *DURATION, *TIME, *WORD, *RATER})


def story(folder, header, rows):
    """Read a story from a table; return its words with their times."""
    (folder / "story.tsv").write_text("\n".join("\t".join(row) for row in (header, *rows)) + "\n")
    narrative = read_narrative(folder / "story.tsv")
    return [(word.text, word.onset_s, word.offset_s) for word in narrative.words]


def series(folder, header, columns, missing=None):
    """Read one subject's series from columns of cells; return it."""
    home = folder / "series"
    home.mkdir(exist_ok=True)
    rows = zip(*columns, strict=True)
    (home / "sub-1.csv").write_text("\n".join(",".join(row) for row in (header, *rows)) + "\n")
    told = []
    ((found,), _) = read_series_folder(home, 2.0, notify=told.append)
    return found, told


def cells(values):
    return [f"{value:g}" for value in values]


# Names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*ONSET, *TIME}))
def test_where_a_row_begins(tmp_path, name):
    """Stories and ratings; the same in capitals, with blanks, with its unit."""
    for written in (name, name.upper().replace("_", " "), f"{name} (ms)"):
        scale = 1000 if "ms" in written else 1
        onsets = [f"{onset * scale:g}" for onset in (0.5, 1.5)]
        said = story(tmp_path, [written, "duration", "word"], [[onsets[0], "0.5", "we"], [onsets[1], "0.5", "cried"]])
        assert said == [("we", 0.5, 1.0), ("cried", 1.5, 2.0)]
        (tmp_path / "r.tsv").write_text(f"{written}\tduration\tjoy\n{onsets[0]}\t0.5\t1\n{onsets[1]}\t0.5\t2\n")
        np.testing.assert_array_equal(read_ratings(tmp_path / "r.tsv").onset_s, [0.5, 1.5])


@pytest.mark.parametrize("name", [*OFFSET, *DURATION])
def test_where_a_row_ends(tmp_path, name):
    """Stories and ratings."""
    ends = ("0.5", "0.5") if name in DURATION else ("1", "2")
    said = story(tmp_path, ["onset", name, "word"], [["0.5", ends[0], "we"], ["1.5", ends[1], "cried"]])
    assert said == [("we", 0.5, 1.0), ("cried", 1.5, 2.0)]
    (tmp_path / "r.tsv").write_text(f"onset\t{name}\tjoy\n0.5\t{ends[0]}\t1\n1.5\t{ends[1]}\t2\n")
    np.testing.assert_array_equal(read_ratings(tmp_path / "r.tsv").duration_s, [0.5, 0.5])


@pytest.mark.parametrize("name", WORD)
def test_words(tmp_path, name):
    """The column of words of a story; in ratings it is no emotion."""
    said = story(tmp_path, ["onset", "duration", name.title()], [["0.5", "0.5", "we"], ["1.5", "0.5", "cried"]])
    assert [word for word, *_ in said] == ["we", "cried"]
    (tmp_path / "r.tsv").write_text(f"onset\tduration\tjoy\t{name}\n0\t1\t.5\twe\n1\t1\t.7\tcried\n")
    assert read_ratings(tmp_path / "r.tsv").emotions == ("joy",)


@pytest.mark.parametrize("name", OTHERS)
def test_what_else_stands_beside(tmp_path, name):
    """Subjects, runs, speakers, events: no words, no emotions."""
    said = story(
        tmp_path, [name, "onset", "duration", "word"], [["7", "0.5", "0.5", "we"], ["8", "1.5", "0.5", "cried"]]
    )
    assert [word for word, *_ in said] == ["we", "cried"]
    (tmp_path / "r.tsv").write_text(f"{name}\tonset\tduration\tjoy\n7\t0\t1\t.5\n8\t1\t1\t.7\n")
    assert read_ratings(tmp_path / "r.tsv").emotions == ("joy",)


@pytest.mark.parametrize("name", sorted({*ROW_NUMBER, "Unnamed: 0"}))
def test_row_numbers(tmp_path, name):
    """No region, no emotion, no word; a region of that name whose numbers don't count is one."""
    counts = [str(row) for row in range(N_VOLUMES)]
    found, told = series(tmp_path, [name, "v1", "a1"], [counts, *map(cells, SIGNAL.T)])
    assert found.regions == ("v1", "a1")
    np.testing.assert_array_equal(found.values, SIGNAL)
    assert told or name in ("", "Unnamed: 0")
    if name not in ("", "Unnamed: 0"):
        found, _ = series(tmp_path, [name, "a1"], map(cells, SIGNAL.T))
        assert found.regions == (name, "a1")
    (tmp_path / "r.csv").write_text(f"{name},onset,duration,joy\n0,0,1,.5\n1,1,1,.7\n")
    assert read_ratings(tmp_path / "r.csv").emotions == ("joy",)
    if folded(name) not in {*ONSET, *TIME}:
        said = story(tmp_path, [name, "onset", "duration", "word"], [["0", "0.5", "0.5", "we"]])
        assert said == [("we", 0.5, 1.0)]


@pytest.mark.parametrize("name", TIME)
def test_times_of_volumes(tmp_path, name):
    """A column that grows by the TR is no region; under a region's name of other numbers it is one."""
    times = cells(2.0 * np.arange(N_VOLUMES))
    found, told = series(tmp_path, ["v1", name, "a1"], [cells(SIGNAL[:, 0]), times, cells(SIGNAL[:, 1])])
    assert found.regions == ("v1", "a1")
    assert told


@pytest.mark.parametrize(
    ("parameter", "name"), [(parameter, name) for parameter, names in MOTION.items() for name in names]
)
def test_motion(tmp_path, parameter, name):
    """In any order of columns, beside the names that go with it."""
    place = list(MOTION).index(parameter)
    style = next(i for i, one in enumerate(MOTION[parameter]) if one == name)
    styles = [names[min(style, len(names) - 1)] for names in MOTION.values()]
    styles[place] = name
    if len(set(styles)) < 6:
        styles = [name if key == parameter else key for key in MOTION]
    degrees = np.rad2deg(HEAD[:, 3:]) if "deg" in name else HEAD[:, 3:]
    values = np.hstack([HEAD[:, :3], degrees])[:, ::-1]
    (tmp_path / "motion").mkdir()
    lines = ["\t".join(styles[::-1]), *("\t".join(f"{value:.9g}" for value in row) for row in values)]
    (tmp_path / "motion" / "sub-1_motion.tsv").write_text("\n".join(lines) + "\n")
    run = RegionSeries("sub-1", ("v1", "a1"), SIGNAL, 2.0)
    (found,) = read_motion_folder(tmp_path / "motion", [run])
    np.testing.assert_allclose(found.parameters[:, place], HEAD[:, place], atol=1e-7)


@pytest.mark.parametrize(
    ("confound", "name"), [(confound, name) for confound, names in CONFOUND.items() for name in names]
)
def test_confounds(tmp_path, confound, name):
    """Tissues are regressed, displacement censors; both under their name since fMRIPrep 1.2."""
    names = [*MOTION, *(one for one in CONFOUND if one != confound), name]
    moved = np.full(N_VOLUMES, 0.1)
    moved[5] = 0.9
    columns = {one: HEAD[:, i % 6] for i, one in enumerate(names)}
    columns[name if confound == "framewise_displacement" else "framewise_displacement"] = moved
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "c.tsv").write_text("\n".join(lines) + "\n")
    found = read_confounds(tmp_path / "c.tsv")
    assert set(found.names) == {*MOTION, *(set(CONFOUND) - {"framewise_displacement"})}
    assert np.flatnonzero(~found.keep).tolist() == [5]


# Marks of a missing value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", sorted(MISSING_NUMBERS))
@pytest.mark.parametrize("change", [str, str.upper])
def test_missing_numbers(tmp_path, mark, change):
    """A volume of marks is censored; a row of marks isn't rated; a word of marks has no times; a first derivative."""
    mark = change(mark)
    columns = [cells(SIGNAL[:, 0]), cells(SIGNAL[:, 1])]
    for column in columns:
        column[3] = mark
    found, _ = series(tmp_path, ["v1", "a1"], columns)
    assert np.flatnonzero(~found.keep).tolist() == [3]
    (tmp_path / "r.tsv").write_text(
        f"onset\tduration\tjoy\tfear\n0\t1\t.5\t{mark}\n1\t1\t{mark}\t{mark}\n2\t1\t.7\t1\n"
    )
    ratings = read_ratings(tmp_path / "r.tsv")
    np.testing.assert_array_equal(ratings.values, [[0.5, np.nan], [0.7, 1]])
    said = story(tmp_path, ["onset", "duration", "word"], [["0", "1", "we"], [mark, mark, "zyx"], ["2", "1", "cried"]])
    assert [word for word, *_ in said] == ["we", "cried"]
    lines = ["\t".join(MOTION), "\t".join([mark] * 6), *("\t".join(map(str, row)) for row in HEAD[1:])]
    (tmp_path / "c.tsv").write_text("\n".join(lines) + "\n")
    assert np.isfinite(read_confounds(tmp_path / "c.tsv").values).all()


@pytest.mark.parametrize("mark", sorted(MISSING_WORDS))
def test_missing_words(tmp_path, mark):
    """Exactly so written; in another case they may be words."""
    said = story(tmp_path, ["onset", "duration", "word"], [["0", "1", "we"], ["1", "1", mark], ["2", "1", "cried"]])
    assert [word for word, *_ in said] == ["we", "cried"]


@pytest.mark.parametrize("word", ["None", "null", "Nan", "na", "NAN", "missing"])
def test_words_that_look_like_marks(tmp_path, word):
    """Names and words of a story stay."""
    said = story(tmp_path, ["onset", "duration", "word"], [["0", "1", "we"], ["1", "1", word], ["2", "1", "cried"]])
    assert [one for one, *_ in said] == ["we", word, "cried"]


def test_every_name_is_in_the_form_in_which_names_are_compared():
    """Else it would match nothing."""
    lists = [value for key, value in vars(column_names).items() if key.isupper() and isinstance(value, tuple)]
    lists += [names for table in (MOTION, CONFOUND) for names in table.values()]
    assert len(lists) > 20
    odd = [name for names in lists for name in names if folded(name) != name]
    assert odd == []
