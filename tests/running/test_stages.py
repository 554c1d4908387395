"""Stages under guard: what a plugin does wrong names it, what can't be identified isn't reused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pytest

from emotopy import Registry
from emotopy.config import build
from emotopy.errors import ConfigError, InputError, PluginError, ShapeError
from emotopy.records import Clusters, Intensities
from emotopy.roles import Atlas, Embedder, Host, IntensityScorer, MappingInputs
from emotopy.running.output_checks import validate_assignment, validate_labels, validate_matrix
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache, hash_file
from emotopy.testing import doubles


def stage(thing, owner="mine", options=None):
    return Stage("embedder", "it", owner, "1.0", options or {}, thing)


# Output checks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros((4, 3)), r"must return shape \(5, 3\), got \(4, 3\)"),
        (np.zeros((5, 4)), r"shape \(5, 3\), got \(5, 4\)"),
        (np.zeros(5), r"shape \(5, 3\), got \(5,\)"),
        (np.full((5, 3), "x"), "real numbers, got <U1"),
        (np.zeros((5, 3), dtype=complex), "real numbers, got complex128"),
        (np.zeros((5, 3), dtype=object), "real numbers, got object"),
        (np.zeros((5, 3), dtype=bool), "real numbers, got bool"),
        (None, r"got \(\)|got NoneType"),
        ("text", "must return an array, got str"),
        ([[1.0], [1.0, 2.0]], "must return an array, got list"),
        (np.where(np.arange(15).reshape(5, 3) == 7, np.nan, 0), "NaN or infinity, first in row 2"),
        (np.where(np.arange(15).reshape(5, 3) >= 12, np.inf, 0), "NaN or infinity, first in row 4"),
    ],
    ids=repr,
)
def test_matrices_are_what_was_promised(value, reason):
    """Shape, kind and finiteness are checked; the error names owner, stage, method and what came."""
    with pytest.raises(PluginError, match=r"^embedder mine:it: embed\(\)") as caught:
        validate_matrix(value, 5, stage(None), "embed", 3)
    caught.match(reason)


def test_a_matrix_has_at_least_one_column():
    """Any width but none; lists of numbers are taken for arrays."""
    assert validate_matrix([[1, 2], [3, 4]], 2, stage(None), "embed").dtype == np.float64
    with pytest.raises(PluginError, match=r"\(2, 1 or more\), got \(2, 0\)"):
        validate_matrix(np.zeros((2, 0)), 2, stage(None), "embed")


def test_assignments_are_shares():
    """Rows below 0, and rows that don't sum to one, are named; rounding is forgiven."""
    good = np.full((3, 4), 0.25, dtype=np.float32) + np.float32(1e-6)
    assert validate_assignment(good, 3, stage(None), 4) is not None
    negative = np.array([[0.5, 0.5, 0, 0], [1.5, -0.5, 0, 0], [0, 0, 0, 1.0]])
    with pytest.raises(PluginError, match=r"assign\(\) must be ≥ 0, row 1 holds -0\.5"):
        validate_assignment(negative, 3, stage(None), 4)
    with pytest.raises(PluginError, match=r"must sum to one, row 0 sums to 1\.004"):
        validate_assignment(good + 0.001, 3, stage(None), 4)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.zeros(4, dtype=int), r"shape \(5,\), got \(4,\)"),
        (np.zeros((5, 1), dtype=int), r"got \(5, 1\)"),
        (np.zeros(5), "whole numbers, got float64"),
        (np.zeros(5, dtype=bool), "whole numbers, got bool"),
        (np.array([0, -2, 0, 0, 0]), "≥ −1, got -2"),
        (None, r"got \(\)"),
        ([[0], [1, 2], 3, 4, 5], "must return an array, got list"),
    ],
    ids=repr,
)
def test_labels_are_cluster_numbers(value, reason):
    """Whole numbers from −1, one per row, or an error that names who gave them."""
    with pytest.raises(PluginError, match=r"^embedder mine:it: predict\(\)") as caught:
        validate_labels(value, 5, stage(None), "predict")
    caught.match(reason)
    assert validate_labels([0, -1, 7], 3, stage(None)).dtype == np.int64


