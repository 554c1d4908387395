"""Saved models without pickle: a folder of JSON and NPZ, written whole, read with every check made beforehand.

A container is a results directory of three files. ``container.json`` holds the kind, the schema's version, the
versions of the software, the list of arrays (dtype, shape, SHA-256) and the state, which `state_fields` reads.
``arrays.npz`` holds the arrays, uncompressed. ``provenance.json`` says what the model was learnt from, and lists the
SHA-256 of the other two. The same content gives the same bytes. docs/saved-decoders.md describes the format.

Checksums tell damage, not malice: who can write the folder can write its checksums. What a hostile container may do is
bounded all the same: nothing is unpickled, no memory is taken beyond `most_bytes`, no path is followed.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.errors import ContainerError, listed
from emotopy.records.reprs import counted
from emotopy.storage.provenance import versions
from emotopy.storage.results import FILES, FORMAT, MANIFEST, PROVENANCE, Say, atomic_directory, manifest_of, warn
from emotopy.storage.results import FORMAT_NAME as RESULTS_FORMAT

CONTAINER, ARRAYS = "container.json", "arrays.npz"
MEMBERS = (ARRAYS, CONTAINER, PROVENANCE)
OF_FILE_MANAGERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers put into folders; never read."""
FORMAT_NAME = "emotopy container 1"
DTYPES = frozenset({"<f8", "<f4", "<i8", "<i4", "|b1"})
"""What arrays may be made of: numbers and truth values of fixed size, little-endian."""
MOST_BYTES = 1 << 30
"""Arrays hold no more together; a decoder of 1,000 regions and 28 emotions has 112 MB."""
MOST_JSON_BYTES = 16 << 20
"""Parsed, JSON may take some 30 times as much memory."""
MOST_ARRAYS = 1000
HEADER_BYTES = 4096
"""No .npy header that numpy writes for a plain array is longer, and none of zip's entries."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STORED_AT = (1980, 1, 1, 0, 0, 0)

Array = npt.NDArray[Any]
State = dict[str, Any]


@attrs.frozen
class ArraySpec:
    """What an array has to be: its dtype, the names of its axes, and whether NaN and infinities are refused.

    Axes of one name have one length in all arrays of a container.
    """

    dtype: str
    axes: tuple[str, ...]
    finite: bool = True

    def __attrs_post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype: wanted one of {listed(DTYPES)}, got {self.dtype}")


@attrs.frozen
class Older:
    """An older schema that can still be read: its arrays, and what brings state and arrays to the next schema."""

    arrays: Mapping[str, ArraySpec]
    migrate: Callable[[State, dict[str, Array]], tuple[State, dict[str, Array]]]


@attrs.frozen
class Kind:
    """A kind of saved model: its name, the version of its schema, its arrays, and the older schemas it can read."""

    name: str
    schema: int
    arrays: Mapping[str, ArraySpec]
    older: Mapping[int, Older] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class Container:
    """A container that was read, in the newest schema of its kind; arrays can't be written to.

    `schema` is the version that the file has, `versions` are those of the software that wrote it.
    """

    kind: str
    schema: int
    state: State = attrs.field(repr=counted)
    arrays: dict[str, Array] = attrs.field(repr=counted)
    versions: Mapping[str, str] = attrs.field(repr=counted)
    provenance: Mapping[str, Any] = attrs.field(repr=counted)


# Writing ------------------------------------------------------------------------------------------------------------


def write_container(
    directory: Path,
    kind: Kind,
    state: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    provenance: Mapping[str, Any],
    force: bool = False,
    notify: Say = warn,
) -> Path:
    """Write a container, whole or not at all; return its path.

    `state` is what JSON holds, `arrays` are those of the kind, by name. Raises ContainerError for arrays that aren't
    as the kind says, or hold NaN where it allows none; OutputError as `emotopy.storage.results.atomic_directory` does.
    """
    directory = Path(directory)
    _check_names(set(arrays), kind.arrays)
    plain = {name: np.ascontiguousarray(arrays[name], dtype=kind.arrays[name].dtype) for name in sorted(arrays)}
    for name, array in plain.items():
        _check_finite(name, array, kind.arrays[name])
    table = {
        name: {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": _sha256(array.tobytes())}
        for name, array in plain.items()
    }
    _check_shapes(table, kind.arrays)
    head = {
        "format": FORMAT_NAME,
        "kind": kind.name,
        "schema": kind.schema,
        "versions": versions(),
        "arrays": table,
        "state": dict(state),
    }
    text = _json(head)
    with atomic_directory(directory, force=force, notify=notify) as partial:
        (partial / CONTAINER).write_bytes(text)
        (partial / ARRAYS).write_bytes(_npz(plain))
        (partial / PROVENANCE).write_bytes(_json({**provenance, MANIFEST: manifest_of(partial)}))
    return directory


def _json(value: Any) -> bytes:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    # UTF-8 can't encode half a surrogate pair; it becomes JSON's escape
    return (text + "\n").encode("utf-8", "backslashreplace")


def _npz(arrays: Mapping[str, Array]) -> bytes:
    """Return the arrays as numpy's archive: uncompressed, with a fixed date, so that equal arrays give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _STORED_AT)
            info.create_system, info.external_attr = 3, 0o600 << 16
            archive.writestr(info, member.getbuffer())
    return file.getvalue()


