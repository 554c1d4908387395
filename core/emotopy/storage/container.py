"""Saved models without pickle: a folder of JSON and NPZ, written whole, read with every check made beforehand.

A container is a results directory of three files. ``container.json`` holds the kind, the schema's version, the
versions of the software, the list of arrays (dtype, shape, SHA-256) and the state, which `state_fields` reads.
``arrays.npz`` holds the arrays, uncompressed. ``provenance.json`` says what the model was learnt from, and lists the
SHA-256 of the other two. The same content gives the same bytes. docs/saved-decoders.md describes the format.

Checksums tell damage, not malice: who can write the folder can write its checksums. What a hostile container may do is
bounded all the same: nothing is unpickled, no memory is taken beyond `most_bytes`, no path is followed.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs
import numpy as np

from emotopy.errors import ContainerError, listed
from emotopy.records.reprs import counted
from emotopy.storage.container_archive import HEADER_BYTES, arrays_of, npz_of
from emotopy.storage.container_specs import (
    ARRAYS,
    CONTAINER,
    SHA256,
    Array,
    Kind,
    State,
    check_finite,
    check_shapes,
    refuse,
    sha256_of,
    shown,
    specs_for,
    table_of,
)
from emotopy.storage.provenance import versions
from emotopy.storage.results import FILES, FORMAT, MANIFEST, PROVENANCE, Say, atomic_directory, manifest_of, warn
from emotopy.storage.results import FORMAT_NAME as RESULTS_FORMAT

MEMBERS = (ARRAYS, CONTAINER, PROVENANCE)
OF_FILE_MANAGERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers put into folders; never read."""
FORMAT_NAME = "emotopy container 1"
MOST_BYTES = 1 << 30
"""Arrays hold no more together; a decoder of 1,000 regions and 28 emotions has 112 MB."""
DEEPEST = 60
"""Lists and objects within each other, in a file's JSON."""
MOST_JSON_BYTES = 16 << 20
"""Parsed, JSON may take some 30 times as much memory."""


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
    private: bool = False,
    notify: Say = warn,
) -> Path:
    """Write a container, whole or not at all; return its path.

    `state` is what JSON holds, `arrays` are those of the kind and of its parts, by name. With `private` nobody but the
    user can read any of it. Raises ContainerError for arrays that aren't
    as the kind says, or hold NaN where it allows none; OutputError as `emotopy.storage.results.atomic_directory` does.
    """
    directory = Path(directory)
    own = {name: array.dtype.newbyteorder("<").str for name, array in arrays.items()}  # of parts
    specs = specs_for(kind, {name: {"dtype": own[name], "shape": np.shape(array)} for name, array in arrays.items()})
    plain = {name: np.asarray(arrays[name], dtype=specs[name].dtype, order="C") for name in sorted(arrays)}
    for name, array in plain.items():
        check_finite(name, array, specs[name])
    table = {
        name: {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": sha256_of(array.tobytes())}
        for name, array in plain.items()
    }
    check_shapes(table, specs)
    head = {
        "format": FORMAT_NAME,
        "kind": kind.name,
        "schema": kind.schema,
        "versions": versions(),
        "arrays": table,
        "state": dict(state),
    }
    text = _json(head)
    with atomic_directory(directory, force=force, private=private, notify=notify) as partial:
        (partial / CONTAINER).write_bytes(text)
        (partial / ARRAYS).write_bytes(npz_of(plain))
        kept = {**provenance, MANIFEST: manifest_of(partial)}  # in its order, which reports show
        (partial / PROVENANCE).write_bytes(_json(kept, sort_keys=False))
    return directory


def _json(value: Any, *, sort_keys: bool = True) -> bytes:
    text = json.dumps(value, indent=2, sort_keys=sort_keys, ensure_ascii=False, allow_nan=False)
    # UTF-8 can't encode half a surrogate pair; it becomes JSON's escape
    return (text + "\n").encode("utf-8", "backslashreplace")


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
    table = table_of(head)
    specs = specs_for(kind if schema == kind.schema else kind.older[schema], table)
    n_bytes = check_shapes(table, specs)
    if n_bytes > most_bytes:
        advice = "if you trust the model and have enough memory: emotopy.load(..., most_bytes=...)"
        refuse(CONTAINER, "arrays", f"arrays of up to {most_bytes:,} bytes", f"{n_bytes:,} bytes", advice)
    most = n_bytes + HEADER_BYTES * (len(table) + 1)
    data = _read(directory, ARRAYS, most)
    _check_sum(ARRAYS, data, sums[ARRAYS])
    arrays = arrays_of(data, table)
    for name, array in arrays.items():
        check_finite(name, array, specs[name])
    state = head["state"]
    for older in range(schema, kind.schema):
        state, arrays = kind.older[older].migrate(state, arrays)
    provenance.pop(MANIFEST)
    return Container(kind.name, schema, state, arrays, head["versions"], provenance)


def _check_listing(directory: Path) -> None:
    """Check that the folder holds the three files and nothing else, none of them a link."""
    name = directory.name
    try:
        with os.scandir(directory) as entries:
            found = {entry.name: entry for entry in entries if entry.name not in OF_FILE_MANAGERS}
    except OSError as error:
        got = "none" if isinstance(error, FileNotFoundError) else str(error.strerror)
        refuse(name, None, "a folder that `save` wrote", got, "check the path")
    if CONTAINER not in found:
        what = "a folder of results" if PROVENANCE in found else "another folder"
        refuse(name, CONTAINER, "a folder that `save` wrote, which has this file", what, "save the model again")
    for file in MEMBERS:
        if file not in found:
            refuse(name, file, "this file", "none", "copy the whole folder")
        if not found[file].is_file(follow_symlinks=False):
            refuse(file, None, "a file", "a link" if found[file].is_symlink() else "something else")
    if more := sorted(found.keys() - set(MEMBERS)):
        refuse(name, shown(more[0]), f"{', '.join(MEMBERS)} and no other file", f"{len(more)} more")


def _read(directory: Path, name: str, most_bytes: int) -> bytes:
    """Return the content of a regular file of up to `most_bytes`; follows no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(directory / name, flags), "rb") as file:  # noqa: PTH123 (of a descriptor)
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                refuse(name, None, "a file", "something else")
            data = b"" if info.st_size > most_bytes else file.read(most_bytes + 1)
    except OSError as error:
        refuse(name, None, "a file that can be read", str(error.strerror))
    if info.st_size > most_bytes or len(data) > most_bytes:
        refuse(name, None, f"up to {most_bytes:,} bytes", f"{max(info.st_size, len(data)):,} bytes")
    return data


def _object(data: bytes, file: str) -> dict[str, Any]:
    """Return a file's JSON object: UTF-8, no key twice, numbers finite."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            refuse(file, shown(twice), "a key once", "the key twice")
        return found

    def constant(word: str) -> NoReturn:
        refuse(file, None, "finite numbers", word)

    def number(word: str) -> float:
        value = float(word)
        if not math.isfinite(value):
            refuse(file, None, "finite numbers", shown(word))
        return value

    try:
        text = data.decode("utf-8")
        found = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # refuses half a surrogate pair
    except ContainerError:
        raise
    except (ValueError, RecursionError) as error:
        refuse(file, None, "JSON in UTF-8, as `save` writes it", type(error).__name__, "save the model again")
    if not isinstance(found, dict):
        refuse(file, None, "an object", type(found).__name__)
    _check_depth(found, file)
    return found


def _check_depth(found: Any, file: str) -> None:
    """Refuse what is nested so deep that whoever walks it may run out of stack."""
    level, depth = [found], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            refuse(file, None, f"up to {DEEPEST} lists and objects within each other", "more")
        inner = [one.values() if isinstance(one, dict) else one for one in level]
        level = [value for values in inner for value in values if isinstance(value, (dict, list))]


def _manifest(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the other two files, as the provenance lists them."""
    manifest = provenance.get(MANIFEST)
    files = manifest.get(FILES) if isinstance(manifest, dict) and manifest.get(FORMAT) == RESULTS_FORMAT else None
    if not isinstance(files, dict) or files.keys() != {CONTAINER, ARRAYS}:
        refuse(PROVENANCE, MANIFEST, f"the list of {CONTAINER} and {ARRAYS}", shown(files))
    for name, digest in files.items():
        if not isinstance(digest, str) or not SHA256.fullmatch(digest):
            refuse(PROVENANCE, name, "a SHA-256", shown(digest))
    return files


def _check_sum(file: str, data: bytes, wanted: str) -> None:
    if (found := sha256_of(data)) != wanted:
        advice = "the file was changed or damaged; copy the folder again, or save the model again"
        refuse(file, None, f"the SHA-256 {wanted[:12]}…", f"{found[:12]}…", advice)


def _kind_of(head: Mapping[str, Any], kinds: tuple[Kind, ...]) -> Kind:
    """Check what the head of a container consists of, and return its kind."""
    if head.get("format") != FORMAT_NAME:
        advice = "it was written by another version of emotopy"
        refuse(CONTAINER, "format", FORMAT_NAME, shown(head.get("format")), advice)
    wanted = {"format": str, "kind": str, "schema": int, "versions": dict, "arrays": dict, "state": dict}
    if odd := sorted(head.keys() ^ wanted.keys()):
        refuse(CONTAINER, shown(odd[0]), f"the keys {listed(wanted)}", f"{listed(map(shown, head))}")
    for key, type_ in wanted.items():
        if not isinstance(head[key], type_) or isinstance(head[key], bool):
            refuse(CONTAINER, key, type_.__name__, type(head[key]).__name__)
    for name, version in head["versions"].items():
        if not isinstance(version, str):
            refuse(CONTAINER, "versions", "text", f"{type(version).__name__} for {shown(name)}")
    by_name = {kind.name: kind for kind in kinds}
    if head["kind"] not in by_name:
        refuse(CONTAINER, "kind", listed(by_name), shown(head["kind"]), "another command or function reads it")
    return by_name[head["kind"]]


def _schema_of(head: Mapping[str, Any], kind: Kind) -> int:
    schema: int = head["schema"]
    writer = head["versions"].get("emotopy", "of unknown version")
    if schema > kind.schema:
        advice = f"emotopy {shown(writer)} wrote it; update emotopy"
        refuse(CONTAINER, "schema", f"up to {kind.schema}", str(schema)[:20], advice)
    oldest = kind.schema
    while oldest - 1 in kind.older:
        oldest -= 1
    if schema < oldest:
        advice = f"emotopy {shown(writer)} wrote it; fit and save the model again"
        refuse(CONTAINER, "schema", f"from {oldest} to {kind.schema}", str(schema)[:20], advice)
    return schema
