"""Every check of the conformance suite can fail: for each there is a stage that breaks just that promise."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import warnings
from pathlib import Path

import attrs
import numpy as np
import pytest

from emotopy import Registry, hookimpl
from emotopy.errors import ConfigError, InputError, ProviderError, UnknownName
from emotopy.records import Intensities, Node
from emotopy.roles import ROLES, Embedder, Estimate
from emotopy.testing import ContractViolation, Unavailable, conformance, doubles
from emotopy.testing.example_inputs import SECRET, TEXTS
from emotopy.testing.role_checks import checks_of


def run(role, factory, check, **arguments):
    """Run one check, by name, on one factory."""
    registry = Registry([doubles.plugin(**{role: {"it": factory}})])
    assert not registry.problems
    found = [(candidate, one) for candidate, one in conformance(role, registry, **arguments) if str(one) == check]
    assert len(found) == 1, f"there is no check {check}"
    candidate, one = found[0]
    one(candidate)


class Embeds(doubles.HashingEmbedder):
    """A good embedder, whose vectors a test may spoil."""

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(n_dims)

    spoil = staticmethod(lambda vectors, texts: vectors)

    def embed(self, texts):
        return self.spoil(super().embed(texts), texts)


def spoilt_embedder(spoil):
    return type("Spoilt", (Embeds,), {"__doc__": "Spoilt.", "spoil": staticmethod(spoil)})


def _nan(vectors, texts):
    vectors[texts.index(TEXTS[0]) if TEXTS[0] in texts else 0, 2] = np.nan
    return vectors


EMBEDDERS = {
    "float64": ("one_finite_row_per_text", lambda vectors, texts: vectors.astype(np.float64)),
    "half precision": ("one_finite_row_per_text", lambda vectors, texts: vectors.astype(np.float16)),
    "another byte order": ("one_finite_row_per_text", lambda vectors, texts: vectors.astype(">f4")),
    "one row short": ("one_finite_row_per_text", lambda vectors, texts: vectors[1:]),
    "one dimension": ("one_finite_row_per_text", lambda vectors, texts: vectors[:, 0]),
    "NaN": ("one_finite_row_per_text", _nan),
    "a list": ("one_finite_row_per_text", lambda vectors, texts: vectors.tolist()),
    "neighbours": ("same_text_same_row", lambda vectors, texts: vectors - vectors.mean(axis=0)),
    "order": ("same_text_same_row", lambda vectors, texts: np.sort(vectors, axis=0)),
    "NaN for emoji": (
        "odd_texts_embed_or_raise",
        lambda vectors, texts: np.where([["😀" in text] for text in texts], np.float32(np.nan), vectors),
    ),
    "a row for nothing": ("no_texts_no_rows", lambda vectors, texts: vectors if len(vectors) else np.zeros((1, 16))),
}


@pytest.mark.parametrize(("check", "spoil"), EMBEDDERS.values(), ids=EMBEDDERS)
def test_spoilt_embedders_are_found_out(check, spoil):
    """An embedder that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("embedder", spoilt_embedder(spoil), check)


def test_odd_texts_may_be_refused():
    """An embedder that raises an error of ours for an odd text keeps the contract; a foreign exception doesn't pass."""

    def refuse(error):
        def spoil(vectors, texts):
            if any("😀" in text for text in texts):
                raise error("no emoji here")
            return vectors

        return spoil

    run("embedder", spoilt_embedder(refuse(InputError)), "odd_texts_embed_or_raise")
    with pytest.raises(ZeroDivisionError):
        run("embedder", spoilt_embedder(refuse(ZeroDivisionError)), "odd_texts_embed_or_raise")


class BadReducer(doubles.RandomProjection):
    """A reducer that a test spoils."""

    def __init__(self, n_components: int = 3, random_state: int | None = None) -> None:
        super().__init__(n_components, random_state)


class Unseeded(BadReducer):
    """Ignores its seed."""

    count = 0

    def fit_transform(self, X):
        type(self).count += 1
        self.random_state = type(self).count
        return super().fit_transform(X)


