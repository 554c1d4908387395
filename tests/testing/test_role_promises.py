"""Empty, single, unseen and odd input: for each promise of a role there is a stage that breaks just that one."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from emotopy import Registry
from emotopy.errors import InputError
from emotopy.pathways.brain.result import Decoding
from emotopy.readers.segmentation import without_word
from emotopy.records.brain import Windowing
from emotopy.testing import ContractViolation, NotApplicable, conformance, doubles
from emotopy.testing.example_inputs import TEXTS


def run(role, factory, check):
    """Run one check, by name, on one factory."""
    registry = Registry([doubles.plugin(**{role: {"it": factory}})])
    assert not registry.problems
    candidate, one = next(pair for pair in conformance(role, registry) if str(pair[1]) == check)
    one(candidate)


def like(double, **members):
    """Return a subclass of a double, spoilt."""
    return type("Spoilt", (double,), {"__doc__": "Spoilt.", **members})


def _at_least_one(method):
    """Return a method that answers no rows with one."""

    def spoilt(self, X, *more):
        return method(self, X, *more) if len(X) else np.zeros((1, 3))

    return spoilt


def _only_seen(self, inputs):
    """Know the texts of the fit alone."""
    rows = doubles.Directions.assign(self, inputs)
    known = [text.removesuffix(" again") in TEXTS for text in inputs.texts]
    return rows * np.array(known)[:, None]


def _no_path(self, image):
    return doubles.ToyAtlas.extract(self, image if not isinstance(image, str) else _image(image) * 2)


def _image(path):
    import nibabel

    image = nibabel.load(path)
    return type("Doubled", (), {"__mul__": lambda self, n: nibabel.nifti1.Nifti1Image(
        np.asarray(image.dataobj) * n, image.affine)})()  # fmt: skip


def _spoilt_by_nan(self, series, tr_s):
    return np.full((5, 10), series.mean())


def _edges(series):
    return series.shape[1] * (series.shape[1] - 1) // 2


class EagerStream:
    """Answers before it knows."""

    def update(self, volume):
        return np.zeros(len(volume) * (len(volume) - 1) // 2)


class LastWindow:
    """Keeps the volumes and measures the last of them."""

    def __init__(self, measure, tr_s):
        self.measure, self.tr_s, self.seen = measure, tr_s, []

    def update(self, volume):
        self.seen.append(volume)
        width = self.measure.windowing.width(self.tr_s)
        return None if len(self.seen) < width else self.measure.features(np.array(self.seen[-width:]), self.tr_s)[0]


class OtherWindow(LastWindow):
    """Measures something else."""

    def update(self, volume):
        found = super().update(volume)
        return None if found is None else found + 0.001


class Causal(doubles.Correlation):
    """Correlates volumes as they come."""

    STREAM = LastWindow

    def __init__(self, windowing: Windowing | None = None, causal: bool = False) -> None:
        super().__init__(windowing)
        self.causal = causal

    def stream(self, n_regions, tr_s):
        return self.STREAM(self, tr_s)


class Linear(doubles.LeastSquares):
    """Says what it learnt."""

    is_linear = True

    def linear_form(self):
        return self.weights_, self.mean_ - self.centre_ @ self.weights_


class LeavesOut(doubles.HashingEmbedder):
    """Leaves words out."""

    def embed_without(self, texts, words):
        pairs = zip(texts, words, strict=True)
        return self.embed([without_word(text, *word) for text, own in pairs for word in own])


class ByLength(doubles.Directions):
    """Says that it looks at embeddings alone, and counts letters."""

    embeddings_only = True

    def assign(self, inputs):
        n = np.array([[len(text)] for text in inputs.texts])
        rows = super().assign(inputs) + n * np.eye(1, len(inputs.targets))
        return rows / rows.sum(axis=1, keepdims=True)


BROKEN = {
    "the whole text in place of the rest": ("embedder", "words_left_out_embed_as_the_rest", like(
        LeavesOut, embed_without=lambda self, texts, words: self.embed(
            [text for text, own in zip(texts, words, strict=True) for _ in own]))),
    "a row too many": ("embedder", "words_left_out_embed_as_the_rest", like(
        LeavesOut, embed_without=lambda self, texts, words: self.embed(["so", *map(str, chain(*words))]))),
    "words beside the embedding": ("region_mapper", "embeddings_decide_where_it_says_so", ByLength),
    "another line": ("neural_decoder", "a_linear_form_is_the_prediction", like(
        Linear, linear_form=lambda self: (self.weights_, self.mean_))),
    "a line turned over": ("neural_decoder", "a_linear_form_is_the_prediction", like(
        Linear, linear_form=lambda self: (self.weights_.T, self.mean_))),
    "features before a window is full": ("connectivity", "a_stream_gives_the_windows_of_the_run", like(
        Causal, stream=lambda self, n_regions, tr_s: EagerStream())),
    "features of another window": ("connectivity", "a_stream_gives_the_windows_of_the_run", like(
        Causal, STREAM=OtherWindow)),
    "no stream": ("connectivity", "a_stream_gives_the_windows_of_the_run", like(Causal, stream=None)),
    "a row for none": ("reducer", "no_rows_no_points", like(
        doubles.RandomProjection, fit_transform=_at_least_one(doubles.RandomProjection.fit_transform))),
    "a label for none": ("clusterer", "no_points_no_labels", like(
        doubles.Halves, fit_predict=lambda self, X: np.zeros(max(1, len(X)), dtype=int))),
    "a rating for none": ("annotator", "no_segments_no_ratings", like(
        doubles.Lengths, annotate=_at_least_one(doubles.Lengths.annotate))),
    "emotions of its own": ("annotator", "any_emotion_is_rated_or_refused", like(
        doubles.Lengths, annotate=lambda self, segments, emotions: np.zeros((len(segments), 3)))),
    "only texts that it knows": ("region_mapper", "unseen_texts_are_assigned", like(
        doubles.Directions, assign=_only_seen)),
    "another image by its path": ("atlas", "a_path_and_a_single_volume_will_do", like(
        doubles.ToyAtlas, extract=_no_path)),
    "windows of its own": ("connectivity", "windows_are_those_of_the_run", like(
        doubles.Correlation, features=lambda self, series, tr_s: np.zeros((len(series) // 10, _edges(series))))),
    "everything lost to three volumes": ("connectivity", "censored_volumes_are_left_out", like(
        doubles.Correlation, features=_spoilt_by_nan)),
    "infinity from little": ("connectivity", "a_short_series_gives_rows_or_raises", like(
        doubles.Correlation, features=lambda self, series, tr_s: np.full((1, 10), np.inf))),
    "new rows by their neighbours": ("reducer", "new_rows_are_placed_one_by_one", like(
        doubles.RandomProjection, transform=lambda self, X: X @ self.directions_ - (X.mean() if len(X) < 20 else 0))),
    "new rows by their order": ("reducer", "new_rows_are_placed_one_by_one", like(
        doubles.RandomProjection, transform=lambda self, X: X @ self.directions_ + np.arange(len(X))[:, None])),
    "new points by their neighbours": ("clusterer", "new_points_are_labelled_one_by_one", like(
        doubles.Halves, predict=lambda self, X: (X[:, 0] > np.median(X[:, 0])).astype(int))),
    "windows by their neighbours": ("neural_decoder", "windows_are_predicted_one_by_one", like(
        doubles.LeastSquares, predict=lambda self, X: doubles.LeastSquares.predict(self, X - X.mean(axis=0)))),
    "emotions in an order of its own": ("annotator", "columns_follow_the_emotions", like(
        doubles.Lengths, annotate=lambda self, segments, emotions: doubles.Lengths.annotate(
            self, segments, sorted(emotions)))),
    "NaN from a constant": ("neural_decoder", "poor_features_predict", like(
        doubles.LeastSquares, predict=lambda self, X: X / X.std() * np.ones((1, 1)))),
    "nothing of some kind": ("reporter", "every_kind_is_written_or_refused", like(
        doubles.CsvReporter, write=lambda self, result, directory: [])),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("role", "check", "factory"), BROKEN.values(), ids=BROKEN)
def test_spoilt_stages_are_found_out(role, check, factory):
    """A stage that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run(role, factory, check)


