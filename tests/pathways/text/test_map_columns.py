"""`map_x` and `map_y` of the table of texts: wherever texts are mapped, and where they have no place."""

from __future__ import annotations

import pickle
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
import threadpoolctl
from sklearn.decomposition import PCA
from tests.pathways.text.test_saved_hostile import Model

import emotopy
from emotopy import Registry, TextPathway
from emotopy.errors import ContainerError, InputError, PluginError, ShapeError
from emotopy.pathways.text import large
from emotopy.pathways.text.read_results import read_mapped
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.pathways.text.tables import texts_table
from emotopy.readers.corpora import as_corpus
from emotopy.roles import Host

BUILT_INS = Registry.load(plugins=False)
MAP = ["map_x", "map_y"]
QUICK = {
    "reducer": {"use": "pca", "n_components": 4},
    "clusterer": {"use": "kmeans", "n_clusters": 3},
    "reporter": ["tables"],
    "interval": {"n": 100},
}
WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]


def frame_of(n=90, seed=5):
    """Texts of one to three sentences, in two groups; one row has no text."""
    rng = np.random.default_rng(seed)
    texts = [
        " ".join(f"We saw the {' '.join(rng.choice(WORDS, 4))} there." for _ in range(rng.integers(1, 4)))
        for _ in range(n)
    ]
    texts[4] = " "
    return pd.DataFrame({"text": texts, "group": [("exams", "holidays")[i % 2] for i in range(n)]})


@pytest.fixture(scope="module")
def frame():
    return frame_of()


def fit(texts, registry=BUILT_INS, **layer):
    corpus = as_corpus(texts, text="text", group="group") if isinstance(texts, pd.DataFrame) else texts
    return TextPathway.from_config({**QUICK, **layer}, registry=registry).fit(corpus)


@pytest.fixture(scope="module")
def fitted(frame):
    return fit(frame)


def places(result):
    """The two columns, rows without text left out."""
    table = result.texts if hasattr(result, "texts") else texts_table(result)
    return table.loc[table["status"] == "scored", MAP].to_numpy(np.float64)


def test_places_are_the_leading_components_of_the_vectors(frame):
    """With the reducer `pca` the map is scikit-learn's PCA of the embeddings, up to the rule of signs."""
    fitted = fit(frame, segment="none")
    pca = PCA(2, svd_solver="full").fit(fitted.embedded.vectors.astype(np.float64))
    wanted = pca.transform(fitted.embedded.vectors.astype(np.float64))
    found = places(fitted.result)
    signs = np.sign((found * wanted).sum(axis=0))
    np.testing.assert_allclose(found * signs, wanted, atol=1e-5)
    points = next(iter(fitted.fits.values())).reducer.object.transform(fitted.embedded.vectors)
    np.testing.assert_allclose(found, points[:, :2] * np.sign((found * points[:, :2]).sum(axis=0)), atol=1e-5)
    assert fitted.result.texts["map_x"].dtype == np.float32
    assert fitted.result.texts.loc[4, MAP].isna().all()


def test_a_text_lies_at_the_mean_of_its_sentences_by_words(frame):
    fitted = TextPathway.from_config(QUICK, registry=BUILT_INS).fit(
        as_corpus(frame, text="text", group="group"), keep_segments=True
    )
    segments = fitted.result.segments
    assert segments[MAP].notna().all(axis=None)
    weighted = segments[MAP].mul(segments["n_words"], axis=0).groupby(segments["row"]).sum()
    wanted = weighted.div(segments.groupby("row")["n_words"].sum(), axis=0)
    np.testing.assert_allclose(places(fitted.result), wanted.to_numpy(float), atol=1e-6)
    middle = segments[MAP].astype(float).mean()
    np.testing.assert_allclose(middle, 0, atol=1e-6)


