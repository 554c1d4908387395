"""Studies: from records or DataFrames, checked once, with errors that name subject, column and row."""

from __future__ import annotations

import inspect

import attrs
import numpy as np
import pandas as pd
import pytest

import emotopy
from emotopy.errors import InputError
from emotopy.inference.nulls import detrend
from emotopy.inference.rating_courses import volume_course
from emotopy.pathways.brain.rows import target_courses
from emotopy.pathways.brain.study import Study, StudyOptions, as_ratings, as_series
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.simulate import simulate_bold

CONFIG = {"null": {"n": 5}, "compare": {"features": [], "remove_evoked": False, "baselines": False}, "reporter": []}


@pytest.fixture(scope="module")
def study():
    return simulate_bold("coupling", n_subjects=4, n_volumes=230, n_regions=5, n_carriers=3, seed=2)


@pytest.fixture
def tables(study):
    return {one.subject: pd.DataFrame(one.values, columns=list(one.regions)) for one in study.series}


@pytest.fixture
def rated(study):
    one = study.ratings
    frame = pd.DataFrame(one.values, columns=list(one.emotions))
    return frame.assign(onset=one.onset_s, duration=one.duration_s).sample(frac=1, random_state=3)


def test_tables_decode_as_records_do(study, tables, rated):
    """A DataFrame per subject and one of shuffled ratings give what the records give, to the last digit."""
    by_record = emotopy.decode(study.series, study.ratings, config=CONFIG)
    by_table = emotopy.decode(tables, rated, tr_s=study.series[0].tr_s, config=CONFIG)
    pd.testing.assert_frame_equal(by_table.scores, by_record.scores)
    pd.testing.assert_frame_equal(by_table.predictions, by_record.predictions)


def test_volumes_times_are_those_of_all_subjects(study):
    """A moment of slice timing moves the ratings at the volumes, and is in the provenance; subjects must agree."""
    moved = [attrs.evolve(one, sampled_s=0.3) for one in study.series]
    made = Study.of(moved, study.ratings, start_s=4.0)
    wanted = volume_course(study.ratings, 2.0, 230, 4.0 + 0.3 - 1.0).values
    np.testing.assert_allclose(target_courses(made.stories[0]).courses[0], detrend(wanted), atol=1e-9)
    plain = emotopy.decode(study.series, study.ratings, config=CONFIG)
    found = emotopy.decode(moved, study.ratings, config=CONFIG)
    assert "sampled_s" not in plain.provenance["input"]
    assert found.provenance["input"]["sampled_s"] == 0.3
    assert not found.scores.equals(plain.scores)
    middle = [attrs.evolve(one, sampled_s=1.0) for one in study.series[:2]]
    assert Study.of([*middle, *study.series[2:]], study.ratings).stories[0].sampled_s == 1.0
    with pytest.raises(InputError) as caught:
        Study.of([moved[0], *study.series[1:]], study.ratings)
    assert (caught.value.wanted, caught.value.got) == ("0.3 s", "1 s")


@pytest.mark.parametrize("start_s", [np.nan, np.inf])
def test_the_start_is_a_number_of_seconds(study, start_s):
    """Not a number, and infinity, are no moment of the story."""
    with pytest.raises(InputError):
        Study.of(study.series, study.ratings, start_s=start_s)


@pytest.mark.parametrize("tr_s", [None, 0.0, -2.0, np.inf])
def test_tables_need_a_tr(tables, tr_s):
    """A table doesn't say how far its rows are apart."""
    with pytest.raises(InputError, match="tr_s: wanted the repetition time in seconds"):
        as_series(tables, tr_s)


def test_a_tr_that_contradicts_a_record_is_refused(study):
    """Records know their TR; the same may be said again, another is an error that names the subject."""
    assert as_series(study.series, study.series[0].tr_s) == list(study.series)
    with pytest.raises(InputError, match=f"1.5 s was given, but the series of subject {study.series[0].subject} has"):
        as_series(study.series, 1.5)


def test_other_series_are_refused(tables):
    """Arrays and words instead of tables are named with their subject."""
    with pytest.raises(InputError, match=r"wanted RegionSeries, or a mapping .* got numpy.ndarray"):
        as_series([np.zeros((7, 3))], 2.0)
    with pytest.raises(InputError) as caught:
        as_series({"b": [1, 2]}, 2.0)
    assert (caught.value.file, caught.value.got) == ("subject b", "list")
    with pytest.raises(InputError) as caught:
        as_series({"c": pd.DataFrame({"insula": [0.5, "loud"]})}, 2.0)
    assert (caught.value.file, caught.value.column, caught.value.row) == ("subject c", "insula", 2)
    assert caught.value.got == "'loud'"
    with pytest.raises(InputError) as caught:
        as_series(tables["sub-01"], 2.0)
    assert "sub" in caught.value.advice


