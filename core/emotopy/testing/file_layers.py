"""What lies within a file: archives unpacked, compressed streams inflated, tables and encodings read, with bounds.

Looked into, by content and not by name, within each other up to `MAX_DEPTH`: zip (so xlsx, docx, odt, npz), tar, gzip,
bzip2, xz, zstandard, Parquet, Arrow and Feather, every zlib stream that stands somewhere in a file (PDF, text and
metadata of PNG, HDF5), base64 and hexadecimal digits. Not looked into: what is encrypted, 7z and RAR, and text that is
drawn, as pixels or as numbers of glyphs.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import html
import io
import lzma
import re
import tarfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

MAX_DEPTH = 6
MAX_BYTES = 64 * 2**20
"""How much is unpacked of one file in all."""
MAX_PARTS = 5000
"""How many members, streams and encoded runs of one file are looked at."""
SHORTEST = 12
"""Bytes that an encoded run must hold to be looked at."""


@attrs.frozen
class Layer:
    """A file, or something within it; `place` is its path, as in `book.xlsx/xl/workbook.xml`."""

    place: str
    data: bytes = attrs.field(repr=False)
    time: float | None = None
    """When the archive says that it was made, in seconds of the local clock as if that were UTC."""


@attrs.define(eq=False)
class Unpacked:
    """What was found in a file, and where something couldn't be looked into, with the reason."""

    layers: list[Layer] = attrs.field(factory=list)
    unread: list[str] = attrs.field(factory=list)
    _n_bytes: int = 0
    _n_parts: int = 0

    def room(self) -> int:
        """Return how many bytes may still be unpacked."""
        return max(0, MAX_BYTES - self._n_bytes) if self._n_parts < MAX_PARTS else 0

    def add(self, layer: Layer, depth: int) -> None:
        """Keep a layer, and look for more within it."""
        self._n_bytes += len(layer.data) if depth else 0
        self._n_parts += 1
        self.layers.append(layer)
        if depth >= MAX_DEPTH or not self.room():
            self.unread.append(f"{layer.place} (too deep or too large)")
            return
        for magic, unpack in UNPACKERS:
            if magic(layer.data):
                try:
                    for part in unpack(layer, self):
                        self.add(part, depth + 1)
                except (OSError, EOFError, ValueError, RuntimeError, ImportError, NotImplementedError) as error:
                    self.unread.append(f"{layer.place} ({type(error).__name__})")
                except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
                    self.unread.append(f"{layer.place} ({type(error).__name__})")
                return
        for part in (*_zlib_streams(layer, self), *_encoded_runs(layer, self)):
            self.add(part, depth + 1)


def unpacked(name: str, data: bytes) -> Unpacked:
    """Return the file and all that is found within it.

    >>> [layer.place for layer in unpacked("a.txt.gz", gzip.compress(b"hello", mtime=0)).layers]
    ['a.txt.gz', 'a.txt.gz/unpacked']
    """
    found = Unpacked()
    found.add(Layer(name, data), 0)
    return found


_TAG = re.compile(r"<[^<>]*>")
_KERNED = re.compile(r"\)\s*-?[0-9.]+\s*\(")
"""How PDF moves letters within a word: [(wo) 20 (rd)] TJ."""


def readable(data: bytes) -> str:
    """Return the text in some bytes, whatever its encoding and escapes, in one case and with single spaces.

    UTF-8, UTF-16 and UTF-32; entities of HTML, escapes of JSON and of URLs are resolved, and tags are left out in a
    second copy, so that a word that is partly bold is found.

    >>> readable("Caf&#233; a".encode("utf-16"))
    'café a'
    """
    text = data.replace(b"\0", b"").decode("utf-8", "ignore").lstrip("\ufeff")
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    text = html.unescape(urllib.parse.unquote(text) if "%" in text else text)
    copies = [text]
    if "<" in text and ">" in text:
        copies.append(_TAG.sub("", text))
    if "(" in text:
        copies.append(_KERNED.sub("", text))
    return re.sub(r"\s+", " ", "\n".join(copies).replace("\u00ad", "")).strip().casefold()


def _limited(read: Callable[[int], bytes], room: int) -> bytes:
    data = read(room + 1)
    if len(data) > room:
        raise ValueError("too large")
    return data