@pytest.mark.parametrize(
    "reducer", ["pca", "none", {"use": "umap", "n_epochs": 30}, {"use": "umap", "n_epochs": 30, "n_landmarks": 40}]
)
def test_the_same_texts_later_have_the_same_places(frame, reducer):
    """Together, alone, and by a pathway that was pickled."""
    fitted = fit(frame, reducer=reducer)
    found = places(fitted.result)
    np.testing.assert_allclose(places(fitted.transform(frame["text"])), found, atol=1e-6)
    for row in (0, 7):
        np.testing.assert_allclose(places(fitted.transform([frame["text"][row]])), found[[row - (row > 4)]], atol=1e-6)
    np.testing.assert_array_equal(places(pickle.loads(pickle.dumps(fitted.result))), found)


def test_the_order_of_the_rows_changes_nothing(frame, fitted):
    order = np.random.default_rng(0).permutation(len(frame))
    other = fit(frame.iloc[order].reset_index(drop=True))
    np.testing.assert_array_equal(
        other.result.texts[MAP].to_numpy()[np.argsort(order)], fitted.result.texts[MAP].to_numpy()
    )


def test_one_component_and_equal_texts(frame):
    """A line has no second axis; equal texts lie in the middle."""
    found = places(fit(frame, reducer={"use": "pca", "n_components": 1}).result)
    assert np.ptp(found[:, 0]) > 0
    assert (found[:, 1] == 0).all()
    same = fit(["We saw the dog and laughed."] * 5, clusterer={"use": "kmeans", "n_clusters": 1})
    np.testing.assert_array_equal(places(same.result), 0)


def test_groups_that_are_fitted_separately_have_no_common_map(frame):
    """One group has: its fit is the only one."""
    assert np.isnan(places(fit(frame, fit="per-group").result)).all()
    assert np.isfinite(places(fit(frame["text"], fit="per-group").result)).all()
    assert np.isfinite(places(fit(frame.assign(group="exams"), fit="per-group").result)).all()


def test_a_reducer_that_cannot_place_new_texts(frame):
    """The texts of the fit have places, others have none."""
    fitted = fit(frame, reducer={"use": "tsne", "perplexity": 5.0})
    assert np.isfinite(places(fitted.result)).all()
    assert np.isnan(places(fitted.transform(["We saw the dog there."]))).all()


class OtherWidth:
    """Places new texts in other dimensions than those of the fit."""

    def fit_transform(self, X):
        return np.asarray(X)[:, :3]

    def transform(self, X):
        return np.asarray(X)[:, :2]


def test_a_reducer_that_changes_its_dimensions_is_named(frame):
    fitted = fit(frame, reducer=OtherWidth())
    with pytest.raises(PluginError):
        fitted.transform(["We saw the dog there."])


