"""The bridge: a story's text against the scans of its listeners, from memory and from results directories."""

from __future__ import annotations

import copy
import json
import pickle
import pickletools
import shutil

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import emotopy
from emotopy.datasets.sample import diaries_path
from emotopy.errors import ConfigError, EmotopyError, InputError, OutputError
from emotopy.inference.moran import null_correlations, region_distances
from emotopy.pathways.brain.pathway import decode
from emotopy.pathways.text.pathway import map_texts
from emotopy.readers.ratings import table_text
from emotopy.records.brain import Ratings
from emotopy.records.regions import RegionWeights
from emotopy.simulate import simulate_bold

pytestmark = pytest.mark.usefixtures("flags")

N_SEGMENTS, SEGMENT_S = 70, 8.0
COLUMNS = ["emotion", "weights", "n_regions", "r", "null_mean", "null_95", "p", "p_family"]


@attrs.frozen
class Sides:
    """Both sides of one story, in memory and as directories."""

    text: object
    brain: object
    ratings: Ratings
    folder: object

    @property
    def bridged(self):
        return emotopy.bridge(self.text, self.brain, ratings=self.ratings, n_surrogates=199)


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Seventy diaries as a story; ratings that follow the text's amygdala (fear) and medial prefrontal (joy) profile.

    In four made-up listeners coupling follows fear, most in the regions that fear's own text weights name.
    """
    folder = tmp_path_factory.mktemp("bridge")
    texts = pd.read_csv(diaries_path())["text"].iloc[:N_SEGMENTS]
    onset = np.arange(N_SEGMENTS) * SEGMENT_S
    frame = pd.DataFrame({"text": texts, "onset": onset})
    quick = {"reducer": "pca", "clusterer": "kmeans", "reporter": ["tables"], "interval": {"n": 100}}
    text = map_texts(frame, text="text", time="onset", config=quick)
    profile = text.mapped.mapping.profile
    follow = [text.mapped.mapping.targets.index(name) for name in ("amygdala", "medial_prefrontal")]
    values = profile[:, follow] - profile[:, follow].min(axis=0)
    ratings = Ratings(("fear", "joy"), onset, np.full(N_SEGMENTS, SEGMENT_S), values, N_SEGMENTS * SEGMENT_S)
    own = np.array([np.corrcoef(values[:, 0], column)[0, 1] for column in profile.T])
    loadings = RegionWeights(("fear",), text.mapped.mapping.targets, ((own - own.min()) / np.ptp(own))[None])
    study = simulate_bold("coupling", n_subjects=4, n_volumes=280, ratings=ratings, loadings=loadings, coupling=0.6)
    simple = {
        "null": {"n": 19},
        "split": {"kind": "subject"},
        "compare": {"features": [], "remove_evoked": False, "baselines": False},
        "reporter": ["tables"],
    }
    brain = decode(study.series, ratings, config=simple)
    text.write(folder / "texts")
    brain.write(folder / "brain")
    (folder / "ratings.tsv").write_text(table_text(ratings))
    return Sides(text, brain, ratings, folder)


@pytest.fixture
def copies(sides, tmp_path):
    """The directories once more, to be spoilt; returns a call of the bridge on them."""
    for name in ("texts", "brain"):
        shutil.copytree(sides.folder / name, tmp_path / name)
    shutil.copy(sides.folder / "ratings.tsv", tmp_path)

    def run(**options):
        told = {"ratings": tmp_path / "ratings.tsv", "n_surrogates": 99, **options}
        return emotopy.bridge(tmp_path / "texts", tmp_path / "brain", **told)

    return tmp_path, run


def edit_texts(folder, change):
    path = folder / "texts" / "texts.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


def edit_weights(folder, change):
    path = folder / "brain" / "weights.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)


def edit_json(path, change):
    told = json.loads(path.read_text("utf-8"))
    change(told)
    path.write_text(json.dumps(told), "utf-8")


def test_the_table_has_a_row_for_all_and_for_each_emotion(sides):
    """Under absolute and then signed weights, `all` first; the family-wise p of `all` is empty."""
    table = sides.bridged.table
    assert list(table.columns) == COLUMNS
    assert table[["emotion", "weights"]].values.tolist() == [
        [emotion, kind] for kind in ("absolute", "signed") for emotion in ("all", "fear", "joy")
    ]
    assert (table["n_regions"] == 18).all()
    assert table["p_family"].isna().tolist() == [True, False, False] * 2
    assert table["p"].between(1 / 200, 1).all()


def test_text_weights_correlate_rating_and_profile(sides):
    """Over segments, per emotion and region."""
    bridged, profile = sides.bridged, sides.text.mapped.mapping.profile
    wanted = [[np.corrcoef(rating, column)[0, 1] for column in profile.T] for rating in sides.ratings.values.T]
    np.testing.assert_allclose(bridged.text_weights.values, wanted, atol=1e-6)
    assert bridged.emotions == ("fear", "joy")
    assert bridged.regions == tuple(sides.text.axis.regions)


def test_r_correlates_the_maps_over_regions(sides):
    """Text weights with the decoding's weight, or its signed weight; `all` is the mean r."""
    bridged = sides.bridged
    rows = bridged.table.set_index(["weights", "emotion"])["r"]
    for kind, column in (("absolute", "weight"), ("signed", "signed_weight")):
        for emotion, text in zip(bridged.emotions, bridged.text_weights.values, strict=True):
            frame = sides.brain.weights_table
            brain = frame[frame["emotion"] == emotion].set_index("region").loc[list(bridged.regions), column]
            assert rows[kind, emotion] == pytest.approx(np.corrcoef(text, brain)[0, 1])
        assert rows[kind, "all"] == pytest.approx(rows[kind][["fear", "joy"]].mean())


