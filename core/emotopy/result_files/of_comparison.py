"""Files of a comparison of groups, and of a bridge."""

from __future__ import annotations

from emotopy.result_files.records import Column, ResultFile, ResultKind
from emotopy.result_files.shared_columns import (
    COMMON,
    NODE,
    REGION,
    SD_UNITS,
    count,
    interval,
    measure,
    null_columns,
    probability,
)

MEASURES = ("relative", "share", "intensity")
NOT_TESTED = "`share`, which is shown and not tested"
OF_MEASURE = "unit of the measure"
UNTESTED = f"{NOT_TESTED}; a region that cannot be tested"
NO_G = "under 5 units a group, or values that do not vary"
NO_UNIT = "no unit of the group has a value: none of its texts is in the region"
GROUPS = (
    Column("group_a", "text", "First group; differences are first minus second."),
    Column("group_b", "text", "Second group; differences are first minus second."),
)
P_MIN = probability("p_min", "Smallest p-value that these units can give.", empty=UNTESTED)
Q = probability("q", "False discovery rate (Benjamini–Hochberg) over the regions of the measure.", empty=UNTESTED)

COMPARISON = ResultFile(
    "comparison.csv",
    "One row per pair of groups, measure and region (or node). A unit is a person, a document, or a pair.",
    (
        *GROUPS,
        Column("measure", "text", "What is compared.", values=MEASURES),
        REGION,
        NODE,
        count("n_a", "Units of the first group that have a value; pairs in a paired comparison."),
        count("n_b", "Units of the second group that have a value; pairs in a paired comparison."),
        measure(
            "mean_a",
            "Mean over the units of the first group; at the mean of the covariates.",
            OF_MEASURE,
            empty=NO_UNIT,
        ),
        measure(
            "mean_b",
            "Mean over the units of the second group; at the mean of the covariates.",
            OF_MEASURE,
            empty=NO_UNIT,
        ),
        measure("difference", "`mean_a` minus `mean_b`.", OF_MEASURE, empty=NO_UNIT),
        measure(
            "t",
            "Welch's t of the unit means; t with HC3 standard errors if there are covariates, paired t if there are "
            "pairs.",
            empty=UNTESTED,
        ),
        measure("g", "Hedges' g, standardised by the average of both variances.", SD_UNITS, empty=NO_G),
        *interval("g", SD_UNITS, empty=NO_G),
        probability("p", "Two-sided p-value by permutation.", empty=UNTESTED),
        P_MIN,
        probability(
            "p_family",
            "p-value corrected over all regions of the measure, within the pair of groups.",
            empty=UNTESTED,
        ),
        Q,
    ),
)
OMNIBUS = ResultFile(
    "omnibus.csv",
    "One row per measure and region (or node): all groups at once.",
    (
        Column("measure", "text", "What is compared.", values=("relative", "intensity")),
        REGION,
        NODE,
        measure("f", "F statistic over all groups.", low=0, empty=UNTESTED),
        probability("p", "p-value by permutation.", empty=UNTESTED),
        P_MIN,
        probability("p_family", "p-value corrected over all regions of the measure.", empty=UNTESTED),
        Q,
    ),
    when="only for more than two groups",
)
EXCLUDED = ResultFile(
    "excluded.csv",
    "One row per text, unit or pair that was left out.",
    (
        Column("what", "text", "What was left out.", values=("row", "unit", "pair")),
        Column("name", "text", "Its identifier."),
        Column("group", "text", "Group that it would belong to."),
        count("n_texts", "Number of its texts.", low=0),
        Column("why", "text", "Why it was left out."),
    ),
    when="only if anything was left out",
)
COMPARISON_KIND = ResultKind(
    "comparison",
    "A comparison of groups",
    "`emotopy compare`, `result.compare`",
    (COMPARISON, OMNIBUS, EXCLUDED, *COMMON),
)

NO_NULL_MAP = "fewer than 15 regions, or weights that are constant over regions"
BRIDGE = ResultFile(
    "bridge.csv",
    "One row per emotion and kind of weights, and one of the mean over emotions.",
    (
        Column("emotion", "text", "Emotion; `all` is the mean over emotions."),
        Column(
            "weights",
            "text",
            "Which brain weights are compared with the text's signed weights: the mean absolute pattern (the main "
            "comparison), or the mean pattern.",
            values=("absolute", "signed"),
        ),
        count("n_regions", "Number of regions that both sides have.", low=1),
        measure(
            "r", "Pearson correlation over regions.", low=-1, high=1, empty="weights that are constant over regions"
        ),
        *null_columns(
            "r",
            "",
            "p-value by Moran randomisation, which keeps the spatial autocorrelation.",
            surrogates="Moran randomisation",
            empty=NO_NULL_MAP,
        ),
        probability("p_family", "p-value corrected over emotions.", empty=f"the rows of `all`; {NO_NULL_MAP}"),
    ),
)
TEXT_WEIGHTS = ResultFile(
    "text_weights.csv",
    "One row per emotion and region.",
    (
        Column("emotion", "text", "Emotion."),
        REGION,
        measure(
            "weight", "Correlation, over segments, of the rating and the region's text profile.", low=-1, high=1,
            empty="a rating or a profile that is constant",
        ),
    ),
)  # fmt: skip
BRAIN_WEIGHTS = ResultFile(
    "brain_weights.csv",
    "One row per emotion and region.",
    (
        Column("emotion", "text", "Emotion."),
        REGION,
        measure("weight", "Mean absolute pattern of the region's edges.", low=0),
        measure("signed_weight", "Mean pattern of the region's edges."),
    ),
)
BRIDGE_KIND = ResultKind(
    "bridge",
    "A bridge from text to brain",
    "`emotopy bridge`, `emotopy.bridge`",
    (BRIDGE, TEXT_WEIGHTS, BRAIN_WEIGHTS, *COMMON),
)
