"""Messages outside the command line name flags only beside what Python's users can type."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer

import emotopy
from emotopy.cli import app
from emotopy.wording import ARGUMENTS, flag, setting, worded

ROOT = Path(emotopy.__file__).parents[2]
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMAND = re.compile(r"`[a-z][^`]*`|pip install [^;]*")
"""What stands in backquotes, or behind pip install, is a command of a shell, for every reader."""
WORDING = {"flag", "setting", "worded"}
EXCEPT = {
    "core/emotopy/wording.py": "the table of flags",
    "core/emotopy/notebook/view.py": "variables of CSS",
    "plugins/emotopy_plugins/reporters/slices.py": "variables of CSS",
    "core/emotopy/notebook/pathways.py": "texts to copy for the command line",
    "core/emotopy/running/rerun.py": "repeats what the command line recorded; only the command line uses it",
    "core/emotopy/result_files/of_decoding.py": "names files for the reference page by the flag that names them",
    "core/emotopy/result_files/of_texts.py": "tells the reference page when files and columns are there",
    "core/emotopy/config/layers.py": "reads the values of --set",
    "core/emotopy/scaffold/write.py": "of `emotopy plugins new`",
    "core/emotopy/testing/generic_checks.py": "checks that stages can be set by --set",
    "core/emotopy/testing/suite.py": "names the argument, and the flag behind it",
    "plugins/emotopy_plugins/atlases/bold.py": "a flag of fMRIPrep",
    "plugins/emotopy_plugins/datasets/alice.py": "commands to copy",
    "plugins/emotopy_plugins/datasets/neuroquery.py": "commands to copy",
}


def sources():
    for folder in ("core/emotopy", "plugins/emotopy_plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("core/emotopy/cli/"):
                yield name, ast.parse(path.read_text("utf-8"))


def bare_flags(tree):
    """Strings that name a flag, docstrings and arguments of `flag`, `setting` and `worded` left out."""
    passed = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for first in body if isinstance(body, list) else []:
            if isinstance(first, ast.Expr):
                passed.update(map(id, ast.walk(first)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDING:
            passed.update(id(one) for argument in node.args for one in ast.walk(argument))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in passed:
            text = "".join(one.value if isinstance(one, ast.Constant) else "x" for one in node.values)
            passed.update(map(id, node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            text = node.value
        else:
            continue
        if FLAG.search(COMMAND.sub("", text)):
            yield node.lineno, text


def test_every_flag_has_words_of_python():
    """Over the whole code: none is written as it is."""
    found = [f"{name}:{line}: {text}" for name, tree in sources() if name not in EXCEPT for line, text in
             bare_flags(tree)]  # fmt: skip
    assert found == []


def test_exceptions_are_needed():
    """A file that names no flag any more is no exception."""
    trees = dict(sources())
    assert [name for name in EXCEPT if not list(bare_flags(trees[name])) and name != "core/emotopy/wording.py"] == []


def test_only_the_command_line_repeats_runs():
    """Nothing else of the core imports `running.rerun`, whose messages speak of flags."""
    importers = [
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "emotopy.running.rerun"
    ]
    assert importers == []


def test_a_bare_flag_is_found():
    """The check sees plain strings, f-strings over several pieces, and leaves commands alone."""
    tree = ast.parse(
        '"""Doc --out."""\n'
        'raise E("give another --out")\n'
        'raise E(f"{x} exists; --fo" f"rce")\n'
        'raise E("run `emotopy map --out DIR`")\n'
        "raise E(f\"give {flag('--out')}\")\n"
    )
    assert [line for line, _ in bare_flags(tree)] == [2, 3]


def command_flags(command):
    found = set()
    for parameter in command.params:
        found.update(parameter.opts, parameter.secondary_opts)
    for inner in getattr(command, "commands", {}).values():
        found |= command_flags(inner)
    return found


def test_every_flag_and_its_argument_exist():
    """The table names flags of the command line, and parameters or fields of the library."""
    flags = command_flags(typer.main.get_command(app))
    assert sorted(set(ARGUMENTS) - flags) == []
    names = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
    assert sorted(one for one in ARGUMENTS.values() if one.partition("=")[0] not in names) == []


def test_calls_name_flags_of_the_table():
    """A flag that the table lacks would be a KeyError in place of a message."""
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "flag":
                first = node.args[0]
                if name != "core/emotopy/wording.py":
                    assert isinstance(first, ast.Constant), f"{name}:{node.lineno}"
                    assert first.value in ARGUMENTS, f"{name}:{node.lineno}"


def test_messages_are_written_when_they_are_needed():
    """At import the interface isn't known yet: no call stands outside a function."""
    for name, tree in sources():
        inside = {
            id(one)
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for one in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDING:
                assert id(node) in inside, f"{name}:{node.lineno}"


@pytest.mark.parametrize("call", [lambda: flag("--tr", 2), lambda: setting("reducer=pca"), lambda: worded("a", "b")])
def test_python_is_the_default(call):
    """No flag, unless the command line runs."""
    assert "--" not in call()
