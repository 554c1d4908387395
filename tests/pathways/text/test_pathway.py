"""The text pathway from texts to tables: with doubles, and with what ships."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np
import pandas as pd
import pytest

import emotopy
from emotopy import Registry, TextPathway, map_texts
from emotopy.errors import ConfigError, InputError, PluginError
from emotopy.records import FloatArray
from emotopy.roles import Host
from emotopy.testing import doubles

WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]


def frame_of(rng, n=41):
    """Texts with groups, units, an empty row and some twins."""
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(3, 8))) for _ in range(n)]
    texts[5], texts[9], texts[17] = "  ", texts[2], texts[2]
    return pd.DataFrame(
        {
            "text": texts,
            "group": [("before", "after")[i % 2] for i in range(n)],
            "unit": [f"writer {i % 7}" for i in range(n)],
        }
    )


@pytest.fixture
def frame(rng):
    """The same texts in every test."""
    return frame_of(rng)


def registry_with(**offers):
    return Registry([doubles, doubles.plugin(**offers)]) if offers else Registry([doubles])


def toy(layer=None, /, registry=None, **arguments):
    config = {**doubles.CHOICES, "interval": {"n": 100}, **(layer or {})}
    return TextPathway.from_config(config, registry=registry or registry_with(), **arguments)


def fit(frame, layer=None, /, registry=None, *, no_texts=False, **arguments):
    from emotopy.readers.corpora import as_corpus

    columns = {name: name for name in ("text", "group", "unit") if name in frame}
    return toy(layer, registry, **arguments).fit(as_corpus(frame, **columns), no_texts=no_texts)


SHIPPED = {
    "embedder": "static",
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "intensity_scorer": "nrc",
    "region_mapper": "evidence",
    "atlas": "affect18",
    "reporter": [],
}


@pytest.fixture(scope="module")
def shipped():
    """What ships, with PCA and k-means for speed."""
    return TextPathway.from_config({**SHIPPED, "interval": {"n": 100}}, registry=Registry.load(plugins=False))


def same_tables(one, other):
    for name in ("regions", "texts", "clusters"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


# What comes out -----------------------------------------------------------------------------------------------------


def test_tables_have_their_rows_and_agree(frame):
    """A row per group and region, per input row, and per cluster; the tables tell the same story."""
    result = fit(frame).result
    assert list(result.regions["group"].unique()) == ["all", "after", "before"]
    assert len(result.regions) == 3 * 3
    assert len(result.texts) == 41
    assert result.texts["status"].value_counts().to_dict() == {"scored": 40, "empty": 1}
    assert result.clusters["n_texts"].sum() == result.texts["cluster"].notna().sum() == 40
    whole = result.regions[result.regions["group"] == "all"]
    np.testing.assert_allclose(whole["share"].sum(), 1)
    scored = result.texts[result.texts["status"] == "scored"]
    assignment = scored[[f"region_{name}" for name in doubles.ToyAtlas.regions]].to_numpy(np.float64)
    words = scored["n_words"].to_numpy(np.float64)
    assert len(set(words)) > 1
    np.testing.assert_allclose(whole["share"], np.average(assignment, axis=0, weights=words), rtol=1e-6)


def test_the_same_run_twice_is_the_same(frame, shipped):
    """Every cell of every table, the notes and the provenance, with doubles and with what ships."""
    for pathway in (toy(), shipped):
        one, other = (pathway.fit(frame["text"].tolist()).result for _ in range(2))
        same_tables(one, other)
        assert one.notes == other.notes
        assert json.dumps(one.provenance) == json.dumps(other.provenance)


def test_another_seed_is_another_run(frame):
    """The seed reaches the reducer and the bootstrap; the mapping, which draws nothing, stays."""
    one, other = (fit(frame, seed=seed).result for seed in (1, 2))
    assert (one.regions["relative_low"] != other.regions["relative_low"]).any()
    pd.testing.assert_series_equal(one.regions["relative"], other.regions["relative"])
    assert one.provenance["seed"] == 1


@pytest.mark.parametrize("choice", ["doubles", "shipped"])
def test_the_order_of_the_rows_changes_nothing(frame, shipped, rng, choice):
    """Shuffled rows have the same profiles (to 1e-6), the same clusters and the same table of regions."""
    from emotopy.readers.corpora import as_corpus

    pathway = shipped if choice == "shipped" else toy()
    order = rng.permutation(len(frame))
    columns = {"text": "text", "group": "group", "unit": "unit"}
    one, other = (pathway.fit(as_corpus(f, **columns)).result for f in (frame, frame.iloc[order]))
    moved = one.texts.iloc[order].reset_index(drop=True)
    numbers = [name for name in moved if name.startswith(("profile_", "region_", "emotion_")) or name == "intensity"]
    np.testing.assert_allclose(other.texts[numbers], moved[numbers], atol=1e-6)
    pd.testing.assert_series_equal(other.texts["cluster"], moved["cluster"])
    pd.testing.assert_frame_equal(other.regions, one.regions, rtol=1e-6)
    assert other.clusters["top_words"].tolist() == one.clusters["top_words"].tolist()


def test_a_text_alone_is_the_text_in_the_corpus(frame, shipped):
    """With a standard of its own, a mapper gives a text the same profile alone, transformed, and among others."""
    fitted = shipped.fit(frame["text"].tolist())
    whole = fitted.result.texts
    profiles = [name for name in whole if name.startswith("profile_")]
    for row in (0, 11, 40):
        text = [frame["text"][row]]
        for alone in (fitted.transform(text), shipped.fit(text).result):
            np.testing.assert_allclose(alone.texts[profiles].iloc[0], whole[profiles].iloc[row], atol=1e-5)
            assert alone.texts["top_region"][0] == whole["top_region"][row]
            assert alone.texts["intensity"][0] == whole["intensity"][row]


def test_a_mapper_without_a_standard_gets_the_corpus_for_one(frame):
    """The host standardises over the fit: mean 0 and deviation 1 per region, evidence NaN, and says so."""
    result = fit(frame).result
    np.testing.assert_allclose(result.mapped.mapping.profile.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(result.mapped.mapping.profile.std(axis=0), 1)
    assert np.isnan(result.mapped.mapping.evidence).all()
    assert result.mapped.mapping.reference == "corpus (40 texts of the fit)"
    own = fit(frame, {"region_mapper": "profiled"}).result
    assert own.mapped.mapping.reference == own.provenance["reference"] == "a made-up standard"
    np.testing.assert_allclose(own.mapped.mapping.profile, own.mapped.mapping.evidence / 0.5)


def test_without_groups_and_units_there_is_one_group_and_a_warning(frame):
    """A list of texts is one group; intervals then count every text, and the notes say so."""
    result = toy().fit(frame["text"].tolist()).result
    assert set(result.regions["group"]) == {"all"}
    assert any("No unit" in note for note in result.notes)
    assert any("1 of 41 rows have no text" in note for note in result.notes)
    grouped = fit(frame).result
    assert any("Group 'after' has 7 units; with fewer than 10" in note for note in grouped.notes)
    assert not any("No unit" in note for note in grouped.notes)


def test_rows_without_a_group_count_in_all_alone(frame):
    """A missing group is no group; its texts are in `all`."""
    frame.loc[:9, "group"] = None
    result = fit(frame).result
    assert list(result.regions["group"].unique()) == ["all", "after", "before"]
    counts = result.regions.groupby("group")["n_texts"].first()
    assert counts["all"] == 40
    assert counts["after"] + counts["before"] == 31


def test_groups_are_fitted_together_or_each_alone(frame):
    """`per-group` gives each group what it gets on its own; `joint` lets all texts share clusters and standard."""
    joint, apart = fit(frame).result, fit(frame, {"fit": "per-group"}).result
    assert joint.clusters["group"].tolist() == ["all", "all"]
    assert apart.clusters["group"].tolist() == ["after", "after", "before", "before"]
    for group in ("after", "before"):
        mine = (frame["group"] == group) & (frame["text"].str.strip() != "")
        alone = fit(frame[mine].reset_index(drop=True)).result
        np.testing.assert_array_equal(apart.texts["cluster"][mine], alone.texts["cluster"])
        shares = [f"region_{name}" for name in doubles.ToyAtlas.regions]
        np.testing.assert_allclose(apart.texts.loc[mine, shares], alone.texts[shares], rtol=1e-6)
    np.testing.assert_allclose(apart.mapped.mapping.profile.mean(axis=0), 0, atol=1e-12)
    with pytest.raises(ConfigError, match="per-group fit has no common space"):
        fit(frame, {"fit": "per-group"}).transform(["a"])


@pytest.mark.parametrize(
    "texts", [["one text"], ["same words"] * 7, ["so sad", "so glad"]], ids=["one", "alike", "two"]
)
def test_few_and_equal_texts_are_mapped(texts, shipped):
    """One text, texts that are all alike, two texts: finite profiles, intervals only where units suffice."""
    for pathway in (toy(), toy({"fit": "per-group"}), shipped):
        result = pathway.fit(texts).result
        assert np.isfinite(result.mapped.mapping.profile).all()
        assert result.regions["relative"].notna().all()
        if len(texts) < 5:
            assert result.regions["relative_low"].isna().all()


def test_nothing_to_map_is_said():
    """No rows with text is an InputError, before anything is embedded."""
    registry = registry_with(embedder={"never": _raising_embedder})
    for texts in ([""], ["  ", "\u200b", None]):
        with pytest.raises(InputError, match="nothing to map"):
            toy({"embedder": "never"}, registry).fit(texts)
    with pytest.raises(InputError, match="nothing to map"):
        toy().fit(["a b"]).transform([" "])


def _raising_embedder(n: int = 1):
    return Spoilt(lambda vectors, texts: pytest.fail("embedded"))


def test_an_embedder_sees_every_distinct_text_once_and_no_empty_one(frame):
    """Texts come distinct, sorted, without empties, in a list of the embedder's own."""
    seen = []

    class Watching(doubles.HashingEmbedder):
        def embed(self, texts: Sequence[str]) -> FloatArray:
            seen.append(list(texts))
            vectors = super().embed(texts)
            texts.clear()
            return vectors

    result = fit(frame, {"embedder": Watching()}).result
    assert seen == [sorted({text for text in frame["text"] if text.strip()})]
    same_tables(result, fit(frame).result)


