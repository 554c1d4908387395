"""What a stage keeps, shares or reads from its surroundings: for each such promise there is a stage that breaks it."""

from __future__ import annotations

import decimal
import locale
import os
import random
import sys
import tempfile
import threading
import time

import numpy as np
import pytest

from emotopy import Registry
from emotopy.roles import Atlas, Connectivity, Embedder, Host
from emotopy.testing import ContractViolation, check_outcome, conformance, doubles
from emotopy.testing.role_checks import checks_of


def candidate_of(role, factory, **arguments):
    """Return a candidate and its checks by name."""
    registry = Registry([doubles.plugin(**{role: {"it": factory}})])
    assert not registry.problems
    pairs = conformance(role, registry, **arguments)
    return pairs[0][0], {str(check): check for _, check in pairs}


def failed(role, factory):
    """Return the names of the checks that a stage fails; each on a candidate of its own."""
    names = []
    for name in (str(check) for check in checks_of(role)):
        candidate, checks = candidate_of(role, factory)
        if check_outcome(candidate, checks[name]).status == "failed":
            names.append(name)
    return names


class Plain(doubles.HashingEmbedder):
    """A good embedder, for a test to spoil."""

    thread_safe = False

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(max(1, n_dims))


class Remembers(Plain):
    """Moves a text's vector by the longest text so far: batches and order look right, the past doesn't."""

    longest = 60

    def embed(self, texts):
        self.longest = max(self.longest, *(len(text) for text in texts), 0) if texts else self.longest
        return super().embed(texts) + np.float32(self.longest)


class Cached(Plain):
    """Keeps answers by text, and hands out what it keeps."""

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(n_dims)
        self.kept = {}

    def embed(self, texts):
        key = tuple(texts)
        if key not in self.kept:
            self.kept[key] = super().embed(texts)
        return self.kept[key]


class OneBuffer(Plain):
    """Writes every answer into the same memory."""

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(n_dims)
        self.buffer = np.zeros((64, self.n_dims), dtype=np.float32)

    def embed(self, texts):
        self.buffer[: len(texts)] = super().embed(texts)
        return self.buffer[: len(texts)]


class Firsts(doubles.RandomProjection):
    """Keeps the first columns, as a view."""

    state = restore = None

    def __init__(self, n_components: int = 3, random_state: int | None = None) -> None:
        super().__init__(max(1, n_components), random_state)

    def fit_transform(self, X):
        return self.transform(X)

    def transform(self, X):
        return X[:, : self.n_components]


class SharedFit(Firsts):
    """Keeps what it learnt on the class."""

    def fit_transform(self, X):
        type(self).shift = X.mean(axis=0)[: self.n_components]
        return self.transform(X)

    def transform(self, X):
        return X[:, : self.n_components] - type(self).shift


class OneThread(Plain):
    """Works where it was made alone, as an object of SQLite does."""

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(n_dims)
        self.home = threading.get_ident()

    def embed(self, texts):
        if threading.get_ident() != self.home:
            raise RuntimeError("made in another thread")
        return super().embed(texts)


class OtherInThreads(Plain):
    """Gives threads other than the main one something else."""

    def embed(self, texts):
        return super().embed(texts) + np.float32(threading.current_thread() is not threading.main_thread())


def drawing(draw):
    """Return an embedder that adds what a global generator draws, and puts the generator back."""

    class Draws(Plain):
        """Draws."""

        def embed(self, texts):
            python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
            shift = draw()
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
            return super().embed(texts) + np.float32(shift)

    return Draws


class ByTimeZone(Plain):
    """Adds the hour of midnight, as the place has it."""

    def embed(self, texts):
        return super().embed(texts) + np.float32(time.localtime(0).tm_hour * 60 + time.localtime(0).tm_min)


class ByPrecision(Plain):
    """Counts with the process's decimals."""

    def embed(self, texts):
        return super().embed(texts) + np.float32(decimal.Decimal(1) / decimal.Decimal(3) * 30000 - 10000)


class InPlace(doubles.LeastSquares):
    """Turns the signs of what it is given in place, and turns them back."""

    def fit(self, X, Y):
        X *= -1
        super().fit(X, Y)
        X *= -1
        return self

    def predict(self, X):
        return super().predict(-X)


class JoinsLists(Plain):
    """Takes texts for a list."""

    def embed(self, texts):
        return super().embed(texts + [])  # noqa: RUF005 (the very thing that must be found out)


