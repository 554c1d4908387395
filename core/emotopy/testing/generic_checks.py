"""What every stage promises, whatever its role."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import json
import logging
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.options import convert
from emotopy.testing.material import inputs_of, run_once
from emotopy.testing.suite import Candidate, Unavailable, promised

HEAVY = (
    "torch", "openai", "umap", "hdbscan", "numba", "sentence_transformers", "nilearn", "pandas", "scipy", "sklearn",
    "matplotlib", "pyarrow", "networkx", "wordllama", "nltk", "textblob", "nrclex", "jinja2", "nibabel", "tokenizers",
    "safetensors",
)  # fmt: skip
"""Libraries that no plugin imports at module level."""


def check_every_option_has_a_type_and_a_default(candidate: Candidate) -> None:
    """Every option is annotated and has a default, so that a configuration can be checked and shown."""
    for option in candidate.offer.signature.options.values():
        promised(
            option.annotation not in (Any, inspect.Parameter.empty),
            f"{candidate}: option {option.name!r} needs a type that can be resolved at run time",
        )
        promised(not option.required, f"{candidate}: option {option.name!r} needs a default")


def check_defaults_fit_their_types(candidate: Candidate) -> None:
    """Every default is a value that a user might have given."""
    for option in candidate.offer.signature.options.values():
        if option.required:
            continue
        try:
            convert(option.default, option.annotation, option.name)
        except ConfigError as error:
            promised(kept=False, message=f"{candidate}: the default doesn't fit its own type: {error}")


def check_says_what_it_is(candidate: Candidate) -> None:
    """The factory has a docstring: `emotopy plugins show NAME` prints it."""
    promised(inspect.getdoc(candidate.offer.factory), f"{candidate}: the factory needs a docstring")


def check_importing_the_plugin_is_light(candidate: Candidate) -> None:
    """In a new process, importing the plugin's module imports no heavy library, prints nothing, changes nothing."""
    module = candidate.registry.module_of(candidate.offer)
    if module is None:
        raise Unavailable(f"{candidate}: the plugin is an object, not a module; there is no import to measure")
    found = _import_alone(module)
    if found is None:
        raise Unavailable(f"{candidate}: module {module} can't be imported by name in a new process")
    for what, changed in found.items():
        promised(not changed, f"{candidate}: importing {module} must not touch {what}, it did: {changed}")


def check_same_seed_same_output(candidate: Candidate) -> None:
    """Two stages made with the same options and seed give the same output for the same input."""
    one, other = (run_once(candidate, candidate.make(seed=5), inputs_of(candidate)) for _ in range(2))
    promised(same(one, other), f"{candidate}: two stages of the same seed gave different output for the same input")


def check_input_stays_as_it_was(candidate: Candidate) -> None:
    """The stage changes nothing of what it is given."""
    inputs = inputs_of(candidate)
    before = digest(inputs)
    run_once(candidate, candidate.make(), inputs)
    promised(digest(inputs) == before, f"{candidate}: changed its input")


def check_leaves_the_process_alone(candidate: Candidate) -> None:
    """Making and using a stage leaves no trace.

    Whatever else runs in the process keeps its warning filters, logging, random generators, environment and folder, and
    nothing is printed. Warning filters, environment and generators count from the second use, since the libraries that
    a first use imports may touch theirs.
    """
    inputs, again = inputs_of(candidate), inputs_of(candidate)
    first = _state()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        run_once(candidate, candidate.make(), inputs)
        with _generators_of_our_own():
            warm = _state()
            run_once(candidate, candidate.make(), again)
            last = _state()
    for what, value in last.items():
        reference = first if what in ("working directory", "root logger") else warm
        promised(value == reference[what], f"{candidate}: changed the process's {what}")
    promised(not printed.getvalue(), f"{candidate}: printed to stdout: {printed.getvalue()[:200]!r}")


EVERY_ROLE = (
    check_every_option_has_a_type_and_a_default,
    check_defaults_fit_their_types,
    check_says_what_it_is,
    check_importing_the_plugin_is_light,
    check_same_seed_same_output,
    check_input_stays_as_it_was,
    check_leaves_the_process_alone,
)


def same(one: Any, other: Any, tolerance: float = 1e-5) -> bool:
    """Whether two outputs (arrays, lists or mappings of these, bytes) are the same, up to rounding."""
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    return bool(one == other)


def digest(value: Any) -> str:
    """Return a hash of a value and all that it holds."""
    if isinstance(value, np.ndarray):
        text = f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    elif isinstance(value, Mapping):
        text = str([(key, digest(item)) for key, item in value.items()])
    elif isinstance(value, (list, tuple)):
        text = str([digest(item) for item in value])
    elif attrs.has(type(value)) and type(value).__module__.startswith(("emotopy.records", "emotopy.pathways")):
        text = str([digest(getattr(value, field.name)) for field in attrs.fields(type(value))])
    elif hasattr(value, "to_csv"):
        text = value.to_csv()
    elif hasattr(value, "dataobj"):
        text = digest(np.asarray(value.dataobj)) + digest(np.asarray(value.affine))
    elif isinstance(value, (str, int, float, bool, type(None))):
        text = repr(value)
    else:
        text = type(value).__qualname__
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@contextlib.contextmanager
def _generators_of_our_own() -> Iterator[None]:
    """Put the global generators into a state that nobody would seed them to, and back afterwards."""
    python, numpy = random.getstate(), np.random.get_state(legacy=True)  # noqa: NPY002
    random.seed("a state that nobody would seed to")
    np.random.set_state(np.random.RandomState(4_051_629_847).get_state(legacy=True))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _state() -> dict[str, Any]:
    root = logging.getLogger()
    return {
        "warning filters": list(warnings.filters),
        "environment": dict(os.environ),
        "working directory": Path.cwd(),
        "root logger": (root.level, list(root.handlers), root.disabled, logging.root.manager.disable),
        "random generator of Python": random.getstate(),
        "random generator of NumPy": digest(np.random.get_state(legacy=True)),  # noqa: NPY002 (we watch, not draw)
        "floating-point error handling": np.geterr(),
    }


_PROBE = """
import contextlib, importlib, io, json, logging, os, sys, warnings
import numpy
name, heavy = sys.argv[1], json.loads(sys.argv[2])
before = list(warnings.filters), dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
out = io.StringIO()
with contextlib.redirect_stdout(out):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise
        sys.exit(77)
after = list(warnings.filters), dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
print(json.dumps({
    "heavy libraries": [one for one in heavy if one in sys.modules],
    "stdout": out.getvalue()[:200],
    "the warning filters": before[0] != after[0],
    "the environment": before[1] != after[1],
    "logging": before[2:] != after[2:],
}))
"""


@cache
def _import_alone(module: str) -> dict[str, Any] | None:
    """Import a module in a new process and return what that touched; None where it isn't found there."""
    paths = os.pathsep.join(path for path in sys.path if path)
    ran = subprocess.run(  # noqa: S603 (our own interpreter, our own words)
        [sys.executable, "-c", _PROBE, module, json.dumps(HEAVY)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    if ran.returncode == 77:
        return None
    promised(ran.returncode == 0, f"importing {module} failed in a new process: {ran.stderr[-500:]}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found