def test_level_node_gives_rows_for_nodes(frame):
    """Columns and rows are nodes, each with its region."""
    result = fit(frame, {"level": "node"}).result
    assert result.regions["node"].tolist()[:5] == [node.name for node in doubles.ToyAtlas.nodes]
    assert "profile_insula_right" in result.texts


class Watching(doubles.Directions):
    """A mapper that counts its calls, whichever copy of it is used."""

    fitted: ClassVar[list] = []
    assigned: ClassVar[list] = []

    def fit(self, inputs):
        self.fitted[:] = [inputs.clusters]
        self.assigned.clear()
        return super().fit(inputs)

    def assign(self, inputs):
        self.assigned.append(len(inputs.texts))
        return super().assign(inputs)


def test_a_mapper_assigns_once_per_fit(frame):
    """The texts of the fit are assigned once, and new texts once more."""
    fitted = fit(frame, {"region_mapper": Watching()})
    assert Watching.assigned == [40]
    fitted.transform(["one more text"])
    assert Watching.assigned == [40, 1]


def test_soft_clusters_come_with_membership(frame):
    """A mapper sees membership in the order of the texts, like the labels."""
    result = fit(frame, {"clusterer": "soft-halves", "region_mapper": Watching()}).result
    (clusters,) = Watching.fitted
    np.testing.assert_array_equal(clusters.labels, result.mapped.clusters.labels)
    assert clusters.membership.shape == (40, 2)
    np.testing.assert_array_equal(clusters.membership.argmax(axis=1), clusters.labels)


