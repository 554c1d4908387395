"""What only another process shows: order of sets, output of C code, files left behind; one process shows it all."""

from __future__ import annotations

import importlib
import sys

import pytest

from emotopy import Registry
from emotopy.testing import ContractViolation, Unavailable, check_outcome, conformance, other_process

PLUGIN = """
import os, subprocess, sys, tempfile
import attrs
from emotopy import hookimpl
from emotopy.testing.doubles import HashingEmbedder, ToyAtlas, CsvReporter

class It({base}):
    "It."
{body}

@hookimpl
def register_{hook}():
    return {{"it": It}}
"""

EMBED = "    def embed(self, texts):\n        {line}\n        return super().embed(texts)\n"
NODES = (
    "    nodes = tuple(\n"
    "        attrs.evolve(ToyAtlas.nodes[i % 5], name=name)\n"
    "        for i, name in enumerate({f'node_{i}' for i in range(20)})\n"
    "    )\n"
)
WRITE = (
    "    def write(self, result, directory):\n"
    "        path = directory / 'names.txt'\n"
    "        path.write_text(' '.join(set(result.mapped.corpus.text)))\n"
    "        return [path]\n"
)

FIRST = "    first = []\n" + EMBED.format(line="self.first += texts[: not self.first]").replace(
    "super().embed(texts)", "super().embed(texts) + (len(self.first[0]) if texts else 0)"
)
CLEAN = "another_process_stays_clean"
SAME = "same_output_in_another_process"
BROKEN = {
    "a file in the working directory": ("embedder", EMBED.format(line="open('left.txt', 'w').close()"), CLEAN),
    "a temporary file": ("embedder", EMBED.format(line="tempfile.mkstemp()"), CLEAN),
    "output of C code": ("embedder", EMBED.format(line="os.write(1, b'hello')"), CLEAN),
    "output of a child": ("embedder", EMBED.format(line="subprocess.run(['echo', 'hello'], check=True)"), CLEAN),
    "nodes in the order of a set": ("atlas", NODES, SAME),
    "a file in the order of a set": ("reporter", WRITE, SAME),
    "another fingerprint": ("embedder", "    fingerprint = f'it:{hash(\"it\")}'\n", SAME),
    "the first text that any stage saw": ("embedder", FIRST, SAME),
    "an end of the process": ("embedder", EMBED.format(line="if sys.stdin.name: os._exit(3)"), SAME),
}
BASES = {"embedder": "HashingEmbedder", "atlas": "ToyAtlas", "reporter": "CsvReporter"}
HOOKS = {"embedder": "embedders", "atlas": "atlases", "reporter": "reporters"}


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    """Write a plugin of one stage, import it, and return its candidate and its checks by name."""
    names = []

    def written(role, body):
        names.append(f"plugin_elsewhere_{tmp_path.name.replace('-', '_')}_{len(names)}")
        source = PLUGIN.format(base=BASES[role], body=body or "    pass\n", hook=HOOKS[role])
        (tmp_path / f"{names[-1]}.py").write_text(source)
        importlib.invalidate_caches()
        found = conformance(role, Registry([importlib.import_module(names[-1])]))
        return found[0][0], {str(check): check for _, check in found}

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield written
    other_process.close_all()
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("role", "body", "check"), BROKEN.values(), ids=BROKEN)
def test_what_another_process_shows_is_found_out(pairs, monkeypatch, role, body, check):
    """A stage that leaves files, prints below Python, or takes a set's order for an order fails."""
    if "_exit" in body:  # in the other process alone
        body = body.replace("if sys.stdin.name:", "if os.environ.get('PYTHONHASHSEED') in ('1', '2'):")
        monkeypatch.setenv("PYTHONHASHSEED", "7")
    candidate, checks = pairs(role, body)
    with pytest.raises(ContractViolation):
        checks[check](candidate)


def test_one_process_serves_all_checks_and_no_module_but_its_own(pairs):
    """Three checks ask one child, which ends when a stage of another module is asked about."""
    candidate, checks = pairs("embedder", "")
    for name in ("importing_the_plugin_is_light", SAME, CLEAN):
        assert check_outcome(candidate, checks[name]).status == "ok"
    child = other_process.other_process(candidate)
    for name in (SAME, CLEAN):
        checks[name](candidate)
        assert other_process.other_process(candidate) is child
    other, others = pairs("atlas", "")
    others[SAME](other)
    assert child.has_ended


def test_a_child_that_ended_is_replaced(pairs):
    """What ended the child fails its check; the next check has a new one."""
    candidate, checks = pairs("embedder", EMBED.format(line="os.environ.get('PYTHONHASHSEED') == '1' and os._exit(3)"))
    with pytest.raises(ContractViolation):
        checks[SAME](candidate)
    checks["importing_the_plugin_is_light"](candidate)


def test_options_that_name_files_keep_the_working_directory(pairs, tmp_path):
    """A relative path among the options is found in the other process, too."""
    (tmp_path / "words.txt").write_text("one")
    body = (
        "    def __init__(self, words: str = ''):\n        super().__init__()\n"
        "        self.n_dims = len(open(words).read()) if words else 5\n"
    )
    candidate, _ = pairs("embedder", body)
    ((given, check),) = conformance("embedder", candidate.registry, options={"it": {"words": "words.txt"}}, only=[SAME])
    check(given)


def test_what_is_given_as_an_object_is_not_taken_elsewhere(pairs):
    """Stages lent by hand exist in this process alone."""
    from emotopy.testing import doubles

    candidate, _ = pairs("embedder", "")
    arguments = {"stages": {"atlas": doubles.ToyAtlas()}, "only": [CLEAN]}
    ((lent, check),) = conformance("embedder", candidate.registry, **arguments)
    with pytest.raises(Unavailable):
        check(lent)