def _zip(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    with zipfile.ZipFile(io.BytesIO(layer.data)) as archive:
        names = "\n".join(info.filename for info in archive.infolist()).encode("utf-8", "surrogateescape")
        comments = b"\n".join([archive.comment, *(info.comment + info.extra for info in archive.infolist())])
        yield Layer(f"{layer.place}/names", names + b"\n" + comments)
        for info in archive.infolist():
            place = f"{layer.place}/{info.filename}"
            with archive.open(info) as file:
                yield Layer(place, _limited(file.read, found.room()), _seconds(*info.date_time))


def _seconds(*date_time: int) -> float | None:
    try:
        return datetime(*date_time, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]
    except ValueError:  # a month 0
        return None


def _tar(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    with tarfile.open(fileobj=io.BytesIO(layer.data), mode="r:") as archive:
        for info in archive:
            words = f"{info.name}\n{info.linkname}\n{info.uname}\n{info.gname}\n{info.pax_headers}"
            file = archive.extractfile(info)
            data = b"" if file is None else _limited(file.read, found.room())
            yield Layer(f"{layer.place}/{info.name}/header", words.encode("utf-8", "surrogateescape"))
            local = datetime.fromtimestamp(info.mtime, UTC).astimezone().replace(tzinfo=UTC)
            yield Layer(f"{layer.place}/{info.name}", data, local.timestamp())


def _gzip(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    made = int.from_bytes(layer.data[4:8], "little")
    local = datetime.fromtimestamp(made, UTC).astimezone().replace(tzinfo=UTC).timestamp() if made else None
    with gzip.GzipFile(fileobj=io.BytesIO(layer.data)) as file:
        yield Layer(f"{layer.place}/unpacked", _limited(file.read, found.room()), local)


def _bz2(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    with bz2.BZ2File(io.BytesIO(layer.data)) as file:
        yield Layer(f"{layer.place}/unpacked", _limited(file.read, found.room()))


def _xz(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    with lzma.LZMAFile(io.BytesIO(layer.data)) as file:
        yield Layer(f"{layer.place}/unpacked", _limited(file.read, found.room()))


def _zstd(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.BufferReader(layer.data), "zstd") as file:
        yield Layer(f"{layer.place}/unpacked", _limited(file.read, found.room()))


def _parquet(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(layer.data))
    size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    if size > found.room():
        raise ValueError("too large")
    yield from _columns(layer, file.read())


def _arrow(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    from pyarrow import feather

    table = feather.read_table(io.BytesIO(layer.data), memory_map=False)
    if table.nbytes > found.room():
        raise ValueError("too large")
    yield from _columns(layer, table)


def _columns(layer: Layer, table: Any) -> Iterator[Layer]:
    metadata = [piece for pair in (table.schema.metadata or {}).items() for piece in pair]
    yield Layer(f"{layer.place}/metadata", b"\n".join([*metadata, *(name.encode() for name in table.column_names)]))
    for name, column in zip(table.column_names, table.columns, strict=True):
        words = "\n".join(_word(value) for value in column.to_pylist())
        yield Layer(f"{layer.place}/{name}", words.encode("utf-8", "surrogatepass"))


def _word(value: Any) -> str:
    return value.decode("utf-8", "ignore") if isinstance(value, bytes) else str(value)


def _unreadable(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    found.unread.append(f"{layer.place} (no such archive is looked into)")
    return iter(())


def _zlib_streams(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    """Yield every zlib stream in some bytes: those of PDF and PNG stand between other things."""
    for place in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", layer.data):
        room = found.room()
        if not room:
            return
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(layer.data[place.start() :], room)
        except zlib.error:
            continue
        if data:
            yield Layer(f"{layer.place}/stream at {place.start()}", data)


_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-](?:[A-Za-z0-9+/_\-]|\r?\n){15,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")


def _encoded_runs(layer: Layer, found: Unpacked) -> Iterator[Layer]:
    """Yield what runs of base64 and of hexadecimal digits stand for."""
    for run in _BASE64.finditer(layer.data):
        letters = re.sub(rb"[\r\n=]", b"", run[0]).translate(bytes.maketrans(b"-_", b"+/"))
        whole = letters[: len(letters) - (len(letters) % 4 == 1)]
        with_end = whole + b"=" * (-len(whole) % 4)
        if found.room() and len(whole) * 3 // 4 >= SHORTEST:
            yield Layer(f"{layer.place}/base64 at {run.start()}", base64.b64decode(with_end))
    for run in _HEX.finditer(layer.data):
        if found.room():
            yield Layer(f"{layer.place}/digits at {run.start()}", binascii.unhexlify(run[0]))


def _starts(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magics)


UNPACKERS: tuple[tuple[Callable[[bytes], bool], Callable[[Layer, Unpacked], Iterator[Layer]]], ...] = (
    (_starts(b"PK\x03\x04", b"PK\x05\x06"), _zip),
    (_starts(b"\x1f\x8b"), _gzip),
    (_starts(b"BZh"), _bz2),
    (_starts(b"\xfd7zXZ\x00"), _xz),
    (_starts(b"\x28\xb5\x2f\xfd"), _zstd),
    (_starts(b"PAR1"), _parquet),
    (_starts(b"ARROW1"), _arrow),
    (lambda data: data[257:262] == b"ustar", _tar),
    (_starts(b"7z\xbc\xaf\x27\x1c", b"Rar!"), _unreadable),
)
"""How a kind of file is told by its first bytes, and what unpacks it."""
