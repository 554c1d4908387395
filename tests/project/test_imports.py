"""The light path stays light: what starts the program imports nothing heavy, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import emotopy
from emotopy.testing.generic_checks import HEAVY

PYPROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))

CODE = """
import contextlib, io, json, logging, os, sys, warnings
import numpy  # which sets warning filters of its own
before = list(warnings.filters), list(logging.getLogger().handlers), logging.getLogger().level, dict(os.environ)
sys.argv = ["emotopy", *json.loads(sys.argv[1])]
out = io.StringIO()
with contextlib.redirect_stdout(out):
    try:
        exec(sys.stdin.read())
    except SystemExit as error:
        assert not error.code, error.code
after = list(warnings.filters), list(logging.getLogger().handlers), logging.getLogger().level, dict(os.environ)
print(json.dumps({
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "unchanged": before == after,
    "output": out.getvalue(),
}))
"""

COMMAND = "from emotopy.cli import main; main()"


def alone(source, *words):
    """Run source in a new process; returns what it imported, printed, and whether it changed process-wide state."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(words)],
        input=source,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "EMOTOPY_PLUGINS_BLOCK": ""},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


LIGHT = {
    "import emotopy": ("import emotopy; emotopy.hookimpl; emotopy.__version__; emotopy.Registry", ()),
    "Registry.load()": ("from emotopy import Registry; assert not Registry.load(plugins=False).problems", ()),
    "every hook and role": ("import emotopy.hookspecs, emotopy.roles, emotopy.config, emotopy.errors", ()),
    "emotopy --help": (COMMAND, ("--help",)),
    "emotopy --version": (COMMAND, ("--version",)),
    "emotopy plugins": (COMMAND, ("plugins",)),
    "emotopy plugins show": (COMMAND, ("plugins", "show", "umap")),
    "emotopy data": (COMMAND, ("data",)),
    "emotopy data --help": (COMMAND, ("data", "--help")),
    "emotopy data goemotions --help": (COMMAND, ("data", "goemotions", "--help")),
    "emotopy map --help": (COMMAND, ("map", "--help")),
    "emotopy config show": (COMMAND, ("config", "show", "--preset", "vos2025")),
    "emotopy config schema": (COMMAND, ("config", "schema")),
}


@pytest.mark.parametrize(("source", "words"), LIGHT.values(), ids=LIGHT)
def test_nothing_heavy_is_imported(source, words):
    """None of the heavy libraries is loaded, and filters, logging and environment stay as they were."""
    found = alone(source, *words)
    assert not set(HEAVY) & set(found["modules"])
    assert found["unchanged"]
    if "--help" in words:
        assert "Usage" in found["output"]


def test_the_help_imports_no_plugin():
    """`emotopy --help` needs no registry: no data set, no stage is imported."""
    assert "emotopy_plugins" not in alone(COMMAND, "--help")["modules"]
    assert "emotopy_plugins" in alone(COMMAND, "data", "--help")["modules"]


def test_mapping_alone_would_be_found_out():
    """The test above can fail: what maps texts does load heavy libraries."""
    assert "pandas" in alone("from emotopy.readers.corpora import as_corpus; as_corpus(['a'])")["modules"]


def test_the_list_of_heavy_libraries_is_the_linter_s():
    """What the suite bans for plugins is what the linter bans for us."""
    banned = PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    assert set(banned) == set(HEAVY)


def test_names_of_the_package_are_there_on_first_use():
    """Everything in `__all__` can be had, `dir` lists it, and a name that isn't there raises AttributeError."""
    for name in emotopy.__all__:
        assert getattr(emotopy, name) is not None
    assert set(emotopy.__all__) <= set(dir(emotopy))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = emotopy.nonsense


def test_the_help_needs_no_arrays():
    """`emotopy --help` answers without importing numpy."""
    code = "import sys; from emotopy.cli import app; app(['-h'], standalone_mode=False)"
    code += "; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
