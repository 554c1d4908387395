"""What the top of the page says of a bridge between text weights and brain weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emotopy.records import Result
from emotopy_plugins.reporters.formatting import count, listing, plain, probability
from emotopy_plugins.reporters.reading import lookup, simulation_name

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
N_NAMED = 4
"""Most emotions that a sentence names."""
FEW_REGIONS = 30
"""With fewer regions a correlation over them is uncertain."""
ALL = "all"
"""The emotion that stands for the mean over emotions."""
MEANT = "absolute"
"""The brain weights of the comparison that is meant."""
SMOOTH = (
    "p only accounts for the similarity of neighbouring regions: maps that share regions for another "
    "reason (strong signal, many studies) agree as well."
)
MEANING = (
    "High agreement means that the regions which the literature associates with the words are those "
    "whose coupling follows the rating; it doesn’t mean that these regions cause a feeling."
)
DECODER = "If the decoder isn’t better than chance, its weights are meaningless; see the scores of the decoding."
REFERENCES: Mapping[str, str] = {
    "wagner2015": """@article{wagner2015,
  title   = {Generating spatially constrained null models for irregularly spaced data using {M}oran spectral
             randomization methods},
  author  = {Wagner, Helene H. and Dray, St{\\'e}phane},
  journal = {Methods in Ecology and Evolution},
  volume  = {6},
  number  = {10},
  pages   = {1169--1178},
  year    = {2015},
  doi     = {10.1111/2041-210X.12407}
}""",
}
CITED = ("haufe2014", "wagner2015")


def answer(result: Result) -> list[str]:
    """Return whether the two maps agree more than maps that lie elsewhere, and for which emotions."""
    table = result.tables["bridge"]
    emotions, regions = _names(result, "emotion"), _names(result, "region")
    what = listing(emotions) if len(emotions) <= N_NAMED else count(len(emotions), "emotion")
    scans = ", from simulated scans" if _simulated(result) else ""
    first = f"{what[:1].upper()}{what[1:]} over {count(len(regions), 'region')} of one atlas{scans}."
    return [f"{first} {finding(table)}"]


def finding(table: pd.DataFrame) -> str:
    """Return a sentence on the comparison that is meant: with absolute weights."""
    main = table[table["weights"] == MEANT]
    overall = main[main["emotion"] == ALL].to_dict("records")[0]
    r, p = float(overall["r"]), float(overall["p"])
    if not math.isfinite(r):
        return "The decoder has no pattern for any emotion, so nothing can be compared."
    agreement = f"Averaged over the emotions, the two maps correlate with r = {plain(r)}"
    if not math.isfinite(p):
        return f"{agreement}; there are too few regions for a p-value."
    passed = main[(main["emotion"] != ALL) & (main["p_family"].astype(float) < ALPHA)]
    verdict = "more than surrogate maps" if p < ALPHA else "no more than surrogate maps"
    below = f", 95\xa0% of which stay below {plain(float(overall['null_95']))}" if _is_known(overall["null_95"]) else ""
    shown = [str(row["emotion"]) for row in passed.to_dict("records")]
    rest = [f"{len(shown) - N_NAMED} more"] * (len(shown) > N_NAMED)
    which = listing([*shown[:N_NAMED], *rest]) if shown else "no emotion"
    stand = "stand" if len(shown) > 1 else "stands"
    out = f"Corrected for the number of emotions, {which} {stand} out."
    return f"{agreement}, {verdict}{below} (p = {probability(p)}). {out}"


def limits(result: Result) -> list[str]:
    """Return what limits the agreement."""
    n_regions = len(_names(result, "region"))
    said = ["Conclusions apply only to this story and these regions."]
    if n_regions < FEW_REGIONS:
        said.append(f"With only {n_regions} regions, the correlation is uncertain, whatever its p.")
    least = 1 / (1 + (_n_surrogates(result) or 0))
    if _n_surrogates(result) is not None and least >= ALPHA:
        said.append(f"With {count(_n_surrogates(result) or 0, 'surrogate')}, no p can be below {probability(least)}.")
    return [*said, SMOOTH, MEANING, DECODER]


def facts(result: Result) -> list[tuple[str, str]]:
    """Return what was compared: name and value."""
    provenance, emotions = result.provenance, _names(result, "emotion")
    n_segments, seed, n = lookup(provenance, "n_segments"), lookup(provenance, "seed"), _n_surrogates(result)
    found = [
        ("Emotions", ", ".join(emotions) if len(emotions) <= 2 * N_NAMED else f"{len(emotions)}"),
        ("Regions", f"{len(_names(result, 'region'))}"),
        ("Atlas", str(lookup(provenance, "atlas") or "")),
        ("Segments", "" if n_segments is None else f"{n_segments:,}"),
        ("Surrogates", "" if n is None else f"{n:,}"),
        ("Seed", "" if seed is None else str(seed)),
    ]
    return [(name, value) for name, value in found if value]


def methods(result: Result) -> str:
    """Return the methods as a paragraph."""
    provenance = result.provenance
    n_segments, n, seed = lookup(provenance, "n_segments"), _n_surrogates(result), lookup(provenance, "seed")
    over = (
        f" over the {count(int(n_segments), 'segment')} of the story"
        if n_segments is not None
        else " over its segments"
    )
    atlas = lookup(provenance, "atlas")
    scans = "simulated fMRI" if _simulated(result) else "fMRI"
    regions = count(len(_names(result, "region")), "region") + (f" of the atlas {atlas}" if atlas else "")
    said = [
        f"Text and brain were compared over {regions} with emotopy {lookup(provenance, 'versions', 'emotopy') or ''}."
    ]
    said.append(
        f"A text weight is the correlation{over} between the rating of an emotion and the text profile "
        "of a region; a brain weight is the mean absolute pattern (Haufe et al. 2014) over the edges "
        f"of a region in a decoder of the same emotion from {scans}."
    )
    said.append("Agreement is Pearson’s r over regions.")
    if n:
        said.append(
            f"p is one-sided, against {count(n, 'surrogate map')} with the same spatial autocorrelation (Moran "
            "spectral randomisation, Wagner and Dray 2015), corrected for the number of emotions."
        )
    return " ".join(said + ([] if seed is None else [f"The random seed was {seed}."]))


def _names(result: Result, column: str) -> Sequence[str]:
    return [str(name) for name in dict.fromkeys(result.tables["text_weights"][column])]


def _n_surrogates(result: Result) -> int | None:
    found = lookup(result.provenance, "config", "n_surrogates")
    return None if found is None else int(found)


def _simulated(result: Result) -> str:
    return simulation_name(lookup(result.provenance, "input", "brain", "input", "simulated"))


def _is_known(value: float) -> bool:
    return math.isfinite(float(value))
