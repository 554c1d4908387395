"""Reading the answer to an embeddings request: trust nothing, say what was wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from emotopy.errors import ProviderError
from emotopy.records.axes import FloatArray


def read_vectors(content: bytes, n_inputs: int, name: str) -> FloatArray:
    """Return the vectors of an answer, (n_inputs, n_dims) float32, in the order of the inputs.

    Answers are matched by `index`, whatever order they come in. A vector may be a list of numbers or base64 of
    little-endian float32, whichever the server chose to send. `name` is what errors call the request.

    Raises ProviderError for an answer that isn't JSON of the protocol's form, for a missing, doubled or foreign index,
    for vectors of different lengths, and for numbers that aren't finite.
    """
    items = _items(content, name)
    rows: dict[int, FloatArray] = {}
    for item in items:
        index = item.get("index") if isinstance(item, dict) else None
        if type(index) is not int:
            raise ProviderError(f"{name}: wanted every vector to have an index, got {index!r}")
        if index in rows:
            raise ProviderError(f"{name}: index {index} is answered twice")
        rows[index] = _vector(item.get("embedding"), f"{name}: vector {index}")
    missing = [index for index in range(n_inputs) if index not in rows]
    if missing or len(rows) != n_inputs:
        foreign = [index for index in rows if not 0 <= index < n_inputs]
        raise ProviderError(
            f"{name}: wanted {n_inputs} vectors, got {len(rows)}; missing indices {_few(missing)}, "
            f"indices nobody asked for {_few(foreign)}"
        )
    lengths = sorted({row.size for row in rows.values()})
    if len(lengths) != 1:
        raise ProviderError(f"{name}: wanted vectors of one length, got lengths {_few(lengths)}")
    vectors = np.stack([rows[index] for index in range(n_inputs)])
    if not np.isfinite(vectors).all():
        index = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ProviderError(f"{name}: vector {index} holds a number that isn't finite (NaN or infinity)")
    return vectors


def _items(content: bytes, name: str) -> list[Any]:
    try:
        body = json.loads(content)
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError both are
        where = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ProviderError(
            f"{name}: the answer ({len(content)} bytes) isn't JSON, it breaks off or goes wrong{where}. Run again, "
            "what has arrived is kept; if that doesn't help, check base_url: the API's address often ends in /v1"
        ) from None
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise ProviderError(f"{name}: wanted an object with a list `data`, got JSON of another form; check base_url")
    return items


def _vector(value: Any, name: str) -> FloatArray:
    try:
        if isinstance(value, str):
            vector = np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4")
        elif isinstance(value, list) and all(type(number) in (float, int) for number in value):
            vector = np.array(value, dtype=np.float32)
        else:
            vector = np.empty(0, dtype=np.float32)
    except (ValueError, OverflowError):
        vector = np.empty(0, dtype=np.float32)
    if not vector.size:
        raise ProviderError(f"{name} is neither a list of numbers nor base64 of float32")
    return vector


def _few(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return f"{shown} and {len(numbers) - 5} more" if len(numbers) > 5 else shown or "none"
