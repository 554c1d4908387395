"""The page of files and columns, from their declarations in `emotopy.result_files`."""

from __future__ import annotations

from pathlib import Path

from markdown import cell, code, table

from emotopy.result_files import RESULT_KINDS, Column, ResultFile, ResultKind

PAGE = "files-and-columns.md"
INTRODUCTION = """\
# Files and columns

Look up here what each command writes: every file of a results directory, and every column of its tables with its type,
unit, range and meaning. Conventions that hold for all of them (axes, units, missing values) are on the page
[axes and units](../axes-and-units.md).

In names of columns, angle brackets stand for a name of your data: `emotion_<emotion>` is `emotion_fear`, `emotion_joy`
and so on. *Present* tells when a file or a column is there, if it isn't always; *empty* tells when a cell is.

| kind of result | written by |
|---|---|
"""


def write(folder: Path) -> None:
    """Write the page."""
    rows = "".join(f"| [{kind.title}](#{_anchor(kind.title)}) | {kind.meaning} |\n" for kind in RESULT_KINDS)
    (folder / PAGE).write_text(f"{INTRODUCTION}{rows}\n" + "".join(map(_kind, RESULT_KINDS)), "utf-8")


def _kind(kind: ResultKind) -> str:
    """Return the section of a kind of result: its files, then a table of columns for each table."""
    files = [[_linked(kind, file), f"{file.meaning}{_note('Present', file.when)}"] for file in kind.files]
    text = f"## {kind.title}\n\nWritten by {kind.meaning}.\n\n{table(['file', 'content'], files)}"
    return text + "".join(_file(kind, file) for file in kind.files if file.columns)


def _file(kind: ResultKind, file: ResultFile) -> str:
    """Return the section of a table."""
    rows = [
        [code(one.name), one.type, cell(one.unit), cell(one.range), f"{cell(one.meaning)}{_notes(one)}"]
        for one in file.columns
    ]
    head = ["column", "type", "unit", "range", "meaning"]
    return f"### {_title(kind, file)}\n\n{file.meaning}{_note('Present', file.when)}\n\n{table(head, rows)}"


def _notes(column: Column) -> str:
    return _note("Present", column.when) + _note("Empty", column.empty)


def _note(what: str, when: str) -> str:
    return f" *{what}:* {cell(when)}." if when else ""


def _title(kind: ResultKind, file: ResultFile) -> str:
    """Return the heading of a table; files of several kinds that are called alike are told apart."""
    alike = [one for other in RESULT_KINDS for one in other.files if one.name == file.name and one.columns]
    return f"{code(file.name)}: {kind.title.lower()}" if len(alike) > 1 else code(file.name)


def _linked(kind: ResultKind, file: ResultFile) -> str:
    name = code(file.name)
    return f"[{name}](#{_anchor(_title(kind, file))})" if file.columns else name


def _anchor(title: str) -> str:
    """Return the anchor that GitHub and the site make of a heading."""
    kept = "".join(sign for sign in title.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")
