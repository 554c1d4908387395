"""Results and records are plain data: they are copied, pickled and sent to other processes, and stay equal.

Which kinds there are is found by walking the package, so that a kind that is added has to be added here, too.
"""

from __future__ import annotations

import copy
import importlib
import io
import multiprocessing
import pickle
import pkgutil
import re
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.pathways.elsewhere import read_there

import emotopy
from emotopy import Registry, TextPathway, decode, map_texts
from emotopy.config import Config
from emotopy.datasets.sample import diaries_path
from emotopy.errors import EmotopyError, InputError, NotPicklable
from emotopy.evidence.table import read_table
from emotopy.experiments.decoding import DecodingExperiment
from emotopy.experiments.experiment import Experiment
from emotopy.export.read_result import ReadResult
from emotopy.pathways.annotation.pathway import annotate
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.brain.study import Study
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.stored_result import StoredTexts
from emotopy.readers.corpora import corpus_from
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.brain import EmotionCourse, Narrative, Ratings, Windowing, Word
from emotopy.records.dataset_info import LeftOut
from emotopy.records.regions import RegionWeights
from emotopy.records.report import Fragment, PageLimits, Places, ReportSection, ReportSections, ResultWithPlaces
from emotopy.roles import Host
from emotopy.running.stages import Stage, StageRunner
from emotopy.simulate import simulate_bold
from emotopy.storage.arrow import ArrowTables
from emotopy.testing.doubles import LinesDataset
from emotopy_plugins.region_mappers.evidence import SHIPPED_TABLE

N_TEXTS, SEGMENT_S = 70, 8.0
TEXTS = {
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "interval": {"n": 100},
    "reporter": ["tables"],
}
SCANS = {
    "null": {"n": 19},
    "split": {"kind": "subject"},
    "compare": {"features": [], "remove_evoked": False, "baselines": False},
    "reporter": ["tables"],
}


def modules():
    """All modules of the package but those that are templates, or commands."""
    for found in pkgutil.walk_packages(emotopy.__path__, "emotopy."):
        if "templates" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def subclasses(kind):
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


NO_DATA = {ReadResult, ReportSection, ReportSections, Places}
"""What stands for a folder on disk, and functions that plugins offer."""


def kinds() -> set[type]:
    """Return every kind of result, and every record of `emotopy.records`."""
    everything = list(modules())
    results = {one for one in subclasses(ArrowTables) if one.__module__.startswith("emotopy.") and attrs.has(one)}
    results = {one for one in results if not one.__module__.startswith("emotopy.testing")}
    records = {
        one
        for module in everything
        if module.__name__.startswith("emotopy.records.")
        for one in vars(module).values()
        if isinstance(one, type) and attrs.has(one) and one.__module__ == module.__name__
    }
    return (results | records) - NO_DATA


@pytest.fixture(scope="module")
def registry():
    return Registry.load(plugins=False)


@pytest.fixture(scope="module")
def fitted(registry):
    """Seventy diaries as a story, of two groups and fourteen units, with what each sentence has."""
    frame = pd.read_csv(diaries_path())[:N_TEXTS].assign(
        onset=np.arange(N_TEXTS) * SEGMENT_S, half=["a", "b"] * 35, who=[f"w{i % 14}" for i in range(N_TEXTS)]
    )
    columns = {"text": "text", "group": "half", "unit": "who", "time": "onset", "keep": ["day"]}
    corpus = corpus_from(frame, **columns)
    return TextPathway.from_config(TEXTS, registry=registry).fit(corpus, keep_segments=True)


