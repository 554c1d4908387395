"""Tables that only the BIDS export has; all others of a dataset are those of the results that were exported."""

from __future__ import annotations

from emotopy.result_files.records import Column, ResultFile, ResultKind
from emotopy.result_files.shared_columns import NODE_LEVEL

PARTICIPANTS = ResultFile(
    "participants.tsv",
    "One row per participant.",
    (
        Column("participant_id", "text", "Label of the participant in this dataset."),
        Column("source_label", "text", "Label of the participant in the results that were exported."),
    ),
    when="only of a decoding",
)
DESCRIPTIONS = ResultFile(
    "descriptions.tsv",
    "One row per label of the entity `desc` in file names.",
    (
        Column("desc_id", "text", "Label of the entity `desc` in file names."),
        Column("description", "text", "What the label stands for."),
    ),
    when="only of a decoding and of mapped texts with an image",
)
SEGMENTATION = ResultFile(
    "<…>_dseg.tsv",
    "One row per region of the segmentation image.",
    (
        Column("index", "integer", "Number of the region in the segmentation image.", low=1),
        Column("name", "text", "Name of the region or node."),
        Column("region", "text", "Region that the node belongs to.", when=NODE_LEVEL),
    ),
    when="only of mapped texts with an image",
)
BIDS_KIND = ResultKind(
    "bids",
    "A BIDS dataset",
    "`emotopy export bids`; the other files, and those without columns, are listed in "
    "[open and export](../export.md#emotopy-export-bids-dir---out-bids)",
    (PARTICIPANTS, DESCRIPTIONS, SEGMENTATION),
)
