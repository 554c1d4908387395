"""From studies to the evidence table: pure functions, each step by itself.

A study *touches* a place softly: every peak weighs exp(−d²/2σ²) by its distance d from the node's centre, σ = 0.8 ×
the node's radius, and the study's touch is 1 − exp(−Σ), Σ the sum of its peaks' weights, so that many near peaks
count little more than a few. A place of several nodes takes, for each peak, the nearest of them: a region is touched
on either side. The evidence of a term at a place is the difference of touch between studies that use the term and
those that don't, the logarithm of the study's number of peaks partialled out of both, in standard deviations, times
π/√3 to read as log-odds (Hasselblad & Hedges 1995), shrunken towards 0 by its standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.evidence.studies import Studies
from emotopy.evidence.table import DECIMALS, EvidenceTable
from emotopy.evidence.terms import Term, check_distinct
from emotopy.host import Host, calling, refuse_isolation
from emotopy.inference.correlation import mean_of_known, pearson
from emotopy.records import BoolArray, FloatArray, IntArray, Node
from emotopy.storage.provenance import versions

Place = Sequence[Node]
"""The nodes that together are one place: one node, or all of a region."""

SIGMA_PER_RADIUS = 0.8
TAU = 0.5
N_SPLITS = 20
LOG_ODDS_PER_SD = np.pi / np.sqrt(3)
"""The standard deviation of the logistic distribution: what a standardised difference is in log-odds."""
NEAR_MM = 10.0


def regions_of(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """Return the regions in the order in which the nodes name them, each with its nodes."""
    regions: dict[str, list[Node]] = {}
    for node in nodes:
        regions.setdefault(node.region, []).append(node)
    return regions


def touches(
    studies: Studies,
    places: Sequence[Place],
    sigma_per_radius: float = SIGMA_PER_RADIUS,
    advance: Callable[[int], None] = lambda n: None,
) -> FloatArray:
    """Return how much each study touches each place, (n_studies, n_places), from 0 to 1.

    `advance` is called with 1 after each place.
    """
    touched = np.zeros((len(studies), len(places)))
    for column, place in enumerate(places):
        weights = np.zeros(len(studies.peaks))
        for node in place:
            sigma_mm = sigma_per_radius * node.radius_mm
            np.maximum(weights, np.exp(-_squared_mm(studies, node) / (2 * sigma_mm**2)), out=weights)
        touched[:, column] = -np.expm1(-np.bincount(studies.study_of_peak, weights, len(studies)))
        advance(1)
    return touched


def hits(studies: Studies, places: Sequence[Place], within_mm: float = NEAR_MM) -> BoolArray:
    """Return whether each study reports a peak within that distance of a place's node, (n_studies, n_places)."""
    hit = np.zeros((len(studies), len(places)), dtype=bool)
    for column, place in enumerate(places):
        for node in place:
            hit[studies.study_of_peak[_squared_mm(studies, node) <= within_mm**2], column] = True
    return hit


def _squared_mm(studies: Studies, node: Node) -> FloatArray:
    """Return the squared distance of every peak from the node's centre, (n_peaks,)."""
    squared: FloatArray = ((studies.peaks - (node.x_mm, node.y_mm, node.z_mm)) ** 2).sum(axis=1)
    return squared


@attrs.frozen(eq=False)
class TermUse:
    """Which studies use which terms: `uses` (n_studies, n_terms), and each term's words that no study could use."""

    uses: BoolArray
    missing: tuple[tuple[str, ...], ...]


def term_matrix(studies: Studies, terms: Sequence[Term]) -> TermUse:
    """Look each term up in the abstracts: a study uses a term if it uses the term or a synonym at least once."""
    column_of = {word: column for column, word in enumerate(studies.vocabulary)}
    counts = studies.counts.tocsc()
    uses = np.zeros((len(studies), len(terms)), dtype=bool)
    for number, term in enumerate(terms):
        columns = [column_of[word] for word in term.words if word in column_of]
        if columns:
            uses[:, number] = np.asarray((counts[:, columns] > 0).sum(axis=1)).ravel() > 0
    return TermUse(uses, tuple(tuple(word for word in term.words if word not in column_of) for term in terms))


