"""Texts, names and times in files, however packed: for each way there is a reporter that leaks, and is found out."""

from __future__ import annotations

import base64
import bz2
import datetime as dt
import getpass
import gzip
import html
import io
import json
import lzma
import os
import socket
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy import Registry
from emotopy.testing import ContractViolation, Unavailable, check_outcome, conformance, doubles
from emotopy.testing.example_inputs import SECRET
from emotopy.testing.file_layers import MAX_DEPTH, readable, unpacked
from emotopy.testing.secrets_in_files import EPOCH, PIECE, pieces_of, texts_in

FIXED = (1980, 1, 1, 0, 0, 0)


def reporter(write):
    """Return a reporter that writes one file: `write(result, directory)` returns its name and bytes."""

    def written(self, result, directory):
        name, data = write(result, directory)
        path = directory / name
        path.write_bytes(data)
        return [path]

    return type("It", (doubles.CsvReporter,), {"__doc__": "Writes.", "write": written})


def checks_of(write):
    registry = Registry([doubles.plugin(reporter={"it": reporter(write)})])
    pairs = conformance("reporter", registry)
    return pairs[0][0], {str(check): check for _, check in pairs}


def fails(write, check):
    """Return the message of the check that the reporter fails."""
    candidate, checks = checks_of(write)
    with pytest.raises(ContractViolation) as caught:
        checks[check](candidate)
    return str(caught.value)


def texts(result):
    """Return the texts of a result, as bytes."""
    return "\n".join(result.mapped.corpus.text).encode()


def zipped(data, name="xl/sharedStrings.xml", at=FIXED):
    """Return a zip archive of one deflated member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, at), data, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(data, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        info = tarfile.TarInfo("texts.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def parquet(data):
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"text": data.decode().split("\n")}), out, compression="zstd")
    return out.getvalue()


def feather(data):
    import pyarrow as pa
    from pyarrow import feather as arrow

    out = io.BytesIO()
    arrow.write_feather(pa.table({"text": data.decode().split("\n")}), out, compression="zstd")
    return out.getvalue()


def npz(data):
    out = io.BytesIO()
    np.savez_compressed(out, texts=np.array(data.decode().split("\n")))
    return out.getvalue()


def png(data):
    """Return a picture that holds a compressed comment."""
    chunk = b"Comment\0\0" + zlib.compress(data)
    return b"\x89PNG\r\n\x1a\n" + len(chunk).to_bytes(4, "big") + b"zTXt" + chunk + b"\0\0\0\0"


def pdf(data):
    """Return a page whose words are kerned, in a compressed stream."""
    words = " ".join(f"[({word[:3]}) -20 ({word[3:]})] TJ" for word in data.decode().split())
    return (
        b"%PDF-1.4\n4 0 obj <</Filter /FlateDecode>> stream\n" + zlib.compress(words.encode()) + b"\nendstream endobj"
    )


def zstd(data):
    import pyarrow as pa

    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as file:
        file.write(data)
    return out.getvalue().to_pybytes()


PACKED = {
    "xlsx": ("book.xlsx", zipped),
    "zip in zip in gz": ("a.gz", lambda data: gzip.compress(zipped(zipped(data, "b.txt"), "b.zip"), mtime=0)),
    "gz": ("a.txt.gz", lambda data: gzip.compress(data, mtime=0)),
    "gz by another name": ("a.bin", lambda data: gzip.compress(data, mtime=0)),
    "bz2": ("a.bz2", bz2.compress),
    "xz": ("a.xz", lzma.compress),
    "zstandard": ("a.zst", zstd),
    "tar.gz": ("a.tar.gz", tarred),
    "tar": ("a.tar", lambda data: tarred(data, "w")),
    "parquet": ("a.parquet", parquet),
    "feather": ("a.feather", feather),
    "npz": ("a.npz", npz),
    "png": ("a.png", png),
    "pdf": ("a.pdf", pdf),
    "UTF-16": ("a.txt", lambda data: data.decode().encode("utf-16")),
    "UTF-32, other byte order": ("a.txt", lambda data: data.decode().encode("utf-32-be")),
    "capitals": ("a.txt", bytes.upper),
    "JSON": ("a.json", lambda data: "".join(f"\\u{ord(letter):04x}" for letter in data.decode()).encode()),
    "an attribute with entities": (
        "a.html",
        lambda data: ("<a title='" + "".join(f"&#{ord(letter)};" for letter in data.decode()) + "'>x</a>").encode(),
    ),
    "a word that is partly bold": ("a.html", lambda data: data.replace(b"zyxx", b"zy<b>xx</b>")),
    "a URL": ("a.html", lambda data: b"".join(b"%%%02x" % byte for byte in data)),
    "base64 in lines": (
        "a.html",
        lambda data: b"<img src='data:text/plain;base64,\n" + base64.encodebytes(data) + b"'>",
    ),
    "base64 of gz": ("a.html", lambda data: base64.urlsafe_b64encode(gzip.compress(data, mtime=0))),
    "hexadecimal": ("a.txt", lambda data: data.hex().encode()),
    "a member's name": ("a.zip", lambda data: zipped(b"", SECRET)),
}


@pytest.mark.parametrize(("name", "pack"), PACKED.values(), ids=PACKED)
def test_a_text_is_found_however_it_is_packed(name, pack):
    """A reporter that leaks every text in spite of `no_texts` fails, and the message repeats none of them."""
    message = fails(lambda result, directory: (name, pack(texts(result))), "no_texts_means_no_texts")
    assert SECRET not in message
    assert name in message


LEAKS = {
    "one word": lambda result: SECRET.encode(),
    "the first forty characters": lambda result: b"\n".join(text[:40].encode() for text in result.mapped.corpus.text),
    "without its last word": lambda result: b"\n".join(line.rsplit(b" ", 1)[0] for line in texts(result).split(b"\n")),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_part_of_a_text_is_found(leak):
    """A single word that texts alone hold, and a stretch of a text without it, are texts."""
    fails(lambda result, directory: ("a.txt", leak(result)), "no_texts_means_no_texts")


def test_a_text_in_the_name_of_a_file_is_found():
    """Names of files are written, too."""
    message = fails(lambda result, directory: (f"{SECRET}.txt", b"x"), "no_texts_means_no_texts")
    assert "in its name" in message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"x" * 40),
        ("broken.gz", b"\x1f\x8b\x08\x00" + b"x" * 40),
        ("bomb.gz", gzip.compress(b"\0" * (80 * 2**20), mtime=0)),
    ],
    ids=["7z", "broken", "too large"],
)
def test_what_cannot_be_looked_into_is_said(name, data):
    """An archive that the suite can't open, or not wholly, is neither kept nor broken: not checked."""
    candidate, checks = checks_of(lambda result, directory: (name, data))
    with pytest.raises(Unavailable, match="looked into"):
        checks["no_texts_means_no_texts"](candidate)


