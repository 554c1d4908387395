"""Every error of the readers of tables, chats and data sets says in its attributes what was wanted and what came."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import emotopy

CORE = Path(emotopy.__file__).parent
NAMES = (
    "chat_messages", "chats", "slack", "telegram", "whatsapp", "qualtrics", "spreadsheets", "encodings", "date_formats",
    "times", "confidential", "corpora", "tables", "transcripts", "text_io", "delimited", "numeric_columns",
)  # fmt: skip
FILES = [*(CORE / "readers" / f"{name}.py" for name in NAMES), *sorted((CORE / "datasets").glob("*.py"))]
RECORDS = {"neuroquery.py": 4}
"""Errors of a record made in Python, which has no file."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_errors_say_what_was_wanted_and_what_came(file):
    """`InputError` is made by `at`, or with both attributes."""
    calls = [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "InputError"
    ]
    bare = [call.lineno for call in calls if not {"wanted", "got"} <= {keyword.arg for keyword in call.keywords}]
    assert len(bare) == RECORDS.get(file.name, 0), bare
