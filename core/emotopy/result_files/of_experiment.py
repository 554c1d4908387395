"""Files of the published experiments."""

from __future__ import annotations

from emotopy.result_files.of_comparison import GROUPS
from emotopy.result_files.records import Column, ResultFile, ResultKind
from emotopy.result_files.shared_columns import (
    COMMON,
    FEW_UNITS,
    OF_SCORER,
    REGION,
    SD_UNITS,
    count,
    interval,
    measure,
    probability,
)

ALPHA = "p < 0.05"
NO_TEXT = "0.1 if the group has no text at the node"
UNTESTED = "a region that cannot be tested"
SQUARED_SD = "squared standard deviations of single reference segments, per region"
EMOTIONS, MODELS = "only for `emotions`", "only for `human-vs-llm`"
HALVES = "the row of people against people"
OURS = {"relative": "profile", "intensity": "intensity"}


def _of_node(name: str) -> tuple[Column, ...]:
    """Return the columns of our comparison of a node's region."""
    what = OURS[name]
    return (
        measure(f"{name}_g", f"Hedges' g of the {what}, by our comparison.", SD_UNITS, empty=UNTESTED),
        *interval(f"{name}_g", SD_UNITS, empty=UNTESTED, name=f"{name}_"),
        probability(f"{name}_p_family", f"Corrected p-value of the {what}, by our comparison.", empty=UNTESTED),
    )


SIDE_BY_SIDE = ResultFile(
    "side_by_side.csv",
    "One row per pair of groups and node: the published test of the node, and our comparison of its region.",
    (
        *GROUPS,
        Column("node", "text", "Node of the atlas."),
        REGION,
        count("n_texts_a", "Texts of the first group at the node, with the copies of the published procedure."),
        count("n_texts_b", "Texts of the second group at the node, with the copies of the published procedure."),
        measure("published_mean_a", f"Mean intensity of the first group, as published; {NO_TEXT}.", OF_SCORER),
        measure("published_mean_b", f"Mean intensity of the second group, as published; {NO_TEXT}.", OF_SCORER),
        probability("published_p", "Uncorrected p-value of the published test (Mann–Whitney)."),
        Column("published_significant", "boolean", f"Whether `published_p` is significant ({ALPHA})."),
        *_of_node("relative"),
        *_of_node("intensity"),
    ),
)


def _of_splits(name: str) -> tuple[Column, ...]:
    """Return the columns that count what our comparison finds in a random split."""
    what = OURS[name]
    return (
        count(f"{name}_below_005", f"Regions whose {what} has an uncorrected {ALPHA}."),
        count(f"{name}_family", f"Regions whose {what} has a corrected {ALPHA}."),
    )


