"""Files of mapped texts, and of their courses over time."""

from __future__ import annotations

from emotopy.result_files.records import Column, ResultFile, ResultKind
from emotopy.result_files.shared_columns import (
    COMMON,
    FEW_UNITS,
    GROUP,
    NODE,
    NODE_LEVEL,
    OF_REDUCER,
    OF_SCORER,
    REGION,
    SD_REFERENCE,
    count,
    interval,
    measure,
    probability,
)

NOT_SCORED = "a row that is not scored"
NOT_GIVEN = "the input gives none"
UNREAD = f"{NOT_SCORED}, or a text in a language that the intensity scorer does not know"
UNPLACED = (
    f'{NOT_SCORED}; a text that the reducer cannot place; groups that were fitted separately (`fit = "per-group"`)'
)
NO_INTENSITY = "no text with an intensity is in the region"
OUT_OF_REACH = "no text lies within three bandwidths"
NO_BAND = (
    f"{OUT_OF_REACH}; too few units are within reach, in a group of 5 units or more; the series is too short for its "
    "bandwidth, in a smaller group"
)

REGIONS = ResultFile(
    "regions.csv",
    "One row per group and region (or node). All texts together come first, as group `all`. Means count words, unless "
    '`unit_weights = "texts"`.',
    (
        GROUP,
        REGION,
        NODE,
        count(
            "n_texts", "Scored texts of the group; with `nearest`, which assigns a text to one region, of this cell."
        ),
        measure(
            "relative",
            "Mean standardised profile: how far the texts lean towards the region, compared with the reference.",
            SD_REFERENCE,
            empty="no text is in the group",
        ),
        *interval("relative", SD_REFERENCE, empty=FEW_UNITS, kind="95 % interval (studentised bootstrap over units)"),
        measure(
            "evidence",
            "Mean of the term weights times the evidence table, before standardisation.",
            "log-odds",
            empty="a region mapper without an evidence table",
        ),
        measure(
            "share",
            "Mean assignment to the region. It is descriptive: shares sum to one, so a rise in one region lowers the "
            "others.",
            low=0,
            high=1,
        ),
        measure("reference_share", "Mean assignment to the region in the reference texts.", low=0, high=1),
        measure("intensity", "Mean intensity, weighted by assignment: Σ a·x / Σ a.", OF_SCORER, empty=NO_INTENSITY),
        *interval(
            "intensity",
            OF_SCORER,
            empty=f"{FEW_UNITS}, or an empty cell",
            kind="95 % interval (studentised bootstrap over units)",
        ),
    ),
)

_ROW = (
    Column("id", "text", "Identifier of the text: the id column, or the row number where none was named."),
    Column("row", "integer", "Position of the row in the input, from 0.", low=0),
)
_GROUP = Column("group", "text", "Group of the text, as given.", empty=NOT_GIVEN)
_UNIT = Column("unit", "text", "Person or document that the text belongs to, as given.", empty=NOT_GIVEN)
_CLUSTER = Column(
    "cluster", "integer", "Number of the cluster that holds most of the text's words.", low=0,
    empty=f"{NOT_SCORED}, or a text in no cluster",
)  # fmt: skip
_TOP = Column("top_region", "text", "Region (or node) of the highest standardised profile.", empty=NOT_SCORED)
_SCORES = (
    measure("intensity", "Intensity of the text, by the intensity scorer.", OF_SCORER, empty=UNREAD),
    measure("coverage", "Share of the tokens that the scorer knows.", low=0, high=1, empty=UNREAD),
    measure("emotion_<emotion>", "Value of the emotion, by the intensity scorer.", OF_SCORER, empty=UNREAD),
)
_MAPPED = (
    measure(
        "region_<region>", "Assignment to the region; over regions it sums to one.", low=0, high=1, empty=NOT_SCORED
    ),
    measure("profile_<region>", "Standardised profile in the region.", SD_REFERENCE, empty=NOT_SCORED),
)
_WORDS = count(
    "n_words",
    "Number of words: runs of letters and digits; each Chinese or Japanese character is one.",
    empty=NOT_SCORED,
)
_MAP = (
    measure(
        "map_x", "Place on the map of texts: first principal component of the reduced points.", OF_REDUCER,
        empty=UNPLACED,
    ),
    measure(
        "map_y", "Place on the map of texts: second principal component of the reduced points.", OF_REDUCER,
        empty=UNPLACED,
    ),
)  # fmt: skip