class NeedsRows(BadReducer):
    """Fails on few rows."""

    def fit_transform(self, X):
        if len(X) < 3:
            raise ValueError("n_components must be less than n_samples")
        return super().fit_transform(X)


class OtherSpace(BadReducer):
    """Places new rows in a space of its own."""

    def transform(self, X):
        return super().transform(X)[:, : 3 if len(X) > 20 else 2]


class Wanders(BadReducer):
    """Places the same rows elsewhere at every call."""

    def transform(self, X):
        self.directions_ = self.directions_ + 0.1
        return super().transform(X)


class Infinite(BadReducer):
    """Returns infinity."""

    def transform(self, X):
        return super().transform(X) * np.inf


class WritesBack(BadReducer):
    """Changes what it is given."""

    def fit_transform(self, X):
        X -= X.mean(axis=0)
        return super().fit_transform(X)


REDUCERS = {
    Unseeded: "same_seed_same_output",
    OtherSpace: "new_rows_are_placed",
    Wanders: "new_rows_are_placed",
    Infinite: "one_point_per_row",
    WritesBack: "input_stays_as_it_was",
}


@pytest.mark.parametrize(("factory", "check"), REDUCERS.items())
def test_spoilt_reducers_are_found_out(factory, check):
    """A reducer that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("reducer", factory, check)


def test_a_reducer_that_fails_on_few_rows_is_found_out():
    """What the stage raises on few rows comes out of the check."""
    with pytest.raises(ValueError, match="n_samples"):
        run("reducer", NeedsRows, "few_rows_reduce")


def spoilt_clusterer(**methods):
    return type("Spoilt", (doubles.SoftHalves,), {"__doc__": "Spoilt.", **methods})


CLUSTERERS = {
    "floats": ("one_label_per_point", {"fit_predict": lambda self, X: np.zeros(len(X))}),
    "below -1": ("one_label_per_point", {"fit_predict": lambda self, X: np.full(len(X), -2)}),
    "a column": ("one_label_per_point", {"fit_predict": lambda self, X: np.zeros((len(X), 1), dtype=int)}),
    "strange labels": ("new_points_are_labelled", {"predict": lambda self, X: np.full(len(X), 0 if len(X) > 7 else 9)}),
    "membership above one": ("membership_is_a_share", {"membership": lambda self, points: np.ones((len(points), 2))}),
    "membership too wide": ("membership_is_a_share", {"membership": lambda self, points: np.zeros((len(points), 3))}),
}


@pytest.mark.parametrize(("check", "methods"), CLUSTERERS.values(), ids=CLUSTERERS)
def test_spoilt_clusterers_are_found_out(check, methods):
    """A clusterer that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("clusterer", spoilt_clusterer(**methods), check)


def spoilt_scorer(spoil):
    class Spoilt(doubles.WordScorer):
        """Spoilt."""

        def score(self, texts):
            return spoil(super().score(texts), texts)

    return Spoilt


def _relative(scored, texts):
    values = scored.values - scored.values.mean() if len(texts) else scored.values
    return attrs.evolve(scored, values=values)


SCORERS = {
    "an array": ("one_score_per_text", lambda scored, texts: scored.values),
    "coverage of 2": ("one_score_per_text", lambda scored, texts: attrs.evolve(scored, coverage=scored.coverage + 2)),
    "one row more": (
        "one_score_per_text",
        lambda scored, texts: Intensities((), np.zeros(99), np.zeros((99, 0)), np.zeros(99)),
    ),
    "other emotions": (
        "one_score_per_text",
        lambda scored, texts: attrs.evolve(scored, emotions=("joy", "fear" if "!!!" in texts else "dread")),
    ),
    "relative to others": ("texts_are_scored_one_by_one", _relative),
    "rows for nothing": (
        "no_texts_no_scores",
        lambda scored, texts: Intensities((), np.zeros(1), np.zeros((1, 0)), np.zeros(1)),
    ),
}