SPLITS = ResultFile(
    "splits.csv",
    "One row per pair of groups and random split of their units: how much each procedure finds where there is nothing.",
    (
        *GROUPS,
        Column("split", "integer", "Number of the split, from 1.", low=1),
        count("n_nodes", "Nodes that the published procedure tests."),
        count("published_significant", f"Nodes with an uncorrected {ALPHA} by the published procedure."),
        count("n_regions", "Regions that our comparison tests."),
        *_of_splits("relative"),
        *_of_splits("intensity"),
    ),
)
BALANCE = ResultFile(
    "balance.csv",
    "One row per pair of groups and quantity that might differ beside the emotion.",
    (
        *GROUPS,
        Column("quantity", "text", "Number of words, its logarithm, or the share of a topic."),
        count("n_a", "Units of the first group."),
        count("n_b", "Units of the second group."),
        measure("mean_a", "Mean of the first group.", "unit of the quantity"),
        measure("mean_b", "Mean of the second group.", "unit of the quantity"),
        measure("smd", "Standardised mean difference, first minus second.", SD_UNITS, empty="both groups are constant"),
    ),
)
LEFT_OUT = ResultFile(
    "left_out.csv",
    "One row per thing that the loader left out.",
    (
        Column("what", "text", "What was left out."),
        Column("reason", "text", "Why it was left out."),
    ),
    when="only if anything was left out",
)
INTENSITY = ResultFile(
    "intensity.csv",
    "One row per emotion.",
    (
        Column("emotion", "text", "Emotion of the comments."),
        count("n_texts", "Comments with this emotion."),
        measure("intensity", "Mean intensity.", OF_SCORER),
        measure("low", "Lower end of the 95 % interval of `intensity`.", OF_SCORER, empty=FEW_UNITS),
        measure("high", "Upper end of the 95 % interval of `intensity`.", OF_SCORER, empty=FEW_UNITS),
    ),
    when=EMOTIONS,
)
DISTANCES = ResultFile(
    "distances.csv",
    "One row per pair of emotions.",
    (
        Column("emotion_a", "text", "First emotion."),
        Column("emotion_b", "text", "Second emotion."),
        measure(
            "distance",
            "Squared distance of the mean profiles, without the noise of both means; equal emotions scatter around 0.",
            SQUARED_SD,
        ),
        measure("low", "Lower end of the 95 % interval of `distance`.", SQUARED_SD, empty=FEW_UNITS),
        measure("high", "Upper end of the 95 % interval of `distance`.", SQUARED_SD, empty=FEW_UNITS),
        probability("p", "p-value of the ANOVA-type statistic.", empty=FEW_UNITS),
        probability("p_family", "p-value corrected over all pairs (Holm).", empty=FEW_UNITS),
    ),
    when=EMOTIONS,
)
CLASSIFICATION = ResultFile(
    "classification.csv",
    "One row per measure, and one per emotion for its recall.",
    (
        Column("measure", "text", "Measure of success.", values=("accuracy", "balanced accuracy", "recall")),
        Column("emotion", "text", "Emotion whose recall it is.", empty="measures over all emotions"),
        count("n", "Comments that were classified."),
        measure("value", "Value of the measure, for comments that training did not contain.", low=0, high=1),
        measure("null_mean", "Mean of `value` with permuted labels.", low=0, high=1),
        measure("null_95", "95 % quantile of `value` with permuted labels.", low=0, high=1),
        probability("p", "p-value by permutation of the labels."),
        probability("p_family", "p-value corrected over emotions.", empty="measures over all emotions"),
    ),
    when=EMOTIONS,
)
AGREEMENT = ResultFile(
    "agreement.csv",
    "One row per emotion that the evidence table has: how well the profile fits the emotion's own row of the table.",
    (
        Column("emotion", "text", "Emotion of the comments."),
        Column("term", "text", "Term of the evidence table."),
        count("n_texts", "Comments with this emotion."),
        measure(
            "r", "Correlation over regions of the profile and the term's evidence.", low=-1, high=1,
            empty="a profile or evidence that is constant",
        ),
        measure("low", "Lower end of the 95 % interval of `r`.", low=-1, high=1, empty="no `r`"),
        measure("high", "Upper end of the 95 % interval of `r`.", low=-1, high=1, empty="no `r`"),
        measure("r_others", "Mean correlation with the other terms.", low=-1, high=1, empty="no `r`"),
        Column("rank", "integer", "Rank of the own term among all terms; 1 is the best.", low=1, empty="no `r`"),
        count("n_terms", "Terms that have a correlation."),
    ),
    when=EMOTIONS,
)  # fmt: skip
JS = "Jensen–Shannon distance of the emotion words; 0 is equal, 1 has nothing in common"
MODELS_FILE = ResultFile(
    "models.csv",
    "One row per model, compared with people; the last row compares people with people, in random halves of the "
    "questions.",
    (
        Column("model", "text", "Model; `human, random halves` is the row of people against people."),
        count("n_questions", "Questions that were used."),
        count("n_answers", "Answers of the model that were used."),
        measure("js_distance", f"{JS}.", low=0, high=1),
        measure("js_corrected", "`js_distance` with its bias removed.", low=0, high=1, empty=HALVES),
        measure("js_low", "Lower end of the 95 % interval of the distance.", low=0, high=1, empty="too few questions"),
        measure("js_high", "Upper end of the 95 % interval of the distance.", low=0, high=1, empty="too few questions"),
        measure(
            "js_null_mean",
            "Mean of `js_distance` with givers of answers swapped at random.",
            low=0,
            high=1,
            empty=HALVES,
        ),
        measure(
            "js_null_95", "95 % quantile of `js_distance` with givers swapped at random.", low=0, high=1, empty=HALVES
        ),
        probability("js_p", "p-value of `js_distance` by swapping givers at random.", empty=HALVES),
        measure("profile_distance", "Squared distance of the mean profiles, paired by question.", SQUARED_SD),
        measure(
            "profile_low",
            "Lower end of the 95 % interval of `profile_distance`.",
            SQUARED_SD,
            empty="too few questions",
        ),
        measure(
            "profile_high",
            "Upper end of the 95 % interval of `profile_distance`.",
            SQUARED_SD,
            empty="too few questions",
        ),
        probability("profile_p", "p-value of `profile_distance`.", empty=HALVES),
        *(
            column
            for region in ("medial_prefrontal", "posterior_cingulate")
            for column in (
                measure(
                    f"{region}_g",
                    f"Hedges' g in the {region.replace('_', ' ')}, model minus people.",
                    SD_UNITS,
                    empty=HALVES,
                ),
                *interval(f"{region}_g", SD_UNITS, empty=HALVES),
                probability(f"{region}_p_family", "Corrected p-value of this difference.", empty=HALVES),
            )
        ),
    ),
    when=MODELS,
)
PARTS = (
    ResultFile("recommended/", "The map with preset `recommended`, with the files of mapped texts."),
    ResultFile("vos2025/", "The map with preset `vos2025`, with the files of mapped texts."),
    ResultFile("comparison/", "Our comparison, with the files of a comparison.", when="only for one pair of groups"),
    ResultFile("comparison-<a>-<b>/", "Our comparison of each pair.", when="only for several pairs of groups"),
)
EXPERIMENT_KIND = ResultKind(
    "experiment",
    "An experiment on texts",
    "`emotopy experiment depression`, `emotions`, `human-vs-llm`; [experiments](../experiments.md)",
    (
        *(SIDE_BY_SIDE, SPLITS, BALANCE, LEFT_OUT, INTENSITY, DISTANCES, CLASSIFICATION, AGREEMENT, MODELS_FILE),
        *PARTS,
        *COMMON,
    ),
)

