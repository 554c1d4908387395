"""`emotopy plugins check`: a verdict per promise, and an exit code that a script can trust."""

from __future__ import annotations

import re

import pytest

EMBEDDER = """
import numpy as np
from emotopy import hookimpl
from emotopy.errors import ConfigError

class Lengths:
    "How long a text is."

    def __init__(self, scale: float = 1.0):
        if scale < 0:
            raise ConfigError("embedder.scale: wanted 0 or more")
        self.scale = scale

    def embed(self, texts):
        return np.array([[self.scale * len(text) {more}] for text in texts], dtype=np.{dtype})

@hookimpl
def register_embedders():
    return {{"lengths": Lengths}}
"""


def good(**changes):
    """Return the source of an embedder, good unless changed."""
    return EMBEDDER.format(**{"more": "", "dtype": "float32", **changes})


def test_a_good_stage_is_ok_and_exits_0(process, plugin):
    """In a process of its own: its owner, a line per promise, the count; on stderr how far it is, at most."""
    run = process("plugins", "check", "lengths", env={"PYTHONPATH": str(plugin("good_lengths", good()))}, fresh=True)
    assert run.code == 0
    assert all(line.startswith("checking embedder good-lengths:lengths") for line in run.err.splitlines())
    first, *lines, last = run.out.splitlines()
    assert first == 'embedder = "lengths"    good-lengths 1.0, good_lengths'
    assert "  ok              one finite row per text" in lines
    rest = [line for line in lines if not line.startswith("  ok  ")]
    assert rest[:2] == [
        "  not applicable  bounds hold everywhere: no option declares a bound",
        "  not applicable  promised threads are safe: promises no thread safety (attribute thread_safe = True)",
    ]
    assert all(line.startswith("  not applicable  ") for line in rest)
    assert last == f"{len(lines) - len(rest)} ok, 0 failed, {len(rest)} not applicable, 0 not checked"


def test_a_broken_promise_says_why_and_exits_1(call, plugin, monkeypatch):
    """Every promise is checked, those after a broken one too."""
    monkeypatch.syspath_prepend(plugin("bad_lengths", good(dtype="float64")))
    run = call("plugins", "check", "lengths")
    assert run.code == 1
    assert "  failed          one finite row per text: embed() must return float32, got float64\n" in run.out
    assert "  ok              odd texts embed or raise\n" in run.out
    assert ", 1 failed, " in run.out.splitlines()[-1]


def test_what_a_stage_raises_is_a_failure_whose_traceback_debug_shows(call, plugin, monkeypatch):
    """A foreign exception doesn't end the command; `--debug` shows where it came from."""
    monkeypatch.syspath_prepend(plugin("raising_lengths", good(more="/ 0")))
    run, debugged = call("plugins", "check", "lengths"), call("--debug", "plugins", "check", "lengths")
    assert run.code == debugged.code == 1
    assert "  failed          one finite row per text: ZeroDivisionError: " in run.out
    assert "Traceback" not in run.out + run.err
    assert "in embed" in debugged.out


def test_options_are_those_it_is_checked_with(call, plugin, monkeypatch):
    """`--set OPTION=VALUE`, with or without the role; a slip in it is the user's."""
    monkeypatch.syspath_prepend(plugin("scaled_lengths", good(more="/ (self.scale - 2)")))
    words = ("plugins", "check", "lengths")
    assert call(*words).code == 0
    for key in ("scale", "embedder.scale"):
        run = call(*words, "--set", f"{key}=2")
        assert run.code == 1
        assert "ZeroDivisionError" in run.out
    assert "embedder.scle: no such option. Did you mean 'scale'?" in call(*words, "--set", "scle=2").error
    assert "embedder.scale: wanted number, got 'wide'" in call(*words, "--set", "scale=wide").error
    assert "--set scale: wanted OPTION=VALUE" in call(*words, "--set", "scale").error


def test_a_stage_that_sends_texts_elsewhere_is_not_checked_unasked(call):
    """What can be told without sending anything is; the rest says how it is checked all the same."""
    run = call("plugins", "check", "openai")
    assert run.code == 0
    assert "  ok              every option has a type and a default\n" in run.out
    assert "  not checked     one finite row per text: sends texts elsewhere; say remote=True (or --remote)" in run.out


def test_names_are_found_as_everywhere(call, plugin, monkeypatch):
    """An unknown name and an unknown role are told with the nearest; a role narrows a name that several roles have."""
    monkeypatch.syspath_prepend(plugin("more_lengths", good()))
    assert call("plugins", "check", "lenghts").error.startswith("no stage is called 'lenghts'. Did you mean 'lengths'?")
    assert call("plugins", "check", "lengths", "--role", "embeder").error.startswith(
        "--role: there is no role 'embeder'. Did you mean 'embedder'? Roles: annotator, "
    )
    run = call("plugins", "check", "lengths", "--role", "reducer")
    assert run.error.startswith("no reducer is called 'lengths'.")


BOTH = """
from emotopy import hookimpl
from emotopy.testing.doubles import Correlation, HashingEmbedder

@hookimpl
def register_embedders():
    return {"static": HashingEmbedder}

@hookimpl
def register_connectivity():
    return {"hashed": Correlation}
"""


@pytest.mark.parametrize(
    ("name", "words", "roles"),
    [
        ("both:static", (), ["embedder"]),
        ("connectivity.hashed", (), ["connectivity"]),
        ("static", ("--role", "connectivity"), ["connectivity"]),
    ],
)
def test_full_names_mean_one_stage(call, plugin, monkeypatch, name, words, roles):
    """`owner:name` and `role.name` mean one stage; so does a name with its role."""
    monkeypatch.syspath_prepend(plugin("both", BOTH))
    run = call("plugins", "check", name, *words)
    headings = [line.split()[0] for line in run.out.splitlines() if " = " in line and not line.startswith(" ")]
    assert headings == roles
    assert run.code == 0, run.out


def test_only_some_checks_with_their_durations(call, plugin, monkeypatch):
    """`--only` takes names and patterns, `--durations` says what each took; a slip is told with the nearest name."""
    monkeypatch.syspath_prepend(plugin("timed_lengths", good()))
    run = call("plugins", "check", "lengths", "--only", "one finite row per text", "--only", "same_s*", "--durations")
    assert run.code == 0
    *_, first, second, last = run.out.splitlines()
    assert re.fullmatch(r"  ok +[0-9.]+ s  same seed same output", first)
    assert re.fullmatch(r"  ok +[0-9.]+ s  one finite row per text", second)
    assert re.fullmatch(r"2 ok, 0 failed, 0 not applicable, 0 not checked in [0-9.]+ s", last)
    assert "'same_seed_same_output'" in call("plugins", "check", "lengths", "--only", "same_sed_same_output").error