def test_map_texts_takes_a_frame_and_column_names(frame):
    """The one-line form gives what the pathway gives."""
    renamed = frame.rename(columns={"text": "words", "group": "diagnosis", "unit": "person"})
    config = {**doubles.CHOICES, "interval": {"n": 100}}
    result = map_texts(
        renamed, text="words", group="diagnosis", unit="person", config=config, registry=registry_with(), seed=0
    )
    same_tables(result, fit(frame).result)
    assert emotopy.map_texts is map_texts


# Objects as stages --------------------------------------------------------------------------------------------------


def test_objects_are_used_as_they_are_and_left_as_they_were(frame, tmp_path):
    """A scikit-learn PCA and KMeans do the work as copies: the user's own stay unfitted, and reuse is safe."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    reducer, clusterer = PCA(2), KMeans(3, random_state=0, n_init=1)
    result = fit(frame, {"reducer": reducer, "clusterer": clusterer}).result
    assert not hasattr(reducer, "components_")
    assert not hasattr(clusterer, "cluster_centers_")
    assert result.provenance["stages"]["reducer"]["class"].endswith("PCA")
    assert sorted(result.clusters["cluster"]) == [0, 1, 2]
    counts = []
    for centres in (np.array([[-9.0, -9.0], [9.0, 9.0]]), np.array([[0.0, 0.0], [50.0, 50.0]])):
        choice = {"reducer": PCA(2), "clusterer": KMeans(2, init=centres, max_iter=1, n_init=1)}
        counts.append(fit(frame, choice, cache=tmp_path).result.clusters["n_texts"].tolist())
    assert counts[0] != counts[1]


def test_an_object_that_cannot_be_copied_is_named(frame):
    """The fit works on a copy; where there can be none, the error says whose fault it is."""

    class Unique(doubles.Halves):
        def __deepcopy__(self, memo):
            raise TypeError("there is but one")

    with pytest.raises(PluginError, match="clusterer Unique: the object given can't be copied: TypeError"):
        fit(frame, {"clusterer": Unique()})


# The cache ----------------------------------------------------------------------------------------------------------


def noisy_scorer(host: Host):
    class Noisy(doubles.WordScorer):
        def score(self, texts):
            host.notify("scored with care")
            return super().score(texts)

    return Noisy()


def test_a_second_run_reuses_the_work_and_says_the_same(frame, tmp_path):
    """Tables, notes and provenance of a reused run are those of the first; the log names what was reused."""
    registry = registry_with(intensity_scorer={"noisy": noisy_scorer})
    runs, logs = [], []
    for _ in range(2):
        log = []
        result = fit(frame, {"intensity_scorer": "noisy"}, registry, cache=tmp_path, host=Host(log=log.append)).result
        runs.append(result)
        logs.append([line for line in log if "reused" in line])
    same_tables(*runs)
    assert runs[0].notes == runs[1].notes
    assert "scored with care" in runs[1].notes
    assert runs[0].provenance == runs[1].provenance
    assert logs[0] == []
    assert [line.split()[0] for line in logs[1]] == ["embedder", "intensity_scorer", "reducer", "clusterer"]
    same_tables(runs[0], fit(frame, {"intensity_scorer": "noisy"}, registry).result)


def test_only_work_that_depends_on_a_change_is_done_again(frame, tmp_path):
    """Another number of clusters reuses the embedding; another text changes all."""

    def reused(layer, texts=frame):
        log = []
        fit(texts, layer, cache=tmp_path, host=Host(log=log.append))
        return [line.split()[0] for line in log if "reused" in line]

    assert reused({}) == []
    assert reused({"clusterer": {"use": "halves", "min_cluster_size": 3}}) == [
        "embedder",
        "intensity_scorer",
        "reducer",
    ]
    assert reused({"embedder": {"use": "hashing", "n_dims": 5}}) == ["intensity_scorer"]
    assert reused({"seed": 4}) == ["embedder", "intensity_scorer"]
    changed = frame.copy()
    changed.loc[0, "text"] = "something else"
    assert reused({}, changed) == []
    assert reused({}) == ["embedder", "intensity_scorer", "reducer", "clusterer"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_work_before_a_failure_is_kept(frame, tmp_path, error):
    """When a later stage fails, or Ctrl-C comes, what was done before is reused by the next run."""

    class Fails(doubles.Halves):
        def fit_predict(self, X):
            raise error

    with pytest.raises((PluginError, KeyboardInterrupt)):
        fit(frame, {"clusterer": Fails()}, cache=tmp_path)
    log = []
    fit(frame, cache=tmp_path, host=Host(log=log.append))
    assert [line.split()[0] for line in log if "reused" in line] == ["embedder", "intensity_scorer", "reducer"]


def test_no_text_is_in_the_cache(frame, tmp_path):
    """The cache holds hashes and numbers."""
    marked = frame.copy()
    marked.loc[0, "text"] = "zyxxywort and more"
    fit(marked, cache=tmp_path)
    files = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert len(files) == 4
    assert not any(b"zyxxywort" in path.read_bytes() for path in files)


# Texts that weren't part of the fit ---------------------------------------------------------------------------------


def test_transform_places_new_texts_in_the_fit(frame):
    """The fit's own texts come out as they were; new ones get points, clusters and profiles; nothing is learnt."""
    fitted = fit(frame, {"region_mapper": "profiled"})
    again = fitted.transform(frame, text="text", group="group", unit="unit")
    same_tables(again, fitted.result)
    assert again.notes == fitted.result.notes
    new = fitted.transform(["happy dog", "a dark exam", "happy dog"])
    assert new.texts["cluster"].tolist()[0] == new.texts["cluster"].tolist()[2]
    assert list(new.clusters) == list(fitted.result.clusters)
    same_tables(fitted.transform(frame, text="text", group="group", unit="unit"), fitted.result)