def test_nesting_has_a_bottom():
    """Archives within archives are followed so far and no further, which is said."""
    data = b"hello"
    for _ in range(MAX_DEPTH + 3):
        data = gzip.compress(data, mtime=0)
    assert unpacked("a.gz", data).unread
    assert not unpacked("a.gz", gzip.compress(gzip.compress(b"hello"))).unread


MAGICS = (b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"BZh9", b"\xfd7zXZ\x00", b"ARROW1", b"\x28\xb5\x2f\xfd", b"x\x9c")


@given(st.binary(max_size=300))
def test_no_file_breaks_the_search(data):
    """Whatever the bytes, also behind the first bytes of an archive, they are searched or said to be unread."""
    for magic in (
        b"",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"PAR1",
        b"BZh9",
        b"\xfd7zXZ\x00",
        b"ARROW1",
        b"\x28\xb5\x2f\xfd",
        b"x\x9c",
    ):
        assert unpacked("a", magic + data).layers[0].data == magic + data
        readable(magic + data)


@given(st.text(alphabet="abcdefg hij", min_size=2 * PIECE, max_size=90), st.integers(0, 60))
def test_every_long_stretch_of_a_text_holds_a_piece(text, start):
    """Of 2 n − 1 characters in a row, wherever they begin, n stand in a piece that is looked for."""
    text = " ".join(text.split())
    stretch = text[start : start + 2 * PIECE - 1]
    if len(stretch) == 2 * PIECE - 1 and len(text) >= 2 * PIECE:
        assert any(piece in stretch for piece in pieces_of(text))


def test_numbers_and_names_are_no_texts():
    """A table of what a report may say holds no text."""
    table = b"region,relative\namygdala,0.123456\nhypothalamus,-1.5e-07\n" + bytes(range(256)) * 20
    assert texts_in({"regions.csv": table}, ["What a disgusting smell in the kitchen"], [SECRET]).leaks == []


# This machine -------------------------------------------------------------------------------------------------------

