"""Saved pathways that were tampered with, damaged or are foreign: each is refused by an error of ours, no code runs.

What any container is refused for is tested in tests/storage/test_container.py; here is what a text pathway adds: parts,
stages, their states, options, and how these fit together.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

import emotopy
from emotopy import Registry, TextPathway
from emotopy.errors import ConfigError, ContainerError, EmotopyError, PluginError, UnknownName
from emotopy.testing import doubles

MARK = "made-by-a-model"
WORDS = ["happy", "sunny", "laugh", "afraid", "dark", "scream", "river", "window", "mountain", "quiet", "dog", "exam"]
OTHERS = doubles.plugin(
    embedder={"hashing": doubles.HashingEmbedder}, clusterer={"halves": doubles.Halves}, reporter={}
)
REGISTRY = Registry.load(plugins=False)


class Marker:
    """Unpickled, it would make a folder: harmless, and seen."""

    def __reduce__(self):
        return os.mkdir, (MARK,)


class Model:
    """A model to tamper with; `seal` makes its checksums right again, as an attacker would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.head = json.loads((directory / "container.json").read_text("utf-8"))
        with np.load(directory / "arrays.npz") as stored:
            self.arrays = dict(stored)
        self.provenance = json.loads((directory / "provenance.json").read_text("utf-8"))
        self.is_written = False

    @property
    def state(self):
        return self.head["state"]

    def stage(self, role):
        return self.state["stages"][role]

    def path(self, name: str) -> Path:
        """Return the path of a file, which is changed itself."""
        self.is_written = True
        return self.directory / name

    def put(self, name: str, array: np.ndarray) -> None:
        """Put an array in, its dtype, shape and checksum declared."""
        self.arrays[name] = array
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        self.head["arrays"][name] = {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": digest}

    def drop(self, name: str) -> None:
        self.arrays.pop(name)
        self.head["arrays"].pop(name)

    def write(self) -> None:
        """Write what was changed in head, arrays and provenance, sealed."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in sorted(self.arrays.items()):
                member = io.BytesIO()
                np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=True)
                info = zipfile.ZipInfo(f"{name}.npy")
                info.create_system, info.external_attr = 3, 0o600 << 16
                archive.writestr(info, member.getvalue())
        self.path("arrays.npz").write_bytes(file.getvalue())
        self.path("container.json").write_text(json.dumps(self.head), "utf-8")
        self.seal()

    def seal(self) -> None:
        for name in ("container.json", "arrays.npz"):
            self.provenance["manifest"]["files"][name] = hashlib.sha256(self.path(name).read_bytes()).hexdigest()
        self.path("provenance.json").write_text(json.dumps(self.provenance), "utf-8")


def put(name, change):
    """Return what changes an array."""
    return lambda model: model.put(name, change(model.arrays[name].copy()))


def at(index, value):
    def change(array):
        array[index] = value
        return array

    return change


def entry(role, **changes):
    return lambda model: model.stage(role).update(changes)


def state(role, **changes):
    return lambda model: model.stage(role)["state"].update(changes)


def options(role, **changes):
    return lambda model: model.stage(role)["options"].update(changes)


def top(**changes):
    return lambda model: model.state.update(changes)


def swap(one, other):
    def change(model):
        first, second = model.arrays[one], model.arrays[other]
        model.put(one, second)
        model.put(other, first)

    return change


def swap_states(one, other):
    def change(model):
        first, second = model.stage(one), model.stage(other)
        first["state"], second["state"] = second["state"], first["state"]

    return change


def without(*keys):
    def change(model):
        holder = model.head
        for key in keys[:-1]:
            holder = holder[key]
        holder.pop(keys[-1])

    return change


def renamed(old, new):
    def change(model):
        array = model.arrays[old]
        model.drop(old)
        model.put(new, array)

    return change


def cut_npz(model):
    data = model.path("arrays.npz").read_bytes()
    model.path("arrays.npz").write_bytes(data[: len(data) // 2])
    model.seal()


def flipped(name):
    def change(model):
        data = bytearray(model.path(name).read_bytes())
        data[len(data) // 2] ^= 4
        model.path(name).write_bytes(data)

    return change


def linked(name):
    def change(model):
        model.path(name).rename(model.directory.parent / "elsewhere")
        model.path(name).symlink_to(model.directory.parent / "elsewhere")

    return change


def pickled(model):
    model.path("arrays.npz").write_bytes(pickle.dumps(Marker()))
    model.seal()


def link_member(model):
    data = zipfile.ZipFile(model.path("arrays.npz"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in data.infolist():
            info = zipfile.ZipInfo(member.filename)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, data.read(member))
    data.close()
    model.path("arrays.npz").write_bytes(file.getvalue())
    model.seal()


def objects(model):
    made = np.empty(len(model.arrays["clusterer.core_distances"]), dtype=object)
    made[:] = [Marker()] * len(made)
    model.arrays["clusterer.core_distances"] = made


def cycle(model):
    """A node that is its own ancestor: whoever climbs would never arrive."""
    parent = model.arrays["clusterer.parent"].copy()
    parent[1] = len(parent) - 1
    model.put("clusterer.parent", parent)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


HOSTILE = {
    # damaged and foreign files
    "half an archive": (cut_npz, ContainerError),
    "a flipped bit in the arrays": (flipped("arrays.npz"), ContainerError),
    "a flipped bit in the head": (flipped("container.json"), ContainerError),
    "a link in place of the arrays": (linked("arrays.npz"), ContainerError),
    "a link in place of the head": (linked("container.json"), ContainerError),
    "members that are links": (link_member, ContainerError),
    "a pickle in place of the arrays": (pickled, ContainerError),
    "no head": (lambda model: model.path("container.json").unlink(), ContainerError),
    "a newer schema": (lambda model: model.head.update(schema=99), ContainerError),
    "a schema before the first": (lambda model: model.head.update(schema=0), ContainerError),
    "another kind": (lambda model: model.head.update(kind="decoder"), ContainerError),
    "a kind that nobody knows": (lambda model: model.head.update(kind="toaster"), ContainerError),
    "a provenance without input": (lambda model: model.provenance.pop("input"), ContainerError),
    # arrays of parts
    "an array of objects": (objects, ContainerError),
    "a part that climbs out": (renamed("reducer.mean", "../reducer.mean"), ContainerError),
    "an array's name that climbs out": (renamed("reducer.mean", "reducer.../mean"), ContainerError),
    "an array's name with an absolute path": (renamed("reducer.mean", "reducer./etc/passwd"), ContainerError),
    "a part that nobody knows": (renamed("reducer.mean", "toaster.mean"), ContainerError),
    "an array in another part": (renamed("reducer.mean", "clusterer.mean"), ContainerError),
    "an array that lacks": (lambda model: model.drop("reducer.landmarks"), ContainerError),
    "an array too many": (lambda model: model.put("reducer.more", np.zeros(3)), ContainerError),
    "arrays of a part that learns nothing": (lambda model: model.put("atlas.more", np.zeros(3)), ContainerError),
    "16 TB declared": (
        lambda model: model.head["arrays"]["reducer.landmarks"].update(shape=[2**40, 2]),
        ContainerError,
    ),
    "nine axes": (lambda model: model.put("reducer.mean", np.zeros((1,) * 9)), ContainerError),
    "a checksum of another array": (
        lambda model: model.head["arrays"]["reducer.mean"].update(sha256="0" * 64),
        ContainerError,
    ),
    "NaN in a part": (put("reducer.points", at((0, 0), np.nan)), ContainerError),
    "infinity in a part": (put("clusterer.density", at(0, np.inf)), ContainerError),
    "NaN in the example": (put("example_points", at((0, 0), np.nan)), ContainerError),
    "texts in place of numbers": (put("reducer.mean", lambda a: a.astype("U8")), ContainerError),
    "whole numbers in place of floats": (put("reducer.mean", lambda a: a.astype(np.int64)), ContainerError),
    # parts that don't fit each other
    "two arrays swapped": (swap("clusterer.parent", "clusterer.label"), ContainerError),
    "an axis too many": (put("reducer.mean", lambda a: a[:, None]), ContainerError),
    "landmarks of other dimensions": (put("reducer.landmarks", lambda a: a[:, :-1]), ContainerError),
    "fewer places than landmarks": (put("reducer.points", lambda a: a[:-1]), ContainerError),
    "places of other dimensions": (put("reducer.points", lambda a: a[:, :-1]), ContainerError),
    "vectors of other dimensions": (
        lambda model: (
            model.put("reducer.mean", model.arrays["reducer.mean"][:-1]),
            model.put("reducer.axes", model.arrays["reducer.axes"][:-1]),
        ),
        ContainerError,
    ),
    "clusters in other dimensions": (put("clusterer.points", lambda a: a[:, :-1]), ContainerError),
    "anchors of other dimensions": (put("region_mapper.anchors", lambda a: a[:, :-1]), ContainerError),
    "fewer anchors than terms": (put("region_mapper.anchors", lambda a: a[:-1]), ContainerError),
    "a standard of fewer regions": (put("assignment_mean", lambda a: a[:-1]), ContainerError),
    "a standard and an example of fewer regions": (
        lambda model: [
            model.put(name, model.arrays[name][..., :-1].copy())
            for name in ("assignment_mean", "assignment_sd", "example_assignment", "example_profile")
        ],
        ContainerError,
    ),
    "landmarks moved": (put("reducer.points", lambda a: a + 1), ContainerError),
    "anchors changed": (put("region_mapper.anchors", lambda a: a[::-1].copy()), ContainerError),
    "an example of other numbers": (put("example_assignment", lambda a: a[::-1].copy()), ContainerError),
    "an example of no text": (
        lambda model: [
            model.put(name, model.arrays[name][:0]) for name in list(model.arrays) if name.startswith("example")
        ],
        ContainerError,
    ),
    "states swapped": (swap_states("reducer", "clusterer"), ContainerError),
    "no landmark": (
        lambda model: [model.put(f"reducer.{n}", model.arrays[f"reducer.{n}"][:0]) for n in ("landmarks", "points")],
        ContainerError,
    ),
    # trees and indices
    "a tree that bites its tail": (cycle, ContainerError),
    "a point in a node that isn't": (put("clusterer.node_of_point", at(0, 10**6)), ContainerError),
    "a negative node": (put("clusterer.node_of_point", at(0, -2)), ContainerError),
    "a root below another node": (put("clusterer.parent", at(0, 1)), ContainerError),
    "a label below none": (put("clusterer.label", at(0, -7)), ContainerError),
    "a label of 2^60": (put("clusterer.label", at(0, 2**60)), ContainerError),
    "more neighbours than points": (state("clusterer", min_samples=10**9), ContainerError),
    # states
    "no state": (lambda model: model.stage("reducer").pop("state"), ContainerError),
    "a state that is a list": (entry("reducer", state=[]), ContainerError),
    "a state that lacks a value": (lambda model: model.stage("reducer")["state"].pop("scale"), ContainerError),
    "a scale of zero": (state("reducer", scale=0), ContainerError),
    "a scale that is text": (state("reducer", scale="1"), ContainerError),
    "a metric that is code": (
        lambda model: model.stage("reducer")["state"]["options"].update(metric=f"__import__('os').mkdir('{MARK}')"),
        ContainerError,
    ),
    "2^50 neighbours": (
        lambda model: model.stage("reducer")["state"]["options"].update(n_neighbors=2**50),
        ContainerError,
    ),
    "a flag that is a number": (state("clusterer", has_clusters=1), ContainerError),
    "a level that isn't": (state("region_mapper", level="galaxy"), ContainerError),
    "a table that is none": (state("region_mapper", table="term,joy\n1,2\n"), ContainerError),
    "a table that is a number": (state("region_mapper", table=7), ContainerError),
    "constants that lack": (state("region_mapper", constants={}), ContainerError),
    # stages
    "a stage that isn't installed": (entry("reducer", use="emotopy:toaster"), UnknownName),
    "a stage of another owner": (entry("reducer", use="evil-corp:umap"), UnknownName),
    "a stage of another role": (entry("reducer", use="emotopy:kmeans"), UnknownName),
    "a stage named by a module": (entry("reducer", use="os:system"), UnknownName),
    "another stage of the role": (entry("reducer", use="emotopy:pca", options={}), ContainerError),
    "a stage that can't take a state": (entry("reducer", use="emotopy:tsne", options={}), PluginError),
    "a name of 10,000 letters": (entry("reducer", use="x" * 10_000), ContainerError),
    "a name that is a list": (entry("reducer", use=["emotopy:umap"]), ContainerError),
    "no stages": (top(stages={}), ContainerError),
    "a role too many": (lambda model: model.state["stages"].update(annotator={}), ContainerError),
    # options
    "an option of another type": (options("reducer", n_components="five"), ConfigError),
    "an option out of bounds": (options("reducer", n_neighbors=1), ConfigError),
    "an option that isn't": (options("reducer", shell="rm"), ConfigError),
    "500 lists within each other": (options("reducer", n_components=nested(500)), ContainerError),
    "50 lists within each other": (options("reducer", n_components=nested(50)), ConfigError),
    "options that are a list": (entry("reducer", options=[]), ContainerError),
    "an option that is an absolute path": (options("region_mapper", table="/etc/passwd"), ContainerError),
    "an option that is a path upwards": (options("region_mapper", table="../../table.csv"), ContainerError),
    "an option at somebody's home": (options("region_mapper", table="~root/table.csv"), ContainerError),
    "an option that wants a file": (options("region_mapper", table={"file": "x", "sha256": "0"}), ConfigError),
    "a server": (entry("embedder", use="emotopy:openai", options={"base_url": "https://far.example/v1"}), ConfigError),
    # the rest of the state
    "a setting that isn't": (lambda model: model.state["config"].update(run="rm"), ContainerError),
    "a setting that lacks": (lambda model: model.state["config"].pop("seed"), ContainerError),
    "a setting of another type": (lambda model: model.state["config"].update(seed="zero"), ConfigError),
    "10^12 resamples": (lambda model: model.state["config"].update(interval={"n": 10**12}), ConfigError),
    "a fit of no text": (top(n_members=0), ContainerError),
    "notes that are a text": (top(notes="all is well"), ContainerError),
    "regions twice": (lambda model: model.state["regions"].__setitem__(0, model.state["regions"][1]), ContainerError),
    "a node elsewhere": (lambda model: model.state["nodes"][0].update(x_mm=77.0), ContainerError),
    "a node that lacks": (lambda model: model.state["nodes"].pop(), ContainerError),
    "a node of letters": (lambda model: model.state["nodes"][0].update(x_mm="x"), ContainerError),
    "no flag for texts": (without("state", "no_texts"), ContainerError),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model of the recommended stages, small."""
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(3, 8))) for _ in range(150)]
    config = {"reducer": {"use": "umap", "n_epochs": 20}, "reporter": [], "interval": {"n": 100}}
    place = tmp_path_factory.mktemp("model") / "model"
    return TextPathway.from_config(config, registry=REGISTRY).fit(texts).save(place)