def test_transform_tells_of_its_own_texts(frame):
    """The provenance names the new texts as input, and those of the fit as what was fitted."""
    fitted = fit(frame)
    new = fitted.transform(["happy dog", ""])
    assert (new.provenance["input"]["n_rows"], new.provenance["input"]["n_scored"]) == (2, 1)
    assert new.provenance["fitted_on"] == fitted.result.provenance["input"]
    assert any("1 of 2 rows have no text" in note for note in new.notes)
    assert fitted.result.provenance["input"]["n_rows"] == 41


def test_transform_works_after_a_run_that_reused_everything(frame, tmp_path):
    """Stages whose work came from the cache learn it anew, once, when new texts come."""
    plain = fit(frame).transform(["happy dog", "a dark exam"])
    fit(frame, cache=tmp_path)
    fitted = fit(frame, cache=tmp_path)
    for _ in range(2):
        same_tables(fitted.transform(["happy dog", "a dark exam"]), plain)


def test_transform_without_places_leaves_clusters_out(frame):
    """A reducer that can't place new texts leaves them without cluster; a mapper of texts maps them all the same."""

    class Rigid:
        def fit_transform(self, X):
            return X[:, :2]

    result = fit(frame, {"reducer": Rigid()}).transform(["happy dog"])
    assert result.texts["cluster"].isna().all()
    assert np.isfinite(result.mapped.mapping.profile).all()
    assert len(result.clusters) == 0


