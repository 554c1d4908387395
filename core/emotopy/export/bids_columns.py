"""What the columns of exported tables mean, with units: the sidecars' content. docs/axes-and-units.md says more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

SD, RATE, UNIT_OF_RATINGS = "standard deviations of single reference texts", "1", "unit of the ratings"
INTENSITY = "unit of the intensity scorer"

COMMON: Mapping[str, tuple[str, str]] = {
    "index": ("Number of the region in the segmentation image", ""),
    "name": ("Name of the region or node", ""),
    "participant_id": ("Label of the participant in this dataset", ""),
    "source_label": ("Label of the participant in the exported results", ""),
    "group": ("Group of texts; `all` contains all texts", ""),
    "group_a": ("First group; differences are the first minus the second", ""),
    "group_b": ("Second group; differences are the first minus the second", ""),
    "region": ("Region of the atlas", ""),
    "region_a": ("First region of the edge", ""),
    "region_b": ("Second region of the edge", ""),
    "node": ("Node of the atlas: one side of a region, or all of it", ""),
    "measure": ("What is compared", ""),
    "emotion": ("Emotion", ""),
    "features": ("Features that the emotion is decoded from", ""),
    "features_a": ("First features of the pair", ""),
    "features_b": ("Second features of the pair", ""),
    "story": ("Story that was heard", ""),
    "run": ("Number of the run, from 0", ""),
    "onset_s": ("Start of the window, relative to the first volume of the run", "s"),
    "centre_s": ("Centre of the window, relative to the first volume of the run", "s"),
    "block": ("Number of the block of the story that was left out together", ""),
    "rating": ("Annotated emotion, convolved with the haemodynamic response", UNIT_OF_RATINGS),
    "prediction": ("Decoded emotion, from a model that was trained without this participant's block", UNIT_OF_RATINGS),
    "time": ("Time, in the unit of the column that was mapped", ""),
    "row": ("Row of the text in the input, from 0", ""),
    "cluster": ("Number of the cluster", ""),
    "map_x": ("Position on the text map: first principal component of the reduced points", "unit of the reducer"),
    "map_y": ("Position on the text map: second principal component of the reduced points", "unit of the reducer"),
    "top_region": ("Region of the highest standardised profile", ""),
    "coverage": ("Share of the tokens that the intensity scorer knows", RATE),
    "n_texts": ("Number of scored texts", "count"),
    "n_texts_effective": ("Effective number of texts under the smoothing kernel", "count"),
    "n_segments": ("Number of segments (sentences or parts of them)", "count"),
    "n_subjects": ("Number of subjects who were scored", "count"),
    "n_regions": ("Number of regions", "count"),
    "n_edges": ("Number of edges between the networks", "count"),
    "n_a": ("Units of the first group that have a value", "count"),
    "n_b": ("Units of the second group that have a value", "count"),
    "n_before": ("Texts before the change", "count"),
    "n_after": ("Texts after the change", "count"),
    "relative": ("Mean standardised profile of the region, relative to the reference", SD),
    "relative_low": ("Lower end of the interval of the mean standardised profile", SD),
    "relative_high": ("Upper end of the interval of the mean standardised profile", SD),
    "evidence": ("Mean of term weights times evidence table, not standardised", "log-odds"),
    "share": ("Mean assignment (descriptive; shares sum to one); for a cluster, its share of all texts", RATE),
    "reference_share": ("Mean assignment in the reference texts", RATE),
    "intensity": ("Mean intensity, weighted by assignment", INTENSITY),
    "intensity_low": ("Lower end of the interval of the mean intensity", INTENSITY),
    "intensity_high": ("Upper end of the interval of the mean intensity", INTENSITY),
    "mean_a": ("Mean of the first group's units", "unit of the measure"),
    "mean_b": ("Mean of the second group's units", "unit of the measure"),
    "difference": ("Difference: first minus second", "unit of what is compared"),
    "t": ("t statistic of unit means", "1"),
    "f": ("F statistic over all groups", "1"),
    "g": ("Hedges' g of unit means", "standard deviations of units"),
    "g_low": ("Lower end of the interval of Hedges' g", "standard deviations of units"),
    "g_high": ("Upper end of the interval of Hedges' g", "standard deviations of units"),
    "p": ("p-value by permutation or surrogates", RATE),
    "p_min": ("Smallest p-value that these units can give", RATE),
    "p_family": ("p-value corrected over the family (docs/axes-and-units.md of emotopy)", RATE),
    "p_sensitivity": ("p-value under the other null", RATE),
    "q": ("False discovery rate (Benjamini-Hochberg) over the regions of the measure", RATE),
    "r": ("Pearson correlation", "1"),
    "r2": ("Coefficient of determination", "1"),
    "mse": ("Mean squared error", "squared unit of the ratings"),
    "null_mean": ("Mean of the value under the null", "as the value"),
    "null_95": ("95 % quantile of the value under the null", "as the value"),
    "sensitivity_null": ("Name of the other null", ""),
    "pattern": ("Pattern of the decoder at the edge; interpret sums over regions, not single edges", "1"),
    "sign_consistency": ("Share of folds in which the pattern has its sign", RATE),
    "weight": ("Weight of the region or pair of networks: mean absolute pattern of its edges", "1"),
    "signed_weight": ("Mean pattern of the edges", "1"),
    "weights": ("Which weights are compared: `absolute` or `signed`", ""),
    "graph": ("Graph of the pattern", ""),
    "metric": ("Metric of the graph", ""),
    "value": ("Value of the metric", "1"),
    "network_a": ("First network", ""),
    "network_b": ("Second network", ""),
    "strength": ("Strength of the change", "1"),
    "regions": ("Regions that change most", ""),
    "desc_id": ("Label of the `desc` entity in file names", ""),
    "description": ("What the label stands for", ""),
}
"""Description and unit (empty: has none) of each column."""
FORMATS = {"index": {"Format": "integer"}}
"""Columns whose type BIDS knows; it takes what a sidecar describes for text otherwise."""
PATTERNS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"emotion_(.+)", re.DOTALL), "Mean of the emotion `{}` over the texts", INTENSITY),
    (re.compile(r"difference_(.+)", re.DOTALL), "Change of `relative` in `{}`: after minus before", SD),
)
UNKNOWN = "A column unknown to this version of the export; see the documentation of the version that wrote it"


def described(columns: Iterable[str]) -> dict[str, Any]:
    """Return the sidecar's entry of each column: its description and, of a number, its unit.

    >>> described(["onset_s"])
    {'onset_s': {'Description': 'Start of the window, relative to the first volume of the run', 'Units': 's'}}
    """
    found: dict[str, Any] = {}
    for column in columns:
        text, unit = COMMON.get(column) or _by_pattern(column)
        found[column] = {"Description": text, **({"Units": unit} if unit else {}), **FORMATS.get(column, {})}
    return found


def _by_pattern(column: str) -> tuple[str, str]:
    for pattern, text, unit in PATTERNS:
        if match := pattern.fullmatch(column):
            return text.format(match[1]), unit
    return UNKNOWN, ""
