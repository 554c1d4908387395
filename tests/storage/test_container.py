"""Containers of saved models: what is written is read, the same bytes for the same content, and nothing hostile."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ContainerError, InputError, OutputError
from emotopy.storage.container import read_container, write_container
from emotopy.storage.container_specs import ArraySpec, Kind, Older
from emotopy.storage.state_fields import Fields

KIND = Kind("toy", 2, {"weights": ArraySpec("<f8", ("edges", "emotions")), "gaps": ArraySpec("<f4", ("edges",), False)})
STATE = {"emotions": ["fear", "joy"], "tr_s": 2.0, "label": "naïve \u2028 text"}
FILES = ("container.json", "arrays.npz", "provenance.json")


def arrays(n_edges: int = 3) -> dict[str, np.ndarray]:
    return {"weights": np.arange(2.0 * n_edges).reshape(n_edges, 2), "gaps": np.full(n_edges, np.nan, np.float32)}


def written(directory: Path, **more) -> Path:
    return write_container(directory, KIND, STATE, arrays(), provenance={"seed": 7}, **more)


def test_what_is_written_is_read(tmp_path):
    """State, arrays, provenance and versions come back; the arrays can't be written to."""
    found = read_container(written(tmp_path / "a"), KIND)
    assert (found.kind, found.schema, found.state) == ("toy", 2, STATE)
    assert found.provenance == {"seed": 7}
    assert "numpy" in found.versions
    for name, array in arrays().items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
        assert not found.arrays[name].flags.writeable


@settings(max_examples=30)
@given(weights=hnp.arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(0, 4)), elements=st.floats(-1e9, 1e9)))
def test_any_array_comes_back_bit_by_bit(tmp_path_factory, weights):
    """Empty ones, negative zero, those in Fortran order or of another byte order too."""
    kind = Kind("toy", 1, {"weights": ArraySpec("<f8", ("edges", "emotions"))})
    for number, given_ in enumerate([weights, np.asfortranarray(weights), weights.astype(">f8")]):
        place = tmp_path_factory.mktemp("container") / str(number)
        found = read_container(write_container(place, kind, {}, {"weights": given_}, provenance={}), kind)
        assert found.arrays["weights"].tobytes() == np.ascontiguousarray(weights).tobytes()
        assert found.arrays["weights"].shape == weights.shape


