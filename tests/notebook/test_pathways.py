"""What a notebook shows of pathways: stages in order, what differs from the default, no secret, no path."""

from __future__ import annotations

import html
import re

import pytest
from sklearn.decomposition import PCA

from emotopy.config.layers import parse_sets
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.text.pathway import TextPathway

CODE = re.compile(r"<code>--set (.*?)</code>")


def assignments(shown):
    """The texts to copy behind ``--set``, as a shell hands them on."""
    import shlex

    return [shlex.split(html.unescape(one))[0] for one in CODE.findall(shown)]


def test_stages_stand_in_order(page):
    """One box per role, in the order of the walk."""
    shown = page(TextPathway.from_config({})._repr_html_())
    places = [shown.text.index(role) for role in TextPathway.ROLES_USED]
    assert places == sorted(places)
    boxes = [one for tag, one in shown.tags if tag == "li" and "emotopy-stage" in one.get("class", "")]
    assert len(boxes) == len(TextPathway.ROLES_USED)
    assert not any("emotopy-changed" in one["class"] for one in boxes)


def test_the_default_has_nothing_to_set():
    """No assignment, whichever pathway."""
    assert assignments(TextPathway.from_config({})._repr_html_()) == []
    assert assignments(BrainPathway.from_config({})._repr_html_()) == []


CONFIGS = [
    (TextPathway, {"reducer": {"use": "pca", "n_components": 4}, "clusterer": "kmeans", "seed": 3}),
    (TextPathway, {"embedder": {"negation": False}, "interval": {"n": 150}, "level": "node"}),
    (TextPathway, {"preset": "vos2025", "embedder": "static"}),
    (BrainPathway, {"windowing": {"width_s": 30.0}, "null": {"kind": "circular", "n": 39}}),
    (BrainPathway, {"compare": {"features": ["amplitude", "static"]}, "split": "block"}),
]


@pytest.mark.parametrize(("kind", "config"), CONFIGS, ids=range(len(CONFIGS)))
def test_what_is_copied_makes_the_same_pathway(kind, config):
    """The assignments over the default give the configuration that was shown."""
    pathway = kind.from_config(config)
    again = kind.from_config(parse_sets(assignments(pathway._repr_html_())))
    mine, theirs = (one.config.to_dict() for one in (pathway, again))
    del mine["preset"], theirs["preset"]
    roles = [role for role in kind.ROLES_USED if role in mine]
    sections = ("windowing", "split", "null", "compare") if kind is BrainPathway else ("interval", "compare")
    for key in [*roles, "seed", "level", "fit", "segment", "unit_weights", *sections]:
        if key in roles:
            assert whole(key, mine[key], pathway.registry) == whole(key, theirs[key], pathway.registry)
        else:
            assert mine[key] == theirs[key], key


def whole(role, choice, registry):
    """A stage's full name with every option, those at their default, too."""
    given = {"use": choice} if isinstance(choice, str) else dict(choice)
    offer = registry.offer(role, given.pop("use"))
    return offer.full_name, {name: given.get(name, option.default) for name, option in offer.signature.options.items()}


def test_no_secret_and_no_path_is_shown(tmp_path):
    """A password in an address isn't shown, of a file the name alone, of an object its class."""
    file = tmp_path / "private" / "words.csv"
    file.parent.mkdir()
    file.write_text("x\n")
    config = {
        "embedder": {"use": "openai", "base_url": "https://me:hunter2@example.org/v1"},
        "reducer": PCA(n_components=3),
        "intensity_scorer": {"use": "nrc", "lexicon": str(file)},
    }
    shown = TextPathway.from_config(config)._repr_html_()
    assert "hunter2" not in shown
    assert str(tmp_path) not in shown
    assert "words.csv" in shown
    assert "PCA" in shown
    assert "n_components=3" in shown
    assert not any(one.startswith("embedder.base_url") for one in assignments(shown))


def test_a_fitted_pathway_says_what_it_was_fitted_to(page, mapped):
    """The number of texts, and what to do next; nothing that a text says."""
    pathway = TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}})
    fitted = pathway.fit([f"I am afraid of the xylophone {i}" for i in range(12)])
    shown = page(fitted._repr_html_())
    assert "fitted to 12 texts" in shown.text
    assert "xylophone" not in shown.text
    assert "fitted.transform" in shown.text


def test_values_are_text(page):
    """What an option holds adds no element."""
    hostile = "<script>alert(1)</script>"
    pathway = TextPathway.from_config({"embedder": {"use": "sentence-transformers", "model": hostile}})
    shown = page(pathway._repr_html_())
    assert shown.count("script") == 0
    assert hostile in shown.text