class Raises:
    def __init__(self, error):
        self.error = error

    def embed(self, texts):
        raise self.error


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), ShapeError("no"), StopIteration(), ImportError("no")]
)
def test_a_method_that_raises_is_named(error):
    """Whatever a plugin's method raises, SystemExit and a record that doesn't hold together too, names the stage."""
    with pytest.raises(PluginError, match=r"^embedder mine:it failed in embed\(\): ") as caught:
        stage(Raises(error)).call("embed", [])
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [InputError("x"), ConfigError("x"), MemoryError(), KeyboardInterrupt()])
def test_what_speaks_to_the_user_passes(error):
    """Our errors, a full memory and Ctrl-C come out as they are."""
    with pytest.raises(type(error)) as caught:
        stage(Raises(error)).call("embed", [])
    assert caught.value is error


class Greedy:
    """Scales its input in place and keeps what it returns."""

    def fit_transform(self, X):
        X *= 2
        self.kept = X[:, :2]
        return self.kept

    def assign(self, inputs):
        inputs.embeddings[:] = 0
        inputs.points[:] = 0
        inputs.clusters.labels[:] = 0
        return inputs.embeddings


def test_arrays_go_in_and_come_out_as_copies(rng):
    """What a stage does to its input or, later, to its output is its own affair."""
    given, greedy = rng.standard_normal((5, 3)), Greedy()
    before = given.copy()
    found = stage(greedy).call("fit_transform", given)
    greedy.kept[:] = np.nan
    np.testing.assert_array_equal(given, before)
    np.testing.assert_array_equal(found, 2 * before[:, :2])


def test_a_mapper_cannot_change_what_others_see(rng):
    """The arrays of its inputs are copies too, embeddings, points and labels."""
    inputs = MappingInputs(["a", "b"], rng.standard_normal((2, 4)), rng.standard_normal((2, 3)),
                           Clusters(np.array([1, 0])), doubles.ToyAtlas(), doubles.HashingEmbedder())  # fmt: skip
    stage(Greedy()).call("assign", inputs)
    assert inputs.embeddings.all()
    assert inputs.points.all()
    assert inputs.clusters.labels.tolist() == [1, 0]


def test_what_a_stage_prints_or_changes_is_not_the_host_s(capsys, monkeypatch):
    """Behind a fence stdout stays clean, the working directory is put back; the log says once whose doing it was."""
    import os

    class Wanders(doubles.HashingEmbedder):
        def embed(self, texts):
            print("on the way")
            os.chdir("/")
            return super().embed(texts)

    said = []
    runner = StageRunner(build(doubles.CHOICES, {"embedder": Wanders()}), Registry([doubles], fence=True),
                    StageCache(), {}, Host(log=said.append))  # fmt: skip
    made, before = runner.make("embedder"), Path.cwd()
    for _ in range(2):
        made.call("embed", ["a"])
    assert capsys.readouterr() == ("", "on the way\non the way\n")
    assert Path.cwd() == before
    assert said == ["embedder Wanders changed the working directory; undone"]
    assert runner.notes == []


def test_a_front_can_do_what_the_object_can():
    """Methods are guarded, attributes are the object's, capabilities are seen."""
    proxy = stage(doubles.ToyAtlas()).proxy
    assert isinstance(proxy, Atlas)
    assert proxy.regions == doubles.ToyAtlas.regions
    assert not isinstance(proxy, Embedder)
    with pytest.raises(PluginError, match=r"^embedder mine:it failed in extract\(\): "):
        proxy.extract("no/such/image.nii")
    with pytest.raises(AttributeError):
        _ = proxy.nothing
    with pytest.raises(PluginError, match=r"mine:it failed in embed\(\): ValueError: no"):
        stage(Raises(ValueError("no"))).proxy.embed([])


