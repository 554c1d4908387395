"""`EmotionMapper` is the text pathway with scikit-learn's manners."""

from __future__ import annotations

import pickle
from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

import emotopy
import sklearn
from emotopy.errors import ConfigError, EmotopyError, InputError, UnknownName
from emotopy.readers.confidential import mark
from emotopy.sklearn import EmotionMapper

CHEAP = {"reducer": "none", "clusterer": {"use": "kmeans", "n_clusters": 3}}
"""Stages without a second of work; the mapper by evidence asks neither."""
CORPUS = {"use": "evidence", "reference": "corpus"}
"""A mapper that learns its standard from the texts of the fit."""
NEAREST = {"reducer": {"use": "pca", "n_components": 3}, "clusterer": "kmeans", "region_mapper": "nearest"}


@pytest.fixture(scope="module")
def corpus():
    """260 distinct sentences of two kinds, joy (1) and fear (0), in random order."""
    rng = np.random.default_rng(5)
    who = ["my mother", "the teacher", "our neighbour", "a stranger", "the old man"]
    where = ["at the lake", "in the kitchen", "on the train", "behind the house", "at work", "in the park"]
    joy = [
        "laughed with delight",
        "was happy and proud",
        "sang a cheerful song",
        "enjoyed the wonderful party",
        "smiled",
    ]
    fear = ["screamed in terror", "was afraid of the dark", "fled in panic", "trembled with fear", "hid from danger"]
    rows = [(f"{person} {what} {place}", kind) for kind, said in ((1, joy), (0, fear)) for person in who
            for what in said for place in where]  # fmt: skip
    chosen = rng.permutation(len(rows))[:260]
    return [rows[i][0] for i in chosen], np.array([rows[i][1] for i in chosen])


@pytest.fixture(scope="module")
def fitted(corpus):
    """A mapper with cheap stages, fitted to all texts."""
    return EmotionMapper(**CHEAP).fit(corpus[0])


def test_values_are_those_of_the_pathway(corpus, fitted):
    """Columns of the pathway's table of texts, by name, to the last digit of its float32."""
    texts = corpus[0][:40]
    table = emotopy.map_texts(corpus[0], config=CHEAP).texts
    names = list(fitted.get_feature_names_out())
    assert names[0] == "profile_amygdala"
    assert names[-1] == "emotion_negative"
    np.testing.assert_allclose(fitted.transform(texts), table[names].to_numpy()[:40], atol=1e-5)


@pytest.mark.parametrize(
    "stages",
    [CHEAP, {**CHEAP, "region_mapper": CORPUS}, NEAREST, {**CHEAP, "config": {"level": "node", "segment": "none"}}],
    ids=["evidence", "corpus", "nearest", "nodes"],
)
def test_fit_transform_is_fit_and_transform(corpus, stages):
    """With stages that place new texts, and a standard of the corpus; rows without text included."""
    texts = [*corpus[0], "", None, "🙂🙂", corpus[0][0] + ". It was late! " + corpus[0][1]]
    model = EmotionMapper(**stages)
    at_once = model.fit_transform(texts)
    np.testing.assert_allclose(at_once, clone(model).fit(texts).transform(texts), atol=1e-6)
    assert np.isnan(at_once[-4:-1]).all()
    assert np.isfinite(at_once[-1]).all()


def test_reducer_and_clusterer_change_no_value_by_default(corpus, fitted):
    """The page advises to take cheap ones: the mapper by evidence asks neither."""
    other = EmotionMapper(reducer="pca", clusterer={"use": "kmeans", "n_clusters": 7}).fit(corpus[0])
    np.testing.assert_array_equal(other.transform(corpus[0][:30]), fitted.transform(corpus[0][:30]))


class Counting:
    """An embedder of one's own that counts what it is given; equal texts have equal vectors."""

    def __init__(self, address=None):
        self.n_embedded = 0
        self.address = address

    def embed(self, texts):
        self.n_embedded += len(texts)
        return np.array([[len(text), text.count("e"), text.count("a"), 1.0] for text in texts], dtype=np.float32)


def test_fit_transform_embeds_each_text_once(corpus):
    """Embedding may cost money."""
    embedder = Counting()
    texts = corpus[0][:50]
    EmotionMapper(embedder=embedder, **NEAREST).fit_transform(texts)
    assert embedder.n_embedded == len(set(texts))