# Reading ------------------------------------------------------------------------------------------------------------


def read_container(directory: Path, *kinds: Kind, most_bytes: int = MOST_BYTES) -> Container:
    """Read a container of one of these kinds.

    Everything is checked before an array is made: files and their sizes, checksums, JSON, names, dtypes, shapes, the
    archive's entries. Raises ContainerError, which names file and member, for what isn't as it has to be, for a newer
    schema, and for an older one that can't be read any more.
    """
    directory = Path(directory)
    _check_listing(directory)
    provenance = _object(_read(directory, PROVENANCE, MOST_JSON_BYTES), PROVENANCE)
    sums = _manifest(provenance)
    text = _read(directory, CONTAINER, MOST_JSON_BYTES)
    _check_sum(CONTAINER, text, sums[CONTAINER])
    head = _object(text, CONTAINER)
    kind = _kind_of(head, kinds)
    schema = _schema_of(head, kind)
    specs = kind.arrays if schema == kind.schema else kind.older[schema].arrays
    table = _table_of(head, specs)
    n_bytes = _check_shapes(table, specs)
    if n_bytes > most_bytes:
        _refuse(CONTAINER, "arrays", f"arrays of up to {most_bytes:,} bytes", f"{n_bytes:,} bytes")
    most = n_bytes + HEADER_BYTES * (len(table) + 1)
    data = _read(directory, ARRAYS, most)
    _check_sum(ARRAYS, data, sums[ARRAYS])
    arrays = _arrays_of(data, table)
    for name, array in arrays.items():
        _check_finite(name, array, specs[name])
    state = head["state"]
    for older in range(schema, kind.schema):
        state, arrays = kind.older[older].migrate(state, arrays)
    provenance.pop(MANIFEST)
    return Container(kind.name, schema, state, arrays, head["versions"], provenance)


def _refuse(file: str, member: str | None, wanted: str, got: str, advice: str = "") -> NoReturn:
    raise ContainerError.inside(file, member=member, wanted=wanted, got=got, advice=advice)


def shown(value: Any) -> str:
    """Return a value of a file for a message: short, quoted, on one line."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_listing(directory: Path) -> None:
    """Check that the folder holds the three files and nothing else, none of them a link."""
    name = directory.name
    try:
        with os.scandir(directory) as entries:
            found = {entry.name: entry for entry in entries if entry.name not in OF_FILE_MANAGERS}
    except OSError as error:
        got = "none" if isinstance(error, FileNotFoundError) else str(error.strerror)
        _refuse(name, None, "a folder that `save` wrote", got, "check the path")
    if CONTAINER not in found:
        what = "a folder of results" if PROVENANCE in found else "another folder"
        _refuse(name, CONTAINER, "a folder that `save` wrote, which has this file", what, "save the model again")
    for file in MEMBERS:
        if file not in found:
            _refuse(name, file, "this file", "none", "copy the whole folder")
        if not found[file].is_file(follow_symlinks=False):
            _refuse(file, None, "a file", "a link" if found[file].is_symlink() else "something else")
    if more := sorted(found.keys() - set(MEMBERS)):
        _refuse(name, shown(more[0]), f"{', '.join(MEMBERS)} and no other file", f"{len(more)} more")


def _read(directory: Path, name: str, most_bytes: int) -> bytes:
    """Return the content of a regular file of up to `most_bytes`; follows no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(directory / name, flags), "rb") as file:  # noqa: PTH123 (of a descriptor)
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                _refuse(name, None, "a file", "something else")
            data = b"" if info.st_size > most_bytes else file.read(most_bytes + 1)
    except OSError as error:
        _refuse(name, None, "a file that can be read", str(error.strerror))
    if info.st_size > most_bytes or len(data) > most_bytes:
        _refuse(name, None, f"up to {most_bytes:,} bytes", f"{max(info.st_size, len(data)):,} bytes")
    return data


