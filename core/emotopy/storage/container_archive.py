"""The archive of a saved model's arrays: an uncompressed .npz, written the same for the same arrays, read with care."""

from __future__ import annotations

import io
import math
import stat
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from emotopy.errors import ContainerError, listed
from emotopy.storage.container_specs import ARRAYS, Array, refuse, sha256_of, shown

HEADER_BYTES = 4096
"""No .npy header that numpy writes for a plain array is longer, and none of zip's entries."""
_STORED_AT = (1980, 1, 1, 0, 0, 0)


def npz_of(arrays: Mapping[str, Array]) -> bytes:
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


def arrays_of(data: bytes, table: Mapping[str, Mapping[str, Any]]) -> dict[str, Array]:
    """Return the arrays of an archive that holds those of the table, and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, table, data)
            return {name: _array_of(archive, name, entry) for name, entry in table.items()}
    except ContainerError:
        raise
    except Exception as error:  # noqa: BLE001 (a damaged archive fails in a dozen ways)
        refuse(ARRAYS, None, "a ZIP archive, as `save` writes it", type(error).__name__, "copy the folder again")


def _check_entries(entries: list[zipfile.ZipInfo], table: Mapping[str, Mapping[str, Any]], data: bytes) -> None:
    """Check the archive's list: each array once, uncompressed, of the right size, a plain file, beside the others."""
    wanted = {f"{name}.npy": name for name in table}
    seen: set[str] = set()
    for entry in entries:
        if entry.orig_filename not in wanted:
            refuse(ARRAYS, shown(entry.orig_filename), f"the members {listed(wanted)}", "another")
        member = wanted[entry.orig_filename]
        if member in seen:
            refuse(ARRAYS, member, "an array once", "the same name twice")
        seen.add(member)
        if entry.compress_type != zipfile.ZIP_STORED:
            refuse(ARRAYS, member, "an uncompressed member", f"compression {entry.compress_type}")
        if entry.flag_bits & 0x1:
            refuse(ARRAYS, member, "a member without a password", "an encrypted one")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.is_dir():
            refuse(ARRAYS, member, "a plain file", "a link" if kind == stat.S_IFLNK else "something else")
        itemsize = np.dtype(table[member]["dtype"]).itemsize
        n_bytes = math.prod(table[member]["shape"]) * itemsize
        if entry.file_size != entry.compress_size or not n_bytes < entry.file_size <= n_bytes + HEADER_BYTES:
            refuse(ARRAYS, member, f"{n_bytes:,} bytes and a header", f"{entry.file_size:,}")
    if lacking := sorted(set(table) - seen):
        refuse(ARRAYS, lacking[0], "this array", "none")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            refuse(ARRAYS, wanted[entry.orig_filename], "members side by side", "members that overlap")
        end = entry.header_offset + entry.compress_size
    if end > len(data):
        refuse(ARRAYS, None, "members within the file", "a list that points behind its end")


def _array_of(archive: zipfile.ZipFile, name: str, entry: Mapping[str, Any]) -> Array:
    """Return an array, after its header says what the table says, and its bytes have the table's checksum."""
    data = archive.read(f"{name}.npy")
    file = io.BytesIO(data[:HEADER_BYTES])
    if (version := np.lib.format.read_magic(file)) != (1, 0):
        refuse(ARRAYS, name, "the .npy format 1.0", ".".join(map(str, version)))
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=HEADER_BYTES)
    if dtype.hasobject or dtype.str != entry["dtype"]:
        refuse(ARRAYS, name, entry["dtype"], shown(dtype.str))
    if list(shape) != entry["shape"]:
        refuse(ARRAYS, name, f"shape {entry['shape']}", shown(list(shape)))
    if fortran and len(shape) > 1:
        refuse(ARRAYS, name, "C order", "Fortran order")
    body = memoryview(data)[file.tell() :]
    if len(body) != math.prod(shape) * dtype.itemsize:
        refuse(ARRAYS, name, f"{math.prod(shape) * dtype.itemsize:,} bytes of numbers", f"{len(body):,}")
    if sha256_of(body) != entry["sha256"]:
        refuse(ARRAYS, name, f"the SHA-256 {entry['sha256'][:12]}…", f"{sha256_of(body)[:12]}…", "it was changed")
    return np.frombuffer(body, dtype=dtype).reshape(shape)
