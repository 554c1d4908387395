"""Files of a decoding, of a decoder that follows a scan, and of an annotated story."""

from __future__ import annotations

import attrs

from emotopy.result_files.records import Column, ResultFile, ResultKind
from emotopy.result_files.shared_columns import (
    COMMON,
    EMOTION,
    FEATURES,
    NO_R,
    OF_RATINGS,
    REGION,
    SUBJECT,
    R,
    count,
    measure,
    null_columns,
    probability,
)

SQUARED = "squared unit of the ratings"
ONE_SIDED = "One-sided p-value under surrogate ratings."
NO_NULL = "no surrogates, or an emotion without a pattern"
NO_ROWS = "It has no rows if the decoder gives no patterns or the features are not pairs of regions."
R2 = measure("r2", "Coefficient of determination over all predicted windows.", high=1, empty="a constant rating")
MSE = measure("mse", "Mean squared error over all predicted windows.", SQUARED, low=0)

SCORES = ResultFile(
    "scores.csv",
    "One row per emotion and feature set.",
    (
        EMOTION,
        FEATURES,
        attrs.evolve(R, meaning="Pearson correlation within blocks, averaged over blocks and subjects.", empty=NO_R),
        *null_columns("r", "", ONE_SIDED, "p-value corrected over emotions.", empty=NO_R)[:2],
        R2,
        MSE,
        *null_columns("r", "", ONE_SIDED, "p-value corrected over emotions.", empty=NO_R)[2:],
        count("n_subjects", "Subjects who were scored.", low=1),
    ),
)
SUBJECTS = ResultFile(
    "subjects.csv",
    "One row per emotion, feature set and subject; descriptive, since listeners of one story are no independent tests.",
    (
        EMOTION,
        FEATURES,
        SUBJECT,
        attrs.evolve(R, meaning="Pearson correlation within blocks, averaged over the subject's blocks.", empty=NO_R),
        attrs.evolve(R2, empty="a constant rating, or no predicted window"),
        attrs.evolve(MSE, empty="no predicted window"),
    ),
)
PAIRED = ResultFile(
    "paired.csv",
    "One row per emotion and further feature set: the first feature set compared with it.",
    (
        EMOTION,
        Column("features_a", "text", "First feature set; differences are first minus second."),
        Column("features_b", "text", "Second feature set; differences are first minus second."),
        measure("difference", "Difference of the mean scores.", low=-2, high=2, empty=NO_R),
        *null_columns(
            "difference",
            "",
            "Two-sided p-value, by distance from the mean under surrogate ratings.",
            "p-value corrected over emotions.",
            empty=NO_R,
        ),
    ),
)
STORIES = ResultFile(
    "stories.csv",
    "One row per emotion, feature set and story.",
    (
        EMOTION,
        FEATURES,
        Column("story", "text", "Story that was heard."),
        attrs.evolve(R, meaning="Pearson correlation within the blocks of the story.", empty=NO_R),
        *null_columns("r", "", ONE_SIDED, "p-value corrected over emotions and stories.", empty=NO_R),
        count("n_subjects", "Subjects who were scored on the story."),
    ),
    when="only for several stories",
)
SENSITIVITY = ResultFile(
    "sensitivity.csv",
    "One row per emotion and feature set: the score under the other null.",
    (
        EMOTION,
        FEATURES,
        probability("p_sensitivity", "One-sided p-value under the other null.", empty=NO_R),
        Column(
            "sensitivity_null",
            "text",
            "Name of the other null: `null.sensitivity`, or `circular` if the main null is `phase`, else `phase`.",
        ),
    ),
)
PREDICTIONS = ResultFile(
    "predictions.parquet",
    "One row per subject, window, emotion and feature set.",
    (
        SUBJECT,
        Column("story", "text", "Story that was heard.", when="only for several stories"),
        Column(
            "run", "integer", "Number of the run, from 0.", low=0, when="only if a story was scanned in several runs"
        ),
        measure("onset_s", "Begin of the window, counted from the first volume of the run.", "s"),
        measure("centre_s", "Centre of the window, counted from the first volume of the run.", "s"),
        Column(
            "block", "integer", "Number of the block that was left out together; blocks count in each story.", low=0
        ),
        EMOTION,
        FEATURES,
        measure(
            "rating",
            "Annotated emotion, after the haemodynamic response and averaged over the window; where segments choose "
            "the windows (preset `zhang2026`), the mean label of three segments.",
            OF_RATINGS,
        ),
        measure("prediction", "Decoded emotion, from a model that was trained without this row.", OF_RATINGS),
    ),
)
EDGES = ResultFile(
    "edges.csv",
    f"One row per emotion and edge; for sums over regions, not to be read edge by edge. {NO_ROWS}",
    (
        EMOTION,
        Column("region_a", "text", "First region of the edge."),
        Column("region_b", "text", "Second region of the edge."),
        measure("pattern", "Pattern of the decoder at the edge."),
        measure("sign_consistency", "Share of folds in which the pattern has its sign.", low=0, high=1),
    ),
)
P_RELATIVE = "One-sided p-value, compared relative to the mean weight."
WEIGHTS = ResultFile(
    "weights.csv",
    f"One row per emotion and region. {NO_ROWS}",
    (
        EMOTION,
        REGION,
        measure("weight", "Mean absolute pattern of the region's edges.", low=0),
        measure("signed_weight", "Mean pattern of the region's edges."),
        *null_columns("weight", "", P_RELATIVE, "p-value corrected over the regions of the emotion.", empty=NO_NULL),
    ),
)
GRAPH = ResultFile(
    "graph.csv",
    f"One row per emotion, graph and metric. {NO_ROWS}",
    (
        EMOTION,
        Column(
            "graph",
            "text",
            "Graph: the maximum spanning tree and a density-matched graph of the absolute pattern, and the maximum "
            "spanning tree of the signed pattern, as published.",
            values=("spanning-tree", "density-matched", "signed-tree"),
        ),
        Column(
            "metric",
            "text",
            "Metric: `strength` is a mean over regions, `betweenness` the largest one, `jaccard_distance` (of "
            "`signed-tree` alone) the mean weighted Jaccard distance to the trees of the other emotions.",
            values=("strength", "betweenness", "modularity", "global_efficiency", "diameter", "jaccard_distance"),
        ),
        measure("value", "Value of the metric.", empty="an emotion without a pattern"),
        *null_columns(
            "value", "", "Two-sided p-value, by distance from the mean under surrogate ratings.", empty=NO_NULL
        ),
    ),
)
NETWORKS = ResultFile(
    "networks.csv",
    "One row per emotion and pair of networks.",
    (
        EMOTION,
        Column("network_a", "text", "First network."),
        Column("network_b", "text", "Second network; the same for edges within a network."),
        count("n_edges", "Edges that join the two networks.", low=1),
        measure("weight", "Mean absolute pattern of these edges.", low=0),
        measure("signed_weight", "Mean pattern of these edges."),
        *null_columns(
            "weight", "", P_RELATIVE, "p-value corrected over the pairs of networks of the emotion.", empty=NO_NULL
        ),
    ),
    when="only if the atlas has networks",
)
DECODING_KIND = ResultKind(
    "decoding",
    "A decoding",
    "`emotopy decode`, `emotopy.decode`",
    (
        *(SCORES, SUBJECTS, PAIRED, STORIES, SENSITIVITY, PREDICTIONS, EDGES, WEIGHTS, GRAPH, NETWORKS),
        *COMMON,
    ),
)