def test_the_same_content_gives_the_same_bytes(tmp_path):
    """Whatever the order of keys and the clock."""
    written(tmp_path / "a")
    swapped, state = dict(reversed(arrays().items())), dict(reversed(STATE.items()))
    write_container(tmp_path / "b", KIND, state, swapped, provenance={"seed": 7})
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_numpy_and_json_alone_can_read_it(tmp_path):
    """The files are what they seem to be, for those who have no emotopy."""
    place = written(tmp_path / "a")
    with np.load(place / "arrays.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["weights"], arrays()["weights"])
    head = json.loads((place / "container.json").read_text("utf-8"))
    digest = hashlib.sha256(arrays()["weights"].tobytes()).hexdigest()
    assert head["arrays"]["weights"] == {"dtype": "<f8", "shape": [3, 2], "sha256": digest}


def test_a_container_that_is_there_stays_unless_forced(tmp_path):
    """As results do; with `force` it is replaced."""
    place = written(tmp_path / "a")
    with pytest.raises(OutputError):
        written(place)
    write_container(place, KIND, {"new": True}, arrays(), provenance={}, force=True)
    assert read_container(place, KIND).state == {"new": True}
    assert sorted(path.name for path in place.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("change", "member"),
    [
        (lambda found: found | {"weights": np.full((3, 2), np.nan)}, "weights"),
        (lambda found: found | {"weights": np.zeros(3)}, "weights"),
        (lambda found: found | {"gaps": np.zeros(4, np.float32)}, "weights"),
        (lambda found: {"weights": found["weights"]}, "'gaps'"),
        (lambda found: found | {"more": np.zeros(1)}, "'more'"),
    ],
    ids=["NaN", "an axis too few", "axes that differ", "an array too few", "an array too many"],
)
def test_what_the_kind_forbids_is_not_written(tmp_path, change, member):
    """The error names the array, and nothing is left behind."""
    with pytest.raises(ContainerError) as caught:
        write_container(tmp_path / "a", KIND, STATE, change(arrays()), provenance={})
    assert caught.value.member == member
    assert list(tmp_path.iterdir()) == []


def test_an_older_schema_is_migrated(tmp_path):
    """Step by step, from the schema of the file to today's."""
    first = Kind("toy", 1, {"w": ArraySpec("<f8", ("edges",))})
    place = write_container(tmp_path / "a", first, {"tr": 2000}, {"w": np.arange(3.0)}, provenance={})

    def to_second(state, found):
        return {"tr_s": state["tr"] / 1000}, {"weights": found["w"][:, None], "gaps": np.zeros(3, np.float32)}

    kind = Kind("toy", 2, KIND.arrays, {1: Older(first.arrays, to_second)})
    found = read_container(place, kind)
    assert found.state == {"tr_s": 2.0}
    assert found.arrays["weights"].shape == (3, 1)
    assert found.schema == 1


def test_parts_of_an_older_schema_are_migrated(tmp_path):
    """A part may be renamed, as any array may."""
    first = Kind("toy", 1, {}, parts=("old",))
    place = write_container(tmp_path / "a", first, {}, {"old.a": np.arange(3)}, provenance={})

    def to_second(state, found):
        return state, {name.replace("old.", "new."): array for name, array in found.items()}

    kind = Kind("toy", 2, {}, {1: Older({}, to_second, parts=("old",))}, parts=("new",))
    found = read_container(place, kind)
    np.testing.assert_array_equal(found.arrays["new.a"], np.arange(3))
    with pytest.raises(ContainerError) as caught:
        read_container(place, Kind("toy", 2, {}, {1: Older({}, to_second)}, parts=("new",)))
    assert caught.value.member == "'old.a'"


def test_another_kind_is_named(tmp_path):
    """What is in the folder, and what was wanted."""
    with pytest.raises(ContainerError) as caught:
        read_container(written(tmp_path / "a"), Kind("decoder", 1, {}))
    assert (caught.value.member, caught.value.wanted, caught.value.got) == ("kind", "decoder", "'toy'")


PARTS = Kind("toy", 1, {"weights": ArraySpec("<f8", ("edges",))}, parts=("left", "right"))


def test_a_part_has_arrays_of_its_own(tmp_path):
    """Any number of them, of any shape and of the dtypes there are; those without an axis too."""
    given_ = {
        "weights": np.arange(3.0),
        "left.a": np.arange(6, dtype=np.int32).reshape(1, 2, 3),
        "left.b": np.array(True),
        "right.a": np.zeros((0, 4), np.float32),
    }
    found = read_container(write_container(tmp_path / "a", PARTS, {}, given_, provenance={}), PARTS).arrays
    assert found.keys() == given_.keys()
    for name, array in given_.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("middle.a", np.zeros(2)),
        ("left", np.zeros(2)),
        ("left.", np.zeros(2)),
        ("left.A", np.zeros(2)),
        ("left.a.b", np.zeros(2)),
        ("left.../a", np.zeros(2)),
        ("left.a", np.array(["x"])),
        ("left.a", np.array([None])),
        ("left.a", np.zeros(2, np.uint8)),
        ("left.a", np.array([np.inf])),
        ("left.a", np.zeros((1,) * 9)),
    ],
    ids=str,
)
def test_a_part_holds_plain_finite_numbers_under_plain_names(name, array, tmp_path):
    """What isn't is neither written nor read."""
    with pytest.raises(ContainerError) as caught:
        write_container(tmp_path / "a", PARTS, {}, {"weights": np.zeros(2), name: array}, provenance={})
    assert caught.value.member
    assert list(tmp_path.iterdir()) == []


# Hostile archives ---------------------------------------------------------------------------------------------------