@pytest.mark.parametrize(("check", "spoil"), SCORERS.values(), ids=SCORERS)
def test_spoilt_scorers_are_found_out(check, spoil):
    """A scorer that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("intensity_scorer", spoilt_scorer(spoil), check)


def spoilt_mapper(**methods):
    return type("Spoilt", (doubles.Profiled,), {"__doc__": "Spoilt.", **methods})


def _against_others(self, inputs):
    values = np.exp(self.cosines(inputs) - self.cosines(inputs).mean(axis=0))
    return values / values.sum(axis=1, keepdims=True)


def _learns_the_first(self, inputs):
    self.first_ = self.cosines(inputs)[0]
    self.n_targets_ = len(inputs.targets)
    return self


MAPPERS = {
    "rows that sum to two": ("rows_sum_to_one", {"assign": lambda self, inputs: 2 * np.eye(26, len(inputs.targets))}),
    "negative shares": (
        "rows_sum_to_one",
        {"assign": lambda self, inputs: np.tile([2.0, -1.0] + [0.0] * (len(inputs.targets) - 2), (26, 1))},
    ),
    "regions where nodes were asked for": (
        "rows_sum_to_one",
        {"assign": lambda self, inputs: np.full((len(inputs.texts), 3), 1 / 3)},
    ),
    "neighbours count": ("texts_are_assigned_one_by_one", {"assign": _against_others}),
    "the first row counts": (
        "order_of_the_fit_does_not_matter",
        {
            "fit": _learns_the_first,
            "assign": lambda self, inputs: np.tile(np.exp(self.first_) / np.exp(self.first_).sum(), (26, 1)),
        },
    ),
    "a profile with NaN": (
        "profile_has_a_standard",
        {"profile": lambda self, inputs: np.full((26, len(inputs.targets)), np.nan)},
    ),
    "no name for the standard": ("profile_has_a_standard", {"reference": ""}),
    "shares that don't sum to one": ("profile_has_a_standard", {"reference_share": np.ones(3)}),
}


@pytest.mark.parametrize(("check", "methods"), MAPPERS.values(), ids=MAPPERS)
def test_spoilt_mappers_are_found_out(check, methods):
    """A mapper that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("region_mapper", spoilt_mapper(**methods), check)


def test_a_mapper_that_needs_points_may_raise_ours_but_nothing_else():
    """Without points an error of ours is fine, a TypeError comes out."""

    class NeedsPoints(doubles.Directions):
        """Needs points."""

        def assign(self, inputs):
            if inputs.points is None:
                raise InputError("no points")
            return super().assign(inputs)

    class Careless(doubles.Directions):
        """Doesn't look."""

        def assign(self, inputs):
            return super().assign(inputs) + 0 * inputs.points[:, :1]

    run("region_mapper", NeedsPoints, "texts_without_points_map_or_raise")
    with pytest.raises(TypeError):
        run("region_mapper", Careless, "texts_without_points_map_or_raise")


def spoilt_atlas(**members):
    return type("Spoilt", (doubles.ToyAtlas,), {"__doc__": "Spoilt.", **members})


def _nodes(**changes):
    return (attrs.evolve(doubles.ToyAtlas.nodes[0], **changes), *doubles.ToyAtlas.nodes[1:])


ATLASES = {
    "capitals": ("names_are_names", {"regions": ("Amygdala", "insula", "hypothalamus")}),
    "twice": ("names_are_names", {"nodes": _nodes(name="amygdala_right")}),
    "a region without a node": ("every_node_has_its_region", {"regions": (*doubles.ToyAtlas.regions, "caudate")}),
    "a node without a region": ("every_node_has_its_region", {"nodes": _nodes(region="caudate")}),
    "voxels for millimetres": ("nodes_lie_in_the_brain", {"nodes": _nodes(x_mm=182)}),
    "not a number": ("nodes_lie_in_the_brain", {"nodes": _nodes(y_mm=float("nan"))}),
    "no radius": ("nodes_lie_in_the_brain", {"nodes": _nodes(radius_mm=0)}),
    "columns in another order": (
        "extract_averages_where_the_nodes_are",
        {"extract": lambda self, image: doubles.ToyAtlas.extract(self, image)[:, ::-1]},
    ),
    "sums, not means": (
        "extract_averages_where_the_nodes_are",
        {"extract": lambda self, image: doubles.ToyAtlas.extract(self, image) * 33},
    ),
    "columns for nodes": (
        "extract_averages_where_the_nodes_are",
        {"extract": lambda self, image: doubles.ToyAtlas.extract(self, image)[:, [0, 0, 1, 1, 2]]},
    ),
}