@pytest.fixture(scope="module")
def examples(fitted, registry) -> dict[type, Any]:
    """One of each kind, made by the verbs that make them."""
    texts = fitted.result
    new = fitted.transform(["I am afraid of it.", "So happy."])
    stored = map_texts(fitted.mapped.corpus, config={**TEXTS, "fit_texts": 50}, registry=registry)
    values = np.abs(np.random.default_rng(2).standard_normal((N_TEXTS, 2)))
    onset = np.arange(N_TEXTS) * SEGMENT_S
    rated = Ratings(("fear", "joy"), onset, np.full(N_TEXTS, SEGMENT_S), values, N_TEXTS * SEGMENT_S)
    loadings = RegionWeights(("fear",), texts.axis.regions, np.linspace(0, 1, len(texts.axis.regions))[None])
    simulation = simulate_bold("coupling", n_subjects=3, n_volumes=280, ratings=rated, loadings=loadings)
    motion = [Motion(np.ones((280, 6)), np.linspace(0.1, 0.4, 280)) for _ in simulation.series]
    beside = [Regressors(one.subject, ("loudness",), np.ones((280, 1))) for one in simulation.series]
    study = Study.of(simulation.series, rated, motion=motion, regressors=beside)
    decoding = decode(simulation.series, rated, config=SCANS, registry=registry)
    bridge = emotopy.bridge(texts, decoding, ratings=rated, n_surrogates=99, registry=registry)
    words = tuple(
        Word(word, i, i + 0.9, "anna")
        for i, word in enumerate(["I", "am", "afraid", "of", "it", "and", "so", "is", "she"])
    )
    story = Narrative(words, 9.0, 9.0, "tale", sentences=words[:2])
    annotation = annotate(story, "lexicon", registry=registry, width_s=4.0, step_s=4.0)
    compared = texts.compare("a", "b", n_permutations=99)
    small = pd.DataFrame({"what": ["x", None], "n": pd.array([1, None], dtype="Int64")})
    said = {"provenance": {"seed": 0}, "notes": ("so it is",), "reporters": ("emotopy:tables",)}
    experiment = Experiment(
        "made up", "Made up", small, small, {"balance": small}, {"ours": new, "stored": stored, "groups": compared},
        small, **said,
    )  # fmt: skip
    course = EmotionCourse(("fear",), np.arange(3.0), np.ones((3, 1)), "a")
    made = [
        texts, stored, compared, texts.courses, decoding, decoding.explain("fear"), bridge, annotation, experiment,
        DecodingExperiment("Made up", small, small, **said), texts.mapped, texts.mapped.corpus, fitted.mapped.clusters,
        texts.mapped.intensities, texts.mapped.mapping, texts.axis, texts.axis.nodes[0], loadings, words[0], story,
        annotation.segments, rated, simulation.series[0], Windowing(), course,
    ]  # fmt: skip
    more = [new, study, simulation, TextPathway.from_config(TEXTS, registry=registry).check(texts.mapped.corpus)]
    more += [BrainPathway.from_config(SCANS, registry=registry).check(study), read_table(SHIPPED_TABLE)]
    more += [LinesDataset.card, LeftOut("a participant", "no text"), Fragment("A title", "a text"), PageLimits()]
    more += [ResultWithPlaces(compared, texts.axis)]
    return {**{type(one): one for one in more}, **{type(one): one for one in made}}


def same(one: Any, other: Any, place: str = "") -> None:
    """Check that two values are equal, as deep as they go; `place` names where they differ."""
    assert type(one) is type(other), place
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, err_msg=place)
        assert one.dtype == other.dtype, place
    elif isinstance(one, StoredTexts):
        same(one.columns(), other.columns(), place)
    elif attrs.has(type(one)):
        if isinstance(one, ArrowTables):
            same(dict(one.tables), dict(other.tables), place)
        skipped = {"_made", "_clusters", "origin"}  # a decoding's scans stay where it was made
        for name in [field.name for field in attrs.fields(type(one)) if field.name not in skipped]:
            same(getattr(one, name), getattr(other, name), f"{place}.{name}")
    elif isinstance(one, Mapping):
        assert list(one) == list(other), place
        for key in one:
            same(one[key], other[key], f"{place}[{key!r}]")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other), place
        for i, (first, second) in enumerate(zip(one, other, strict=True)):
            same(first, second, f"{place}[{i}]")
    else:
        assert one == other or (one != one and other != other), place  # noqa: PLR0124 (NaN)


def test_every_kind_has_an_example(examples):
    """A result or record that is added to the package is added here, or this fails and names it."""
    assert {kind.__name__ for kind in kinds() - set(examples)} == set()


class Watching(pickle.Unpickler):
    """Opens a pickle of the tests' own, and keeps which classes and functions it names."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.named: set[tuple[str, str]] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.named.add((module, name))
        return super().find_class(module, name)


OTHERS = ("numpy", "pandas", "pyarrow", "builtins", "__builtin__", "collections", "datetime", "copyreg", "_codecs")
"""Packages whose objects results hold; pandas keeps texts in arrays of pyarrow."""
MACHINERY = (Registry, Stage, StageRunner, Host, Config)


def test_pickles_are_equal_and_name_no_machinery(examples):
    """Arrays, tables and records alone: no registry, stage, runner, host, function of ours, open file or lock."""
    plain = {(kind.__module__, kind.__qualname__) for kind in examples}
    for kind, one in examples.items():
        for protocol in (2, pickle.DEFAULT_PROTOCOL, pickle.HIGHEST_PROTOCOL):
            reading = Watching(pickle.dumps(one, protocol))
            same(reading.load(), one, kind.__name__)
            ours = {named for named in reading.named if named[0].startswith("emotopy")}
            strange = {named for named in reading.named - ours if named[0].partition(".")[0] not in OTHERS}
            assert not strange, kind
            classes = [getattr(importlib.import_module(module), name) for module, name in ours - plain]
            assert not [found for found in classes if found in MACHINERY], kind
            assert all(isinstance(found, type) or found.__name__ == "_no_origin" for found in classes), kind


def test_copies_are_equal(examples):
    """Shallow and deep ones, and copies of copies."""
    for kind, one in examples.items():
        for other in (copy.copy(one), copy.deepcopy(one), copy.deepcopy(pickle.loads(pickle.dumps(one)))):
            same(other, one, kind.__name__)


def test_a_spawned_process_reads_them(examples):
    """It shares nothing with this one; what it makes of the lazily made tables is what is made here."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for kind, (there, tables) in zip(examples, pool.map(read_there, examples.values()), strict=True):
            same(there, examples[kind], kind.__name__)
            same(tables, dict(getattr(examples[kind], "tables", {})), kind.__name__)


