"""What the top of the page says of a decoding: the answer, what limits it, the facts, the methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emotopy.records import Result
from emotopy_plugins.reporters.decoded import (
    ALPHA,
    N_NAMED,
    SPLITS,
    SURROGATES,
    Decoded,
    Moments,
    named,
)
from emotopy_plugins.reporters.formatting import count, listing, plain, probability
from emotopy_plugins.reporters.reading import lookup, stage_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FEW_LISTENERS = 10
"""With fewer listeners a score says little of others."""
FEW_MOMENTS = 20
"""With fewer moments that share nothing, courses agree by chance easily."""
RATINGS = (
    "Ratings are annotations, which are proxies of felt emotion. If they can be predicted, the scans "
    "follow the emotional course of the story, or something that varies with it; this doesn’t show "
    "what anybody felt."
)
EDGES = (
    "Interpret weights of regions and networks, not of single edges between two regions. If the score "
    "of an emotion isn’t above its null, its weights are meaningless."
)
REFERENCES: Mapping[str, str] = {
    "haufe2014": """@article{haufe2014,
  title   = {On the interpretation of weight vectors of linear models in multivariate neuroimaging},
  author  = {Haufe, Stefan and Meinecke, Frank and G{\\"o}rgen, Kai and D{\\"a}hne, Sven and Haynes, John-Dylan and
             Blankertz, Benjamin and Bie{\\ss}mann, Felix},
  journal = {NeuroImage},
  volume  = {87},
  pages   = {96--110},
  year    = {2014},
  doi     = {10.1016/j.neuroimage.2013.10.067}
}""",
    "theiler1992": """@article{theiler1992,
  title   = {Testing for nonlinearity in time series: the method of surrogate data},
  author  = {Theiler, James and Eubank, Stephen and Longtin, Andr{\\'e} and Galdrikian, Bryan and Farmer, J. Doyne},
  journal = {Physica D},
  volume  = {58},
  number  = {1--4},
  pages   = {77--94},
  year    = {1992},
  doi     = {10.1016/0167-2789(92)90102-S}
}""",
    "nichols2002": """@article{nichols2002,
  title   = {Nonparametric permutation tests for functional neuroimaging: a primer with examples},
  author  = {Nichols, Thomas E. and Holmes, Andrew P.},
  journal = {Human Brain Mapping},
  volume  = {15},
  number  = {1},
  pages   = {1--25},
  year    = {2002},
  doi     = {10.1002/hbm.1058}
}""",
}
CITED = ("haufe2014", "theiler1992", "nichols2002")
NULL_NAMES = {
    "phase": "surrogate ratings with random phases (Theiler et al. 1992)",
    "circular": "ratings shifted in time",
    "rows": "ratings of single windows in random order",
}


# The answer ---------------------------------------------------------------------------------------------------------


def answer(result: Result) -> list[str]:
    """Return what was decoded, which emotions could be told from chance, and whether baselines could as well."""
    decoded = Decoded.of(result)
    if not decoded.emotions:
        return ["No emotion was decoded, so there are no results."]
    said = [f"{_what(decoded)} {_finding(decoded)}", _against(decoded)]
    if str(lookup(decoded.provenance, "config", "split", "kind")) == "random":
        said.append("Windows were assigned to training and test at random, so none of these scores is a valid test.")
    return [sentence for sentence in said if sentence]


def _what(decoded: Decoded) -> str:
    emotions, n_regions = decoded.emotions, decoded.n_regions
    what = listing(emotions) if len(emotions) <= N_NAMED else count(len(emotions), "emotion")
    where = f" ({count(n_regions, 'region')})" if n_regions else ""
    scans = "simulated scans" if decoded.simulated else "scans"
    who = count(len(decoded.subjects), "listener")
    return f"{what[:1].upper()}{what[1:]} during {decoded.a_story}, decoded from the {scans} of {who}{where}."


def passing(decoded: Decoded) -> pd.DataFrame:
    """Return the scores of the main feature set that pass, corrected for the number of emotions."""
    asked = decoded.main_rows("scores")
    return asked[asked["p_family"].astype(float) < ALPHA]


def _finding(decoded: Decoded) -> str:
    """Say which emotions passed, with effect, null and corrected p; or which came nearest."""
    asked, passed = decoded.main_rows("scores"), passing(decoded)
    n = decoded.n_surrogates
    too_few = ""
    if n is not None and 1 / (1 + n) >= ALPHA:
        too_few = f" With {count(n, 'surrogate')}, no p can be below {probability(1 / (1 + n))}; use more surrogates."
    if len(passed):
        shown = passed.sort_values("r", ascending=False, kind="stable").head(N_NAMED)
        rest = [f"{len(passed) - len(shown)} more"] * (len(passed) > len(shown))
        which = listing([*(_score(row) for row in shown.to_dict("records")), *rest])
        could = f"{len(passed)} of {count(len(asked), 'emotion')} could be distinguished from chance"
        return f"From {decoded.main}, {could} (corrected p below {ALPHA:g}): {which}.{too_few}"
    known = asked[asked["r"].notna()]
    nearest = ""
    if len(known):
        best = known.sort_values("r", ascending=False, kind="stable").to_dict("records")[0]
        nearest = f"; the highest score is {_score(best)}" if len(asked) > 1 else f": {_score(best)}"
    return (
        f"From {decoded.main}, no emotion could be distinguished from chance after correction for "
        f"{count(len(asked), 'emotion')}{nearest}.{too_few}"
    )


def _score(row: Mapping[Any, Any]) -> str:
    below = f", 95\xa0% of surrogates below {plain(float(row['null_95']))}" if row["null_95"] == row["null_95"] else ""
    return (
        f"{row['emotion']} (r = {plain(float(row['r']))}{below}, corrected p = {probability(float(row['p_family']))})"
    )


def _against(decoded: Decoded) -> str:
    """Say how emotions that passed stand against other feature sets, and which baselines passed as well."""
    emotions = list(passing(decoded)["emotion"])
    said = []
    paired = decoded.tables["paired"]
    paired = paired[paired["emotion"].isin(emotions) & paired["p_family"].notna()]
    if len(paired):
        sure = paired["p_family"].astype(float) < ALPHA
        rises = paired["difference"].astype(float) > paired["null_mean"].astype(float)
        higher, lower = int((sure & rises).sum()), int((sure & ~rises).sum())
        against = f" and {lower} against it" if lower else ""
        said.append(
            f"Of {count(len(paired), 'comparison')} of these emotions with other feature sets, {higher or 'none'} "
            f"{'is' if higher == 1 else 'are'} in favour of {decoded.main}{against} beyond chance (two-sided, "
            f"corrected p below {ALPHA:g})."
        )
    scores = decoded.tables["scores"]
    rows = scores[scores["features"].isin(decoded.baselines) & (scores["p_family"].astype(float) < ALPHA)]
    if len(rows):
        which = [
            f"{row['features']} ({row['emotion']}, r = {plain(float(row['r']))})" for row in rows.to_dict("records")
        ]
        rest = [f"{len(which) - N_NAMED} more"] * (len(which) > N_NAMED)
        said.append(
            f"Baselines without brain activity also reach p below the threshold: {listing([*which[:N_NAMED], *rest])}."
        )
    return " ".join(said)


# What limits it -----------------------------------------------------------------------------------------------------


def limits(result: Result) -> list[str]:
    """Return what limits the scores: the claim, the amount of data, what isn't ruled out."""
    decoded = Decoded.of(result)
    split = str(lookup(decoded.provenance, "config", "split", "kind") or "")
    null = str(lookup(decoded.provenance, "config", "null", "kind") or "")
    said = [_claim(decoded), *_amount(decoded)]
    if split == "random":
        said.append(
            "The split is random, as published: test windows share volumes with training windows, so "
            "noise scores as well."
        )
    if null == "rows":
        said.append(
            "The null shuffles single windows, which removes their autocorrelation, so its p-values are too small."
        )
    if not any(name.startswith("motion") for name in decoded.tables["scores"]["features"].astype(str)):
        said.append("There is no head motion baseline, so motion can’t be ruled out.")
    return [*said, RATINGS, EDGES]


def _claim(decoded: Decoded) -> str:
    n = len(decoded.stories)
    if not n:
        return (
            "Conclusions apply only to this story. All listeners heard the same story, so they aren’t "
            "independent tests; another story may give another result."
        )
    if decoded.over_stories:
        return (
            f"Conclusions apply to stories outside the training set. Each of the {n} stories was "
            "predicted by models of the others. Listeners of one story aren’t independent tests, so "
            "there are as many tests as stories."
        )
    return (
        f"Conclusions apply only to these {n} stories. They are also in the training set, so "
        "generalisation to another story isn’t tested; listeners of one story aren’t independent tests."
    )


def _amount(decoded: Decoded) -> list[str]:
    said, n = [], len(decoded.subjects)
    if n < FEW_LISTENERS:
        said.append(f"With only {n} listeners, the mean score of other listeners may be very different.")
    moments = Moments.of(decoded)
    if moments is not None and moments.n_independent < moments.n:
        few = ", which is few" if moments.n_independent < FEW_MOMENTS else ""
        said.append(
            f"Neighbouring windows overlap: of {moments}, about {moments.n_independent} "
            f"{'is' if moments.n_independent == 1 else 'are'} independent{few}."
        )
    return said


# Facts and methods --------------------------------------------------------------------------------------------------


def facts(result: Result) -> list[tuple[str, str]]:
    """Return what was decoded, from what, and how it was tested: name and value."""
    decoded = Decoded.of(result)
    provenance, n_regions = decoded.provenance, decoded.n_regions
    kind, n = lookup(provenance, "config", "null", "kind"), decoded.n_surrogates
    surrogates = "" if n is None else f", {count(n, 'surrogate')}"
    decoder, seed = lookup(provenance, "stages", "neural_decoder"), lookup(provenance, "seed")
    moments = Moments.of(decoded)
    found = {
        "Listeners": named(decoded.subjects),
        "Stories": named(decoded.stories) if decoded.stories else None,
        "Emotions": named(decoded.emotions),
        "Regions": f"{n_regions}" if n_regions else None,
        "Moments": "none predicted" if moments is None else str(moments),
        "Decoded from": decoded.main,
        "Split": _split(decoded),
        "Null": None if kind is None else f"{kind}{surrogates}",
        "Decoder": None if decoder is None else stage_name(decoder),
        "Seed": None if seed is None else str(seed),
    }
    return [(name, value) for name, value in found.items() if value is not None]


def _split(decoded: Decoded) -> str | None:
    split, n_blocks = (lookup(decoded.provenance, "config", "split", name) for name in ("kind", "n_blocks"))
    if split is None:
        return None
    blocks = ""
    if n_blocks is not None and split not in ("chronological", "random"):
        blocks = f", {count(int(n_blocks), 'block')}"
    return f"{split}{blocks}: {SPLITS.get(str(split), 'see the provenance')}"


def methods(result: Result) -> str:
    """Return the methods as a paragraph."""
    decoded = Decoded.of(result)
    provenance, moments = decoded.provenance, Moments.of(decoded)
    version = lookup(provenance, "versions", "emotopy") or ""
    n_emotions, who = count(len(decoded.emotions), "emotion"), count(len(decoded.subjects), "listener")
    regions = f" ({count(decoded.n_regions, 'region')})" if decoded.n_regions else ""
    scans = "simulated fMRI" if decoded.simulated else "fMRI"
    were = f"{n_emotions} of {decoded.a_story} {'was' if len(decoded.emotions) == 1 else 'were'} decoded"
    said = [f"{were} from {scans} of {who}{regions} with emotopy {version}."]
    if moments is not None:
        taper = _taper(decoded)
        said.append(
            f"Features were {decoded.main}, in {moments}{taper}; "
            + (
                "targets were the labels of the segments of the story."
                if lookup(provenance, "config", "windowing", "align") == "forward"
                else "ratings were convolved with the canonical haemodynamic response and averaged over the "
                "same windows."
            )
        )
    decoder, split = lookup(provenance, "stages", "neural_decoder"), _split(decoded)
    if decoder is not None and split is not None:
        said.append(f"The decoder {stage_name(decoder)} was cross-validated by {split}.")
    said.append(
        "The score is Pearson’s r between rating and prediction within blocks of the story, averaged over blocks and "
        "listeners."
    )
    kind, n = str(lookup(provenance, "config", "null", "kind") or ""), decoded.n_surrogates
    if kind in SURROGATES and n is not None:
        said.append(
            f"For p-values, the whole analysis was repeated {count(n, 'time')} on {NULL_NAMES[kind]}; p "
            "is corrected for the number of emotions with the largest score of each repetition "
            "(Nichols and Holmes 2002)."
        )
    if len(decoded.tables["weights"]):
        said.append("Weights of regions are mean absolute patterns of their edges (Haufe et al. 2014).")
    seed = lookup(provenance, "seed")
    return " ".join(said + ([] if seed is None else [f"The random seed was {seed}."]))


def _taper(decoded: Decoded) -> str:
    windowing = lookup(decoded.provenance, "config", "windowing")
    taper, sigma = lookup(windowing, "taper"), lookup(windowing, "sigma_s")
    if not taper:
        return ""
    return f", tapered ({taper}{f', sigma {float(sigma):g} s' if taper == 'gaussian' and sigma is not None else ''})"