def test_a_stage_that_names_files_is_recorded_with_their_hashes(tmp_path):
    """Provenance holds the name of an absolute path, and what was in the file."""
    file = tmp_path / "words.csv"
    file.write_text("a")
    entry = stage(None, options={"n": 1, "list": file, "text": "words"}).to_dict()
    assert entry["options"] == {"list": "words.csv", "n": 1, "text": "words"}
    assert entry["files_sha256"] == {"list": hash_file(file)}
    assert "files_sha256" not in stage(None, options={"n": 1}).to_dict()


# What work depends on -----------------------------------------------------------------------------------------------


def cache_key_parts(thing, owner="", options=None):
    return attrs.evolve(stage(thing, owner, options), role="reducer").cache_key_parts


def test_an_object_is_told_by_its_fingerprint_or_not_at_all():
    """An object of a class that may change under its name, without a fingerprint, is never reused."""
    assert cache_key_parts(doubles.RandomProjection()) is None
    assert cache_key_parts(doubles.HashingEmbedder(3)) != cache_key_parts(doubles.HashingEmbedder(4))
    assert cache_key_parts(doubles.HashingEmbedder(3)) == cache_key_parts(doubles.HashingEmbedder(3))

    class Mine:
        def get_params(self, deep):
            return {"n": 1}

    assert cache_key_parts(Mine()) is None


def test_estimators_are_told_by_class_and_plain_parameters():
    """Two scikit-learn estimators are the same work if their parameters are; arrays in them can't be compared."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    assert cache_key_parts(PCA(2)) == cache_key_parts(PCA(2)) != cache_key_parts(PCA(3))
    assert cache_key_parts(KMeans(2, init="random")) is not None
    assert cache_key_parts(KMeans(2, init=np.zeros((2, 3)))) is None


def test_a_stage_is_told_by_owner_version_and_every_option(tmp_path):
    """Another owner, version, option, or content of a file that an option names, is other work."""
    file = tmp_path / "words.csv"
    file.write_text("a")
    base = stage(None, options={"n": 1, "list": file}).cache_key_parts
    assert stage(None, options={"n": 1, "list": file}).cache_key_parts == base
    assert stage(None, options={"n": 2, "list": file}).cache_key_parts != base
    assert stage(None, "other", {"n": 1, "list": file}).cache_key_parts != base
    assert stage(None, options={"n": 1, "list": str(file)}).cache_key_parts == base
    file.write_text("b")
    assert stage(None, options={"n": 1, "list": file}).cache_key_parts != base
    assert stage(None, options={"matrix": np.zeros((2, 2))}).cache_key_parts is None
    assert stage(None, options={"text": "x" * 5000, "zero": "a\0b"}).cache_key_parts is not None


def test_a_fingerprint_that_fails_names_the_stage():
    """A property that raises is the plugin's fault."""

    class Broken(doubles.HashingEmbedder):
        @property
        def fingerprint(self):
            raise ValueError("no weights")

    with pytest.raises(PluginError, match="embedder mine:it failed in fingerprint: ValueError: no weights"):
        _ = stage(Broken()).cache_key_parts


# StageRunner ---------------------------------------------------------------------------------------------------------


class Seeded(doubles.HashingEmbedder):
    """An embedder with a seed whose default isn't None."""

    def __init__(self, random_state: int = 0) -> None:
        super().__init__(4)
        self.random_state = random_state