def evidence(uses: BoolArray, touched: FloatArray, n_peaks: IntArray, tau: float = TAU) -> FloatArray:
    """Return the evidence of each term at each place, (n_terms, n_places), in log-odds.

    `uses` (n_studies, n_terms), `touched` (n_studies, n_places), `n_peaks` (n_studies,). The difference b is the
    coefficient of the term's use in an ordinary least-squares regression of touch (in deviations of its residuals) on
    use and log(1 + n_peaks); with its standard error se it is shrunken to b·τ²/(τ² + se²). A term that all or none of
    the studies use, and a place that all touch alike, have evidence 0.
    """
    use, touch = (_without(np.log1p(n_peaks), values.astype(np.float64)) for values in (uses, touched))
    sd = touch.std(axis=0)
    constant = sd <= 1e-9 * np.abs(touched).max(axis=0, initial=0.0)
    touch = np.where(constant, 0.0, touch / np.where(constant, 1.0, sd))
    spread = (use**2).sum(axis=0)  # what the nuisance leaves of a term's use
    undefined = spread <= 1e-9 * len(uses)
    spread = np.where(undefined, 1.0, spread)[:, None]
    difference = LOG_ODDS_PER_SD * (use.T @ touch) / spread
    squared_error = LOG_ODDS_PER_SD**2 / spread
    shrunken: FloatArray = difference * tau**2 / (tau**2 + squared_error)
    shrunken[undefined] = 0.0
    return shrunken


def _without(nuisance: FloatArray, values: FloatArray) -> FloatArray:
    """Return the residuals of each column of `values` (n_rows, n_columns) on a constant and `nuisance` (n_rows,)."""
    if len(values) == 0:
        return values
    residuals: FloatArray = values - values.mean(axis=0)
    centred = nuisance - nuisance.mean()
    spread = centred @ centred
    if spread > 1e-9 * len(centred):  # else all studies report equally many peaks
        residuals = residuals - np.outer(centred, centred @ residuals / spread)
    return residuals


def replicability(
    uses: BoolArray, touched: FloatArray, n_peaks: IntArray, n_splits: int = N_SPLITS, seed: int = 0
) -> FloatArray:
    """Return, per term, the correlation over places of the evidence from two halves of the studies, (n_terms,).

    The mean over `n_splits` random halvings. A halving in which one half has the same evidence at every place (none at
    all, as a rule) has no correlation and is left out; NaN for a term of which no halving is left.
    """
    return mean_of_known(halvings(uses, touched, n_peaks, n_splits, seed), axis=0)