# Plugins that break their contract ----------------------------------------------------------------------------------


class Spoilt(doubles.HashingEmbedder):
    """An embedder that a test spoils."""

    def __init__(self, spoil=None):
        super().__init__(4)
        self.spoil = spoil

    @property
    def fingerprint(self):
        raise AttributeError

    def embed(self, texts):
        return self.spoil(super().embed(texts), texts)


def _exit(*_):
    raise SystemExit(4)


def _divide(*_):
    return 1 / 0


EMBEDDINGS = {
    "NaN": (lambda v, t: v * np.nan, "NaN or infinity, first in row 0"),
    "too large for float32": (lambda v, t: v.astype(float) * 1e300, "NaN or infinity"),
    "a row short": (lambda v, t: v[1:], "shape"),
    "one dimension": (lambda v, t: v[:, 0], "shape"),
    "no columns": (lambda v, t: v[:, :0], "shape"),
    "strings": (lambda v, t: v.astype(str), "real numbers"),
    "None": (lambda v, t: None, "embed"),
    "an error": (_divide, "ZeroDivisionError: division by zero"),
    "an exit": (_exit, "SystemExit: 4"),
}


@pytest.mark.parametrize(("spoil", "reason"), EMBEDDINGS.values(), ids=EMBEDDINGS)
def test_a_spoilt_embedder_is_named(frame, spoil, reason):
    """Whatever an embedder returns or raises that it shouldn't is a PluginError that names owner and stage."""
    registry = registry_with(embedder={"spoilt": lambda: Spoilt(spoil)})
    with pytest.raises(PluginError, match=r"^embedder local:spoilt") as caught:
        fit(frame, {"embedder": "spoilt"}, registry)
    caught.match(reason)