def test_p_counts_surrogates_that_agree_as_much(sides):
    """One-sided, the observed among them; that of `all` from the mean over emotions of the same surrogates."""
    bridged = sides.bridged
    distances = region_distances(sides.text.axis.nodes, bridged.regions)
    null = null_correlations(bridged.text_weights.values, bridged.brain_weights.values, distances, n=199, seed=0)
    rows = bridged.table[bridged.table["weights"] == "absolute"].set_index("emotion")
    for i, emotion in enumerate(bridged.emotions):
        assert rows.loc[emotion, "p"] == pytest.approx((1 + (null[:, i] >= rows.loc[emotion, "r"]).sum()) / 200)
        assert rows.loc[emotion, "p"] <= rows.loc[emotion, "p_family"]
    assert rows.loc["all", "p"] == pytest.approx((1 + (null.mean(axis=1) >= rows.loc["all", "r"]).sum()) / 200)
    assert rows.loc["all", "null_95"] == pytest.approx(np.quantile(null.mean(axis=1), 0.95))


def test_what_was_planted_is_found(sides):
    """Coupling planted by fear's own text weights: the maps agree beyond chance."""
    fear = sides.bridged.table.query("weights == 'absolute' and emotion == 'fear'").iloc[0]
    assert fear["r"] > 0.6
    assert fear["p"] < 0.02


def test_directories_give_what_records_give(sides):
    """To the six digits of a CSV, so far as no surrogate changes sides; both are hashed in the provenance."""
    stored = emotopy.bridge(
        str(sides.folder / "texts"), sides.folder / "brain", ratings=sides.folder / "ratings.tsv", n_surrogates=199
    )
    pd.testing.assert_frame_equal(stored.table, sides.bridged.table, atol=1e-4, rtol=0)
    told = stored.provenance["input"]
    assert told["text"]["file"] == "texts.parquet"
    assert told["brain"]["file"] == "weights.csv"
    assert told["ratings"]["file"] == "ratings.tsv"
    assert all(len(told[side]["sha256"]) == 64 for side in ("text", "brain", "ratings"))
    assert stored.provenance["atlas"] == "affect18"
    assert str(sides.folder) not in json.dumps(stored.provenance)


def test_ratings_may_be_a_table(sides):
    """Of any library: the numbers of the record."""
    columns = {"onset": sides.ratings.onset_s, "duration": sides.ratings.duration_s}
    table = pa.table({**columns, **dict(zip(sides.ratings.emotions, sides.ratings.values.T, strict=True))})
    for given in (table, table.to_pandas(), table.to_pydict()):
        found = emotopy.bridge(sides.text, sides.brain, ratings=given, n_surrogates=199)
        pd.testing.assert_frame_equal(found.table, sides.bridged.table, check_exact=True)
    with pytest.raises(InputError):
        emotopy.bridge(sides.text, sides.brain, ratings=3)