@pytest.fixture
def model(saved, tmp_path):
    shutil.copytree(saved, tmp_path / "model")
    return Model(tmp_path / "model")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_models_are_refused(name, model, tmp_path, monkeypatch):
    """By an error that says what was wanted, or names what isn't there; nothing runs, nothing is left behind."""
    change, error = HOSTILE[name]
    change(model)
    if not model.is_written:
        model.write()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(error) as caught:
        emotopy.load(model.directory, registry=REGISTRY, most_bytes=1 << 26)
    found = caught.value
    assert isinstance(found, EmotopyError)
    if isinstance(found, ContainerError):
        assert found.file
        assert found.wanted
        assert found.got
    elif isinstance(found, ConfigError):
        assert found.path
    assert str(tmp_path) not in str(found)
    assert list((tmp_path / "here").iterdir()) == []


def test_there_are_sixty_of_them():
    """And more."""
    assert len(HOSTILE) >= 60


def test_the_tampering_alone_is_refused(model):
    """A model that was only written and sealed anew is loaded: what the others are refused for is their change."""
    model.write()
    emotopy.load(model.directory, registry=REGISTRY)


def test_a_stage_of_a_plugin_that_is_not_there_says_who_offers_it(model):
    """A registry without the built-ins knows none of the model's stages."""
    with pytest.raises(UnknownName) as caught:
        emotopy.load(model.directory, registry=Registry([OTHERS]))
    assert caught.value.path
    assert caught.value.name.startswith("emotopy:")


def test_a_model_of_another_kind_is_no_decoder(model):
    """`emotopy track` says which kind it is."""
    from emotopy.pathways.load import load_decoder
    from emotopy.roles import Host

    with pytest.raises(ContainerError) as caught:
        load_decoder(model.directory, REGISTRY, Host())
    assert (caught.value.member, caught.value.got) == ("kind", "'text-pathway'")
