"""Text → terms → regions: the maths that takes embedded texts through the terms of an evidence table.

A text's similarity to each term's anchor is standardised per term; softmax with sharpness β makes weights of it;
weights times evidence is the text's profile over regions, standardised per region. What "standardised" refers to is a
record of its own, `ReferenceConstants`, so that a corpus of one emotion isn't compared with itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError, OutputError, ShapeError
from emotopy.evidence.table import EvidenceTable
from emotopy.records import FloatArray, axes
from emotopy.records.axes import names_of

BETA = 1.0
DIGITS = 8
"""Significant digits of the constants on disk: more than float32 embeddings support."""


def anchors(embeddings: FloatArray, n_words: Sequence[int]) -> FloatArray:
    """Return each term's anchor, (n_terms, n_dims): the mean of the embeddings of its words, of length 1.

    `embeddings` (n_all_words, n_dims) holds the words of the first term, then those of the second, and so on;
    `n_words` (n_terms,) says how many each has. A term whose words have no embedding gets the zero vector.

    Raises ShapeError where the numbers don't add up.
    """
    if sum(n_words) != len(embeddings) or min(n_words, default=0) < 1:
        raise ShapeError(f"embeddings: wanted a row per word, {sum(n_words)} in all, got {len(embeddings)}")
    starts = np.cumsum([0, *n_words])[:-1]
    return _unit(np.add.reduceat(np.asarray(embeddings, dtype=np.float64), starts, axis=0))


def term_similarity(embeddings: FloatArray, anchors: FloatArray) -> FloatArray:
    """Return the cosine of each text's embedding with each anchor, (n_texts, n_terms); 0 where either is zero."""
    vectors = np.asarray(embeddings, dtype=np.float64)
    products = vectors @ _unit(anchors).T
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return np.asarray(np.divide(products, lengths, out=np.zeros(products.shape), where=lengths > 0))