def broken(base, **methods):
    return {"broken": type("Broken", (base,), methods)}


def _scores(**changes):
    return lambda self, texts: attrs.evolve(doubles.WordScorer().score(texts), **changes)


STAGES = {
    "reducer NaN": ("reducer", broken(doubles.RandomProjection, transform=lambda s, X: X * np.nan), "fit_transform"),
    "reducer rows": ("reducer", broken(doubles.RandomProjection, transform=lambda s, X: X[1:]), "fit_transform"),
    "clusterer floats": ("clusterer", broken(doubles.Halves, fit_predict=lambda s, X: X[:, 0]), "fit_predict"),
    "clusterer short": ("clusterer", broken(doubles.Halves, fit_predict=lambda s, X: [0]), "fit_predict"),
    "clusterer exits": ("clusterer", broken(doubles.Halves, fit_predict=_exit), "SystemExit"),
    "membership": ("clusterer", broken(doubles.SoftHalves, membership=lambda s, X: X[1:]), "membership"),
    "scores as a dict": (
        "intensity_scorer",
        broken(doubles.WordScorer, score=lambda s, t: {}),
        "Intensities, got dict",
    ),
    "scores short": (
        "intensity_scorer",
        broken(doubles.WordScorer, score=lambda s, t: doubles.WordScorer().score(t[1:])),
        "rows",
    ),
    "scores NaN": ("intensity_scorer", broken(doubles.WordScorer, score=_scores(values=np.full(38, np.nan))), "finite"),
    "scores of words": (
        "intensity_scorer",
        broken(doubles.WordScorer, score=_scores(values=np.full(38, "x"))),
        "numbers",
    ),
    "shares of two": (
        "region_mapper",
        broken(doubles.Directions, assign=lambda s, i: np.full((len(i.texts), 3), 2 / 3)),
        "sum to one",
    ),
    "shares of nodes": (
        "region_mapper",
        broken(doubles.Directions, assign=lambda s, i: np.full((len(i.texts), 5), 1 / 5)),
        r"shape \(40, 3\)",
    ),
    "fit raises": ("region_mapper", broken(doubles.Directions, fit=_divide), r"failed in fit\(\): ZeroDivisionError"),
    "profile NaN": (
        "region_mapper",
        broken(doubles.Profiled, profile=lambda s, i: np.full((len(i.texts), 3), np.nan)),
        "profile",
    ),
    "nameless standard": ("region_mapper", broken(doubles.Profiled, reference=""), "reference must say"),
    "standard of another width": (
        "region_mapper",
        broken(doubles.Profiled, reference_share=np.ones(4)),
        "reference_share",
    ),
}


@pytest.mark.parametrize(("role", "offers", "reason"), STAGES.values(), ids=STAGES)
def test_a_broken_stage_is_named(frame, role, offers, reason):
    """Shape, kind and values are checked where they come in; the error names owner and stage."""
    with pytest.raises(PluginError, match=rf"^{role} local:broken") as caught:
        fit(frame, {role: "broken"}, registry_with(**{role: offers}))
    caught.match(reason)