def _object(data: bytes, file: str) -> dict[str, Any]:
    """Return a file's JSON object: UTF-8, no key twice, numbers finite."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            _refuse(file, shown(twice), "a key once", "the key twice")
        return found

    def constant(word: str) -> NoReturn:
        _refuse(file, None, "finite numbers", word)

    def number(word: str) -> float:
        value = float(word)
        if not math.isfinite(value):
            _refuse(file, None, "finite numbers", shown(word))
        return value

    try:
        text = data.decode("utf-8")
        found = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # refuses half a surrogate pair
    except ContainerError:
        raise
    except (ValueError, RecursionError) as error:
        _refuse(file, None, "JSON in UTF-8, as `save` writes it", type(error).__name__, "save the model again")
    if not isinstance(found, dict):
        _refuse(file, None, "an object", type(found).__name__)
    return found


def _manifest(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the other two files, as the provenance lists them."""
    manifest = provenance.get(MANIFEST)
    files = manifest.get(FILES) if isinstance(manifest, dict) and manifest.get(FORMAT) == RESULTS_FORMAT else None
    if not isinstance(files, dict) or files.keys() != {CONTAINER, ARRAYS}:
        _refuse(PROVENANCE, MANIFEST, f"the list of {CONTAINER} and {ARRAYS}", shown(files))
    for name, digest in files.items():
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            _refuse(PROVENANCE, name, "a SHA-256", shown(digest))
    return files


def _check_sum(file: str, data: bytes, wanted: str) -> None:
    if (found := _sha256(data)) != wanted:
        advice = "the file was changed or damaged; copy the folder again, or save the model again"
        _refuse(file, None, f"the SHA-256 {wanted[:12]}…", f"{found[:12]}…", advice)


def _kind_of(head: Mapping[str, Any], kinds: tuple[Kind, ...]) -> Kind:
    """Check what the head of a container consists of, and return its kind."""
    if head.get("format") != FORMAT_NAME:
        advice = "it was written by another version of emotopy"
        _refuse(CONTAINER, "format", FORMAT_NAME, shown(head.get("format")), advice)
    wanted = {"format": str, "kind": str, "schema": int, "versions": dict, "arrays": dict, "state": dict}
    if odd := sorted(head.keys() ^ wanted.keys()):
        _refuse(CONTAINER, shown(odd[0]), f"the keys {listed(wanted)}", f"{listed(map(shown, head))}")
    for key, type_ in wanted.items():
        if not isinstance(head[key], type_) or isinstance(head[key], bool):
            _refuse(CONTAINER, key, type_.__name__, type(head[key]).__name__)
    for name, version in head["versions"].items():
        if not isinstance(version, str):
            _refuse(CONTAINER, "versions", "text", f"{type(version).__name__} for {shown(name)}")
    by_name = {kind.name: kind for kind in kinds}
    if head["kind"] not in by_name:
        _refuse(CONTAINER, "kind", listed(by_name), shown(head["kind"]), "another command or function reads it")
    return by_name[head["kind"]]


def _schema_of(head: Mapping[str, Any], kind: Kind) -> int:
    schema: int = head["schema"]
    writer = head["versions"].get("emotopy", "of unknown version")
    if schema > kind.schema:
        advice = f"emotopy {shown(writer)} wrote it; update emotopy"
        _refuse(CONTAINER, "schema", f"up to {kind.schema}", str(schema)[:20], advice)
    oldest = kind.schema
    while oldest - 1 in kind.older:
        oldest -= 1
    if schema < oldest:
        advice = f"emotopy {shown(writer)} wrote it; learn and save the model again"
        _refuse(CONTAINER, "schema", f"from {oldest} to {kind.schema}", str(schema)[:20], advice)
    return schema


def _table_of(head: Mapping[str, Any], specs: Mapping[str, ArraySpec]) -> dict[str, dict[str, Any]]:
    """Return the list of arrays, each entry of the right form."""
    table: dict[str, dict[str, Any]] = head["arrays"]
    if len(table) > MOST_ARRAYS:
        _refuse(CONTAINER, "arrays", f"up to {MOST_ARRAYS}", str(len(table)))
    _check_names(set(table), specs)
    for name, entry in table.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "sha256"}:
            _refuse(CONTAINER, name, "dtype, shape and sha256", shown(entry))
        shape, digest = entry["shape"], entry["sha256"]
        if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
            _refuse(CONTAINER, name, "a shape of whole numbers", shown(shape))
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            _refuse(CONTAINER, name, "a SHA-256", shown(digest))
    return table


def _check_names(names: set[str], specs: Mapping[str, ArraySpec]) -> None:
    if odd := sorted(names ^ specs.keys()):
        got = "none" if odd[0] in specs else "another"
        _refuse(CONTAINER, shown(odd[0]), f"the arrays {listed(specs)}", got)