def test_places_stay_in_other_groups_and_go_with_the_folder(frame, fitted, tmp_path):
    """Regrouped, written, read back; the record of a folder makes the same table."""
    result = fitted.result
    moved = result.regroup(["a", "b"] * (len(frame) // 2))
    np.testing.assert_array_equal(places(moved), places(result))
    result.write(tmp_path / "out", BUILT_INS)
    table = pd.read_parquet(tmp_path / "out" / "texts.parquet")
    np.testing.assert_array_equal(table[MAP].to_numpy(), result.texts[MAP].to_numpy())
    np.testing.assert_array_equal(places(read_mapped(tmp_path / "out")), places(result))


def rewritten(folder: Path, change) -> Path:
    """Change the table of texts of a results folder, which a folder of another version, or a stranger's, may hold."""
    path = folder / "texts.parquet"
    change(pd.read_parquet(path)).to_parquet(path)
    return folder


def test_folders_of_older_versions_have_no_places(fitted, tmp_path):
    """They are read; what is made of them has empty columns."""
    fitted.result.write(tmp_path / "out", BUILT_INS)
    mapped = read_mapped(rewritten(tmp_path / "out", lambda table: table.drop(columns=MAP)))
    assert np.isnan(mapped.map_xy).all()
    assert np.isnan(places(mapped)).all()


@pytest.mark.parametrize("value", ["left", np.inf])
def test_places_that_are_none_are_refused(fitted, tmp_path, value):
    fitted.result.write(tmp_path / "out", BUILT_INS)
    with pytest.raises(InputError):
        read_mapped(rewritten(tmp_path / "out", lambda table: table.assign(map_y=value)))


def test_a_large_corpus_is_placed_by_the_axes_of_its_sample(frame, monkeypatch):
    """Block by block, as the sample's own fit places all of it; regrouped, pickled, and in memory too."""
    monkeypatch.setattr(large.map_in_blocks, "__kwdefaults__", {"block_rows": 13})
    found = fit(frame, fit_texts=40)
    assert isinstance(found.result, StoredTextResult)
    again = found.transform(frame["text"])
    np.testing.assert_allclose(places(found.result), places(again), atol=1e-6)
    assert np.isfinite(places(found.result)).all()
    for other in (
        found.result.in_memory(),
        found.result.regroup(["a", "b"] * (len(frame) // 2)),
        pickle.loads(pickle.dumps(found.result)),
    ):
        np.testing.assert_array_equal(places(other), places(found.result))


# Saved models -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reducer", ["pca", {"use": "pca", "standardise": True, "whiten": True}, "none"])
def test_a_saved_model_places_texts_alike(frame, reducer, tmp_path):
    """To the last digit, and its own model is the same."""
    fitted = fit(frame, reducer=reducer)
    loaded = emotopy.load(fitted.save(tmp_path / "model"), registry=BUILT_INS)
    texts = frame["text"][:30]
    np.testing.assert_array_equal(places(loaded.transform(texts)), places(fitted.transform(texts)))
    again = emotopy.load(loaded.save(tmp_path / "again"), registry=BUILT_INS)
    np.testing.assert_array_equal(places(again.transform(texts)), places(fitted.transform(texts)))


def test_a_model_of_an_older_version_has_no_map_and_says_so(fitted, tmp_path):
    """Schema 1: it is loaded, told, maps texts, and stays as it is when it is saved again."""
    model = Model(fitted.save(tmp_path / "model"))
    for name in ("map_mean", "map_loadings"):
        model.drop(name)
    model.head["schema"] = 1
    model.write()
    said: list[str] = []
    loaded = emotopy.load(tmp_path / "model", registry=BUILT_INS, host=Host(notify=said.append))
    assert any("map_x" in one for one in said)
    result = loaded.transform(["We saw the dog there."])
    assert np.isnan(places(result)).all()
    assert result.texts["cluster"].notna().all()
    again = emotopy.load(loaded.save(tmp_path / "again"), registry=BUILT_INS)
    assert np.isnan(places(again.transform(["We saw the dog there."]))).all()


TAMPERED = {
    "three axes": lambda loadings: np.eye(loadings.shape[1])[:3],
    "an axis of another length": lambda loadings: loadings * 2,
    "axes that aren't at right angles": lambda loadings: loadings[[0, 0]],
    "axes of other dimensions": lambda loadings: loadings[:, :-1].copy(),
    "one axis of length 0": lambda loadings: loadings * [[1], [0]],
    "huge numbers": lambda loadings: np.full_like(loadings, 1e308),
}


@pytest.mark.parametrize("how", TAMPERED)
@pytest.mark.filterwarnings("error")
def test_axes_that_are_none_are_refused(fitted, tmp_path, how):
    model = Model(fitted.save(tmp_path / "model"))
    model.put("map_loadings", TAMPERED[how](model.arrays["map_loadings"]))
    model.write()
    with pytest.raises(ContainerError):
        emotopy.load(tmp_path / "model", registry=BUILT_INS)


# The same bytes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reducer", "most"), [("pca", 1e-5), ({"use": "umap", "n_epochs": 10}, 0.0)])
def test_the_number_of_threads_changes_nothing(frame, reducer, most):
    """The recommended reducer gives the same bytes; scikit-learn's PCA rounds otherwise, but turns no axis."""
    found = []
    for n_threads in (1, 2):
        with threadpoolctl.threadpool_limits(limits=n_threads):
            found.append(places(fit(frame, reducer=reducer).result))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=most)


def test_a_record_has_a_place_per_text(fitted):
    with pytest.raises(ShapeError):
        attrs.evolve(fitted.mapped, map_xy=fitted.mapped.map_xy[1:])