class Leaning(doubles.WordScorer):
    """A scorer that leans on an embedder."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self.embedder = embedder

    def score(self, texts: Sequence[str]) -> Intensities:
        values = np.abs(self.embedder.embed(texts)).mean(axis=1).astype(float)
        return Intensities((), values, np.zeros((len(texts), 0)), np.ones(len(texts)))


def talkative(host: Host, message: str = "licence") -> IntensityScorer:
    host.notify(message)

    class Talks(doubles.WordScorer):
        def score(self, texts):
            host.notify(f"{message} at work")
            return super().score(texts)

    return Talks()


REGISTRY = Registry(
    [
        doubles,
        doubles.plugin(embedder={"seeded": Seeded}, intensity_scorer={"leaning": Leaning, "talkative": talkative}),
    ]
)


def make_runner(tmp_path, said=None, **layer):
    config = build(doubles.CHOICES, layer, registry=REGISTRY)
    host = Host(notify=said.append if said is not None else lambda message: None)
    return StageRunner(config, REGISTRY, StageCache(tmp_path), {}, host)


def test_the_seed_is_part_of_the_stage(tmp_path):
    """A seeded stage carries the run's seed into provenance and key, whatever the default of its `random_state`."""
    one, other = (make_runner(tmp_path, embedder="seeded", seed=seed).make("embedder") for seed in (1, 2))
    assert one.object.random_state == 1
    assert one.to_dict()["options"] == {"random_state": 1}
    assert one.cache_key_parts != other.cache_key_parts
    fixed = make_runner(tmp_path, embedder={"use": "seeded", "random_state": 0}, seed=2).make("embedder")
    assert (fixed.object.random_state, fixed.to_dict()["options"]) == (0, {"random_state": 0})


def test_a_stage_that_leans_on_another_is_other_work_with_another(tmp_path):
    """A scorer that depends on an embedder isn't reused for another embedder, named or the pathway's own."""
    identities = []
    for embedder in ("hashing", {"use": "hashing", "n_dims": 3}, "seeded"):
        runner = make_runner(tmp_path, embedder=embedder, intensity_scorer="leaning")
        runner.make("embedder")
        identities.append(runner.make("intensity_scorer").cache_key_parts)
    named = make_runner(tmp_path, intensity_scorer={"use": "leaning", "embedder": {"use": "hashing", "n_dims": 3}})
    named.make("embedder")
    made = named.make("intensity_scorer")
    assert made.object.embedder.n_dims == 3
    assert made.to_dict()["options"] == {"embedder": {"use": "hashing", "n_dims": 3}}
    assert None not in identities
    assert len({str(one) for one in identities}) == 3
    nameless = make_runner(
        tmp_path, embedder=doubles.RandomProjection.__new__(type("E", (doubles.HashingEmbedder,), {}))
    )
    nameless.config.stages["embedder"].use.n_dims = 3
    assert nameless.make("embedder").cache_key_parts is not None


def test_what_a_stage_says_is_told_once_and_kept_with_its_work(tmp_path):
    """Notes come once per run, and a run that reuses the work says the same in the same order."""
    runs = []
    for _ in range(2):
        said = []
        runner = make_runner(tmp_path, said, intensity_scorer="talkative")
        made = runner.make("intensity_scorer")
        for _twice in range(2):
            arrays, _ = runner.run(made, "scoring", "input", lambda made=made: _scored(made))
        assert arrays["values"].tolist() == [0.5]
        assert said == runner.notes == ["licence", "licence at work"]
        runs.append(said)
    assert runs[0] == runs[1]


def test_a_note_that_another_stage_said_before_is_kept_all_the_same(tmp_path):
    """Reused work says its note even where, at the time, somebody else had said it already."""
    first = make_runner(tmp_path, intensity_scorer="talkative")
    first.notify("licence at work")
    made = first.make("intensity_scorer")
    first.run(made, "scoring", "input", lambda: _scored(made))
    later = make_runner(tmp_path, intensity_scorer="talkative")
    _, reused = later.run(later.make("intensity_scorer"), "scoring", "input", lambda: pytest.fail("worked again"))
    assert reused
    assert later.notes == ["licence", "licence at work"]


def _scored(made):
    scored = made.call("score", ["happy day"])
    return {"values": scored.values}


def test_work_is_done_again_when_the_cache_is_damaged(tmp_path):
    """A file that can't be read is work not done."""
    runner = make_runner(tmp_path)
    made = runner.make("embedder")
    runner.run(made, "embedding", "input", lambda: {"vectors": np.ones(3)})
    (path,) = Path(tmp_path).rglob("*.npz")
    path.write_bytes(path.read_bytes()[:-30])
    arrays, reused = runner.run(made, "embedding", "input", lambda: {"vectors": np.zeros(3)})
    assert not reused
    assert arrays["vectors"].sum() == 0