def test_a_bridge_pickles_and_copies(sides):
    """It holds tables and records, nothing of the run that made it; a copy has the same tables, its repr is short."""
    bridged = sides.bridged
    data = pickle.dumps(bridged)
    held = {word for _, word, _ in pickletools.genops(data) if isinstance(word, str)}
    ours = {word for word in held if word.startswith(("emotopy.", "emotopy_plugins"))}
    assert ours == {"emotopy.pathways.bridge.result", "emotopy.records.regions"}
    for other in (pickle.loads(data), copy.deepcopy(bridged)):
        assert all(table.equals(other.tables[name]) for name, table in bridged.tables.items())
        assert (other.notes, other.provenance, other.reporters) == (
            bridged.notes,
            bridged.provenance,
            bridged.reporters,
        )
    assert repr(bridged) == "Bridge(emotions: fear, joy; 18 regions)"


def test_it_is_written_whole(sides, tmp_path):
    """Three tables, provenance, report; the same bytes twice; nothing is replaced unasked."""
    first, second = (sides.bridged.write(tmp_path / name) for name in ("a", "b"))
    names = {"bridge.csv", "text_weights.csv", "brain_weights.csv", "provenance.json", "report.html"}
    assert {path.name for path in first.iterdir()} == names
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    assert list(pd.read_csv(first / "text_weights.csv").columns) == ["emotion", "region", "weight"]
    brain = pd.read_csv(first / "brain_weights.csv")
    assert list(brain.columns) == ["emotion", "region", "weight", "signed_weight"]
    assert len(brain) == 2 * 18
    with pytest.raises(OutputError, match="exists"):
        sides.bridged.write(first)


def test_the_seed_decides_the_null(sides):
    """Another seed moves p a little and r not at all."""
    other = emotopy.bridge(sides.text, sides.brain, ratings=sides.ratings, n_surrogates=199, seed=1).table
    table = sides.bridged.table
    assert (other["r"] == table["r"]).all()
    assert (other["null_mean"] != table["null_mean"]).all()


def test_ratings_are_joined_by_onset(sides):
    """In any order; what has no counterpart on the other side counts nowhere, and a note says how many."""
    order = np.random.default_rng(5).permutation(N_SEGMENTS)
    given = sides.ratings
    more = Ratings(
        given.emotions,
        np.append(given.onset_s[order][10:], 5000.0),
        np.full(N_SEGMENTS - 9, SEGMENT_S),
        np.vstack([given.values[order][10:], [[0.5, 0.5]]]),
    )
    bridged = emotopy.bridge(sides.text, sides.brain, ratings=more, n_surrogates=9)
    kept = np.sort(order[10:])
    wanted = np.corrcoef(given.values[kept, 0], sides.text.mapped.mapping.profile[kept, 3])[0, 1]
    assert bridged.text_weights.values[0, 3] == pytest.approx(wanted, abs=1e-6)
    assert "10 of 70 texts have no counterpart with the same onset and are excluded." in bridged.notes
    assert "1 of 61 ratings have no counterpart with the same onset and are excluded." in bridged.notes
    assert bridged.provenance["n_segments"] == 60


def test_without_ratings_the_scorer_stands_in(sides):
    """The lexicon's emotions of each text; a note says so, and which emotions the decoding lacks."""
    bridged = emotopy.bridge(sides.text, sides.brain, n_surrogates=9)
    wanted = np.corrcoef(sides.text.texts["emotion_joy"], sides.text.mapped.mapping.profile[:, 5])[0, 1]
    assert bridged.text_weights.values[1, 5] == pytest.approx(wanted, abs=1e-6)
    assert any("are used instead" in note for note in bridged.notes)
    assert any(note.startswith("Emotions that are rated, but not decoded: anger") for note in bridged.notes)


def test_emotions_that_never_change_are_left_out(sides):
    """A constant rating has no weights, and its emotion is named."""
    values = np.column_stack([sides.ratings.values[:, 0], np.full(N_SEGMENTS, 0.3)])
    bridged = emotopy.bridge(
        sides.text, sides.brain, ratings=attrs.evolve(sides.ratings, values=values), n_surrogates=9
    )
    assert bridged.emotions == ("fear",)
    assert any("the same in every segment: joy." in note for note in bridged.notes)


def test_emotions_decoded_by_chance_are_named(sides, copies):
    """The weights of a decoder within its null explain nothing, and a note says whose they are."""
    folder, run = copies
    path = folder / "brain" / "scores.csv"
    pd.read_csv(path).assign(p=[0.01, 0.6]).to_csv(path, index=False)
    (note,) = [note for note in run().notes if "better than chance" in note]
    assert "joy" in note
    assert "fear" not in note