def test_wrong_ratings_are_named(rated):
    """Missing columns, a hole and a segment without a span: the error names the place."""
    for frame, row, column in (
        (pd.DataFrame({"fear": [0.1]}), None, None),
        (rated[["onset", "duration"]], None, None),
        (rated.assign(onset=rated["onset"].where(np.arange(len(rated)) != 4)), 5, "duration"),
        (rated.assign(duration=0.0), 1, "duration"),
    ):
        with pytest.raises(InputError) as caught:
            as_ratings(frame)
        assert (caught.value.file, caught.value.row, caught.value.column) == ("ratings", row, column)
    assert as_ratings(None) is None


def test_ratings_in_memory_may_have_the_forms_of_a_file(rated):
    """Other names of times, row numbers as columns, any index; what was left out is told."""
    plain = as_ratings(rated)
    other = rated.rename(columns={"onset": "start"}).assign(index=range(len(rated)), note="x")
    other.index = [f"s{i}" for i in range(len(rated))]
    told: list[str] = []
    again = as_ratings(other, told)
    assert again.emotions == plain.emotions
    np.testing.assert_array_equal(again.values, plain.values)
    np.testing.assert_array_equal(again.onset_s, plain.onset_s)
    assert any("index" in one for one in told)


# The record -----------------------------------------------------------------------------------------------------------


def test_options_are_the_arguments_of_the_study():
    """Functions that pass arguments on take what `Study.of` takes, of the same types."""
    wanted = inspect.signature(Study.of).parameters.values()
    keywords = {one.name: one.annotation for one in wanted if one.kind is one.KEYWORD_ONLY}
    assert {name: typed.__forward_arg__ for name, typed in StudyOptions.__annotations__.items()} == keywords


def test_an_argument_that_does_not_exist_is_refused(study):
    """As by any function, although `decode` passes its arguments on."""
    with pytest.raises(TypeError, match="confound'"):
        emotopy.decode(study.series, study.ratings, config=CONFIG, confound=[])


def test_a_study_holds_each_subject_with_what_belongs_to_it(study):
    """Confounds may be missing for a subject; regions, TR and length are those of all."""
    noise = np.zeros((230, 1))
    tone = [Regressors(one.subject, ("tone",), one.values[:, :1]) for one in study.series]
    made = Study.of(study.series, study.ratings, confounds=[None, noise, None, None], regressors=tone, notes=["a"])
    assert [one.confounds is noise for one in made.recordings] == [False, True, False, False]
    assert [one.regressors for one in made.recordings] == tone
    assert {one.motion for one in made.recordings} | {one.targets for one in made.recordings} == {None}
    assert made.names == tuple(one.subject for one in study.series)
    assert (made.regions, made.tr_s, made.stories[0].n_volumes) == (study.series[0].regions, 2.0, 230)
    assert (made.stories[0].ratings, made.notes, dict(made.networks), dict(made.source)) == (
        study.ratings,
        ("a",),
        {},
        {},
    )
    assert sorted(made.hashes()) == ["confounds_sha256", "regressors_sha256", "series_sha256"]


def test_censored_volumes_are_missing_in_the_signal(study):
    """The series keeps its values, the signal has NaN there."""
    keep = np.ones(230, dtype=bool)
    keep[7] = False
    subject = Study.of([attrs.evolve(study.series[0], keep=keep)], study.ratings).recordings[0]
    assert np.flatnonzero(np.isnan(subject.signal).any(axis=1)).tolist() == [7]
    assert np.isfinite(subject.series.values).all()


@pytest.mark.parametrize("what", ["motion", "regressors", "targets"])
def test_baselines_and_targets_are_there_for_all_or_none(study, what):
    """The first subject without them is named."""
    whole = {
        "motion": [Motion(one.parameters, one.fd_mm) for one in study.motion],
        "regressors": [Regressors(one.subject, ("tone",), one.values[:, :1]) for one in study.series],
        "targets": [Regressors(one.subject, ("fear",), one.values[:, :1]) for one in study.series],
    }[what]
    ratings = None if what == "targets" else study.ratings
    with pytest.raises(InputError, match=f"{what}: wanted .* every subject, got none for {study.series[2].subject}"):
        Study.of(study.series, ratings, **{what: [*whole[:2], None, whole[3]]})