class WithoutCopy(Plain):
    """Sorts the list that it is given."""

    def embed(self, texts):
        order = {text: i for i, text in enumerate(texts)}
        vectors = super().embed(texts)
        places = [order[text] for text in texts]
        texts.sort()
        return vectors[places]


SETTINGS = {"settings_of_the_process_do_not_matter"}
PASTS = {
    "what it was used on before": ("embedder", Remembers, {"earlier_use_leaves_no_trace"}),
    "answers that it keeps": ("embedder", Cached, {"answers_belong_to_the_caller"}),
    "one memory for every answer": ("embedder", OneBuffer, {"answers_belong_to_the_caller", "same_text_same_row"}),
    "a view of the input": ("reducer", Firsts, {"answers_belong_to_the_caller"}),
    "the fit on the class": ("reducer", SharedFit, {"two_stages_share_nothing"}),
    "the thread that made it": ("embedder", OneThread, {"any_thread_may_use_it"}),
    "the main thread": ("embedder", OtherInThreads, {"any_thread_may_use_it"}),
    "Python's generator": ("embedder", drawing(random.random), SETTINGS | {"can_be_had_again_without_pickle"}),
    "NumPy's generator": (
        "embedder",
        drawing(np.random.random),
        SETTINGS | {"can_be_had_again_without_pickle"},
    ),
    "the time zone": ("embedder", ByTimeZone, SETTINGS),
    "the decimal context": ("embedder", ByPrecision, SETTINGS),
    "arrays that it may write to": ("neural_decoder", InPlace, {"input_may_lie_anyhow_in_memory"}),
    "a list of texts": ("embedder", JoinsLists, {"input_may_lie_anyhow_in_memory"}),
    "its list of texts": ("embedder", WithoutCopy, {"input_stays_as_it_was", "input_may_lie_anyhow_in_memory"}),
}


@pytest.mark.parametrize(("role", "factory", "checks"), PASTS.values(), ids=PASTS)
def test_what_a_stage_depends_on_is_found_out_by_its_check_alone(role, factory, checks):
    """A stage that depends on what its contract leaves out fails just the checks of that."""
    assert set(failed(role, factory)) == checks


def test_stages_that_promise_nothing_of_it_pass():
    """The plain embedder that the broken ones are made of fails no check."""
    assert failed("embedder", Plain) == []


# What is left behind ------------------------------------------------------------------------------------------------


def leaving(leave):
    """Return an embedder that leaves something behind at every use."""

    class Leaves(Plain):
        """Leaves."""

        def embed(self, texts):
            leave()
            return super().embed(texts)

    return Leaves


def a_thread():
    event = threading.Event()
    ENDS.append(event)
    threading.Thread(target=event.wait, daemon=True).start()


def a_process():
    import subprocess

    CHILDREN.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))


def a_file():
    file, _ = tempfile.mkstemp()
    os.close(file)


def a_locale():
    locale.setlocale(locale.LC_ALL, "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8")


def a_path():
    sys.path.append(f"nowhere-{len(sys.path)}")


def print_options():
    np.set_printoptions(precision=3 + np.get_printoptions()["precision"] % 5)


ENDS: list[threading.Event] = []
CHILDREN = []


@pytest.fixture
def restored():
    """End what the stages below leave, and put back what they change."""
    path, local, options = list(sys.path), locale.setlocale(locale.LC_ALL), np.get_printoptions()
    yield
    sys.path[:] = path
    locale.setlocale(locale.LC_ALL, local)
    np.set_printoptions(**options)
    while ENDS:
        ENDS.pop().set()
    while CHILDREN:
        CHILDREN.pop().communicate()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("leave", "told"),
    [
        (a_thread, "threads"),
        pytest.param(
            a_process,
            "processes",
            marks=pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are listed on Linux alone"),
        ),
        (a_file, "temporary files"),
        (a_locale, "locale"),
        (a_path, "search path"),
        (print_options, "print options"),
    ],
)
def test_what_is_left_behind_is_found_out(leave, told):
    """Threads, processes, temporary files and settings of the process are as they were once a stage was used."""
    candidate, checks = candidate_of("embedder", leaving(leave))
    with pytest.raises(ContractViolation, match=told):
        checks["leaves_the_process_alone"](candidate)


# Stages that are shared, and lent -----------------------------------------------------------------------------------