PROCEDURE = (
    Column("procedure", "text", "Preset that decodes.", values=("zhang2026", "recommended")),
    Column("split", "text", "How training and test are divided."),
)


def _scored(
    name: str, what: str, *, best: str, low: float | None, high: float | None, unit: str = ""
) -> tuple[Column, ...]:
    """Return a score beside the same score of surrogate ratings."""
    empty = "a score that is undefined"
    return (
        measure(name, f"{what}.", unit, low=low, high=high, empty=empty),
        measure(
            f"{name}_surrogate_mean", f"Mean of `{name}` for surrogate ratings.", unit, low=low, high=high, empty=empty
        ),
        measure(
            f"{name}_surrogate_best_95",
            f"{best} quantile of `{name}` for surrogate ratings.",
            unit,
            low=low,
            high=high,
            empty=empty,
        ),
        probability(
            f"{name}_p", f"Share of surrogates, the observed ratings included, whose `{name}` is as good.", empty=empty
        ),
    )


SQUARED = "squared unit of the ratings"
PROCEDURES = ResultFile(
    "procedures.csv",
    "One row per procedure, split and emotion, and one of the means over emotions.",
    (
        *PROCEDURE,
        Column("emotion", "text", "Emotion; `all emotions` is the mean over emotions."),
        count("n_folds", "Number of folds.", low=1),
        count("n_train", "Training rows of the first fold."),
        count("n_test", "Test rows of the first fold."),
        *_scored("r2", "Coefficient of determination over all tested rows", best="95 %", low=None, high=1),
        *_scored("mse", "Mean squared error over all tested rows", best="5 %", low=0, high=None, unit=SQUARED),
        *_scored("r", "Pearson correlation within blocks", best="95 %", low=-1, high=1),
    ),
)
SURROGATES = ResultFile(
    "surrogates.csv",
    "One row per procedure, split and surrogate; means over emotions.",
    (
        *PROCEDURE,
        Column("surrogate", "integer", "Number of the surrogate, from 1.", low=1),
        measure("r2", "Coefficient of determination over all tested rows.", high=1, empty="undefined"),
        measure("mse", "Mean squared error over all tested rows.", SQUARED, low=0, empty="undefined"),
        measure("r", "Pearson correlation within blocks.", low=-1, high=1, empty="undefined"),
    ),
)
DECODING_EXPERIMENT_KIND = ResultKind(
    "decoding-experiment",
    "The experiment on decoding",
    "`emotopy experiment decoding`; [experiments](../experiments.md)",
    (PROCEDURES, SURROGATES, *COMMON),
)
