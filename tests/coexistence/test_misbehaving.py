"""Plugins that misbehave, really installed, all side by side: each is named, and the others work."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

SPEC = importlib.util.spec_from_file_location("misbehaving", Path(__file__).with_name("misbehaving.py"))
CASES = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = CASES  # where attrs looks for the annotations of its classes
SPEC.loader.exec_module(CASES)
LOADING, MEDDLING, MAKING, RUNNING, QUIET = CASES.LOADING, CASES.MEDDLING, CASES.MAKING, CASES.RUNNING, CASES.QUIET

UNTOLD = {
    "prints": "(what it prints, on stderr)",
    "seeds": "(nothing; the generator is as random as before)",
    "in-place": "(nothing; it had a copy)",
    "reuses": "(nothing; the host has a copy)",
}
"""What the user reads where there is no message."""
TEXTS = [
    "I am happy and glad",
    "afraid of the dark",
    "a sunny day",
    "they scream and shiver",
    "nothing happened",
    "we laugh",
]
TOYS = """
fit = "joint"
embedder = "hashing"
reducer = "projection"
clusterer = "halves"
intensity_scorer = "words"
region_mapper = "directions"
atlas = "toy"
annotator = "lengths"
connectivity = "correlation"
neural_decoder = "toys:least-squares"
reporter = ["csv"]
windowing = { width_s = 40.0, step_s = 40.0, taper = "rectangular" }
split = { kind = "subject-and-block", n_blocks = 2 }
null = { n = 3 }
compare = { features = [], remove_evoked = false, baselines = false }
"""
RATINGS = "onset\tduration\tjoy\tfear\n" + "".join(
    f"{8 * i}\t8\t{0.5 + 0.4 * np.sin(i):.3f}\t{0.5 + 0.4 * np.cos(1.7 * i):.3f}\n" for i in range(100)
)
WORDS = "onset\toffset\tword\n" + "".join(f"{i}\t{i + 1}\tword{i % 7}\n" for i in range(40))


@pytest.fixture(scope="module")
def street(site_at, tmp_path_factory):
    """A folder where all of them are installed beside toys that behave, and files to work on."""
    site = site_at(tmp_path_factory.mktemp("street"))
    site.describe("toys", "it = emotopy.testing.doubles")
    for case in (*LOADING, *MEDDLING, *MAKING, *RUNNING, *QUIET):
        site.install(case.dist, case.source, more=case.more)
    (site.home / "toys.toml").write_text(TOYS, "utf-8")
    (site.home / "texts.txt").write_text("\n".join(TEXTS) + "\n", "utf-8")
    (site.home / "ratings.tsv").write_text(RATINGS, "utf-8")
    (site.home / "story.tsv").write_text(WORDS, "utf-8")
    (site.home / "series").mkdir()
    rng = np.random.default_rng(3)
    for subject in ("anna", "ben", "cleo"):
        frame = pd.DataFrame(rng.standard_normal((400, 3)), columns=["amygdala", "insula", "hypothalamus"])
        frame.to_csv(site.home / "series" / f"{subject}.csv", index=False)
    return site


@pytest.fixture(scope="module")
def listing(street):
    """`emotopy plugins` with all of them installed."""
    return street.run("plugins")


@pytest.fixture(scope="module")
def remarks(street):
    """What the registry remarks on when all of them are loaded."""
    return street.run(
        code="from emotopy import Registry\nfor line in Registry.load(fence=True).remarks: print(line)"
    ).out


def command(case, out):
    """The words that meet a case."""
    chosen = ("--set", f"{case.role}={case.dist}:it")
    if case.command == "annotate":
        return ("annotate", "story.tsv", "--annotator", f"{case.dist}:it", "--out", f"{out}.tsv", "--no-cache")
    if case.command == "decode":
        where = ("decode", "--series", "series", "--tr", "2", "--ratings", "ratings.tsv")
    else:
        where = ("map", "texts.txt")
    return (*where, "--config", "toys.toml", "--out", out, "--no-cache", *chosen)


@pytest.fixture(scope="module")
def met(street):
    """Meet a case, once."""
    runs = {}

    def meet(case):
        if case.dist not in runs:
            runs[case.dist] = street.run(*command(case, f"out-{case.dist}"))
        return runs[case.dist]

    return meet


@pytest.fixture(scope="module")
def good(street):
    """A run of the toys alone, beside all the others."""
    return street.run("map", "texts.txt", "--config", "toys.toml", "--out", "good", "--no-cache")


def line_of(text, shown):
    """The line that holds what is shown."""
    found = [line for line in text.splitlines() if shown in line]
    assert found, text
    return found[0]


def test_the_others_work(good, street):
    """With all of these installed, whoever behaves is not disturbed: the run is done, stdout is the host's."""
    assert good.code == 0, good.err
    assert good.out.endswith("Results are in good\n")
    assert "hello from import" not in good.out
    assert (street.home / "good" / "toy.csv").is_file()


@pytest.mark.parametrize("case", LOADING, ids=lambda case: case.dist)
def test_a_broken_plugin_is_listed_with_its_owner_and_reason(listing, case):
    """`emotopy plugins` succeeds and names the owner, the entry point and the reason."""
    assert listing.code == 0
    line = line_of(listing.out, case.shown)
    assert line.startswith(f"failed: {case.dist} (it): ")


@pytest.mark.parametrize("case", MEDDLING, ids=lambda case: case.dist)
def test_meddling_on_import_is_put_back_and_the_plugin_offered(listing, remarks, case):
    """The plugin is there, its owner is named, and the process is as it was."""
    rows = [line.split() for line in listing.out.splitlines()]
    assert ["embedder", "it", case.dist] in [row[:3] for row in rows]
    assert case.shown in remarks


