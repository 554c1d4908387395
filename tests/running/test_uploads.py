"""Whether a configured pathway would send texts away: all its stages are checked, and their dependencies."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy import Registry, TextPathway, map_texts
from emotopy.errors import ConfigError
from emotopy.readers.confidential import mark
from emotopy.roles import Embedder
from emotopy.running.uploads import check_no_upload, stages_of
from emotopy.testing import doubles
from emotopy_plugins.embedders import openai


class Remote:
    """An embedder on another machine."""

    address = "models.example/v1"

    def embed(self, texts):
        raise AssertionError("nothing may be sent")


class Borrowing:
    """A scorer that depends on an embedder."""

    def __init__(self, embedder):
        self.embedder = embedder

    def score(self, texts):
        raise AssertionError("nothing may be scored")


def borrowing(embedder: Embedder):
    return Borrowing(embedder)


def pathway(**config):
    """The doubles, a plugin with an embedder that sends and a scorer that borrows one, and the openai embedders."""
    toy = doubles.plugin(embedder={"remote": Remote}, intensity_scorer={"borrowing": borrowing})
    registry = Registry([doubles, toy, openai])
    assert not registry.problems
    return TextPathway.from_config({**doubles.CHOICES, **config}, registry=registry)


def test_what_ships_stays_here():
    """None of the recommended preset's stages sends; all of them were asked, reporters too."""
    recommended = TextPathway.from_config(registry=Registry.load(plugins=False))
    check_no_upload(recommended)
    assert {name.split()[0] for name in stages_of(recommended)} == {*TextPathway.ROLES_USED, "reporter"}


@pytest.mark.parametrize("embedder", ["remote", {"use": "openai"}, Remote()])
def test_an_embedder_that_sends_is_refused_unless_allowed(embedder, monkeypatch):
    """By name, with options, or as an object; without asking for a key, and with nothing sent."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    one = pathway(embedder=embedder)
    with pytest.raises(
        ConfigError, match=r"embedder .*would send these texts to (models\.example|api\.openai\.com)/v1"
    ):
        check_no_upload(one)
    check_no_upload(one, allow_upload=True)


def test_marked_tables_stay_here_in_python_too():
    """`map_texts` refuses to send a marked DataFrame or a column of one, and writes none of its texts."""
    frame = mark(pd.DataFrame({"text": ["I slept badly again.", "Nothing helps.", "We laughed a lot."]}))
    registry = pathway().registry
    with pytest.raises(ConfigError, match="marked as confidential"):
        map_texts(frame, config={**doubles.CHOICES, "embedder": "remote"}, registry=registry)
    assert map_texts(frame, config=dict(doubles.CHOICES), registry=registry).no_texts
    assert map_texts(frame["text"], config=dict(doubles.CHOICES), registry=registry).no_texts
    assert not map_texts(list(frame["text"]), config=dict(doubles.CHOICES), registry=registry).no_texts


def test_a_stage_that_is_lent_is_asked_too():
    """An embedder that only another stage's options name can't slip past."""
    one = pathway(intensity_scorer={"use": "borrowing", "embedder": "remote"})
    with pytest.raises(ConfigError, match=r"embedder local:remote would send these texts to models\.example/v1"):
        check_no_upload(one)


def test_a_server_on_this_machine_is_no_upload():
    """A model behind the loopback interface may see the texts."""
    check_no_upload(pathway(embedder={"use": "openai", "base_url": "http://localhost:9/v1"}))
