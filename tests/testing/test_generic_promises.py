"""Options, repetition, threads, other processes: for each promise of every role there is a stage that breaks it."""

from __future__ import annotations

import math
import re
import sys
import time
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MinLen

from emotopy import Registry
from emotopy.errors import ConfigError
from emotopy.roles import Embedder, Reducer
from emotopy.testing import ContractViolation, NotApplicable, Unavailable, conformance, doubles


def run(role, factory, check, **arguments):
    """Run one check, by name, on one factory."""
    registry = Registry([doubles.plugin(**{role: {"it": factory}})])
    assert not registry.problems
    candidate, one = next(pair for pair in conformance(role, registry, **arguments) if str(pair[1]) == check)
    one(candidate)


class Projection(doubles.RandomProjection):
    """A reducer that a test spoils."""

    def __init__(self, n_components: int = 3, random_state: int | None = None) -> None:
        super().__init__(n_components, random_state)


# Options ------------------------------------------------------------------------------------------------------------


def careless(n_dims: int = 16) -> Embedder:
    """Takes what comes."""
    made = doubles.HashingEmbedder()
    made.n_dims = n_dims
    return made


def late(n_dims: int | None = 16) -> Embedder:
    """Refuses in words of its own."""
    if n_dims is None or n_dims < 0:
        raise ValueError("bad n_dims")
    return doubles.HashingEmbedder(n_dims)


def strict(n_dims: int = 16, share: float = 0.5) -> Embedder:
    """Refuses in ours."""
    if n_dims < 1 or share < 0:
        raise ConfigError("embedder.n_dims: wanted 1 or more")
    return doubles.HashingEmbedder(n_dims)


def chosen(n_dims: Literal[8, 16] = 16, name: str = "x", random_state: int = 0) -> Embedder:
    """Has no number that could be nonsense."""
    return doubles.HashingEmbedder(n_dims)


@pytest.mark.parametrize(("factory", "told"), [(careless, "it was taken, and then came"), (late, "bad n_dims")])
def test_nonsense_that_is_taken_or_refused_in_other_words_is_found_out(factory, told):
    """−1 that fails later, and −1 that is refused with another exception than ConfigError, break the promise."""
    with pytest.raises(ContractViolation, match=told):
        run("embedder", factory, "nonsense_is_refused")


def test_nonsense_that_is_refused_with_config_error_is_fine():
    """ConfigError when the stage is made keeps the promise; without a number among the options there is none."""
    run("embedder", strict, "nonsense_is_refused")
    with pytest.raises(NotApplicable, match="no option is a number"):
        run("embedder", chosen, "nonsense_is_refused")


class Bounded(doubles.HashingEmbedder):
    """Declares bounds of every kind."""

    def __init__(
        self,
        n_dims: Annotated[int, Ge(1), Lt(100)] = 16,
        share: Annotated[float, Interval(gt=0, le=1)] | None = None,
        scale: Annotated[float, Ge(0), Lt(math.inf)] = 1.0,
        name: Annotated[str, MinLen(2)] = "xx",
        sizes: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1, 3)] = (1,),
        pair: tuple[Annotated[float, Gt(0)], str] = (1.0, "a"),
        table: dict[str, Annotated[int, Le(3)]] | None = None,
    ) -> None:
        super().__init__(n_dims)


def test_bounds_that_are_declared_are_kept_from_every_side():
    """A stage needs no code for it; one without bounds promises none."""
    run("embedder", Bounded, "bounds_hold_everywhere")
    with pytest.raises(NotApplicable, match="no option declares a bound"):
        run("embedder", careless, "bounds_hold_everywhere")


def test_a_bound_that_nobody_checks_is_found_out(monkeypatch):
    """Were bounds dropped on the way, as a resolver of types may do, the promise would be broken."""
    monkeypatch.setattr("emotopy.registry.options.check_bounds", lambda value, annotation, path: None)
    with pytest.raises(ContractViolation, match=r"n_dims = 0 from a file breaks a bound"):
        run("embedder", Bounded, "bounds_hold_everywhere")