MACHINE = {
    "its own path": lambda directory: f"see {directory}/a.txt",
    "the home": lambda directory: f"{Path.home()}/data",
    "the user": lambda directory: f"written by {getpass.getuser()}",
    "every variable": lambda directory: json.dumps(dict(os.environ)),
    "a path in a URL": lambda directory: f"<a href='file://{directory}/a.txt'>".replace("/", "%2F"),
}


@pytest.mark.parametrize("say", MACHINE.values(), ids=MACHINE)
@pytest.mark.parametrize("pack", [lambda data: data, zipped], ids=["plain", "zip"])
def test_what_tells_of_this_machine_is_found(say, pack):
    """Paths, the user's name and keys are found in files and in archives."""
    fails(lambda result, directory: ("a.txt", pack(say(directory).encode())), "nothing_tells_of_this_machine")


def test_the_name_of_the_machine_is_found(monkeypatch):
    """A host's name of its own is found as a word; one that is a common word isn't looked for."""
    monkeypatch.setattr(socket, "gethostname", lambda: "zebra-17")
    say = lambda result, directory: ("a.txt", b"made on zebra-17.local")
    assert "name of this machine" in fails(say, "nothing_tells_of_this_machine")
    monkeypatch.setattr(socket, "gethostname", lambda: "zebra")
    candidate, checks = checks_of(lambda result, directory: ("a.txt", b"zebras and zebra-fish"))
    checks["nothing_tells_of_this_machine"](candidate)


def test_a_key_of_the_environment_is_found_and_not_repeated(monkeypatch):
    """Values of variables that are called keys are looked for, wherever they come from."""
    monkeypatch.setenv("SOME_SERVICE_API_KEY", "sk-0123456789abcdef")
    message = fails(lambda result, directory: ("a.txt", b"key: sk-0123456789abcdef"), "nothing_tells_of_this_machine")
    assert "0123456789" not in message


# Times --------------------------------------------------------------------------------------------------------------


def _now():
    return dt.datetime.now().astimezone()


TIMES = {
    "a date": lambda: ("a.txt", f"written on {_now():%Y-%m-%d}".encode()),
    "a date in words": lambda: ("a.txt", f"written on {_now().day} {_now():%B %Y}".encode()),
    "seconds": lambda: ("a.txt", f"{int(time.time())}".encode()),
    "a member of a zip": lambda: ("a.zip", zipped(b"x", at=_now().timetuple()[:6])),
    "a member of a tar": lambda: ("a.tar", _tar_now()),
    "the header of a gz": lambda: ("a.gz", gzip.compress(b"x", mtime=time.time())),
    "an hour": lambda: ("a.txt", f"{_now():%H:%M:%S}".encode()),
}


def _tar_now():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.txt")
        info.mtime = int(time.time())
        archive.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize("write", TIMES.values(), ids=TIMES)
def test_the_time_of_writing_is_found(write):
    """In words, in archives' members, and as bytes that differ two seconds later."""
    fails(lambda result, directory: write(), "files_tell_no_time")


@pytest.mark.parametrize(
    "write",
    [
        lambda: ("a.zip", zipped(b"x", at=time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6])),
        lambda: ("a.svg", f"<svg><date>{dt.datetime.fromtimestamp(EPOCH, dt.UTC)}</date></svg>".encode()),
        lambda: ("a.gz", gzip.compress(b"x", mtime=0)),
        lambda: ("a.npz", npz(b"x")),
        lambda: ("a.parquet", parquet(b"x")),
    ],
    ids=["zip", "svg", "gz", "npz", "parquet"],
)
def test_times_of_source_date_epoch_and_fixed_ones_are_fine(write):
    """What follows `SOURCE_DATE_EPOCH`, or holds a time that never changes, keeps the promise."""
    candidate, checks = checks_of(lambda result, directory: write())
    checks["files_tell_no_time"](candidate)


# Markup -------------------------------------------------------------------------------------------------------------


def test_markup_is_found_within_archives_and_pages_of_another_name():
    """A page is one by what it holds, and also within an archive."""
    raw = lambda result: b"<!DOCTYPE html>" + texts(result)
    fails(lambda result, directory: ("page.bin", raw(result)), "markup_is_escaped")
    fails(lambda result, directory: ("a.zip", zipped(raw(result), "index.html")), "markup_is_escaped")
    safe = lambda result: html.escape(texts(result).decode()).encode()
    candidate, checks = checks_of(lambda result, directory: ("page.html", safe(result)))
    assert check_outcome(candidate, checks["markup_is_escaped"]).status == "ok"