def test_a_text_is_mapped_by_itself(corpus, fitted):
    """Whatever else is in the batch, and however much of it can't be read."""
    readable = corpus[0][3]
    alone = fitted.transform([readable])[0]
    strange = ["", "🙂", "Die Liebe ist schön und das Leben ist viel zu kurz", None, "[deleted]"]
    together = fitted.transform([*strange, readable, *corpus[0][:20]])
    np.testing.assert_allclose(together[len(strange)], alone, atol=1e-6)
    assert np.isnan(together[: len(strange)]).all()
    assert np.isnan(fitted.transform(strange)).all(), "no text can be read, and that is no error"
    expected = ["empty", "unknown-words", "unknown-language", "empty", "empty", "scored"]
    assert list(fitted.status([*strange, readable])) == expected


def test_missing_values_are_as_asked(corpus, fitted):
    """Zeros, or an error that names the row and why."""
    texts = [corpus[0][0], "", corpus[0][1], "🙂"]
    zero = deepcopy(fitted).set_params(missing="zero").transform(texts)
    assert (zero[[1, 3]] == 0).all()
    np.testing.assert_allclose(zero[[0, 2]], fitted.transform([corpus[0][0], corpus[0][1]]), atol=1e-6)
    strict = deepcopy(fitted).set_params(missing="error")
    with pytest.raises(InputError) as caught:
        strict.transform(texts)
    assert (caught.value.row, caught.value.got) == (2, "empty")
    assert strict.transform([texts[0]]).shape == (1, 28)


def test_texts_come_in_every_form(corpus, fitted):
    """Lists, tuples, Series, arrays, a table of one column; the same numbers."""
    texts = corpus[0][:7]
    wanted = fitted.transform(texts)
    forms = [
        tuple(texts), pd.Series(texts, index=range(5, 12)), np.array(texts), np.array(texts, dtype=object),
        np.array(texts)[:, None], pd.DataFrame({"said": texts}), pd.Series(texts, dtype="string"), pa.array(texts),
        pa.chunked_array([texts[:3], texts[3:]]), pa.table({"said": texts}),
        pa.Table.from_pandas(pd.DataFrame({"said": texts}, index=range(5, 12))), iter(texts),
    ]  # fmt: skip
    for form in forms:
        np.testing.assert_array_equal(fitted.transform(form), wanted)
    once = pa.table({"said": corpus[0]}).to_reader()
    np.testing.assert_allclose(clone(fitted).fit_transform(once)[:7], wanted, atol=1e-6)


@pytest.mark.extra
def test_tables_of_polars_are_taken(corpus, fitted):
    """A Series, a table of one column."""
    polars = pytest.importorskip("polars")
    wanted = fitted.transform(corpus[0][:7])
    for form in (polars.Series(corpus[0][:7]), polars.DataFrame({"said": corpus[0][:7]})):
        np.testing.assert_array_equal(fitted.transform(form), wanted)
    found = clone(fitted).set_output(transform="polars").fit_transform(polars.Series(corpus[0]))
    assert isinstance(found, polars.DataFrame)
    assert found.columns == list(fitted.get_feature_names_out())


@pytest.mark.parametrize(
    "given",
    ["one secretive string", {"text": ["secretive"]}, [3.5, 4.0], [["secretive"]], [], np.array("secretive"),
     pd.DataFrame({"a": ["secretive"], "b": ["x"]}), np.array([["secretive", "x"]]), None, 5,
     pa.table({"a": ["secretive"], "b": ["x"]})],
    ids=["string", "dict", "numbers", "lists", "nothing", "scalar", "two columns", "2-D", "None", "number", "Arrow"],
)  # fmt: skip
def test_what_is_no_column_of_texts_is_refused(fitted, given):
    """By `fit` and by `transform`, without a word of it."""
    for work in (fitted.transform, clone(fitted).fit):
        with pytest.raises(InputError) as caught:
            work(given)
        assert caught.value.wanted
        assert "secretive" not in str(caught.value)


def test_output_says_which_columns_there_are(corpus, fitted):
    """Regions, emotions, or both; it may change after the fit."""
    both = fitted.transform(corpus[0][:5])
    model = deepcopy(fitted).set_output(transform="pandas")
    frame = pd.DataFrame({"said": corpus[0][:5]}, index=list("vwxyz"))
    for output, columns in [("regions", slice(0, 18)), ("emotions", slice(18, None))]:
        found = model.set_params(output=output).transform(frame)
        np.testing.assert_allclose(found, both[:, columns], atol=1e-6)
        assert list(found.columns) == list(fitted.get_feature_names_out()[columns])
        assert list(found.index) == list("vwxyz")
    assert model.regions_[0] == "amygdala"
    assert "fear" in model.emotions_