def test_a_bound_that_the_schema_lacks_is_found_out(monkeypatch):
    """What a platform reads from the schema is part of the promise."""
    monkeypatch.setattr("emotopy.registry.options.schema_of_bounds", lambda annotation: {})
    with pytest.raises(ContractViolation, match=r"the JSON Schema of 'n_dims' lacks the bound at least 1"):
        run("embedder", Bounded, "bounds_hold_everywhere")


def named(kind: Literal["plain", "odd"] = "plain", sizes: tuple[int, ...] = (1, 2), table: dict | None = None) -> Any:
    """Has options of many plain types."""
    assert isinstance(sizes, tuple)
    return doubles.HashingEmbedder()


def picky(table: dict | None = None) -> Any:
    """Look at what kind of thing it was given."""
    return doubles.HashingEmbedder(3 if table and isinstance(table["words"], re.Pattern) else 5)


def test_options_that_no_file_holds_are_found_out():
    """An option whose value doesn't go through JSON and back breaks the promise; plain ones of all kinds don't."""
    options = {"it": {"table": {"words": re.compile("x")}}}
    with pytest.raises(ContractViolation, match="made again from its options"):
        run("embedder", picky, "can_be_had_again_without_pickle", options=options)
    run("embedder", named, "can_be_had_again_without_pickle")
    run("embedder", named, "can_be_had_again_without_pickle", options={"it": {"sizes": (3,), "kind": "odd"}})


# The same again -----------------------------------------------------------------------------------------------------


class Drifts(Projection):
    """Goes on where its last fit ended."""

    def fit_transform(self, X):
        points = super().fit_transform(X)
        self.random_state = (self.random_state or 0) + 1
        return points


class Remembers(Projection):
    """Knows how often any of its kind was made."""

    made = 0

    def __init__(self, n_components: int = 3, random_state: int | None = None) -> None:
        super().__init__(n_components, random_state)
        type(self).made += 1
        self.number = type(self).made

    def transform(self, X):
        shift = self.number if len(X) == 7 else 0
        return super().transform(X) + shift


def test_a_stage_that_drifts_is_found_out():
    """The second use of one stage on the same input must give what the first gave."""
    with pytest.raises(ContractViolation, match="a second time"):
        run("reducer", Drifts, "same_input_same_output")
    run("reducer", Drifts, "same_seed_same_output")


def test_a_stage_that_is_more_than_its_options_and_input_is_found_out():
    """Made and fitted again, a stage must treat unseen input as the first did, or it can't be saved without pickle."""
    with pytest.raises(ContractViolation, match="unseen"):
        run("reducer", Remembers, "can_be_had_again_without_pickle")
    run("reducer", Remembers, "same_seed_same_output")


# Threads and processes ----------------------------------------------------------------------------------------------


class Racy(doubles.HashingEmbedder):
    """Keeps its input on itself while it works."""

    def __init__(self, n_dims: int = 16) -> None:
        super().__init__(n_dims)

    def embed(self, texts):
        self.texts = texts
        time.sleep(0.002)
        return super().embed(self.texts)


class RacyReducer(Projection):
    """Keeps its rows on itself while it works."""

    thread_safe = True

    def transform(self, X):
        self.rows = X
        time.sleep(0.002)
        return super().transform(self.rows)


class Unpromising(Racy):
    """Says that one thread at a time may use it."""

    thread_safe = False


def test_a_race_is_found_out_where_safety_is_promised():
    """A stage that promises `thread_safe` and mixes its callers' inputs breaks the promise; others promise nothing."""
    for role, factory in (("embedder", Racy), ("reducer", RacyReducer)):
        with pytest.raises(ContractViolation, match="several threads"):
            run(role, factory, "promised_threads_are_safe")
    run("embedder", doubles.HashingEmbedder, "promised_threads_are_safe")
    with pytest.raises(NotApplicable, match="thread_safe"):
        run("embedder", Unpromising, "promised_threads_are_safe")