def test_a_stage_is_made_three_times_at_most(tmp_path, monkeypatch):
    """All checks together make it twice here and once in the other process, where they once made it 16 times."""
    source = (
        "import os\nfrom emotopy import hookimpl\nfrom emotopy.testing.doubles import HashingEmbedder\n"
        "class It(HashingEmbedder):\n    'It.'\n"
        "    def __init__(self, random_state: int = 0):\n"
        "        super().__init__()\n"
        f"        os.write(os.open({str(tmp_path / 'made')!r}, os.O_APPEND | os.O_CREAT | os.O_WRONLY), b'x')\n"
        "@hookimpl\ndef register_embedders():\n    return {'it': It}\n"
    )
    (tmp_path / "counts_itself.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    import counts_itself

    statuses = {check_outcome(*pair).status for pair in conformance("embedder", Registry([counts_itself]))}
    assert statuses == {"ok", "not applicable"}
    assert (tmp_path / "made").read_text() == "xxx"


def test_a_check_answers_for_no_other():
    """A stage that odd texts spoil fails the check of that, and passes the others, whichever comes first."""
    candidate, checks = candidate_of("embedder", Remembers)
    with pytest.raises(ContractViolation):
        checks["earlier_use_leaves_no_trace"](candidate)
    for name in ("same_input_same_output", "same_seed_same_output", "one_finite_row_per_text"):
        checks[name](candidate)
    fresh, _ = candidate_of("embedder", Remembers)
    checks["odd_texts_embed_or_raise"](fresh)
    checks["same_seed_same_output"](fresh)


def borrower(**kinds):
    """Return a factory that asks for stages by type and uses none."""

    def factory(**stages):
        """Borrow."""
        assert set(stages) == set(kinds)
        for name, kind in kinds.items():
            assert isinstance(stages[name], kind)
        return doubles.HashingEmbedder()

    factory.__annotations__ = kinds
    import inspect

    factory.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in kinds.items()]
    )
    return factory


def test_every_role_is_lent():
    """A factory that asks for stages of other roles, for a host and for windows gets doubles, whatever the role."""
    from emotopy.records.brain import Windowing
    from emotopy.roles import ROLES, STAGES

    for role in STAGES:
        kind = ROLES[role]
        candidate, checks = candidate_of("embedder", borrower(it=kind, host=Host, windows=Windowing))
        assert isinstance(candidate.stage(), doubles.HashingEmbedder), role
        checks["same_seed_same_output"](candidate)
    candidate, _ = candidate_of("embedder", borrower(one=Atlas, other=Connectivity, third=Embedder))
    candidate.stage()


def test_given_stages_go_before_doubles():
    """`stages` of `conformance` are lent as they are."""
    mine = doubles.HashingEmbedder(3)

    def lent(embedder: Embedder) -> Embedder:
        """Hand on."""
        return embedder

    candidate, _ = candidate_of("embedder", lent, stages={"embedder": mine})
    assert candidate.stage() is mine


def test_one_candidate_at_a_time_keeps_its_stages():
    """Models don't pile up over a session: when another candidate makes its stage, the former's are forgotten."""
    first, _ = candidate_of("embedder", Plain)
    second, _ = candidate_of("embedder", Plain)
    made = first.stage()
    assert first.stage() is made
    second.stage()
    assert first.stage() is not made


class Counts(doubles.HashingEmbedder):
    """Learns the words of the fit, as TF-IDF does, and counts them."""

    def __init__(self, smallest: int = 1) -> None:
        super().__init__()

    def fit(self, texts):
        self.words_ = sorted({word for text in texts for word in text.split()})

    def embed(self, texts):
        return np.array([[text.split().count(word) for word in self.words_] for text in texts], dtype=np.float32)


class Goes(Counts):
    """Goes on learning from what it embeds."""

    def embed(self, texts):
        vectors = super().embed(texts)
        self.words_ = sorted({*self.words_, *(word for text in texts for word in text.split())})[: len(self.words_)]
        return vectors


class Together(Counts):
    """Learns the words on the class."""

    def fit(self, texts):
        super().fit(texts)
        type(self).words_ = self.words_
        del self.words_


def test_embedders_that_fit_are_fitted_first():
    """An embedder with `fit` passes; one that goes on learning, or learns for its whole class, is found out."""
    assert failed("embedder", Counts) == []
    assert "earlier_use_leaves_no_trace" in failed("embedder", Goes)
    assert failed("embedder", Together) == ["two_stages_share_nothing"]
