"""`emotopy plugins`: what there is, what each stage takes, and what went wrong."""

from __future__ import annotations

import pytest


def test_every_stage_is_listed_with_its_owner(call):
    """Role, name, owner, version, status, and options with their defaults."""
    run = call("plugins")
    assert (run.code, run.err) == (0, "")
    rows = [line.split() for line in run.out.splitlines()]
    assert rows[0] == ["role", "name", "owner", "version", "status", "options"]
    pca = next(line for line in run.out.splitlines() if line.split()[:2] == ["reducer", "pca"])
    assert pca.split()[4:] == ["ok", "n_components=5,", "standardise=false,", "whiten=false,", "random_state"]
    there = {tuple(row[:3]) for row in rows[1:]}
    for stage in ("embedder static", "reducer umap", "clusterer hdbscan", "region_mapper evidence", "reporter html"):
        assert (*stage.split(), "emotopy") in there


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("umap", ["reducer umap emotopy", "n_neighbors integer default: 15", "metric 'cosine' default: 'cosine'"]),
        ("pca", ["reducer pca emotopy", "standardise true default: false", "random_state default: the run's seed"]),
        ("emotopy:pca", ["reducer pca"]),
        ("region_mapper.nearest", ["region_mapper nearest", "matching 'greedy' 'optimal' default: 'greedy'"]),
    ],
)
def test_a_stage_shows_what_it_is_for_and_its_options(call, name, lines):
    """By its name, its full name, or with its role: documentation, types, defaults, and how to set them."""
    run = call("plugins", "show", name)
    assert run.code == 0, run.err
    for wanted in lines:
        assert any(all(word in line for word in wanted.split()) for line in run.out.splitlines()), (wanted, run.out)
    assert "Options, as --set " in run.out


def test_an_unknown_stage_is_told_with_the_nearest(call):
    """As everywhere: what came, what there is."""
    run = call("plugins", "show", "hdbscn")
    assert run.code == 1
    assert run.error.startswith("no stage is called 'hdbscn'. Did you mean 'hdbscan'? There are: ")
    assert ", umap" in run.error


def test_a_broken_plugin_is_shown_and_stops_nobody(call, plugin, monkeypatch, write):
    """Its owner and reason stand in the list, the traceback under --debug; others work; asking for it says why."""
    monkeypatch.syspath_prepend(plugin("broken_thing", "raise RuntimeError('no such luck')"))
    listed, debugged = call("plugins"), call("--debug", "plugins")
    assert listed.code == 0
    assert "failed: broken-thing (broken_thing): RuntimeError: no such luck" in listed.out
    assert "Traceback" not in listed.out + listed.err
    assert "Traceback" in debugged.out
    run = call("map", write("x.txt", "I am happy\n"), "--out", "out", "--set", "embedder=thing", "--dry-run")
    assert "Not loaded: broken-thing (broken_thing): RuntimeError: no such luck" in run.error
    assert "broken" not in call("--no-plugins", "plugins").out.replace("blocked: broken-thing:broken_thing", "")


def test_two_plugins_of_one_name_clash_only_when_used(call, plugin, monkeypatch, write):
    """The list says how to name each; the short name is an error that names both owners, the full one works."""
    monkeypatch.syspath_prepend(plugin("other_pca", OTHER_PCA))
    assert "clash: say other-pca:pca" in call("plugins").out
    file = write("x.txt", "I am happy\n")
    run = call("map", file, "--out", "out", "--dry-run", "--set", "reducer=pca")
    assert run.code == 1
    assert "emotopy (reducers.pca) and other-pca (other_pca)" in run.error
    assert call("map", file, "--out", "out", "--dry-run", "--set", "reducer=other-pca:pca").code == 0


OTHER_PCA = """
from emotopy import hookimpl

class Same:
    def fit_transform(self, X):
        return X

@hookimpl
def register_reducers():
    return {"pca": Same}
"""