def refuses(error):
    """Return a method that raises."""

    def method(self, *arguments):
        raise error("not with me")

    return method


REFUSABLE = {
    "an emotion that it doesn't know": ("annotator", "any_emotion_is_rated_or_refused", doubles.Lengths, "annotate"),
    "a short series": ("connectivity", "a_short_series_gives_rows_or_raises", doubles.Correlation, "features"),
    "a kind of result": ("reporter", "every_kind_is_written_or_refused", doubles.CsvReporter, "write"),
}


@pytest.mark.parametrize(("role", "check", "double", "method"), REFUSABLE.values(), ids=REFUSABLE)
def test_what_may_be_refused_may_be_refused_in_our_words_alone(role, check, double, method):
    """An error of emotopy's keeps the promise, a foreign exception comes out."""
    run(role, like(double, **{method: refuses(InputError)}), check)
    with pytest.raises(ZeroDivisionError):
        run(role, like(double, **{method: refuses(ZeroDivisionError)}), check)


def test_streams_and_lines_that_keep_their_promise_pass():
    """A plugin's own ways of them, and of what explains words."""
    run("embedder", LeavesOut, "words_left_out_embed_as_the_rest")
    run("region_mapper", like(doubles.Directions, embeddings_only=True), "embeddings_decide_where_it_says_so")
    run("connectivity", Causal, "a_stream_gives_the_windows_of_the_run")
    run("neural_decoder", Linear, "a_linear_form_is_the_prediction")


