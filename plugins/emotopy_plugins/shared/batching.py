"""Texts into requests: packing under two limits, splitting what is too long, and putting the parts together again.

No tokenizer is at hand (OpenAI's needs a download), but every token of a byte-level tokenizer is at least one byte, so
bytes bound tokens from above, and packing by bytes never overfills a request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

import numpy as np

from emotopy.records.axes import FloatArray

BYTES_PER_TOKEN = 3
"""How many bytes a token of a *long* text is taken to have. English has about 4.5, CJK about 3: a text that turns out
longer is refused by the server and split then."""

_SPACES = re.compile(rb"\s+")


def n_bytes(text: str) -> int:
    """Length of `text` in UTF-8."""
    return len(text.encode("utf-8"))


def runs(sizes: Iterable[int], limit: int, longest: float = math.inf) -> Iterator[slice]:
    """Cut things of these sizes into runs of `limit` in all and `longest` in number at most; a larger one stands alone.

    >>> list(runs([3, 4, 9, 1], limit=7))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    start = end = filled = 0
    for end, size in enumerate(sizes, start=1):
        if end - 1 > start and (filled + size > limit or end - 1 - start == longest):
            yield slice(start, end - 1)
            start, filled = end - 1, 0
        filled += size
    if end:
        yield slice(start, end)


def pack(texts: Iterable[str], *, max_inputs: int, max_bytes: int) -> list[tuple[str, ...]]:
    """Fill requests with texts in their order, each as full as both limits allow.

    Every text stands in exactly one request; one that is longer than `max_bytes` by itself stands alone.
    """
    texts = tuple(texts)
    return [texts[some] for some in runs(map(n_bytes, texts), max_bytes, max_inputs)]


def halve(batch: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cut a request of two or more texts in the middle."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def split_text(text: str, max_bytes: int) -> tuple[str, ...]:
    """Cut `text` into parts of at most `max_bytes` (≥ 4) UTF-8 bytes and about equal length.

    A cut falls on white space where the second half of a part has any, else between two characters, never inside one.
    White space around a cut is dropped, as are parts that hold nothing else.
    """
    encoded = text.encode("utf-8")
    parts, start = [], 0
    while (rest := len(encoded) - start) > max_bytes:
        n_parts = -(-rest // max_bytes)
        cut = _cut(encoded, start, -(-rest // n_parts))
        parts.append(encoded[start:cut])
        start = cut
    parts.append(encoded[start:])
    stripped = (part.decode("utf-8").strip() for part in parts)
    return tuple(part for part in stripped if part)


def combine(vectors: FloatArray, weights: FloatArray) -> FloatArray:
    """Average the vectors of a text's parts (n_parts, n_dims) by weight and bring the mean to their norm (n_dims,).

    That is 1 for most servers, and the weighted mean of the parts' norms for one that doesn't send unit vectors: a text
    that was split stands among texts that weren't.

    Raises ValueError where the parts cancel out and no direction is left.
    """
    parts = np.asarray(vectors, dtype=np.float64)
    mean = np.average(parts, axis=0, weights=weights)
    norm = float(np.linalg.norm(mean))
    if norm == 0.0:
        raise ValueError("the vectors of the parts cancel out")
    return (mean * (np.average(np.linalg.norm(parts, axis=1), weights=weights) / norm)).astype(np.float32)


def _cut(encoded: bytes, start: int, length: int) -> int:
    """Return where to end the part that begins at `start` and should have about, and at most, `length` bytes."""
    spaces = [match.start() for match in _SPACES.finditer(encoded, start + length // 2 + 1, start + length + 1)]
    if spaces:
        return spaces[-1]
    cut = start + length
    while cut > start and _inside_character(encoded, cut):
        cut -= 1
    if cut == start:  # the part is shorter than its first character
        cut += 1
        while _inside_character(encoded, cut):
            cut += 1
    return cut


def _inside_character(encoded: bytes, position: int) -> bool:
    return position < len(encoded) and encoded[position] & 0xC0 == 0x80