def module_of(tmp_path, monkeypatch, name, word):
    """Write a plugin whose embedder seeds each word's vector with `word`, and import it."""
    import importlib

    (tmp_path / f"{name}.py").write_text(
        "import zlib\nimport numpy as np\nfrom emotopy import hookimpl\n"
        "class It:\n"
        "    def __init__(self, n_dims: int = 3):\n        self.n_dims = n_dims\n"
        "    def embed(self, texts):\n"
        f"        return np.array([[{word} % 997] * self.n_dims for text in texts], dtype=np.float32)\n"
        "@hookimpl\ndef register_embedders():\n    return {'it': It}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(name)
    del sys.modules[name]


@pytest.mark.parametrize(("word", "kept"), [("hash(text)", False), ("zlib.crc32(text.encode())", True)])
def test_hash_is_found_out(tmp_path, monkeypatch, word, kept):
    """Python's `hash` differs from process to process, a checksum doesn't; options go to the other process as well."""
    name = f"plugin_with_words_{int(kept)}"
    for module in module_of(tmp_path, monkeypatch, name, word):
        pairs = conformance("embedder", Registry([module]), options={"it": {"n_dims": 5}})
        candidate, check = next(pair for pair in pairs if str(pair[1]) == "same_output_in_another_process")
        if kept:
            check(candidate)
        else:
            with pytest.raises(ContractViolation, match="crc32"):
                check(candidate)


def test_what_no_other_process_can_import_is_not_checked():
    """A plugin made in a test, and a stage that is lent objects, can't go to another process: Unavailable says so."""

    def lent(embedder: Embedder | None = None) -> Embedder:
        """Borrow."""
        return embedder or doubles.HashingEmbedder()

    for arguments, told in (({}, "new process"), ({"stages": {"atlas": doubles.ToyAtlas()}}, "can't be taken")):
        with pytest.raises(Unavailable, match=told):
            run("embedder", lent, "same_output_in_another_process", **arguments)


def noisy(n_components: int = 3) -> Reducer:
    """Make a reducer that prints to stderr."""

    class Noisy(doubles.RandomProjection):
        def fit_transform(self, X):
            print("reducing", file=sys.stderr)
            return super().fit_transform(X)

    return Noisy(n_components, 0)


def warning(n_components: int = 3) -> Reducer:
    """Make a reducer that warns."""

    class Warns(doubles.RandomProjection):
        def fit_transform(self, X):
            import warnings

            warnings.warn("few rows", UserWarning, stacklevel=2)
            return super().fit_transform(X)

    return Warns(n_components, 0)


@pytest.mark.filterwarnings("ignore:few rows")
def test_printing_to_stderr_is_found_out_and_a_warning_is_none():
    """stderr belongs to the host; a warning goes there only if nobody else wants it, and may be raised."""
    with pytest.raises(ContractViolation, match="stderr"):
        run("reducer", noisy, "leaves_the_process_alone")
    run("reducer", warning, "leaves_the_process_alone")


def test_a_promise_in_words_is_the_first_paragraph_of_its_check():
    """`words` is what the pages of the roles print: one line, without the details."""
    from emotopy.testing.role_checks import checks_of

    checks = checks_of("embedder")
    assert not [str(check) for check in checks if "\n" in check.words or not check.words.endswith(".")]
    detailed = [check for check in checks if "\n\n" in check.promise.__doc__]
    assert detailed
    assert all(check.promise.__doc__.split("\n\n")[0] == check.words for check in detailed)


def test_numbers_in_arrays_are_compared_not_their_types():
    """The suite's comparison takes shapes and values; NaN equals NaN, a list isn't shorter than another."""
    from emotopy.testing.generic_checks import same

    row = np.array([1.0, np.nan])
    assert same([row, {"a": b"x"}], [row.copy(), {"a": b"x"}])
    assert not same([row], [row, row])
    assert not same(row, row[:, None])
    assert not same({"a": row}, {"b": row})