NEVER_PROMISED = {
    "words": ("embedder", "words_left_out_embed_as_the_rest", doubles.HashingEmbedder),
    "embeddings": ("region_mapper", "embeddings_decide_where_it_says_so", doubles.Directions),
    "embeddings, said": ("region_mapper", "embeddings_decide_where_it_says_so", like(
        doubles.Directions, embeddings_only=False)),
    "a line": ("neural_decoder", "a_linear_form_is_the_prediction", doubles.LeastSquares),
    "a stream": ("connectivity", "a_stream_gives_the_windows_of_the_run", doubles.Correlation),
    "transform": ("reducer", "new_rows_are_placed", type("Fits", (), {
        "__doc__": "Fits.", "fit_transform": lambda self, X: X[:, :2]})),
    "predict": ("clusterer", "new_points_are_labelled", type("Fits", (), {
        "__doc__": "Fits.", "fit_predict": lambda self, X: np.zeros(len(X), dtype=int)})),
    "membership": ("clusterer", "membership_is_a_share", doubles.Halves),
    "profile": ("region_mapper", "profile_has_a_standard", doubles.Directions),
    "windowing": ("connectivity", "windows_are_those_of_the_run", type("Whole", (), {
        "__doc__": "Whole.", "features": lambda self, series, tr_s: np.ones((1, _edges(series)))})),
}  # fmt: skip


@pytest.mark.parametrize(("role", "check", "factory"), NEVER_PROMISED.values(), ids=NEVER_PROMISED)
def test_what_was_never_promised_is_not_applicable(role, check, factory):
    """A stage without the capability is told apart from one that keeps the promise."""
    with pytest.raises(NotApplicable):
        run(role, factory, check)


def test_the_decoding_that_reporters_are_given_is_one():
    """The suite's own decoding has scores of two emotions and an explanation that can be written."""
    from emotopy.testing.example_inputs import decoding

    made = decoding()
    assert isinstance(made, Decoding)
    assert made.emotions == ("fear", "joy")
    scored = made.scores["features"] != "mean"  # a constant prediction has no r
    assert np.isfinite(made.scores["r"][scored]).all()