def test_options_of_stages_are_parameters(corpus):
    """Of a stage that the preset chooses, of a name, of a table, of an estimator; clones share nothing."""
    first = EmotionMapper(**CHEAP)
    second = clone(first).set_params(region_mapper__beta=3.0, reducer="pca", reducer__n_components=2)
    assert second.region_mapper == {"beta": 3.0}
    assert second.reducer == {"use": "pca", "n_components": 2}
    third = clone(second).set_params(clusterer__n_clusters=4, config__segment="none")
    assert third.get_params()["clusterer__n_clusters"] == 4
    assert (second.clusterer["n_clusters"], first.clusterer["n_clusters"], CHEAP["clusterer"]["n_clusters"]) == (
        3,
        3,
        3,
    )
    fitted = third.fit(corpus[0]).fitted_.pathway.config.to_dict()
    assert fitted["region_mapper"]["beta"] == 3.0
    assert fitted["clusterer"] == {"use": "kmeans", "n_clusters": 4}
    assert fitted["segment"] == "none"
    deep = clone(second).set_params(region_mapper__embedder__use="static")
    assert deep.region_mapper == {"beta": 3.0, "embedder": {"use": "static"}}
    with pytest.raises(ValueError, match="mapper"):
        first.set_params(mapper__beta=1)


def test_estimators_of_scikit_learn_are_stages(corpus):
    """Used as copies, their parameters reached as scikit-learn reaches them."""
    pca, kmeans = PCA(2), KMeans(4, n_init=1, random_state=0)
    model = EmotionMapper(reducer=pca, clusterer=kmeans).set_params(reducer__n_components=3)
    assert pca.n_components == 3
    found = clone(model).fit(corpus[0])
    assert not hasattr(pca, "components_")
    assert found.fitted_.result.mapped.clusters.n_clusters == 4
    with pytest.raises(ValueError, match="embedder__size"):
        EmotionMapper(embedder=Counting()).set_params(embedder__size=3)


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"region_mapper": "evidnce"}, "region_mapper"),
        ({"region_mapper": {"beta": "much"}}, "region_mapper.beta"),
        ({"region_mapper": {"use": "evidence", "bta": 1.0}}, "region_mapper.bta"),
        ({"embedder": 3}, "embedder"),
        ({"preset": "recomended"}, "preset"),
        ({"config": {"sgment": "none"}}, "sgment"),
        ({"config": 5}, "config"),
        ({"output": "region"}, "output"),
        ({"missing": "drop"}, "missing"),
        ({"random_state": -1}, "seed"),
    ],
    ids=str,
)
def test_names_and_values_are_checked_by_fit(corpus, parameters, path):
    """Making, setting and cloning check nothing; the error is emotopy's and names the key."""
    model = clone(EmotionMapper(**{**CHEAP, **parameters}))
    with pytest.raises(ConfigError) as caught:
        model.fit(corpus[0])
    assert caught.value.path == path
    assert isinstance(caught.value, UnknownName) == (path in ("region_mapper", "region_mapper.bta", "preset", "sgment"))


def test_what_is_not_fitted_says_so(corpus):
    """As scikit-learn does."""
    for ask in (lambda m: m.transform(corpus[0]), lambda m: m.get_feature_names_out(), lambda m: m.status(corpus[0])):
        with pytest.raises(NotFittedError):
            ask(EmotionMapper())


def test_the_seed_is_scikit_learn_s(corpus):
    """An int is the pathway's seed; a RandomState draws one, so that two fits with equal states agree."""
    texts = corpus[0][:60]

    def seed(random_state):
        model = EmotionMapper(**CHEAP, random_state=random_state)
        return model.fit(texts).fitted_.pathway.config.seed

    assert seed(np.int64(7)) == 7
    assert seed(np.random.RandomState(1)) == seed(np.random.RandomState(1)) != seed(np.random.RandomState(2))
    assert seed(None) != seed(None)


