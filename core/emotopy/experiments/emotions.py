"""Experiment *emotions*: GoEmotions; which emotions separate, how intense they are, do profiles fit the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.evidence.table import EvidenceTable
from emotopy.experiments.analysis import Analysis
from emotopy.experiments.definition import Classification
from emotopy.inference.correlation import mean_of_known, pearson_matrix
from emotopy.inference.distances import group_distances
from emotopy.inference.intervals import bootstrap_deviations, ratio_intervals
from emotopy.inference.separation import separation
from emotopy.inference.unit_means import sum_by_unit
from emotopy.records import FloatArray, IntArray, Mapped
from emotopy.roles import Host

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FOR_CLASSES = 2
ALLOWED = (
    "Agreement with the evidence: the profiles are computed by weighting this same table with the "
    "words of each text, so r only shows that the step from text to terms works. It doesn't validate "
    "the regions, which would need studies or brain data that aren't in the table."
)


@runtime_checkable
class HasEvidence(Protocol):
    """A region mapper that weighs an evidence table."""

    evidence_table: EvidenceTable


@attrs.frozen(eq=False)
class UnitProfiles:
    """Profiles as distances and classifications take them: a row per unit and group.

    Mean profile (n_units, n_regions) and mean intensity (n_units,) of each unit's texts of a group.

    `groups` names the groups, `member` (n_units,) numbers each unit's, `n_texts` (n_groups,) counts texts. Units stand
    in an order that the input's rows don't change.
    """

    groups: tuple[str, ...]
    member: IntArray
    values: FloatArray
    intensity: FloatArray
    n_texts: IntArray

    @classmethod
    def of(cls, mapped: Mapped) -> UnitProfiles:
        """Return those of all texts that have a group."""
        groups = mapped.text_groups
        places = np.array([i for i, group in enumerate(groups) if group is not None])
        index = {name: i for i, name in enumerate(mapped.corpus.groups)}
        of_text = np.array([index[str(groups[i])] for i in places])
        codes = of_text * (mapped.n_texts + 1) + mapped.unit_codes(places)
        kept, numbers = np.unique(codes, return_inverse=True)
        profile = mapped.mapping.profile[places]
        weights = np.repeat(mapped.weights[places, None], profile.shape[1] + 1, axis=1)
        weights[:, -1] *= mapped.has_intensity[places]
        total = sum_by_unit(weights, numbers)
        values = np.column_stack([profile, mapped.intensities.values[places]])
        means = np.divide(
            sum_by_unit(values * weights, numbers), total, out=np.full(total.shape, np.nan), where=total > 0
        )
        return cls(
            mapped.corpus.groups, kept // (mapped.n_texts + 1), means[:, :-1], means[:, -1], np.bincount(of_text)
        )


def analyse(analysis: Analysis) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the tables ``intensity, distances, classification, agreement``, and notes.

    Tables that can't be made (too few texts, a mapper without an evidence table) are left out, and a note says why.
    """
    profiles, seed = UnitProfiles.of(analysis.mapped), analysis.seed
    tables = {"intensity": intensity_table(profiles, np.random.default_rng([seed, 1]))}
    notes: list[str] = []
    sizes = np.bincount(profiles.member)
    if sizes.min() >= 2:
        n = analysis.definition.distances.n_bootstrap
        tables["distances"] = distance_table(profiles, n, np.random.default_rng([seed, 2]))
    else:
        notes.append("Distances weren't computed, because an emotion has only one text.")
    options = analysis.definition.classification
    if len(sizes) >= FEWEST_FOR_CLASSES and sizes.min() >= options.n_folds:
        rng = np.random.default_rng([seed, 3])
        tables["classification"] = classification_table(profiles, options, rng, analysis.host)
    else:
        notes.append(f"Emotions weren't classified, because an emotion has fewer than {options.n_folds} texts.")
    mapper = next(iter(analysis.fitted.fits.values())).mapper.object
    if isinstance(mapper, HasEvidence) and analysis.mapped.level == "region":
        overall = analysis.mapped.mapping.profile.mean(axis=0)
        found = agreement_table(profiles, overall, mapper.evidence_table, np.random.default_rng([seed, 4]))
        if len(found):
            tables["agreement"] = found
            notes.append(ALLOWED)
    if "agreement" not in tables:
        notes.append(
            "Agreement with the evidence wasn't computed, because the mapper has no evidence per "
            "region, or none of the emotions is a term in it."
        )
    return tables, notes