TRACKED = ResultFile(
    "--out FILE",
    "One line per volume, separated by tabs; without `--out` the lines go to standard output.",
    (
        Column("volume", "integer", "Number of the volume, from 0.", low=0),
        measure(
            "centre_s",
            "Centre of the window that ends with the volume, counted from the onset of the first volume.",
            "s",
            empty="a window that is not full (written `n/a`)",
        ),
        measure(
            "<emotion>",
            "Decoded emotion of the window.",
            OF_RATINGS,
            empty="a window that is not full, or that lost too many volumes (written `n/a`)",
        ),
    ),
)
TRACK_KIND = ResultKind("track", "A scan that is followed", "`emotopy track`", (TRACKED,))

ONSET = measure("onset", "Start of the segment on the narrative's clock.", "s")
DURATION = measure("duration", "Length of the segment; segments may overlap.", "s", low=0)
RATINGS = ResultFile(
    "--out FILE",
    "One row per segment of the story, separated by tabs. `emotopy decode --ratings` reads it.",
    (ONSET, DURATION, measure("<emotion>", "Rated emotion.", low=0, high=1)),
)
STORY_SEGMENTS = ResultFile(
    "--segments FILE",
    "One row per segment, in order of onset, with what was said.",
    (
        Column("id", "text", "Identifier of the segment."),
        ONSET,
        DURATION,
        Column(
            "speaker",
            "text",
            "Who speaks; several names are joined by semicolons.",
            when="only if the story names speakers",
        ),
        Column("text", "text", "What was said."),
    ),
    when="only with `--segments FILE`",
)
ANNOTATION_KIND = ResultKind(
    "annotation",
    "An annotated story",
    "`emotopy annotate`, `emotopy.annotate`",
    (
        RATINGS,
        ResultFile(
            "<file>.json", "The sidecar of the table, beside it: columns, scale, reliability, notes, provenance."
        ),
        ResultFile("<file>.svg", "A plot of the ratings over time, beside the table."),
        STORY_SEGMENTS,
    ),
)