def test_a_pipeline_classifies_and_searches(corpus):
    """Options of stages by name in a grid; scores well above chance; the best estimator maps new texts."""
    texts, kind = corpus
    pipeline = make_pipeline(EmotionMapper(**CHEAP), StandardScaler(), LogisticRegression())
    assert cross_val_score(pipeline, texts, kind, cv=3, error_score="raise").mean() > 0.8
    grid = {"emotionmapper__region_mapper__beta": np.array([0.5, 3.0]), "emotionmapper__output": ["regions", "both"]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(np.array(texts), kind)
    found = search.best_estimator_["emotionmapper"]
    assert found.fitted_.pathway.config.stages["region_mapper"].options["beta"] in (0.5, 3.0)
    assert search.predict(["he is terrified of the dark", "a delightful and happy wedding"]).tolist() == [0, 1]


def test_cross_validation_fits_on_the_training_fold_alone(corpus):
    """The standard of the profiles, learnt from the corpus, is that of the fold: test texts change no number of it."""
    texts, kind = np.array(corpus[0]), corpus[1]
    texts = np.array([f"{text}. {other}" for text, other in zip(texts, np.roll(texts, 1), strict=True)])
    model = EmotionMapper(**CHEAP, region_mapper=CORPUS, output="regions")
    pipeline = make_pipeline(model, LogisticRegression())
    folds = StratifiedKFold(2, shuffle=True, random_state=0)

    def run(given):
        return cross_validate(
            pipeline, given, kind, cv=folds, return_estimator=True, return_indices=True, error_score="raise"
        )

    found = run(texts)
    train, test = (found["indices"][part][0] for part in ("train", "test"))
    in_fold = found["estimator"][0][0]
    alone = clone(model).fit(texts[train])
    np.testing.assert_array_equal(in_fold.transform(texts[test]), alone.transform(texts[test]))
    np.testing.assert_allclose(in_fold.transform(texts[train]).mean(axis=0), 0, atol=0.15)
    leaky = clone(model).fit(texts)
    assert np.abs(leaky.transform(texts[test]) - in_fold.transform(texts[test])).max() > 0.01
    other = texts.copy()
    other[test] = [f"the terrible flood destroyed what {text}" for text in texts[test]]
    again = run(other)["estimator"][0][0]
    np.testing.assert_array_equal(again.transform(texts[test]), in_fold.transform(texts[test]))


def test_it_stands_beside_other_transformers(corpus):
    """In a ColumnTransformer by a column's name, in a FeatureUnion with word counts."""
    texts, kind = corpus
    frame = pd.DataFrame({"said": texts, "age": np.arange(len(texts), dtype=float)})
    columns = ColumnTransformer(
        [("text", EmotionMapper(**CHEAP, output="emotions"), "said"), ("age", StandardScaler(), ["age"])]
    ).set_output(transform="pandas")
    found = columns.fit_transform(frame)
    assert found.shape == (len(texts), 11)
    assert "text__emotion_fear" in found.columns
    as_table = ColumnTransformer([("text", EmotionMapper(**CHEAP), ["said"])]).fit(frame)
    assert as_table.transform(frame).shape == (len(texts), 28)
    union = FeatureUnion([("words", TfidfVectorizer()), ("emotions", EmotionMapper(**CHEAP))])
    assert make_pipeline(union, LogisticRegression()).fit(texts, kind).score(texts, kind) > 0.9


def test_threads_and_a_memory_change_nothing(corpus, tmp_path):
    """Folds in two threads of one process; a pipeline that keeps its fitted mapper on the disk."""
    texts, kind = corpus
    pipeline = make_pipeline(EmotionMapper(**CHEAP), LogisticRegression())
    wanted = cross_val_score(pipeline, texts, kind, cv=3, error_score="raise")
    with joblib.parallel_config("threading", n_jobs=2):
        np.testing.assert_array_equal(cross_val_score(pipeline, texts, kind, cv=3, error_score="raise"), wanted)
    kept = make_pipeline(EmotionMapper(**CHEAP), LogisticRegression(), memory=str(tmp_path))
    first = clone(kept).fit(texts, kind).predict_proba(texts)
    np.testing.assert_allclose(clone(kept).fit(texts, kind).predict_proba(texts), first, atol=1e-6)


@pytest.mark.slow
def test_workers_fit_it_and_give_it_back(corpus):
    """Two processes of joblib's: a search, and a union whose fitted parts come back from the workers."""
    texts, kind = corpus
    pipeline = make_pipeline(EmotionMapper(**CHEAP), LogisticRegression())
    grid = {"emotionmapper__region_mapper__beta": [1.0, 2.0]}
    alone, together = (
        GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs, error_score="raise").fit(texts, kind) for n_jobs in (1, 2)
    )
    np.testing.assert_allclose(together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    parts = [("a", EmotionMapper(**CHEAP, output="regions")), ("b", EmotionMapper(**NEAREST, output="regions"))]
    wanted, found = (FeatureUnion(parts, n_jobs=n_jobs).fit(texts).transform(texts[:30]) for n_jobs in (None, 2))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize(
    "stages", [CHEAP, {**CHEAP, "region_mapper": CORPUS}, NEAREST], ids=["evidence", "corpus", "nearest"]
)
def test_a_fitted_one_survives_pickle(corpus, stages):
    """With equal numbers, names and parameters, and without a text in it; a copy of a copy, too."""
    texts = [*corpus[0][:-1], "the hippopotamus of Xanadu was afraid"]
    model = EmotionMapper(**stages).fit(texts)
    data = pickle.dumps(model)
    assert b"Xanadu" not in data
    assert texts[0].encode() not in data
    again = deepcopy(pickle.loads(data))
    np.testing.assert_allclose(again.transform(texts), model.transform(texts), atol=1e-6)
    assert list(again.get_feature_names_out()) == list(model.get_feature_names_out())
    assert again.notes_ == model.notes_
    assert str(again.get_params()) == str(model.get_params())


def test_a_pickle_asks_the_parameters_for_files(corpus, tmp_path, shipped_table):
    """A table that an option names is no part of the pickle: it is read again, and has to be the same."""
    model = EmotionMapper(**CHEAP, region_mapper={"use": "evidence", "table": shipped_table}).fit(corpus[0])
    data = pickle.dumps(model)
    np.testing.assert_allclose(pickle.loads(data).transform(corpus[0][:9]), model.transform(corpus[0][:9]), atol=1e-6)
    shipped_table.write_bytes(shipped_table.read_bytes() + b"\n")
    with pytest.raises(ConfigError) as caught:
        pickle.loads(data)
    assert caught.value.path == "region_mapper.table"


@pytest.fixture
def shipped_table(tmp_path):
    """A copy of the evidence table that ships, with what belongs to it."""
    from emotopy_plugins.region_mappers.evidence import SHIPPED_TABLE

    for path in SHIPPED_TABLE.parent.glob(f"{SHIPPED_TABLE.stem}*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / SHIPPED_TABLE.name


def test_stages_that_cannot_be_saved_cannot_be_pickled(corpus):
    """An object of one's own: named, with what to do; before the fit it is pickled as it is."""
    model = EmotionMapper(embedder=Counting(), **NEAREST)
    assert isinstance(pickle.loads(pickle.dumps(model)).embedder, Counting)
    model.fit(corpus[0])
    with pytest.raises(EmotopyError, match="Counting") as caught:
        pickle.dumps(model)
    assert any("FittedTextPathway.save" in note for note in caught.value.__notes__)


def test_no_representation_shows_a_text(corpus):
    """Neither `repr` nor the HTML that notebooks show, alone and in a pipeline."""
    texts = [*corpus[0][:-1], "the hippopotamus of Xanadu was afraid"]
    pipeline = make_pipeline(EmotionMapper(**CHEAP), LogisticRegression()).fit(texts, corpus[1])
    for one in (pipeline, pipeline[0]):
        shown = repr(one) + one._repr_html_() + str(one._repr_mimebundle_())
        assert "Xanadu" not in shown
        assert "EmotionMapper" in shown
        assert "kmeans" in shown


def test_confidential_texts_stay_here(corpus):
    """A marked table's texts go to no server unless that is allowed, neither to fit nor to transform."""
    frame = mark(pd.DataFrame({"text": corpus[0]}))
    model = EmotionMapper(embedder=Counting("https://elsewhere.example"), **NEAREST)
    arrow = pa.Table.from_pandas(frame)
    for given in (frame, frame["text"], arrow):
        with pytest.raises(ConfigError, match="elsewhere"):
            model.fit(given)
    model.fit(corpus[0])
    with pytest.raises(ConfigError, match="elsewhere"):
        model.transform(frame)
    assert model.set_params(allow_upload=True).fit(frame).transform(frame).shape == (260, 28)
    assert EmotionMapper(**CHEAP).fit(frame).fitted_.no_texts
    assert EmotionMapper(**CHEAP).fit(arrow).fitted_.no_texts


def test_a_large_corpus_is_fitted_to_a_sample(corpus):
    """As the pathway does above `fit_texts`; values are the same transform's."""
    model = EmotionMapper(**NEAREST, config={"fit_texts": 100})
    found = model.fit_transform(corpus[0])
    assert found.shape == (260, 28)
    np.testing.assert_allclose(found, model.transform(corpus[0]), atol=1e-6)


def test_the_cache_is_used(corpus, tmp_path):
    """A second fit takes finished stages from the directory, with the same numbers."""
    first = EmotionMapper(**CHEAP, cache=tmp_path).fit_transform(corpus[0])
    assert list(tmp_path.rglob("*.npz"))
    np.testing.assert_allclose(EmotionMapper(**CHEAP, cache=tmp_path).fit_transform(corpus[0]), first, atol=1e-6)


def test_global_output_holds(corpus):
    """`sklearn.config_context(transform_output=...)`."""
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(EmotionMapper(**CHEAP).fit_transform(corpus[0][:40]), pd.DataFrame)