def test_numbers_in_lists_are_numbers(frame):
    """A plugin that returns lists where arrays are meant is understood, cached or not."""

    class Lists(doubles.WordScorer):
        def score(self, texts):
            scored = super().score(texts)
            return attrs.evolve(
                scored,
                values=scored.values.tolist(),
                by_emotion=scored.by_emotion.tolist(),
                coverage=[int(value) for value in scored.coverage],
            )

    class Rows(doubles.RandomProjection):
        def fit_transform(self, X):
            return super().fit_transform(X).tolist()

    registry = registry_with(intensity_scorer={"lists": Lists}, reducer={"rows": Rows})
    result = fit(frame, {"intensity_scorer": "lists", "reducer": "rows"}, registry).result
    pd.testing.assert_series_equal(result.texts["intensity"], fit(frame).result.texts["intensity"])


def test_a_reporter_that_fails_is_named_with_its_owner(frame, tmp_path):
    """A reporter's failure names owner and reporter; the files of the others are there."""
    registry = registry_with(reporter=broken(doubles.CsvReporter, write=_exit))
    result = fit(frame, {"reporter": ["csv", "broken"]}, registry).result
    with pytest.raises(PluginError, match=r"reporter local:broken failed in write\(\): SystemExit: 4"):
        result.write(tmp_path / "results", registry)
    assert (tmp_path / "results" / "provenance.json").is_file()
    assert len(list((tmp_path / "results").iterdir())) > 1


# What is told -------------------------------------------------------------------------------------------------------


def test_provenance_is_json_and_silent_about_folders(frame, tmp_path):
    """Options that are paths are told by their file name; two folders with the same file give the same provenance."""

    class Listed(doubles.WordScorer):
        def __init__(self, words: Path | None = None, other: str | Path = "bundled") -> None:
            super().__init__()

    registry, told = registry_with(intensity_scorer={"listed": Listed}), []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "words.csv").write_text("happy")
        options = {"use": "listed", "words": str(folder / "words.csv"), "other": str(folder / "words.csv")}
        result = fit(frame, {"intensity_scorer": options}, registry).result
        told.append(json.dumps(result.provenance, sort_keys=True))
        result.write(folder / "results", registry)
    assert told[0] == told[1]
    assert str(tmp_path) not in told[0]
    assert '"words": "words.csv"' in told[0]


def test_provenance_says_who_did_the_work(frame):
    """Every stage with owner, version, options and fingerprint; the configuration; the input by its hash."""
    result = fit(frame, {"reducer": {"use": "projection", "n_components": 2}}, seed=9).result
    stages = result.provenance["stages"]
    assert stages["reducer"] == {
        "use": "projection",
        "owner": "local",
        "version": "",
        "options": {"n_components": 2, "random_state": 9},
    }
    assert stages["embedder"]["fingerprint"] == "hashing:16"
    assert [one["use"] for one in stages["reporter"]] == ["csv"]
    assert result.provenance["config"]["reducer"] == {"use": "projection", "n_components": 2}
    assert result.provenance["input"]["n_distinct"] == frame["text"].str.strip().replace("", np.nan).nunique()
    assert result.provenance["notes"] == list(result.notes)
    other = fit(frame.iloc[::-1], {}).result.provenance["input"]["texts_sha256"]
    assert other != result.provenance["input"]["texts_sha256"]


def test_the_published_preset_says_what_is_wrong_with_it(frame):
    """`vos2025` puts its warning among the notes, whatever embedder stands in for the one that needs a key."""
    pathway = TextPathway.from_config(
        {"embedder": "static", "interval": {"n": 100}}, preset="vos2025", registry=Registry.load(plugins=False)
    )
    result = pathway.fit(frame["text"].tolist()).result
    assert result.notes[-1].startswith("Preset vos2025") or any("fixes nothing" in note for note in result.notes)
    assert set(np.unique(result.mapped.mapping.assignment)) == {0.0, 1.0}
    assert result.regions["n_texts"].sum() == 40


def test_without_texts_no_table_of_clusters_quotes_one(frame):
    """`no_texts` reaches the result and its clusters."""
    result = fit(frame, no_texts=True).result
    assert result.no_texts
    assert not [name for name in result.clusters if name.startswith("exemplar")]