def standardise(values: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return (values − mean) ÷ sd per column; 0 where the deviation is zero.

    >>> standardise(np.array([[3.0, 5.0]]), np.array([1.0, 5.0]), np.array([4.0, 0.0]))
    array([[0.5, 0. ]])
    """
    scores: FloatArray = np.divide(values - mean, sd, out=np.zeros(values.shape), where=sd > 0)
    return scores


def softmax(values: FloatArray, sharpness: float = 1.0) -> FloatArray:
    """Return exp(sharpness · values), each row divided by its sum.

    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    scaled = sharpness * values
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def profile(similarity: FloatArray, evidence: FloatArray, beta: float = BETA) -> FloatArray:
    """Return each text's profile in log-odds: softmax(β · similarity) times evidence.

    `similarity` (n_texts, n_terms) is standardised per term, `evidence` is (n_terms, n_regions) or (n_terms, n_nodes);
    the profile has a row per text and a column per place. It is not standardised.
    """
    profiles: FloatArray = softmax(similarity, beta) @ evidence
    return profiles


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
    return unit


_STATISTICS = ("term_mean", "term_sd", "region_mean", "region_sd", "region_share", "node_mean", "node_sd", "node_share")


@attrs.frozen(eq=False)
class ReferenceConstants:
    """What a mapping's standard scores refer to: means and deviations over a reference corpus.

    `source` names the corpus, `n_texts` its distinct segments (`segment` says how its texts were cut), `corpus_sha256`
    a checksum of those; `embedder` is the embedder's fingerprint, `table` the checksum of the evidence table, `beta`
    the sharpness used. `term_*` (n_terms,) are of the cosine with each anchor; `region_*` (n_regions,) and `node_*`
    (n_nodes,) of the profile in log-odds; `*_share` is the mean assignment, softmax of the standardised profile.
    """

    source: str
    n_texts: int
    corpus_sha256: str
    embedder: str
    table: str
    beta: float
    segment: str
    terms: tuple[str, ...] = attrs.field(converter=names_of)
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    nodes: tuple[str, ...] = attrs.field(converter=names_of)
    term_mean: FloatArray = attrs.field(validator=axes("terms"))
    term_sd: FloatArray = attrs.field(validator=axes("terms"))
    region_mean: FloatArray = attrs.field(validator=axes("regions"))
    region_sd: FloatArray = attrs.field(validator=axes("regions"))
    region_share: FloatArray = attrs.field(validator=axes("regions"))
    node_mean: FloatArray = attrs.field(validator=axes("nodes"))
    node_sd: FloatArray = attrs.field(validator=axes("nodes"))
    node_share: FloatArray = attrs.field(validator=axes("nodes"))

    def write(self, path: Path) -> None:
        """Write the constants as JSON, eight significant digits; the same constants give the same bytes.

        Raises OutputError where the file can't be written.
        """
        content = attrs.asdict(self)
        for name in _STATISTICS:
            content[name] = [float(f"{value:.{DIGITS}g}") for value in content[name]]
        try:
            path.write_bytes((json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
        except OSError as error:
            raise OutputError(f"{path} can't be written: {error.strerror}") from error


def read_reference(path: Path) -> ReferenceConstants:
    """Read reference constants.

    Raises InputError for a file that is absent or no JSON, a key that is missing or unknown, and values that don't fit.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name}: wanted JSON, but {error}", file=path.name, wanted="JSON", got=str(error)
        ) from error
    return constants_from(content, path.name)


def constants_to(constants: ReferenceConstants) -> dict[str, Any]:
    """Return reference constants as JSON holds them, with every digit."""
    return {**attrs.asdict(constants), **{name: getattr(constants, name).tolist() for name in _STATISTICS}}


def constants_from(content: Any, name: str) -> ReferenceConstants:
    """Make reference constants of a file's JSON; `name` is what messages call it.

    Raises InputError for a key that is missing or unknown, and values that don't fit.
    """
    wanted = {field.name for field in attrs.fields(ReferenceConstants)}
    if not isinstance(content, dict) or set(content) != wanted:
        got = ", ".join(sorted(content)) if isinstance(content, dict) else type(content).__name__
        raise InputError(f"{name}: wanted the keys {', '.join(sorted(wanted))}, got {got}")
    try:
        arrays: dict[str, Any] = {name: np.array(content[name], dtype=np.float64) for name in _STATISTICS}
        return ReferenceConstants(**{**content, **arrays})
    except (TypeError, ValueError, ShapeError) as error:
        raise InputError(f"{name}: {error}") from error


def reference_constants(
    embeddings: FloatArray,
    anchors: FloatArray,
    table: EvidenceTable,
    *,
    beta: float = BETA,
    segment: str = "none",
    source: str,
    corpus_sha256: str = "",
    embedder: str = "",
) -> ReferenceConstants:
    """Compute the constants of a reference corpus from the embeddings (n_texts, n_dims) of its distinct segments.

    `anchors` (n_terms, n_dims) are those of the table's terms, by the same embedder; `segment` says how texts were cut.

    Raises InputError for a corpus without texts.
    """
    if len(embeddings) == 0:
        raise InputError(f"{source}: wanted at least one text for reference constants, got none")
    cosines = term_similarity(embeddings, anchors)
    term_mean, term_sd = cosines.mean(axis=0), _sd(cosines)
    weights = softmax(standardise(cosines, term_mean, term_sd), beta)
    statistics = {"term_mean": term_mean, "term_sd": term_sd}
    for place, evidence in (("region", table.at_regions), ("node", table.at_nodes)):
        profiles = weights @ evidence
        mean, sd = profiles.mean(axis=0), _sd(profiles)
        shares = softmax(standardise(profiles, mean, sd)).mean(axis=0) if profiles.shape[1] else mean
        statistics |= {f"{place}_mean": mean, f"{place}_sd": sd, f"{place}_share": shares}
    return ReferenceConstants(
        source=source,
        n_texts=len(embeddings),
        corpus_sha256=corpus_sha256,
        embedder=embedder,
        table=table.checksum,
        beta=beta,
        segment=segment,
        terms=table.terms,
        regions=table.regions,
        nodes=table.nodes,
        **statistics,
    )


def _sd(values: FloatArray) -> FloatArray:
    """Return the deviation of each column, exactly 0 for a constant one, whatever its mean rounds to."""
    deviation = values.std(axis=0)
    return np.where(np.ptp(values, axis=0) > 1e-9 * np.abs(values).max(axis=0), deviation, 0.0)