@pytest.mark.parametrize(("check", "members"), ATLASES.values(), ids=ATLASES)
def test_spoilt_atlases_are_found_out(check, members):
    """An atlas that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("atlas", spoilt_atlas(**members), check)


def spoilt_reporter(write):
    return type("Spoilt", (doubles.CsvReporter,), {"__doc__": "Spoilt.", "write": write})


def _page(words):
    def write(self, result, directory):
        path = directory / "page.html"
        path.write_text(words(result, directory), "utf-8")
        return [path]

    return write


NUMBERS = itertools.count()

REPORTERS = {
    "no path": (
        "files_are_where_it_says",
        lambda self, result, directory: [] * len(_page(lambda *_: "x")(self, result, directory)),
    ),
    "no file": ("files_are_where_it_says", lambda self, result, directory: []),
    "texts all the same": ("no_texts_means_no_texts", _page(lambda result, directory: f"happy {SECRET}")),
    "raw markup": ("markup_is_escaped", _page(lambda result, directory: " ".join(result.mapped.corpus.text))),
    "its own path": ("nothing_tells_of_this_machine", _page(lambda result, directory: f"see {directory}/page.html")),
    "another number every time": ("same_seed_same_output", _page(lambda result, directory: str(next(NUMBERS)))),
}


@pytest.mark.parametrize(("check", "write"), REPORTERS.values(), ids=REPORTERS)
def test_spoilt_reporters_are_found_out(check, write):
    """A reporter that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run("reporter", spoilt_reporter(write), check)


BRAIN = {
    "ratings of 2": (
        "annotator",
        "one_rating_per_segment_and_emotion",
        type("Loud", (doubles.Lengths,), {"annotate": lambda self, s, e: np.full((len(s), len(e)), 2.0)}),
    ),
    "a column short": (
        "annotator",
        "one_rating_per_segment_and_emotion",
        type("Short", (doubles.Lengths,), {"annotate": lambda self, s, e: np.ones((len(s), len(e) - 1))}),
    ),
    "no windows": (
        "connectivity",
        "windows_by_edges",
        type("Blind", (doubles.Correlation,), {"features": lambda self, series, tr_s: np.zeros((0, 10))}),
    ),
    "edges by length": (
        "connectivity",
        "windows_by_edges",
        type("Long", (doubles.Correlation,), {"features": lambda self, series, tr_s: series.T.copy()}),
    ),
    "one target": (
        "neural_decoder",
        "predicts_every_emotion",
        type("Single", (doubles.LeastSquares,), {"predict": lambda self, X: np.zeros((len(X), 1))}),
    ),
    "learns nothing": (
        "neural_decoder",
        "learns_a_line",
        type("Idle", (doubles.LeastSquares,), {"predict": lambda self, X: -doubles.LeastSquares.predict(self, X)}),
    ),
}


@pytest.mark.parametrize(("role", "check", "factory"), BRAIN.values(), ids=BRAIN)
def test_spoilt_stages_of_the_brain_pathway_are_found_out(role, check, factory):
    """An annotator, connectivity measure or decoder that breaks one promise fails that promise's check."""
    with pytest.raises(ContractViolation):
        run(role, factory, check)


# What every role promises -------------------------------------------------------------------------------------------


def untyped(n_dims=16):
    """Has no types."""
    return doubles.HashingEmbedder(n_dims)


def without_default(n_dims: int):
    """Has no default."""
    return doubles.HashingEmbedder(n_dims)


def type_error(n_dims: int = "sixteen"):
    """Has a default of another type."""
    return doubles.HashingEmbedder(int(n_dims))


