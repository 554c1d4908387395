"""What region mappers promise."""

from __future__ import annotations

from typing import get_args

import attrs
import numpy as np

from emotopy.errors import EmotopyError
from emotopy.records import Level
from emotopy.roles import CombinedMapper, MappingInputs, MapsEmbeddings, ProfileMapper, RegionMapper
from emotopy.testing.example_inputs import NEW_TEXTS, chosen_rows, mapping_inputs, new_inputs
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, NotApplicable, matrix, require

LEVELS: tuple[Level, ...] = get_args(Level)


def check_rows_sum_to_one(candidate: Candidate) -> None:
    """`assign` returns finite values ≥ 0 of shape (n_texts, n_targets), for regions and for nodes; rows sum to one."""
    for level in LEVELS:
        mapper, inputs = _fitted(candidate, level)
        assignment = mapper.assign(inputs)
        matrix(candidate, assignment, len(inputs.texts), "assign()", len(inputs.targets), level)
        fair = (assignment >= 0).all() and np.allclose(assignment.sum(axis=1), 1, atol=1e-6)
        require(fair, f"{candidate}: rows of assign() must be ≥ 0 and sum to one, at level {level}")


def check_texts_are_assigned_one_by_one(candidate: Candidate) -> None:
    """After the fit, the assignment of a text doesn't depend on the other texts or their order."""
    mapper, inputs = _fitted(candidate, "region")
    whole = mapper.assign(inputs)
    order = np.random.default_rng(0).permutation(len(inputs.texts))[:9]
    require(
        same(mapper.assign(chosen_rows(inputs, order)), whole[order], 1e-6),
        f"{candidate}: assign() of some texts differs from their rows among all",
    )


def check_order_of_the_fit_does_not_matter(candidate: Candidate) -> None:
    """Fitting the same texts in another order gives each text the same assignment."""
    mapper, inputs = _fitted(candidate, "region")
    order = np.random.default_rng(1).permutation(len(inputs.texts))
    wanted, shuffled = mapper.assign(inputs)[order], chosen_rows(inputs, order)
    mapper.fit(shuffled)
    require(
        same(mapper.assign(shuffled), wanted, 1e-6),
        f"{candidate}: the order of the texts in the fit changes assignments",
    )


def check_profile_has_a_standard(candidate: Candidate) -> None:
    """A mapper with a profile returns profile and evidence of shape (n_texts, n_targets) and names its reference."""
    for level in LEVELS:
        mapper, inputs = _fitted(candidate, level)
        if not isinstance(mapper, ProfileMapper):
            raise NotApplicable(f"{candidate}: has no profile of its own, the host standardises its assignment")
        n_texts, n_targets = len(inputs.texts), len(inputs.targets)
        for what in ("profile", "evidence"):
            matrix(candidate, getattr(mapper, what)(inputs), n_texts, f"{what}()", n_targets, level)
        if isinstance(mapper, CombinedMapper):
            alone = [mapper.assign(inputs), mapper.profile(inputs), mapper.evidence(inputs)]
            together = mapper.map(inputs)
            agree = len(together) == 3 and all(
                same(one, other, 1e-9) for one, other in zip(together, alone, strict=True)
            )
            require(agree, f"{candidate}: map() must give what assign(), profile() and evidence() give")
        named = isinstance(mapper.reference, str) and mapper.reference
        require(named, f"{candidate}: reference must say what the standard is, got {mapper.reference!r}")
        share = np.asarray(mapper.reference_share)
        fair = share.shape == (n_targets,) and np.isfinite(share).all() and np.isclose(share.sum(), 1, atol=1e-3)
        require(fair, f"{candidate}: reference_share must be ({n_targets},) and sum to one, got {share}")


def check_unseen_texts_are_assigned(candidate: Candidate) -> None:
    """After the fit, texts that were not part of it are assigned as well, also a single text."""
    mapper, _ = _fitted(candidate, "region")
    for texts in (NEW_TEXTS, NEW_TEXTS[:1]):
        inputs = new_inputs(candidate, texts)
        assignment = matrix(candidate, mapper.assign(inputs), len(texts), f"assign() of {len(texts)} unseen texts")
        fair = (assignment >= 0).all() and np.allclose(assignment.sum(axis=1), 1, atol=1e-6)
        require(fair, f"{candidate}: rows of assign() of unseen texts must be ≥ 0 and sum to one")


def check_texts_without_points_map_or_raise(candidate: Candidate) -> None:
    """Texts that reducer and clusterer can't place are assigned as well, or raise an EmotopyError."""
    mapper, inputs = _fitted(candidate, "region")
    try:
        assignment = mapper.assign(attrs.evolve(inputs, points=None, clusters=None))
    except EmotopyError:
        return
    matrix(candidate, assignment, len(inputs.texts), "assign() without points")


def check_embeddings_decide_where_it_says_so(candidate: Candidate) -> None:
    """With `embeddings_only`, neither the words, the point nor the cluster of a text changes its assignment."""
    mapper, inputs = _fitted(candidate, "region")
    if not isinstance(mapper, MapsEmbeddings) or not mapper.embeddings_only:
        raise NotApplicable(f"{candidate}: doesn't say that it looks at embeddings alone (MapsEmbeddings)")
    other = attrs.evolve(inputs, texts=["another text"] * len(inputs.texts), points=None, clusters=None)
    require(
        same(mapper.assign(other), mapper.assign(inputs), 1e-9),
        f"{candidate}: embeddings_only, but texts, points or clusters change the assignment",
    )


def _fitted(candidate: Candidate, level: Level) -> tuple[RegionMapper, MappingInputs]:
    mapper, inputs = candidate.stage(), mapping_inputs(candidate, level)
    mapper.fit(inputs)
    return mapper, inputs
