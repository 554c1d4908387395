"""What intensity scorers promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.records import Intensities
from emotopy.testing.example_inputs import ODD_TEXTS, TEXTS
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, ContractViolation, require


def check_one_score_per_text(candidate: Candidate) -> None:
    """`score` returns finite Intensities with one row per text, coverage in [0, 1], and always the same emotions."""
    scorer = candidate.stage()
    scored = _scored(candidate, scorer.score(list(TEXTS)), len(TEXTS))
    odd = _scored(candidate, scorer.score(list(ODD_TEXTS)), len(ODD_TEXTS))
    require(odd.emotions == scored.emotions, f"{candidate}: emotions differ from call to call")


def check_texts_are_scored_one_by_one(candidate: Candidate) -> None:
    """The score of a text doesn't depend on the other texts or their order; equal texts have equal scores."""
    scorer = candidate.stage()
    together = scorer.score(list(TEXTS))
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = scorer.score([TEXTS[i] for i in order])
    for name in ("values", "by_emotion", "coverage"):
        whole, mixed = np.asarray(getattr(together, name)), np.asarray(getattr(shuffled, name))
        require(same(mixed, whole[order]), f"{candidate}: the order of the texts changes their {name}")
        alone = np.concatenate([np.asarray(getattr(scorer.score([text]), name)) for text in TEXTS[:4]])
        require(same(alone, whole[:4]), f"{candidate}: a text alone has other {name} than among others")


def check_no_texts_no_scores(candidate: Candidate) -> None:
    """An empty list, which the host never passes, raises or gives Intensities without rows."""
    try:
        scored = candidate.stage().score([])
    except Exception:  # noqa: BLE001 (any refusal will do)
        return
    _scored(candidate, scored, 0)


def _scored(candidate: Candidate, scored: Any, n_rows: int) -> Intensities:
    if not isinstance(scored, Intensities):
        raise ContractViolation(f"{candidate}: score() must return Intensities, got {type(scored).__name__}")
    shapes = {name: np.shape(getattr(scored, name)) for name in ("values", "by_emotion", "coverage")}
    wanted = {"values": (n_rows,), "by_emotion": (n_rows, len(scored.emotions)), "coverage": (n_rows,)}
    require(shapes == wanted, f"{candidate}: score() must have shapes {wanted}, got {shapes}")
    for name in shapes:
        require(np.isfinite(getattr(scored, name)).all(), f"{candidate}: {name} holds NaN or infinity")
    coverage = np.asarray(scored.coverage)
    require(((coverage >= 0) & (coverage <= 1)).all(), f"{candidate}: coverage must lie between 0 and 1")
    return scored