def halvings(
    uses: BoolArray,
    touched: FloatArray,
    n_peaks: IntArray,
    n_splits: int = N_SPLITS,
    seed: int = 0,
    advance: Callable[[int], None] = lambda n: None,
) -> FloatArray:
    """Return the correlation of each random halving that `replicability` averages, (n_splits, n_terms).

    `advance` is called with 1 after each halving.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((n_splits, uses.shape[1]))
    for split in range(n_splits):
        half = rng.random(len(uses)) < 0.5
        one, other = (evidence(uses[rows], touched[rows], n_peaks[rows]) for rows in (half, ~half))
        found[split] = pearson(one, other)
        advance(1)
    return found


def build_table(
    studies: Studies,
    nodes: Sequence[Node],
    terms: Sequence[Term],
    *,
    atlas: str = "",
    sigma_per_radius: float = SIGMA_PER_RADIUS,
    tau: float = TAU,
    n_splits: int = N_SPLITS,
    seed: int = 0,
    host: Host | None = None,
) -> EvidenceTable:
    """Build the evidence table of an atlas' nodes and their regions, with its provenance.

    `atlas` is the atlas' name, kept in the provenance; `sigma_per_radius`, `tau` as in `touches` and `evidence`; `seed`
    starts the halvings of `replicability`. Values are rounded to six decimals, as in the file. `host` is told of
    progress.

    Raises ConfigError where nodes or terms are missing, two nodes share a name, or no study uses any of the terms;
    InputError for a term that occurs twice.
    """
    names = [node.name for node in nodes]
    if not nodes or not terms:
        raise ConfigError(f"wanted at least one node and one term, got {len(nodes)} nodes and {len(terms)} terms")
    if len(set(names)) != len(names):
        raise ConfigError(f"wanted unique node names, but a name occurs twice among {', '.join(names)}")
    check_distinct(terms, "the evidence table")
    found = term_matrix(studies, terms)
    if not found.uses.any():
        raise ConfigError("no study uses any of the terms or their synonyms; check that they are in the vocabulary")
    regions = regions_of(nodes)
    host, n_peaks = host or Host(), studies.n_peaks
    refuse_isolation(host, "build_table")
    with calling(host):
        with host.progress("peaks near regions and nodes", len(regions) + len(nodes)) as advance:
            at_regions = touches(studies, list(regions.values()), sigma_per_radius, advance)
            at_nodes = touches(studies, [[node] for node in nodes], sigma_per_radius, advance)
        with host.progress("random halves of the studies", n_splits) as advance:
            split_r = halvings(found.uses, at_regions, n_peaks, n_splits, seed, advance)
    return EvidenceTable(
        terms=[term.name for term in terms],
        regions=tuple(regions),
        nodes=names,
        synonyms=[term.synonyms for term in terms],
        missing=found.missing,
        n_studies=found.uses.sum(axis=0),
        replicability=_rounded(mean_of_known(split_r, axis=0)),
        at_regions=_rounded(evidence(found.uses, at_regions, n_peaks, tau)),
        at_nodes=_rounded(evidence(found.uses, at_nodes, n_peaks, tau)),
        provenance={
            "atlas": atlas,
            "nodes": [attrs.asdict(node) for node in nodes],
            "kernel": {"sigma_per_radius": sigma_per_radius, "tau_log_odds": tau, "partialled_out": "log(1 + n_peaks)"},
            "replicability": {"n_splits": n_splits, "seed": seed, **_undefined(terms, split_r)},
            "n_studies": len(studies),
            "n_peaks": len(studies.peaks),
            "inputs": dict(studies.inputs),
            "emotopy": versions()["emotopy"],
            "overlapping_nodes": [attrs.asdict(pair) for pair in overlap(studies, nodes)],
        },
    )


def _undefined(terms: Sequence[Term], split_r: FloatArray) -> dict[str, Any]:
    """Return, for the provenance, in how many halvings a term had no correlation; nothing where all terms had."""
    n_undefined = np.isnan(split_r).sum(axis=0)
    counts = {term.name: int(n) for term, n in zip(terms, n_undefined, strict=True) if n}
    return {"undefined_halvings": counts} if counts else {}


def _rounded(values: FloatArray) -> FloatArray:
    return np.round(values, DECIMALS) + 0.0  # no negative zeros


@attrs.frozen
class Overlap:
    """Two nodes that studies can hardly tell apart: `jaccard` = studies that hit both ÷ studies that hit either."""

    one: str
    other: str
    jaccard: float


def overlap(
    studies: Studies, nodes: Sequence[Node], within_mm: float = NEAR_MM, threshold: float = 0.15
) -> tuple[Overlap, ...]:
    """Return the pairs of neighbouring nodes whose hits overlap by more than `threshold`, the most overlapping first.

    Neighbours are nodes of different regions whose spheres of `within_mm` intersect: hits that distant nodes share
    (amygdala and insula) are a finding, not a confusion.
    """
    hit = hits(studies, [[node] for node in nodes], within_mm).astype(np.float64)
    both = hit.T @ hit
    either = hit.sum(axis=0)[:, None] + hit.sum(axis=0) - both
    jaccard = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    centres = np.array([(node.x_mm, node.y_mm, node.z_mm) for node in nodes])
    apart_mm = np.linalg.norm(centres[:, None] - centres, axis=2)
    pairs = [
        Overlap(nodes[i].name, nodes[j].name, round(float(jaccard[i, j]), 3))
        for i, j in combinations(range(len(nodes)), 2)
        if jaccard[i, j] > threshold and apart_mm[i, j] < 2 * within_mm and nodes[i].region != nodes[j].region
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.jaccard, pair.one, pair.other)))