def test_few_regions_get_no_p(copies):
    """Under fifteen there is r and nothing else, and a note says why."""
    folder, run = copies
    told = json.loads((folder / "texts" / "provenance.json").read_text("utf-8"))
    kept = told["regions"][:14]
    edit_json(folder / "texts" / "provenance.json", lambda told: told.update(regions=kept))
    edit_texts(folder, lambda frame: frame.drop(columns=[f"profile_{one}" for one in _dropped(frame, kept)]))
    edit_weights(folder, lambda frame: frame[frame["region"].isin(kept)])
    bridged = run()
    assert (bridged.table["n_regions"] == 14).all()
    assert bridged.table["r"].notna().all()
    assert bridged.table[["null_mean", "null_95", "p", "p_family"]].isna().all(axis=None)
    assert any("too few for a p-value" in note for note in bridged.notes)


def _dropped(frame, kept):
    names = [name.removeprefix("profile_") for name in frame.columns if name.startswith("profile_")]
    return [name for name in names if name not in kept]


def test_a_map_without_a_pattern_has_no_r(copies):
    """An emotion whose decoder found nothing is empty and named; `all` is the mean of the others."""
    folder, run = copies
    edit_weights(folder, lambda frame: frame.assign(weight=frame["weight"].where(frame["emotion"] != "joy", 0)))
    bridged = run()
    rows = bridged.table[bridged.table["weights"] == "absolute"].set_index("emotion")
    assert rows.loc["joy", ["r", "p", "p_family"]].isna().all()
    assert rows.loc["all", "r"] == rows.loc["fear", "r"]
    assert any("no pattern for joy" in note for note in bridged.notes)


def test_a_region_whose_profile_never_changes_is_left_out(copies):
    """It has no weight, so neither side counts it: the rest gives what it gives without the region."""
    folder, run = copies
    name = json.loads((folder / "texts" / "provenance.json").read_text("utf-8"))["regions"][3]
    edit_texts(folder, lambda frame: frame.assign(**{f"profile_{name}": 0.1}))
    bridged = run()
    assert name not in bridged.regions
    assert name not in bridged.brain_weights.regions
    assert (bridged.table["n_regions"] == len(bridged.regions)).all()
    assert np.isfinite(bridged.text_weights.values).all()
    assert f"1 regions are left out, because their profile is the same in every segment: {name}." in bridged.notes
    edit_json(folder / "texts" / "provenance.json", lambda told: told["regions"].remove(name))
    edit_texts(folder, lambda frame: frame.drop(columns=f"profile_{name}"))
    edit_weights(folder, lambda frame: frame[frame["region"] != name])
    pd.testing.assert_frame_equal(run().table, bridged.table)


def test_profiles_that_never_change_are_an_error(copies):
    """With fewer than three regions left there is nothing to compare."""
    folder, run = copies
    edit_texts(folder, lambda frame: frame.assign(**{c: 0.1 for c in frame.columns if c.startswith("profile_")}))
    with pytest.raises(InputError, match="wanted 3 regions or more that vary, got 0"):
        run()


def test_results_of_older_versions_are_accepted(copies):
    """Their `weights.csv` has `p_familywise` in place of `p_family`, and they have no `sensitivity.csv`."""
    folder, run = copies
    wanted = run().table
    edit_weights(folder, lambda frame: frame.rename(columns={"p_family": "p_familywise"}))
    (folder / "brain" / "sensitivity.csv").unlink()
    pd.testing.assert_frame_equal(run().table, wanted)