TEXTS = ResultFile(
    "texts.parquet",
    "One row per input row, in input order. Values of a text are means over its segments, weighted by their words. Of "
    "an input in several files it is a folder of as many files.",
    (
        *_ROW,
        _GROUP,
        _UNIT,
        Column("time", "text", "Time of the text, as given.", empty=NOT_GIVEN),
        Column(
            "status",
            "text",
            "Whether the row was scored, and if not, why: it has no text, or the embedder cannot read it.",
            values=("scored", "empty", "unknown-language", "unknown-words"),
        ),
        _CLUSTER,
        _TOP,
        *_SCORES,
        *_MAPPED,
        _WORDS,
        count("n_segments", "Number of segments (sentences or parts of them) of the text.", empty=NOT_SCORED),
        measure(
            "intensity_<region>",
            "Intensity of the text in the region: Σ a·x / Σ a over its segments.",
            OF_SCORER,
            empty=f"{UNREAD}, or a text with no segment in the region",
        ),
        *_MAP,
        Column(
            "language",
            "text",
            "ISO 639-1 code of the language; `unknown` if it cannot be determined, `other` if the embedder lacks "
            "it, `und-` with a script if several languages share it.",
            empty="a row without text",
        ),
        Column(
            "kept_<column>",
            "text",
            "A further column of the input; numbers if all its cells are numbers.",
            empty="the cell is empty in the input",
            when="only with `--keep COLUMN`",
        ),
    ),
)

CLUSTERS = ResultFile(
    "clusters.csv",
    "One row per cluster of segments.",
    (
        Column("group", "text", "Fit that the cluster belongs to: `all`, or a group's name after a fit per group."),
        Column("cluster", "integer", "Number of the cluster.", low=0),
        count("n_texts", "Texts most of whose words are in the cluster."),
        measure("share", "Share of all texts that these are; what is missing to one is in no cluster.", low=0, high=1),
        Column(
            "top_words",
            "text",
            "The ten words of the highest c-TF-IDF, best first.",
            empty="no word can be shown",
        ),
        count(
            "n_words_left_out",
            "How many of the ten words are not shown, because fewer than five units of the cluster use them.",
            when="only with `--no-texts`",
        ),
        Column(
            "exemplar_<number>",
            "text",
            "Segment near the centre of the cluster, cut after 499 characters; 1 is the nearest of three.",
            empty="the cluster has fewer different segments",
            when="not with `--no-texts`",
        ),
        Column(
            "exemplar_id_<number>",
            "text",
            "Identifier of the first text that contains the exemplar.",
            empty="the cluster has fewer different segments",
            when="not with `--no-texts`",
        ),
        Column("top_region", "text", "Region (or node) of the highest mean standardised profile."),
        measure(
            "emotion_<emotion>",
            "Mean value of the emotion over the cluster's segments, weighted by their words.",
            OF_SCORER,
            empty="the intensity scorer reads none of the segments",
        ),
        count("n_segments", "Number of segments in the cluster."),
    ),
)