def silent(n_dims: int = 16):
    return doubles.HashingEmbedder(n_dims)


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        (untyped, "every_option_has_a_type_and_a_default"),
        (without_default, "every_option_has_a_type_and_a_default"),
        (type_error, "defaults_fit_their_types"),
        (silent, "says_what_it_is"),
    ],
)
def test_factories_without_types_defaults_or_words_are_found_out(factory, check):
    """Options need types and defaults that fit, and a factory a docstring."""
    with pytest.raises(ContractViolation):
        run("embedder", factory, check)


def _with_filter(vectors, texts):
    warnings.simplefilter("ignore", category=BytesWarning, lineno=len(warnings.filters))
    return vectors


def _with_variable(vectors, texts):
    os.environ["EMOTOPY_TEST_TRACE"] = str(int(os.environ.get("EMOTOPY_TEST_TRACE", "0")) + 1)
    return vectors


def _with_numpy_draw(vectors, texts):
    np.random.random()  # noqa: NPY002 (the very thing that must be found out)
    return vectors


def _with_numpy_seed(vectors, texts):
    np.random.seed(0)  # noqa: NPY002 (the same state every time, and not the user's)
    return vectors


def _with_print(vectors, texts):
    print("embedding")
    return vectors


def _with_handler(vectors, texts):
    logging.getLogger().addHandler(logging.NullHandler())
    return vectors


@pytest.fixture
def restored():
    """Put back what the traces below change."""
    handlers, state = list(logging.getLogger().handlers), np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings():
        yield
    logging.getLogger().handlers[:] = handlers
    np.random.set_state(state)  # noqa: NPY002
    os.environ.pop("EMOTOPY_TEST_TRACE", None)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    "spoil", [_with_filter, _with_variable, _with_numpy_draw, _with_numpy_seed, _with_print, _with_handler]
)
def test_traces_in_the_process_are_found_out(spoil):
    """A stage that changes filters, environment, generators or logging, or prints, fails."""
    with pytest.raises(ContractViolation):
        run("embedder", spoilt_embedder(spoil), "leaves_the_process_alone")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import scipy", "heavy libraries"),
        ("print('hello')", "stdout"),
        ("import warnings; warnings.simplefilter('ignore')", "warning filters"),
        ("import os; os.environ['X_TRACE'] = '1'", "environment"),
        ("import logging; logging.basicConfig()", "logging"),
        ("", None),
    ],
)
def test_an_import_that_does_something_is_found_out(tmp_path, monkeypatch, line, told):
    """A plugin module that imports heavy things, prints or changes the process fails; a quiet one passes."""
    name = f"plugin_under_test_{abs(hash(line)) % 10**8}"
    (tmp_path / f"{name}.py").write_text(
        f"{line}\nfrom emotopy import hookimpl\nfrom emotopy.testing.doubles import HashingEmbedder\n"
        "@hookimpl\ndef register_embedders():\n    return {'it': HashingEmbedder}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    # Not imported here: it would do to this process what the check is to find out.
    registry = Registry([doubles.plugin(name, embedder={"it": doubles.HashingEmbedder})])
    pairs = conformance("embedder", registry)
    candidate, check = next(pair for pair in pairs if str(pair[1]) == "importing_the_plugin_is_light")
    if told is None:
        check(candidate)
        return
    with pytest.raises(ContractViolation, match=told):
        check(candidate)


def test_what_is_not_here_skips_and_says_so():
    """A missing key, library, network or option, and a stage that would send texts elsewhere, raise Unavailable."""

    class Priced(doubles.HashingEmbedder):
        """Costs money."""

        def estimate(self, texts):
            return Estimate(len(texts), 0, 0, 0, None)

    class Unplugged(doubles.HashingEmbedder):
        """Has no network."""

        def embed(self, texts):
            raise ProviderError("no network")

    def without_key(model: str = "x") -> Embedder:
        """Needs a key."""
        raise ConfigError("embedder: set OPENAI_API_KEY")

    def without_library() -> Embedder:
        """Needs a library."""
        import no_such_library_anywhere  # noqa: F401

        return doubles.HashingEmbedder()

    def without_default(path: Path) -> Embedder:
        """Needs an option."""
        return doubles.HashingEmbedder()

    for factory, reason in (
        (Priced, "remote=True"),
        (Unplugged, "no network"),
        (without_key, "OPENAI_API_KEY"),
        (without_library, "pip install"),
        (without_default, "needs a value"),
    ):
        with pytest.raises(Unavailable, match=reason):
            run("embedder", factory, "one_finite_row_per_text")
    run("embedder", Priced, "one_finite_row_per_text", remote=True)
    run("embedder", without_default, "one_finite_row_per_text", options={"it": {"path": "here"}})


def test_pytest_takes_unavailable_for_a_skip(pytester_like):
    """In a test session of somebody else's, Unavailable shows as skipped, ContractViolation as failed."""
    passed, failed, skipped = pytester_like(
        "import pytest\n"
        "from emotopy.testing import ContractViolation, Unavailable\n"
        "def test_skips():\n    raise Unavailable('no key')\n"
        "def test_fails():\n    raise ContractViolation('no row')\n"
        "def test_passes():\n    pass\n"
    )
    assert (passed, failed, skipped) == (1, 1, 1)


@pytest.fixture
def pytester_like(tmp_path):
    """Run a test file in a session of its own; returns the numbers of passed, failed and skipped."""
    import re
    import subprocess

    def run_file(source):
        file = tmp_path / "test_theirs.py"
        file.write_text(source)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
        out = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False).stdout
        return tuple(
            int(found[1]) if (found := re.search(rf"(\d+) {word}", out)) else 0
            for word in ("passed", "failed", "skipped")
        )

    return run_file