def test_loading_leaves_the_process_as_it_was(street):
    """After all of them were loaded: filters, logging, directory, generators, Ctrl-C, stdout."""
    code = """
import logging, os, random, signal, sys, warnings
import numpy as np
def state():
    root = logging.getLogger()
    numpy = np.random.get_state()
    return [list(warnings.filters), root.level, list(root.handlers), os.getcwd(), random.getstate(), numpy[1].tolist(),
            numpy[2], signal.getsignal(signal.SIGINT), sys.stdout, sys.stderr, np.geterr()]
before = state()
from emotopy import Registry
registry = Registry.load(fence=True)
assert len(registry.problems) > 10
assert state() == before, [one == other for one, other in zip(before, state())]
print("as it was")
"""
    run = street.run(code=code)
    assert run.out == "as it was\n", run.err
    assert "hello from import" in run.err


@pytest.mark.parametrize("case", [*MAKING, *RUNNING], ids=lambda case: case.dist)
def test_a_failing_stage_is_named_with_its_owner(street, met, case):
    """One message, without a traceback, and nothing on stdout.

    No results directory is left, unless a reporter failed: the files of the others are there.
    """
    run = met(case)
    assert run.code == case.code
    assert case.shown in run.error
    assert (run.out, "Traceback" in run.err) == ("", False)
    assert (street.home / f"out-{case.dist}").exists() is (case.role == "reporter")


@pytest.mark.parametrize("case", QUIET, ids=lambda case: case.dist)
def test_meddling_in_a_run_changes_nothing_of_it(street, met, good, case):
    """The run is done, stdout is the host's alone, the table is that of the run without."""
    run = met(case)
    assert run.code == 0, run.err
    assert run.out == good.out.replace("Results are in good", f"Results are in out-{case.dist}")
    assert case.shown in run.err
    tables = [(street.home / name / "toy.csv").read_bytes() for name in ("good", f"out-{case.dist}")]
    assert tables[0] == tables[1]


def test_an_array_changed_after_it_was_returned_is_not_the_host_s(street, good):
    """A reducer keeps its output's memory and another stage writes into it: the clusters are those of before."""
    chosen = ("--set", "reducer=reuses:it", "--set", "clusterer=later")
    run = street.run("map", "texts.txt", "--config", "toys.toml", "--out", "later", "--no-cache", *chosen)
    assert run.code == 0, run.err
    told = [json.loads((street.home / name / "provenance.json").read_text("utf-8")) for name in ("good", "later")]
    assert told[0]["input"]["texts_sha256"] == told[1]["input"]["texts_sha256"]
    assert (street.home / "good/toy.csv").read_bytes() == (street.home / "later/toy.csv").read_bytes()


def test_a_taken_name_is_an_error_only_when_it_is_used(street, listing):
    """Many offer `it`: the list says how to tell them apart, the short name raises and names owners."""
    assert "clash: say nan:it" in listing.out
    run = street.run("map", "texts.txt", "--config", "toys.toml", "--set", "region_mapper=directions", "--out", "x",
                     "--set", "reducer=it")  # fmt: skip
    assert run.code == 1
    assert run.error.startswith("reducer: 'it' is offered by exit-factory (it) and flat (it) and reuses (it); say ")


def test_a_blocked_plugin_is_neither_loaded_nor_missed(street):
    """Blocked ones are listed as such, leave no trace, and can't be used."""
    run = street.run("plugins", EMOTOPY_PLUGINS_BLOCK="prints,on-import,filters")
    assert "blocked: prints:it" in run.out
    assert "hello from import" not in run.err
    assert "failed: on-import" not in run.out


def test_strict_mode_raises_on_the_first_problem(street):
    """With EMOTOPY_PLUGINS_STRICT=1 a problem is an error, with its owner."""
    run = street.run("plugins", EMOTOPY_PLUGINS_STRICT="1")
    assert run.code == 1
    assert "strict loading: argument (it): PluginValidationError" in run.err


def test_an_extra_that_is_missing_shows_in_the_list(listing):
    """What a stage needs is known without importing it: its factory names an extra, the metadata what that means."""
    line = next(line for line in listing.out.splitlines() if "needs-extra" in line)
    assert 'needs extra: pip install "needs-extra[gpu]"' in line or "clash" in line


def test_work_done_before_a_fault_is_reused(street):
    """The clusterer raises; the next run, with another, takes the embedder's and the reducer's work from the cache."""
    words = ("map", "texts.txt", "--config", "toys.toml", "--out", "again", "--cache", "kept")
    broken = street.run(*words, "--set", "clusterer=mid-run:it")
    assert (broken.code, "reused" in broken.err) == (1, False)
    whole = street.run(*words)
    assert whole.code == 0, whole.err
    reused = [line.split(": ")[0] for line in whole.err.splitlines() if line.endswith("reused from the cache")]
    assert reused == ["embedder toys:hashing", "intensity_scorer toys:words", "reducer toys:projection"]


def test_the_page_shows_what_users_read(listing, remarks, met, same_as_page):
    """docs/plugins-misbehaving.md holds every case with the message that it really gave."""
    rows = [[case.does, line_of(listing.out, case.shown)] for case in LOADING]
    rows += [[case.does, line_of(remarks, case.shown) if case.shown else UNTOLD[case.dist]] for case in MEDDLING]
    rows += [[case.does, f"error: {met(case).error}"] for case in (*MAKING, *RUNNING)]
    rows += [
        [case.does, line_of(met(case).err, case.shown.strip()) if case.shown else UNTOLD[case.dist]] for case in QUIET
    ]
    same_as_page("plugins-misbehaving.md", ["a plugin that …", "what the host's user reads"], rows)