def test_a_pathway_needs_every_stage():
    """A configuration that chooses none for a role is refused before any work."""
    config = attrs.evolve(toy().config, stages={"embedder": toy().config.stages["embedder"]})
    with pytest.raises(ConfigError, match="the text pathway needs one"):
        TextPathway.from_config(config, registry=registry_with())


def test_builtin_stages_leave_their_input_alone(rng):
    """They are given the arrays themselves, not copies as stages of others are."""
    registry = Registry.load(plugins=False)
    vectors = rng.standard_normal((260, 12)).astype(np.float32)
    points = rng.standard_normal((260, 3))
    for role, method, given in (("reducer", "fit_transform", vectors), ("clusterer", "fit_predict", points)):
        names = [offer.name for offer in registry.offers(role) if offer.owner == "emotopy"]
        assert names
        for name in names:
            before = given.copy()
            stage = registry.make(role, name)
            getattr(stage, method)(given)
            later = "transform" if role == "reducer" else "predict"
            if hasattr(stage, later):
                getattr(stage, later)(given[:7])
            np.testing.assert_array_equal(given, before, err_msg=name)


class Combined(doubles.Profiled):
    """Gives its three arrays in one call, or something else."""

    answer = None

    def map(self, inputs):
        found = super().assign(inputs), super().profile(inputs), super().evidence(inputs)
        return self.answer or tuple(array * 1.0 for array in found)

    def assign(self, inputs):
        raise AssertionError("map() was there to be called")


def test_a_combined_mapper_is_called_once_for_all():
    """Its `map` gives the mapping; the numbers are those of the three methods."""
    texts = ["happy sunny", "afraid dark", "river window", "mountain dog"]
    config = {**doubles.CHOICES, "region_mapper": doubles.Profiled()}
    apart = TextPathway.from_config(config, registry=Registry([doubles])).fit(texts).mapped.mapping
    config["region_mapper"] = Combined()
    together = TextPathway.from_config(config, registry=Registry([doubles])).fit(texts).mapped.mapping
    for name in ("assignment", "profile", "evidence", "reference_share"):
        np.testing.assert_array_equal(getattr(together, name), getattr(apart, name))


def test_a_combined_mapper_that_gives_no_three_arrays_is_told_of():
    """The error names the stage."""
    mapper = Combined()
    mapper.answer = [1, 2]
    pathway = TextPathway.from_config({**doubles.CHOICES, "region_mapper": mapper}, registry=Registry([doubles]))
    with pytest.raises(PluginError, match="Combined"):
        pathway.fit(["happy sunny", "afraid dark", "river window", "mountain dog"])


def test_a_fit_takes_columns_as_map_texts_does(frame):
    """Groups, units and kept columns come from the table; a corpus has its own, and columns beside it are an error."""
    from emotopy.readers.corpora import as_corpus

    columns = {"text": "text", "group": "group", "unit": "unit"}
    renamed = frame.rename(columns={"text": "said", "group": "when"})
    fitted = toy().fit(renamed, text="said", group="when", unit="unit", keep=["when"])
    wanted = toy().fit(as_corpus(frame, **columns))
    pd.testing.assert_frame_equal(fitted.result.regions, wanted.result.regions)
    assert fitted.result.texts["kept_when"].tolist() == frame["group"].tolist()
    with pytest.raises(InputError) as refused:
        toy().fit(as_corpus(frame, **columns), group="group")
    assert refused.value.got == "Corpus"


def test_a_fit_reads_dates_in_the_form_that_is_named(frame):
    """`date_format` goes with the column of times, as in `map_texts`; so it does in `check` and `transform`."""
    frame["day"] = [f"{1 + i % 28:02d}/{1 + i % 12:02d}/2024" for i in range(len(frame))]
    columns = {"text": "text", "time": "day", "date_format": "day-first"}
    fitted = toy().fit(frame, **columns)
    assert fitted.result.texts["time"].iloc[1] == "2024-02-02T00:00:00"
    assert fitted.transform(frame, **columns).texts["time"].tolist() == fitted.result.texts["time"].tolist()
    assert toy().check(frame, **columns).times is not None