@pytest.mark.slow
def test_joblib_carries_them(examples):
    """By its own processes."""
    joblib = pytest.importorskip("joblib")
    there = joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(read_there)(one) for one in examples.values())
    for kind, (value, tables) in zip(examples, there, strict=True):
        same(value, examples[kind], kind.__name__)
        same(tables, dict(getattr(examples[kind], "tables", {})), kind.__name__)


@pytest.mark.extra
@pytest.mark.slow
def test_dask_carries_them(examples):
    """To a worker, and back."""
    distributed = pytest.importorskip("distributed", reason="needs emotopy[dask]")
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster) as client:
        there = client.gather(client.map(read_there, list(examples.values()), pure=False))
    for kind, (value, tables) in zip(examples, there, strict=True):
        same(value, examples[kind], kind.__name__)
        same(tables, dict(getattr(examples[kind], "tables", {})), kind.__name__)


def test_what_came_back_can_be_worked_with(examples, registry):
    """Compared, regrouped, written; only what needs the scans says that it has none."""
    for one in examples.values():
        if isinstance(one, ArrowTables):
            again = pickle.loads(pickle.dumps(one))
            assert list(again.to_arrow()) == list(one.to_arrow())
            for name, table in one.to_arrow().items():
                assert again.to_arrow()[name].equals(table, check_metadata=True)
    texts = pickle.loads(pickle.dumps(examples[TextResult]))
    options = {"n_permutations": 99}
    expected = examples[TextResult].compare("a", "b", **options)
    same(texts.compare("a", "b", **options), expected)
    decoding = pickle.loads(pickle.dumps(examples[Decoding]))
    with pytest.raises(InputError):
        decoding.refit(registry=registry)


def test_a_thousand_texts_take_less_than_two_megabytes(registry):
    """Pickled, with all tables made: texts of twenty words, all stages of the recommended preset but the reduction."""
    rng = np.random.default_rng(5)
    words = np.array(
        [
            "I",
            "you",
            "we",
            "am",
            "are",
            "was",
            "so",
            "very",
            "afraid",
            "happy",
            "angry",
            "of",
            "the",
            "dark",
            "night",
            "day",
            "home",
            "dog",
            "work",
            "today",
        ]
    )
    frame = pd.DataFrame({"text": [" ".join(rng.choice(words, 20)) for _ in range(1000)], "half": ["a", "b"] * 500})
    result = map_texts(frame, text="text", group="half", config=TEXTS, registry=registry)
    assert len(pickle.dumps(result)) <= 2_000_000
    assert result.tables
    assert len(pickle.dumps(result)) <= 2_000_000


# What is no result ----------------------------------------------------------------------------------------------------


def test_no_result_or_record_declares_a_field_for_machinery():
    """Whatever was in the examples: their fields are for data."""
    unwanted = re.compile(r"\b(Registry|StageRunner|Stage|Host|StageCache|Engine|Callable|Lock|IO)\b")
    for kind in kinds():
        declared = {field.name: str(field.type) for field in attrs.fields(kind)}
        assert {name for name, said in declared.items() if unwanted.search(said)} == set(), kind


@pytest.mark.parametrize("again", [pickle.dumps, copy.deepcopy])
def test_what_holds_stages_says_what_to_do_instead(fitted, registry, examples, again):
    """Fitted pathways and decoders are saved; what is configured is made again. The error is ours, and a TypeError."""
    decoder = examples[Decoding].refit(registry=registry)
    brain = BrainPathway.from_config(SCANS, registry=registry)
    for one, advice in (
        (fitted, "save("),
        (decoder, "save("),
        (fitted.pathway, "from_config("),
        (brain, "from_config("),
        (registry, "Registry.load()"),
    ):
        with pytest.raises(NotPicklable) as caught:
            again(one)
        assert advice in caught.value.advice
        assert isinstance(caught.value, EmotopyError)
        assert isinstance(caught.value, TypeError)
        assert type(one).__name__ in str(caught.value)
    assert copy.copy(fitted) is fitted
    raised = pickle.loads(pickle.dumps(caught.value))
    assert (str(raised), raised.advice) == (str(caught.value), caught.value.advice)