def intensity_table(profiles: UnitProfiles, rng: np.random.Generator) -> pd.DataFrame:
    """Return the mean intensity of each emotion's texts: ``emotion, n_texts, intensity, low, high``."""
    import pandas as pd

    rows = []
    for group, name in enumerate(profiles.groups):
        own = profiles.intensity[profiles.member == group][:, None]
        low, high = ratio_intervals(own, np.ones_like(own), rng=rng)
        rows.append((name, int(profiles.n_texts[group]), own.mean(), low[0], high[0]))
    return pd.DataFrame(rows, columns=["emotion", "n_texts", "intensity", "low", "high"])


def distance_table(profiles: UnitProfiles, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return how far apart emotions' profiles lie, ``emotion_a, emotion_b, distance, low, high, p, p_family``."""
    import pandas as pd

    found = group_distances(profiles.values, profiles.member, n=n, rng=rng)
    names = np.array(profiles.groups, dtype=object)
    return pd.DataFrame(
        {
            "emotion_a": names[found.first],
            "emotion_b": names[found.second],
            **{name: getattr(found, name) for name in ("distance", "low", "high", "p", "p_family")},
        }
    )


def classification_table(
    profiles: UnitProfiles, options: Classification, rng: np.random.Generator, host: Host
) -> pd.DataFrame:
    """Return how well emotions can be classified: ``measure, emotion, n, value, null_mean, null_95, p, p_family``.

    Emotions with more texts than `most_per_group` are represented by that many, drawn at random.
    """
    import pandas as pd

    chosen = np.concatenate(
        [
            rng.choice(own, min(len(own), options.most_per_group), replace=False)
            for own in (np.flatnonzero(profiles.member == group) for group in range(len(profiles.groups)))
        ]
    )
    member = profiles.member[chosen]
    with host.progress("classifications", 1 + options.n_permutations) as advance:
        found = separation(
            profiles.values[chosen],
            member,
            n_folds=options.n_folds,
            n_permutations=options.n_permutations,
            rng=rng,
            advance=advance,
        )
    return pd.DataFrame(
        {
            "measure": ["accuracy", "balanced accuracy", *["recall"] * len(profiles.groups)],
            "emotion": [None, None, *profiles.groups],
            "n": [len(chosen), len(chosen), *np.bincount(member)],
            "value": found.observed,
            "null_mean": found.null.mean(axis=0),
            "null_95": np.quantile(found.null, 0.95, axis=0),
            "p": found.p,
            "p_family": [np.nan, np.nan, *found.p_family],
        }
    )


def agreement_table(
    profiles: UnitProfiles, overall: FloatArray, evidence: EvidenceTable, rng: np.random.Generator
) -> pd.DataFrame:
    """Return how well each emotion's profile fits its own row of the evidence table.

    `overall` (n_regions,) is the mean profile of all texts. Columns: ``emotion, term, n_texts, r, low, high, r_others,
    rank, n_terms``: r over regions of the profile (minus that of all texts) and the term's evidence (minus that of all
    terms), with an interval over texts; the mean r with the other terms, and the place of the own term among all.
    A profile or a term's evidence that is constant over regions has no r: its cells are empty, and `n_terms` counts
    the terms that have one.
    """
    import pandas as pd

    truth = evidence.at_regions - evidence.at_regions.mean(axis=0)
    rows = []
    for group, name in enumerate(profiles.groups):
        term = next((i for i, words in enumerate(evidence.words) if name in words), None)
        own = profiles.values[profiles.member == group]
        if term is None or len(own) < 2:
            continue
        mean = own.mean(axis=0) - overall
        r = pearson_matrix(mean[None], truth)[0]
        drawn = pearson_matrix(mean + bootstrap_deviations(own, 1000, rng), truth[[term]])[:, 0]
        drawn = drawn[np.isfinite(drawn)]
        low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
        others = np.delete(r, term)
        rank = 1 + int((others > r[term]).sum()) if np.isfinite(r[term]) else None
        r_others, n_terms = float(mean_of_known(others)), int(np.isfinite(r).sum())
        rows.append((name, evidence.terms[term], len(own), r[term], low, high, r_others, rank, n_terms))
    columns = ["emotion", "term", "n_texts", "r", "low", "high", "r_others", "rank", "n_terms"]
    return pd.DataFrame(rows, columns=columns).astype({"rank": "Int64"})