REASONS = ResultFile(
    "reasons.csv",
    "One row per explained text, word and region: what each word contributes to the regions of a text.",
    (
        Column("id", "text", "Identifier of the text, as in `texts.parquet`."),
        Column("position", "integer", "Number of the word within the text, from 0.", low=0),
        Column(
            "start", "integer", "Place of the word's first character in the text as it was given, from 0.", low=0,
            unit="Unicode characters",
        ),
        Column(
            "end", "integer", "Place after the word's last character in the text as it was given.", low=0,
            unit="Unicode characters",
        ),
        Column(
            "region",
            "text",
            "One of the three regions of the text's highest profile, the highest first.",
            when='not with `level = "node"`',
        ),
        Column("node", "text", "One of the three nodes of the text's highest profile.", when=NODE_LEVEL),
        measure(
            "contribution", "Profile of the text, minus its profile without this word.", SD_REFERENCE
        ),
    ),
    when="the embedder and the region mapper can do it (the default stages can); not with `--no-texts`",
)  # fmt: skip

COURSE = ResultFile(
    "time_course.csv",
    "One row per group, region (or node) and moment.",
    (
        GROUP,
        REGION,
        NODE,
        Column("time", "time", "Moment of the course, in the unit of the column that was mapped."),
        measure("n_texts_effective", "Weight under the smoothing kernel, in texts.", "texts", low=0),
        measure("relative", "Smoothed mean standardised profile.", SD_REFERENCE, empty=OUT_OF_REACH),
        *interval("relative", SD_REFERENCE, empty=NO_BAND),
        measure(
            "intensity",
            "Smoothed mean intensity, weighted by assignment.",
            OF_SCORER,
            empty=f"{OUT_OF_REACH}, or {NO_INTENSITY}",
        ),
        *interval("intensity", OF_SCORER, empty=f"{NO_BAND}; no intensity"),
    ),
    when="only with `--time`",
)

CHANGES = ResultFile(
    "change_points.csv",
    "One row per change point.",
    (
        GROUP,
        Column("time", "time", "Time of the first text after the change."),
        Column("row", "integer", "Row of that text in the input, from 0.", low=0),
        count("n_before", "Texts between the previous change and this one.", low=1),
        count("n_after", "Texts between this change and the next one.", low=1),
        measure("strength", "Root mean square of the differences over regions.", "unit of the measure", low=0),
        probability("p", "p-value of the change."),
        Column(
            "regions", "text", "Regions that change most, with the sign of the change.", empty="changes of intensity"
        ),
        measure(
            "difference_<region>",
            "Mean after the change minus mean before it; `difference_intensity` for changes of intensity.",
            "unit of the measure",
        ),
    ),
    when="only with `--time`",
)

SEGMENTS = ResultFile(
    "--segments FILE",
    "One row per segment (sentence) of the texts that hold words, in input order; CSV or Parquet by the file's suffix. "
    "In Python it is `result.segments`, after `map_texts(..., keep_segments=True)`.",
    (
        *_ROW,
        Column("segment", "integer", "Number of the segment within the text, from 0.", low=0),
        measure("position", "Share of the text's words before the middle of the segment.", low=0, high=1),
        _GROUP,
        Column("unit", "text", "Person or document, as given; the text's identifier where none was named."),
        Column("text", "text", "The segment.", when="not with `--no-texts`"),
        _CLUSTER,
        _TOP,
        *_SCORES,
        *_MAPPED,
        _WORDS,
        *_MAP,
    ),
    when="only with `--segments FILE`",
)

IMAGE = (
    ResultFile(
        "regions.nii.gz",
        "An image on the MNI152 grid of 2 mm, one volume per group: `relative`, or `evidence` for a single group. "
        "Voxels outside all nodes are 0.",
        when="an atlas with coordinates, and not with `reporter.image=false`",
    ),
    ResultFile(
        "regions.json", "The groups of the image's volumes, its regions, unit and reference.", when="as the image"
    ),
)

TEXTS_KIND = ResultKind(
    "texts",
    "Mapped texts",
    "`emotopy map`, `emotopy.map_texts`",
    (REGIONS, TEXTS, CLUSTERS, REASONS, COURSE, CHANGES, *IMAGE, SEGMENTS, *COMMON),
)