def _check_shapes(table: Mapping[str, Mapping[str, Any]], specs: Mapping[str, ArraySpec]) -> int:
    """Check dtypes and shapes against the kind's; return how many bytes the arrays hold."""
    lengths: dict[str, int] = {}
    n_bytes = 0
    for name, entry in table.items():
        spec = specs[name]
        if entry["dtype"] != spec.dtype:
            _refuse(CONTAINER, name, spec.dtype, shown(entry["dtype"]))
        shape = entry["shape"]
        axes = f"({', '.join(f'n_{axis}' for axis in spec.axes)})"
        if len(shape) != len(spec.axes):
            _refuse(CONTAINER, name, f"shape {axes}", shown(shape))
        for axis, length in zip(spec.axes, shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                _refuse(CONTAINER, name, f"shape {axes} with n_{axis} = {lengths[axis]}", shown(shape))
        n_bytes += math.prod(shape) * np.dtype(spec.dtype).itemsize
    return n_bytes


def _arrays_of(data: bytes, table: Mapping[str, Mapping[str, Any]]) -> dict[str, Array]:
    """Return the arrays of an archive that holds those of the table, and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, table, data)
            return {name: _array_of(archive, name, entry) for name, entry in table.items()}
    except ContainerError:
        raise
    except Exception as error:  # noqa: BLE001 (a damaged archive fails in a dozen ways)
        _refuse(ARRAYS, None, "a ZIP archive, as `save` writes it", type(error).__name__, "copy the folder again")


def _check_entries(entries: list[zipfile.ZipInfo], table: Mapping[str, Mapping[str, Any]], data: bytes) -> None:
    """Check the archive's list: each array once, uncompressed, of the right size, a plain file, beside the others."""
    wanted = {f"{name}.npy": name for name in table}
    seen: set[str] = set()
    for entry in entries:
        if entry.orig_filename not in wanted:
            _refuse(ARRAYS, shown(entry.orig_filename), f"the members {listed(wanted)}", "another")
        member = wanted[entry.orig_filename]
        if member in seen:
            _refuse(ARRAYS, member, "an array once", "the same name twice")
        seen.add(member)
        if entry.compress_type != zipfile.ZIP_STORED:
            _refuse(ARRAYS, member, "an uncompressed member", f"compression {entry.compress_type}")
        if entry.flag_bits & 0x1:
            _refuse(ARRAYS, member, "a member without a password", "an encrypted one")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.is_dir():
            _refuse(ARRAYS, member, "a plain file", "a link" if kind == stat.S_IFLNK else "something else")
        itemsize = np.dtype(table[member]["dtype"]).itemsize
        n_bytes = math.prod(table[member]["shape"]) * itemsize
        if entry.file_size != entry.compress_size or not n_bytes < entry.file_size <= n_bytes + HEADER_BYTES:
            _refuse(ARRAYS, member, f"{n_bytes:,} bytes and a header", f"{entry.file_size:,}")
    if lacking := sorted(set(table) - seen):
        _refuse(ARRAYS, lacking[0], "this array", "none")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            _refuse(ARRAYS, wanted[entry.orig_filename], "members side by side", "members that overlap")
        end = entry.header_offset + entry.compress_size
    if end > len(data):
        _refuse(ARRAYS, None, "members within the file", "a list that points behind its end")


def _array_of(archive: zipfile.ZipFile, name: str, entry: Mapping[str, Any]) -> Array:
    """Return an array, after its header says what the table says, and its bytes have the table's checksum."""
    data = archive.read(f"{name}.npy")
    file = io.BytesIO(data[:HEADER_BYTES])
    if (version := np.lib.format.read_magic(file)) != (1, 0):
        _refuse(ARRAYS, name, "the .npy format 1.0", ".".join(map(str, version)))
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=HEADER_BYTES)
    if dtype.hasobject or dtype.str != entry["dtype"]:
        _refuse(ARRAYS, name, entry["dtype"], shown(dtype.str))
    if list(shape) != entry["shape"]:
        _refuse(ARRAYS, name, f"shape {entry['shape']}", shown(list(shape)))
    if fortran and len(shape) > 1:
        _refuse(ARRAYS, name, "C order", "Fortran order")
    body = memoryview(data)[file.tell() :]
    if len(body) != math.prod(shape) * dtype.itemsize:
        _refuse(ARRAYS, name, f"{math.prod(shape) * dtype.itemsize:,} bytes of numbers", f"{len(body):,}")
    if _sha256(body) != entry["sha256"]:
        _refuse(ARRAYS, name, f"the SHA-256 {entry['sha256'][:12]}…", f"{_sha256(body)[:12]}…", "it was changed")
    return np.frombuffer(body, dtype=dtype).reshape(shape)


def _check_finite(name: str, array: Array, spec: ArraySpec) -> None:
    if spec.dtype == "|b1" and (array.view(np.uint8) > 1).any():
        _refuse(ARRAYS, name, "0 or 1 for each truth value", "another byte")
    if spec.finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        _refuse(ARRAYS, name, "finite numbers", f"{array[tuple(at)]} at {at}")


def _sha256(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()