def test_regions_are_aligned_by_name(sides, copies):
    """The decoding's regions may stand in another order."""
    folder, run = copies
    wanted = run().table
    edit_weights(folder, lambda frame: frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(run().table.set_index(["weights", "emotion"]).loc[:, "r":],
                                  _in_order(wanted, run().table).loc[:, "r":])  # fmt: skip


def _in_order(table, like):
    return table.set_index(["weights", "emotion"]).loc[pd.MultiIndex.from_frame(like[["weights", "emotion"]])]


def test_a_table_of_coordinates_says_where_regions_lie(sides, copies):
    """An atlas that the provenance can't make anew is named; its own coordinates give the same null."""
    folder, run = copies
    wanted = run().table
    nodes = pd.DataFrame([attrs.asdict(node) for node in sides.text.axis.nodes])
    nodes.to_csv(folder / "places.csv", index=False)
    told = {"use": "coordinates", "owner": "emotopy", "options": {"table": "elsewhere.csv"}}
    edit_json(folder / "texts" / "provenance.json", lambda whole: whole["stages"].update(atlas=told))
    with pytest.raises(
        InputError, match=r"the positions of its regions are unknown: .*give --atlas NAME, or --atlas CSV"
    ):
        run()
    pd.testing.assert_frame_equal(run(atlas=str(folder / "places.csv")).table, wanted)


def drop_regions(folder):
    edit_weights(folder, lambda frame: frame[~frame["region"].isin(["insula", "raphe_nuclei"])])


def empty_weights(folder):
    edit_weights(folder, lambda frame: frame[:0])


def letter_in_weights(folder):
    edit_weights(folder, lambda frame: frame.assign(weight=["x", *frame["weight"][1:]]))


def row_lost(folder):
    edit_weights(folder, lambda frame: frame[:-1])


def other_emotions(folder):
    edit_weights(folder, lambda frame: frame.replace({"emotion": {"fear": "awe", "joy": "=calm"}}))


def emotion_all(folder):
    edit_weights(folder, lambda frame: frame.replace({"emotion": {"fear": "all"}}))
    path = folder / "ratings.tsv"
    path.write_text(path.read_text().replace("fear", "all"))


def no_times(folder):
    edit_texts(folder, lambda frame: frame.assign(time=["day 1"] * len(frame)))


def shifted_times(folder):
    edit_texts(folder, lambda frame: frame.assign(time=[str(8 * i + 0.001) for i in range(len(frame))]))


def times_twice(folder):
    edit_texts(folder, lambda frame: frame.assign(time=["8.0", *frame["time"][1:]]))


def few_ratings(folder):
    path = folder / "ratings.tsv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:8]))


def broken_provenance(folder):
    (folder / "brain" / "provenance.json").write_text("[1, 2]")


def no_weights(folder):
    (folder / "brain" / "weights.csv").unlink()


def no_column(folder):
    edit_weights(folder, lambda frame: frame.drop(columns="signed_weight"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            drop_regions,
            r"18 regions of affect18, and brain has 16 \(only texts has insula, raphe_nuclei\).*evidence build",
        ),
        (empty_weights, "has no weights.*linear kernel-ridge"),
        (letter_in_weights, "column 'weight', row 1: wanted a number, got 'x'"),
        (row_lost, "a row for each of 2 emotions × 18 regions, got 35"),
        (other_emotions, "the texts have fear, joy, the decoding has =calm, awe"),
        (emotion_all, "an emotion has the name 'all'"),
        (no_times, "no times in seconds.*annotate --segments.*map segments.csv --time onset"),
        (shifted_times, "no onset in common: the texts start at 0.001, 8.001, 16.001 … s, the ratings at 0, 8, 16"),
        (times_twice, "the onset 8 s occurs twice"),
        (few_ratings, "have 7 segments; wanted 10 or more"),
        (broken_provenance, "wanted a JSON object, got a list"),
        (no_weights, "has no weights.csv, so it isn't a results directory of `emotopy decode`"),
        (no_column, "has no column 'signed_weight'"),
    ],
)
def test_sides_that_do_not_fit_are_refused(copies, spoil, message):
    """Each with what was wanted, what came, what to do."""
    folder, run = copies
    spoil(folder)
    with pytest.raises(EmotopyError, match=message):
        run()


def test_swapped_sides_are_told(sides):
    """A decoding where texts belong, and the other way round, is no crash."""
    with pytest.raises(InputError, match="texts come first, the decoding second"):
        emotopy.bridge(sides.folder / "brain", sides.folder / "texts")
    with pytest.raises(InputError, match="results of `emotopy map`"):
        emotopy.bridge(sides.folder / "brain", sides.folder / "brain")
    with pytest.raises(InputError, match="isn't a folder"):
        emotopy.bridge(sides.folder / "texts", sides.folder / "absent")


def test_a_null_without_surrogates_is_refused(sides):
    """One is the least."""
    with pytest.raises(ConfigError, match="n_surrogates: wanted one or more, got 0"):
        emotopy.bridge(sides.text, sides.brain, ratings=sides.ratings, n_surrogates=0)