def test_conformance_picks_an_owner_and_makes_nothing():
    """`only_owner` leaves out others' offers, and nothing is made before a check runs."""
    made = []

    def counting() -> Embedder:
        """Count."""
        made.append(1)
        return doubles.HashingEmbedder()

    registry = Registry([doubles.plugin(embedder={"it": counting})], owner="mine")
    pairs = conformance("embedder", registry, only_owner="mine")
    assert len(pairs) == len(checks_of("embedder"))
    assert not made
    assert [str(candidate) for candidate, _ in pairs[:1]] == ["embedder mine:it"]


def test_an_owner_without_offers_is_an_error():
    """A suite of no checks would pass: who offers nothing of the role is asked whether it is installed, and why not."""

    def fails():
        raise RuntimeError("no such luck")

    broken = doubles.plugin("theirs")
    broken.register_embedders = hookimpl(fails)
    registry = Registry([doubles.plugin(embedder={"it": doubles.HashingEmbedder}), broken], owner="mine")
    with pytest.raises(UnknownName, match=r"'mien' offers no embedder.*Did you mean 'mine'.*no such luck"):
        conformance("embedder", registry, only_owner="mien")
    with pytest.raises(UnknownName, match="offers no reducer"):
        conformance("reducer", registry, only_owner="mine")


def test_every_role_has_checks_of_its_own():
    """No role is checked by the generic promises alone; a role that isn't one raises."""
    generic = {str(check) for check in checks_of("atlas")} & {str(check) for check in checks_of("embedder")}
    for role in ROLES:
        assert {str(check) for check in checks_of(role)} - generic, role
    with pytest.raises(UnknownName):
        checks_of("embeder")


def test_node_of_the_toy_atlas_is_as_small_as_its_record_says():
    """The toy's series average the spheres that its nodes describe."""
    from emotopy.testing.example_inputs import coordinate_image

    series = doubles.ToyAtlas().extract(coordinate_image())
    assert series.shape == (6, 3)
    hypothalamus = next(node for node in doubles.ToyAtlas.nodes if node.name == "hypothalamus")
    assert isinstance(hypothalamus, Node)
    np.testing.assert_allclose(series[2:5, 2], hypothalamus.xyz_mm, atol=2.5)