def npy(array: np.ndarray, *, allow_pickle: bool = False, version=(1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version, allow_pickle=allow_pickle)
    return file.getvalue()


def npy_with(header: str, body: bytes = b"") -> bytes:
    """An .npy file with a header of one's own."""
    padded = header.encode("latin1").ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + body


def npz(members: list[tuple[str, bytes]], *, compression=zipfile.ZIP_STORED, attr=0o600 << 16) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr, info.compress_type = 3, attr, compression
            archive.writestr(info, data)
    return file.getvalue()


class Scene:
    """A container to be tampered with; `seal` makes its checksums right again, as an attacker would."""

    def __init__(self, directory: Path) -> None:
        self.directory = written(directory)

    def path(self, name: str) -> Path:
        return self.directory / name

    @property
    def head(self) -> dict:
        return json.loads(self.path("container.json").read_text("utf-8"))

    @property
    def members(self) -> dict[str, bytes]:
        return {f"{name}.npy": npy(array) for name, array in sorted(arrays().items())}

    def seal(self) -> None:
        sums = {name: hashlib.sha256(self.path(name).read_bytes()).hexdigest() for name in FILES[:2]}
        manifest = {"format": "emotopy results 1", "files": sums}
        self.path("provenance.json").write_text(json.dumps({"manifest": manifest}))

    def write_head(self, head: dict | str | bytes) -> None:
        text = head if isinstance(head, (str, bytes)) else json.dumps(head)
        self.path("container.json").write_bytes(text if isinstance(text, bytes) else text.encode())
        self.seal()

    def change_head(self, **values) -> None:
        self.write_head(self.head | values)

    def change_array(self, name: str, **values) -> None:
        head = self.head
        head["arrays"][name] |= values
        self.write_head(head)

    def write_npz(self, data: bytes) -> None:
        self.path("arrays.npz").write_bytes(data)
        self.seal()

    def change_members(self, **how) -> None:
        self.write_npz(npz(list(self.members.items()), **how))

    def change_member(self, name: str, data: bytes) -> None:
        self.write_npz(npz(list((self.members | {f"{name}.npy": data}).items())))

    def replace(self, name: str, array: np.ndarray) -> None:
        """Put another array in, its checksum and shape declared."""
        self.change_array(
            name, sha256=hashlib.sha256(array.tobytes()).hexdigest(), shape=list(array.shape), dtype=array.dtype.str
        )
        self.change_member(name, npy(array))


class Marker:
    """Unpickled, it would make a folder: harmless, and seen."""

    def __reduce__(self):
        return os.mkdir, (MARK,)


MARK = "unpickled"


def link_to_file(scene):
    scene.path("arrays.npz").rename(scene.directory.parent / "elsewhere.npz")
    scene.path("arrays.npz").symlink_to(scene.directory.parent / "elsewhere.npz")


def pipe(scene):
    scene.path("container.json").unlink()
    os.mkfifo(scene.path("container.json"))


def folder(scene):
    scene.path("arrays.npz").unlink()
    scene.path("arrays.npz").mkdir()


def flipped(scene):
    data = bytearray(scene.path("arrays.npz").read_bytes())
    data[200] ^= 1
    scene.path("arrays.npz").write_bytes(data)


def flipped_and_sealed(scene):
    data = scene.path("arrays.npz").read_bytes()
    at = data.index(arrays()["weights"].tobytes()) + 9
    scene.write_npz(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def other_values(scene):
    scene.change_member("weights", npy(arrays()["weights"] + 1))


def duplicate_names(scene):
    members = list(scene.members.items())
    with pytest.warns(UserWarning, match="Duplicate"):
        scene.write_npz(npz([*members, members[0]]))


def bomb(scene):
    zeros = np.zeros((3, 2))
    scene.write_npz(
        npz([*((name, data) for name, data in scene.members.items() if "gaps" in name), ("weights.npy", npy(zeros))])
    )
    scene.change_members(compression=zipfile.ZIP_DEFLATED)


def declared_bomb(scene):
    scene.change_array("weights", shape=[3, 2**40])


def lying_size(scene):
    """The central list declares a member of a terabyte."""
    data = bytearray(scene.path("arrays.npz").read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 28] = struct.pack("<II", 2**32 - 2, 2**32 - 2)
    scene.write_npz(bytes(data))


def overlapping(scene):
    """Both members of the list point at the same bytes."""
    data = bytearray(scene.path("arrays.npz").read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    scene.write_npz(bytes(data))


def encrypted(scene):
    data = bytearray(scene.path("arrays.npz").read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    data[data.index(b"PK\x03\x04") + 6] |= 1
    scene.write_npz(bytes(data))


def object_array(scene):
    made = np.array([[Marker(), None]], dtype=object)
    body = pickle.dumps(made)
    header = "{'descr': '|O', 'fortran_order': False, 'shape': (3, 2), }"
    scene.change_member("weights", npy_with(header, body))


def declared_object_array(scene):
    object_array(scene)
    scene.change_array("weights", dtype="|O")


def pickle_as_archive(scene):
    scene.write_npz(pickle.dumps(Marker()))


def code_in_header(scene):
    header = f"{{'descr': __import__('os').mkdir({MARK!r}), 'fortran_order': False, 'shape': (3, 2)}}"
    scene.change_member("weights", npy_with(header, arrays()["weights"].tobytes()))


def nested_header(scene):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 40 + "3" + ",)" * 20 + "}"
    scene.change_member("weights", npy_with(header, arrays()["weights"].tobytes()))


def header_shape(scene):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2), }"
    scene.change_member("weights", npy_with(header, arrays()["weights"].tobytes()))


def fortran(scene):
    scene.change_member("weights", npy(np.asfortranarray(arrays()["weights"])))


def short_body(scene):
    scene.change_member("weights", npy(arrays()["weights"])[:-8])


def long_body(scene):
    scene.change_member("weights", npy(arrays()["weights"]) + b"\0" * 8)


def huge_file(scene):
    with scene.path("arrays.npz").open("r+b") as file:
        file.truncate(1 << 33)  # sparse: takes no room


def huge_head(scene):
    with scene.path("container.json").open("r+b") as file:
        file.truncate(1 << 33)


def twice_the_key(scene):
    scene.write_head(scene.path("container.json").read_text("utf-8").replace('"kind"', '"kind": "other", "kind"', 1))


def state_with(text):
    def change(scene):
        head = json.dumps(scene.head | {"state": 0}).replace('"state": 0', f'"state": {text}')
        scene.write_head(head)

    return change


def without(name):
    return lambda scene: scene.path(name).unlink()


def extra(name):
    return lambda scene: scene.path(name).write_text("harmless")


def member_called(name):
    return lambda scene: scene.write_npz(npz([*scene.members.items(), (name, npy(np.zeros(1)))]))


def null_in_name(scene):
    """Readers that stop at the null see an array that is wanted."""
    data = npz([("gaps.npy", scene.members["gaps.npy"]), ("weights.npy?.txt", scene.members["weights.npy"])])
    scene.write_npz(data.replace(b"npy?.txt", b"npy\0.txt"))


def provenance(text):
    return lambda scene: scene.path("provenance.json").write_text(text)


HOSTILE = {
    # paths, links, files
    "a member that climbs out": (member_called("../weights.npy"), "arrays.npz"),
    "a member with an absolute path": (member_called("/tmp/weights.npy"), "arrays.npz"),
    "a member on a drive": (member_called("C:\\weights.npy"), "arrays.npz"),
    "a member in a folder": (member_called("a/weights.npy"), "arrays.npz"),
    "a member with a null in its name": (null_in_name, "arrays.npz"),
    "an unknown member": (member_called("more.npy"), "arrays.npz"),
    "a member that is a link": (lambda scene: scene.change_members(attr=(stat.S_IFLNK | 0o777) << 16), "arrays.npz"),
    "a member that is a folder": (lambda scene: scene.change_members(attr=(stat.S_IFDIR | 0o777) << 16), "arrays.npz"),
    "an array's name that climbs out": (
        lambda scene: scene.change_head(arrays={"../w": scene.head["arrays"]["weights"]}),
        "container.json",
    ),
    "a link in place of the archive": (link_to_file, "arrays.npz"),
    "a pipe in place of the head": (pipe, "container.json"),
    "a folder in place of the archive": (folder, "arrays.npz"),
    "a file too many": (extra("setup.py"), "model"),
    "a hidden file": (extra(".hidden"), "model"),
    "no archive": (without("arrays.npz"), "model"),
    "no head": (without("container.json"), "model"),
    "no provenance": (without("provenance.json"), "model"),
    # sizes
    "an archive of 8 GB": (huge_file, "arrays.npz"),
    "a head of 8 GB": (huge_head, "container.json"),
    "a compressed member": (bomb, "arrays.npz"),
    "a declared array of 24 TB": (declared_bomb, "container.json"),
    "a listed member of 4 GB": (lying_size, "arrays.npz"),
    "members that overlap": (overlapping, "arrays.npz"),
    "one name twice": (duplicate_names, "arrays.npz"),
    "an encrypted member": (encrypted, "arrays.npz"),
    "no member": (lambda scene: scene.write_npz(npz([])), "arrays.npz"),
    "an empty archive": (lambda scene: scene.write_npz(b""), "arrays.npz"),
    "half an archive": (lambda scene: scene.write_npz(scene.path("arrays.npz").read_bytes()[:300]), "arrays.npz"),
    # objects and code
    "an array of objects": (object_array, "arrays.npz"),
    "a declared array of objects": (declared_object_array, "container.json"),
    "a pickle in place of the archive": (pickle_as_archive, "arrays.npz"),
    "code in a header": (code_in_header, "arrays.npz"),
    "a header of brackets": (nested_header, "arrays.npz"),
    # shapes, dtypes, values
    "a header of another shape": (header_shape, "arrays.npz"),
    "a header of another dtype": (
        lambda scene: scene.change_member("weights", npy(arrays()["weights"].astype("<i8"))),
        "arrays.npz",
    ),
    "big-endian numbers": (
        lambda scene: scene.change_member("weights", npy(arrays()["weights"].astype(">f8"))),
        "arrays.npz",
    ),
    "complex numbers": (lambda scene: scene.replace("weights", arrays()["weights"].astype(complex)), "container.json"),
    "Fortran order": (fortran, "arrays.npz"),
    "a header of version 2": (
        lambda scene: scene.change_member("weights", npy(arrays()["weights"], version=(2, 0))),
        "arrays.npz",
    ),
    "too few numbers": (short_body, "arrays.npz"),
    "too many numbers": (long_body, "arrays.npz"),
    "no .npy at all": (lambda scene: scene.change_member("weights", b"x" * 176), "arrays.npz"),
    "NaN": (lambda scene: scene.replace("weights", np.full((3, 2), np.nan)), "arrays.npz"),
    "infinity": (lambda scene: scene.replace("weights", np.full((3, 2), -np.inf)), "arrays.npz"),
    "axes that differ": (lambda scene: scene.replace("weights", np.zeros((4, 2))), "container.json"),
    "an axis too many": (lambda scene: scene.replace("weights", np.zeros((3, 2, 1))), "container.json"),
    "a negative shape": (lambda scene: scene.change_array("weights", shape=[-3, -2]), "container.json"),
    "a shape of fractions": (lambda scene: scene.change_array("weights", shape=[3.0, 2]), "container.json"),
    "a shape of truth values": (lambda scene: scene.change_array("weights", shape=[True, 2]), "container.json"),
    # checksums
    "a flipped bit": (flipped, "arrays.npz"),
    "a flipped bit, sealed": (flipped_and_sealed, "arrays.npz"),
    "other values, sealed": (other_values, "arrays.npz"),
    "a head changed": (lambda scene: scene.path("container.json").write_text("{}"), "container.json"),
    "a checksum that is none": (lambda scene: scene.change_array("weights", sha256="0" * 63), "container.json"),
    # JSON
    "no JSON": (lambda scene: scene.write_head("not JSON"), "container.json"),
    "a list": (lambda scene: scene.write_head("[]"), "container.json"),
    "bytes that are no UTF-8": (lambda scene: scene.write_head(b"\xff\xfe{}"), "container.json"),
    "100,000 brackets": (lambda scene: scene.write_head("[" * 100_000), "container.json"),
    "900 brackets in the state": (state_with('{"a": ' + "[" * 900 + "]" * 900 + "}"), "container.json"),
    "a key twice": (twice_the_key, "container.json"),
    "NaN in the state": (state_with("NaN"), "container.json"),
    "1e999 in the state": (state_with('{"tr_s": 1e999}'), "container.json"),
    "a number of 5,000 digits": (state_with('{"tr_s": ' + "9" * 5000 + "}"), "container.json"),
    "half a surrogate pair": (state_with('{"name": "\\ud800"}'), "container.json"),
    "a state that is a list": (state_with("[]"), "container.json"),
    "a key too many": (lambda scene: scene.change_head(run="rm"), "container.json"),
    "arrays that are a list": (lambda scene: scene.change_head(arrays=[]), "container.json"),
    "a manifest of other files": (
        provenance('{"manifest": {"format": "emotopy results 1", "files": {"../x": "0"}}}'),
        "provenance.json",
    ),
    "a provenance without manifest": (provenance("{}"), "provenance.json"),
    # versions
    "a newer schema": (lambda scene: scene.change_head(schema=3), "container.json"),
    "an older schema": (lambda scene: scene.change_head(schema=1), "container.json"),
    "a schema below zero": (lambda scene: scene.change_head(schema=-1), "container.json"),
    "a schema that is text": (lambda scene: scene.change_head(schema="2"), "container.json"),
    "a schema that is true": (lambda scene: scene.change_head(schema=True), "container.json"),
    "another format": (lambda scene: scene.change_head(format="emotopy container 2"), "container.json"),
    "another kind": (lambda scene: scene.change_head(kind="text"), "container.json"),
    "versions that are numbers": (lambda scene: scene.change_head(versions={"emotopy": 1}), "container.json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_containers_are_refused(name, tmp_path, monkeypatch):
    """With an error of ours that names the file and says what was wanted; no code runs, no path is followed."""
    change, file = HOSTILE[name]
    scene = Scene(tmp_path / "model")
    change(scene)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ContainerError) as caught:
        read_container(scene.directory, KIND, most_bytes=1 << 20)
    error = caught.value
    assert isinstance(error, InputError)
    assert error.file == file
    assert error.wanted
    assert error.got
    assert str(tmp_path) not in str(error)
    assert not (tmp_path / MARK).exists()


def test_the_tampering_alone_is_refused(tmp_path):
    """A container that was only sealed anew is read: what the hostile ones are refused for is their change."""
    scene = Scene(tmp_path / "model")
    scene.change_members()
    scene.write_head(scene.head)
    assert read_container(scene.directory, KIND).state == STATE


def test_what_file_managers_leave_is_not_read(tmp_path):
    """Opening the folder in one doesn't spoil it."""
    place = written(tmp_path / "a")
    (place / ".DS_Store").write_bytes(b"x")
    assert read_container(place, KIND).state == STATE


@pytest.mark.parametrize("path", ["absent", "file"])
def test_what_is_no_folder_is_refused(path, tmp_path):
    """An error of ours for a folder that isn't there, or is a file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ContainerError):
        read_container(tmp_path / path, KIND)


@settings(max_examples=60)
@given(data=st.data())
def test_no_byte_can_be_changed_unnoticed(data, tmp_path_factory):
    """Any change of a byte of container.json or arrays.npz is found by the checksums."""
    place = written(tmp_path_factory.mktemp("container") / "a")
    path = place / data.draw(st.sampled_from(FILES[:2]))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(ContainerError):
        read_container(place, KIND)


# State --------------------------------------------------------------------------------------------------------------


def test_a_state_gives_what_is_asked_for():
    """Each kind of value."""
    fields = Fields({"a": "x", "b": True, "c": 2, "d": ["x", "y"], "e": {"f": 1.5}, "g": [{"h": 0}]})
    assert fields.text("a") == "x"
    assert fields.flag("b") is True
    assert fields.number("c", above=0) == 2.0
    assert fields.whole("c") == 2
    assert fields.names("d") == ("x", "y")
    assert fields.table("e").number("f") == 1.5
    assert [row.whole("h") for row in fields.rows("g")] == [0]


@pytest.mark.parametrize(
    ("ask", "value"),
    [
        ("text", 1),
        ("text", "x" * 1001),
        ("flag", 1),
        ("number", True),
        ("number", "1"),
        ("number", 10**400),
        ("whole", 1.0),
        ("whole", -1),
        ("whole", 2**60),
        ("names", ["x", "x"]),
        ("names", [""]),
        ("names", ["x", 1]),
        ("names", "xy"),
        ("table", []),
        ("rows", [1]),
    ],
)
def test_a_state_of_other_types_is_refused(ask, value):
    """The error names the key, from the state on."""
    with pytest.raises(ContainerError) as caught:
        list(getattr(Fields({"key": value}), ask)("key") or ())
    assert caught.value.member.startswith("state.key")
    with pytest.raises(ContainerError):
        getattr(Fields({}), ask)("key") if ask != "rows" else list(Fields({}).rows("key"))
