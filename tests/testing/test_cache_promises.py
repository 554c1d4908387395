"""What is kept between runs: each promise of a cache and of a fingerprint has a stage that breaks just that."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import zlib
from typing import Literal

import numpy as np
import pytest

from emotopy import Registry
from emotopy.roles import Embedder, Host
from emotopy.testing import ContractViolation, NotApplicable, conformance, doubles
from emotopy.testing.example_inputs import SECRETS

CACHE = "a_cache_holds_no_texts"
FINGERPRINT = "a_fingerprint_tells_options_apart"


def run(factory, check, role="embedder"):
    """Run one check on one factory."""
    ((candidate, one),) = conformance(role, Registry([doubles.plugin(**{role: {"it": factory}})]), only=[check])
    one(candidate)


class Caches(doubles.HashingEmbedder):
    """Keeps vectors by a hash of their text, in a file of the user's."""

    mode = 0o600

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.folder = host.cache_dir

    def key(self, text):
        return hashlib.sha256(text.encode()).hexdigest()

    def kept(self, vector):
        return vector

    def write(self, path, kept):
        path.write_text(json.dumps(kept))

    def read(self, path):
        return json.loads(path.read_text()) if path.exists() else {}

    def embed(self, texts):
        vectors = super().embed(texts)
        if self.folder is None:
            return vectors
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / "vectors.json"
        kept = self.read(path)
        found = [kept.get(self.key(text)) or vector.tolist() for text, vector in zip(texts, vectors, strict=True)]
        self.write(path, kept | {self.key(text): self.kept(row) for text, row in zip(texts, found, strict=True)})
        self.folder.chmod(self.mode | (0o100 if self.mode == 0o600 else 0o055))
        path.chmod(self.mode)
        return np.array(found, dtype=np.float32)


class ByText(Caches):
    """Keeps texts."""

    def key(self, text):
        return text


class Packed(ByText):
    """Keeps texts, compressed."""

    def write(self, path, kept):
        path.write_bytes(zlib.compress(json.dumps(kept).encode()))

    def read(self, path):
        return json.loads(zlib.decompress(path.read_bytes())) if path.exists() else {}


class InDatabase(ByText):
    """Keeps texts in a database."""

    def write(self, path, kept):
        with sqlite3.connect(path) as base:
            base.execute("CREATE TABLE IF NOT EXISTS kept (text TEXT PRIMARY KEY, vector TEXT)")
            base.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", [(k, json.dumps(v)) for k, v in kept.items()])
        base.close()

    def read(self, path):
        return {}


class Coarse(Caches):
    """Keeps whole numbers, and returns them the next time."""

    def kept(self, vector):
        return [round(value) for value in vector]


class ByLength(Caches):
    """Takes texts of one length for the same."""

    def key(self, text):
        return str(len(text) // 10)


class Open(Caches):
    """Lets everybody read."""

    mode = 0o644


@pytest.mark.parametrize("factory", [ByText, Packed, InDatabase, Coarse, ByLength])
def test_a_cache_that_holds_texts_or_answers_wrongly_is_found_out(factory):
    """Texts in files, packed or in a database, and what a second stage reads back otherwise, break the promise."""
    with pytest.raises(ContractViolation) as caught:
        run(factory, CACHE)
    assert not any(word in str(caught.value) for word in SECRETS)


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_cache_that_others_may_read_is_found_out():
    """Neither the file nor a folder above it keeps others out."""
    with pytest.raises(ContractViolation, match="0600"):
        run(Open, CACHE)


def test_a_cache_of_hashes_keeps_the_promise_and_none_makes_none():
    """A stage that keeps hashes and vectors passes; one that takes a host and keeps nothing isn't asked."""

    def keeps_nothing(host: Host) -> Embedder:
        """Keep nothing."""
        return doubles.HashingEmbedder()

    run(Caches, CACHE)
    for factory in (keeps_nothing, doubles.HashingEmbedder):
        with pytest.raises(NotApplicable):
            run(factory, CACHE)


class Forgetful(doubles.HashingEmbedder):
    """Leaves an option out of its fingerprint."""

    def __init__(self, scale: float = 1.0, how: Literal["plain", "double"] = "plain", log: bool = False) -> None:
        super().__init__()
        self.scale, self.how, self.log = scale, how, log

    named = ()

    @property
    def fingerprint(self):
        return ":".join(["forgetful", *(str(getattr(self, name)) for name in self.named)])

    def embed(self, texts):
        vectors = super().embed(texts) * np.float32(self.scale)
        return vectors * 2 if self.how == "double" else vectors


@pytest.mark.parametrize(("named", "told"), [(("how",), "scale"), (("scale", "log"), "how")])
def test_an_option_that_a_fingerprint_leaves_out_is_found_out(named, told):
    """Two stages of one fingerprint and different output break the promise; the message names the option."""
    with pytest.raises(ContractViolation, match=f"another {told}"):
        run(type("It", (Forgetful,), {"__doc__": "It.", "named": named}), FINGERPRINT)


def test_an_option_that_changes_nothing_may_be_left_out():
    """Only what makes a difference must stand in a fingerprint; a stage without one makes no promise."""
    run(type("It", (Forgetful,), {"__doc__": "It.", "named": ("scale", "how")}), FINGERPRINT)
    with pytest.raises(NotApplicable):
        run(doubles.WordScorer, FINGERPRINT, "intensity_scorer")
