"""`emotopy track`: emotions while the scanner runs, a line per volume."""

from __future__ import annotations

import math
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from emotopy.cli.console import Quiet, console_host, load_registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from emotopy.pathways.brain.stream import DecoderStream
    from emotopy.readers.growing_text import CompleteLines
    from emotopy.records.axes import FloatArray

HEADERS = {None: None, "yes": True, "no": False}
MISSING = "n/a"


def track(
    context: typer.Context,
    *,
    decoder: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder of a saved causal decoder (see `decode --save-decoder --causal`)."),
    ],
    series: Annotated[
        str,
        typer.Option(
            metavar="FILE|-", help="File with one line of region signals per volume, or - for standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="File for the predictions, written line by line. Default: standard output."
        ),
    ] = None,
    header: Annotated[
        str | None, typer.Option(metavar="yes|no", help="Whether the first row holds region names. Default: detected.")
    ] = None,
    tr: Annotated[
        float | None, typer.Option(metavar="S", help="Repetition time in seconds, checked against the decoder's.")
    ] = None,
    idle_s: Annotated[
        float | None,
        typer.Option(
            "--idle-s",
            metavar="S",
            help="Stop when FILE hasn't grown for this many seconds; 0 stops at the end of the file.",
            min=0,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    quiet: Quiet = False,
) -> None:
    """Decode emotions during a scan: read volumes from a growing file or standard input and predict after each volume.

    The decoder is saved by `emotopy decode ... --save-decoder DIR --causal`. FILE is read until a line "# end" or
    Ctrl-C.
    """
    from emotopy.pathways.load import load_decoder
    from emotopy.readers.growing_text import CompleteLines, check_can_grow, file_chunks, stream_chunks
    from emotopy.readers.volume_lines import VolumeLines
    from emotopy.storage.results import check_files_free

    if header not in HEADERS:
        raise typer.BadParameter(f"wanted yes or no, got {header}", param_hint="'--header'")
    if idle_s is not None and (series == "-" or not math.isfinite(idle_s)):
        reason = (
            "standard input ends when the writing program closes it"
            if series == "-"
            else f"wanted seconds, got {idle_s}"
        )
        raise typer.BadParameter(reason, param_hint="'--idle-s'")
    if series.lower().endswith(".npy"):
        raise typer.BadParameter(
            "wanted a text file with one line per volume; a .npy file can't grow", param_hint="'--series'"
        )
    host = console_host(context, quiet=quiet)
    if out is not None:
        check_files_free([out], force=force)
        if series != "-" and out.exists() and out.resolve() == Path(series).resolve():
            raise typer.BadParameter("wanted a file other than --series", param_hint="'--out'")
    if series != "-":
        check_can_grow(Path(series))
    loaded = load_decoder(decoder, load_registry(context), host)
    stream = loaded.stream(loaded.tr_s if tr is None else tr)
    name = "standard input" if series == "-" else Path(series).name
    chunks = stream_chunks(sys.stdin.fileno()) if series == "-" else file_chunks(Path(series), idle_s)
    lines = CompleteLines(name, chunks)
    volumes = VolumeLines(name, loaded.regions, header=HEADERS[header], notify=host.notify)
    if tr is None:
        host.log(
            f"{name}: one volume every {loaded.tr_s:g} s is expected, as in the scans that the decoder was fitted to."
        )
    with _opened(out, force=force) as file:
        _write(file, ["volume", "centre_s", *map(_cell, loaded.emotions)])
        _follow(volumes.volumes(lines), stream, file, name)
    _tell_rest(lines, stream, host.notify)


def _follow(volumes: Iterable[object], stream: DecoderStream, file: TextIO, name: str) -> None:
    from emotopy.errors import InputError
    from emotopy.readers.volume_lines import Volume

    for volume in volumes:
        assert isinstance(volume, Volume)
        try:
            emotions = stream.update(volume.values, volume.number)
        except InputError as error:
            raise InputError(
                f"{name}, line {volume.line}: {error}",
                file=name,
                row=volume.line,
                column=error.column,
                wanted=error.wanted,
                got=error.got,
            ) from error
        _write(file, [str(stream.n_volumes - 1), _number(stream.centre_s), *map(_number, emotions)])


def _opened(out: Path | None, *, force: bool) -> AbstractContextManager[TextIO]:
    if out is None:
        return nullcontext(sys.stdout)
    from emotopy.storage.os_errors import as_output_error

    with as_output_error(out):
        return out.open("w" if force else "x", encoding="utf-8", newline="\n")


def _write(file: TextIO, cells: list[str]) -> None:
    file.write("\t".join(cells) + "\n")
    file.flush()  # who listens gets each volume at once


def _number(value: float | FloatArray) -> str:
    return MISSING if math.isnan(value) else f"{float(value):.9g}"


def _cell(name: str) -> str:
    from emotopy.storage.csv_safe import safe_text

    return "".join(sign if sign.isprintable() else " " for sign in safe_text(name))


def _tell_rest(lines: CompleteLines, stream: DecoderStream, notify: object) -> None:
    assert callable(notify)
    if lines.rest.strip():
        notify(f"{lines.name}: the last line has no line break at its end and may be incomplete; it was ignored.")
    if math.isnan(stream.centre_s):
        notify(
            f"{lines.name}: no emotions were predicted, because {stream.n_volumes} volumes are fewer than "
            f"one window of {stream.width_s:g} s holds."
        )
