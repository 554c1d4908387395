"""What columns of other people's tables are called, which of them count rows, and how a missing value is written.

Each list stands here once; every reader asks here. Names are compared without regard to case, blanks and punctuation:
`Start Time`, `start-time` and `start_time` are one name. A unit in a name is a statement about the column:
`start_ms` is in milliseconds, `duration (s)` in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from emotopy.records.axes import FloatArray

TimeUnit = Literal["s", "ms"]

ONSET = (
    "onset", "start", "begin", "begin_time", "start_time", "time_start", "tmin", "xmin", "start_offset", "t_start",
    "from", "start_sec", "onset_time", "word_onset", "beg",
)  # fmt: skip
"""Where a row begins, the likeliest name first."""
OFFSET = (
    "offset", "end", "stop", "end_time", "stop_time", "time_end", "tmax", "xmax", "end_offset", "t_end", "to",
    "finish", "offset_time", "word_offset",
)  # fmt: skip
DURATION = ("duration", "dur", "length", "duration_time")
TIME = (
    "time", "t", "timestamp", "time_stamp", "seconds", "secs", "second", "clock", "frametime", "frame_time", "jstime",
    "videotime", "video_time", "movie_time",
)  # fmt: skip
"""The moment of a sample; also where a row begins, in tables that have no other onset."""
WORD = (
    "word", "words", "text", "transcript", "transcription", "segment", "sentence", "token", "label", "utterance",
    "caption", "value", "annotation", "content", "orthography", "stimulus", "dialog", "dialogue",
)  # fmt: skip
SUBJECT = (
    "subject", "sub", "subj", "subject_id", "subjectid", "participant", "participant_id", "participantid", "ppt",
    "observer",
)  # fmt: skip
RATER = ("rater", "rater_id", "annotator", "coder", "judge")
RUN = (
    "video",
    "film",
    "movie",
    "clip",
    "run",
    "session",
    "ses",
    "session_id",
    "story",
    "task",
    "block",
    "condition",
    "site",
)
SPEAKER = ("speaker", "speaker_id", "speaker_name", "character", "char", "voice", "tier")
EVENT = (
    "trial_type", "response_time", "sample", "stim_file", "hed", "response", "accuracy", "channel", "trial", "event",
    "event_type", "onset_sample", "confidence", "score", "probability", "known_until",
)  # fmt: skip
"""Columns of BIDS events, and of aligners, that say something about a row and are no rating."""
STATISTIC = (
    "sd", "std", "stdev", "stddev", "se", "sem", "stderr", "std_error", "std_err", "n", "count", "n_raters", "var",
    "variance", "ci", "ci_low", "ci_high", "ci_lower", "ci_upper", "lower", "upper", "lwr", "upr", "lower_ci",
    "upper_ci", "min", "max", "iqr", "mad",
)  # fmt: skip
"""What a summary of several ratings says beside their mean: `sd`, or `joy_sd` beside `joy_mean` or `joy`."""
MEAN = ("mean", "avg", "average", "m", "median")
ABOUT_A_PERSON = ("age", "gender", "sex", "rt", "reaction_time")
"""What experiments write into every row about the person, and is no rating."""
ROW_NUMBER = (
    "", "unnamed_0", "index", "row", "row_number", "rownames", "row_names", "volume", "vol", "volume_number", "scan",
    "frame", "timepoint", "time_point", "tr", "tr_index", "n", "nr", "no", "number", "segment_id", "segment_index",
    "id",
)  # fmt: skip
"""Columns that count the rows: as pandas, R and scanners write them."""
FILE = ("file", "filename", "file_name", "path", "image", "dataset", "sub_brick", "subbrick", "filepath")
"""Columns that say from which image a row comes, as AFNI's 3dROIstats writes them."""
REGION_INDEX = (
    "index",
    "id",
    "roi_id",
    "region_id",
    "label_id",
    "code",
    "value",
    "roi_index",
    "no",
    "number",
    "intensity",
    "roi_num",
    "roi_number",
    "region_index",
    "parcel_id",
    "integer_label",
    "label_value",
    "component",
    "key",
    "keyvalue",
)
REGION_NAME = (
    "name", "region", "label", "roi", "region_name", "roi_name", "label_name", "parcel", "parcel_name", "structure",
    "area", "abbreviation", "full_name", "nom_l", "nom_c",
    "roi_label", "text_label", "difumo_names", "names", "labels",
)  # fmt: skip
NETWORK = (
    "network", "network_label", "network_name", "community", "system", "yeo_7", "yeo7", "yeo_17", "network_7",
    "networks", "net", "net_name", "yeo_networks7", "network_label_7network", "network_label_17network",
    "yeo_networks17",
)  # fmt: skip
NO_NETWORK = frozenset({"no_network_found", "no_network", "unassigned"})
"""What a table calls the network of a region that has none, beside a missing value; folded."""
BACKGROUND = frozenset(
    {
        "", "background", "unknown", "unclassified", "clear_label", "none", "unlabeled", "unlabelled", "empty",
        "outside", "exterior", "void", "bg", "no_label", "nothing",
    }
)  # fmt: skip
"""What a table calls label 0; folded."""
LEXICON_WORD = (
    "word", "term", "english_word", "english_en", "english", "lemma", "token", "targetword", "target_word", "words",
    "terms", "text_only",
)  # fmt: skip
"""The words of a list of emotion words."""
AFFECT = (
    "emotion", "affectdimension", "affect_dimension", "affectcategory", "affect_category", "affect", "sentiment",
    "category", "dimension",
)  # fmt: skip
SCORE = (
    "score", "association", "associationflag", "association_flag", "associationscore", "emotion_intensity_score",
    "emotion_intensity", "intensity_score", "intensity", "value", "flag", "count",
)  # fmt: skip
PHQ8_SCORE = ("phq8_score", "phq_score", "phq8", "phq_8", "phq_8_score", "phq8_total")
PHQ8_BINARY = ("phq8_binary", "phq_binary", "phq_8_binary")
GENDER = ("gender", "sex")
TEXT = (
    "text", "texts", "comment", "comments", "message", "messages", "content", "body", "sentence", "sentences", "answer",
    "answers", "response",
)  # fmt: skip
"""The texts of a table of texts."""
ABOUT_A_TEXT = ("id", "label", "group", "author", "date", "time")
"""Other columns of a table of texts."""
MOTION: Mapping[str, tuple[str, ...]] = {
    "trans_x": (
        "trans_x",
        "x",
        "transx",
        "translation_x",
        "tx",
        "dx",
        "x_translation",
        "trans_x_mm",
        "dl",
        "x_mm",
        "dl_r",
    ),
    "trans_y": (
        "trans_y",
        "y",
        "transy",
        "translation_y",
        "ty",
        "dy",
        "y_translation",
        "trans_y_mm",
        "dp",
        "y_mm",
        "dp_a",
    ),
    "trans_z": (
        "trans_z",
        "z",
        "transz",
        "translation_z",
        "tz",
        "dz",
        "z_translation",
        "trans_z_mm",
        "ds",
        "z_mm",
        "ds_i",
    ),
    "rot_x": ("rot_x", "rotx", "rotation_x", "rx", "x_rotation", "rot_x_degrees", "pitch", "rotx_deg"),
    "rot_y": ("rot_y", "roty", "rotation_y", "ry", "y_rotation", "rot_y_degrees", "yaw", "roty_deg"),
    "rot_z": ("rot_z", "rotz", "rotation_z", "rz", "z_rotation", "rot_z_degrees", "roll", "rotz_deg"),
}
"""Rigid-body parameters: fMRIPrep's name of each, then other tools' (fMRIPrep 1.0, FSL, AFNI, SPM, HCP)."""
CONFOUND: Mapping[str, tuple[str, ...]] = {
    "csf": ("csf", "csf_mean", "csfmean", "vent", "cerebrospinalfluidmean0"),
    "white_matter": ("white_matter", "whitematter", "wm", "wm_mean", "whitemattermean0"),
    "framewise_displacement": ("framewise_displacement", "framewisedisplacement", "fd", "fd_power", "fd_jenkinson"),
}
"""Tissue means and displacement: fMRIPrep's name of each since 1.2, then those of its versions 1.0 and 1.1."""

NO_REGION = frozenset(
    {
        "framewise_displacement", "framewisedisplacement", "global_signal", "globalsignal", "dvars", "std_dvars",
        "stddvars", "rmsd", "fd", "fd_power", "fd_jenkinson", "csf_wm", "linear_trend", "intercept", "rotx", "roty",
        "rotz",
    }
)  # fmt: skip
"""Confounds that stand in no atlas as regions."""
MISSING_NUMBERS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", ".", "<na>", "#n/a", "missing", "-nan"})
"""How a cell of a numeric column says that there is no value, in lower case."""
MISSING_WORDS = frozenset({"", "n/a", "NA", "nan"})
"""The same in a column of words, exactly so written: "None" and "null" are words of a story."""

_UNITS: Mapping[str, TimeUnit] = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ss_msec": "s", "hh_mm_ss_ms": "s",
    "ms": "ms", "msec": "ms", "msecs": "ms", "millisecond": "ms", "milliseconds": "ms", "millis": "ms",
}  # fmt: skip
_UNNAMED = re.compile(r"|unnamed_\d+(?:_level_\d+)?|column_\d+")
_BETWEEN = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """Return a column's name in the form in which names are compared.

    >>> folded("Start Time"), folded("Unnamed: 0"), folded("non-stdDVARS")
    ('start_time', 'unnamed_0', 'non_stddvars')
    """
    return _BETWEEN.sub("_", name.strip().lower()).strip("_")


def without_unit(name: str) -> tuple[str, TimeUnit | None]:
    """Return a folded name without the unit of time at its end, and that unit.

    >>> without_unit("start_ms"), without_unit("duration (s)"), without_unit("Begin Time - ss.msec"), without_unit("tr")
    (('start', 'ms'), ('duration', 's'), ('begin_time', 's'), ('tr', None))
    """
    name = folded(name)
    for unit in sorted(_UNITS, key=len, reverse=True):
        if name.endswith(f"_{unit}"):
            return name.removesuffix(f"_{unit}"), _UNITS[unit]
    return name, None


def is_called(name: str, *kinds: Sequence[str]) -> bool:
    """Whether a column has one of the names of these lists; units of time at its end are allowed.

    >>> is_called("Start_ms", ONSET), is_called("joy", ONSET, OFFSET)
    (True, False)
    """
    plain, bare = folded(name), without_unit(name)[0]
    return any(plain in kind or bare in kind for kind in kinds)


def is_identifier(name: str) -> bool:
    """Whether a column's name says that it holds identifiers: `trial_id`, `Video ID`.

    >>> is_identifier("Video ID"), is_identifier("acid")
    (True, False)
    """
    return folded(name).endswith("_id") or folded(name) == "id"


def is_statistic(name: str, columns: Iterable[str]) -> bool:
    """Whether a column says how ratings spread, or how many they are, beside a column with their mean.

    >>> is_statistic("joy_sd", ["joy_mean", "joy_sd"]), is_statistic("joy_sd", ["joy_sd"]), is_statistic("sd", ["joy"])
    (True, False, True)
    """
    plain = folded(name)
    if plain in STATISTIC:
        return True
    others = set(map(folded, columns))
    rated = [plain.removesuffix(f"_{one}") for one in STATISTIC if plain.endswith(f"_{one}")]
    return any(of in others or any(f"{of}_{mean}" in others for mean in MEAN) for of in rated)


def is_unnamed(name: str) -> bool:
    """Whether a column has no name of its own, only a number that pandas or a reader of ours gave it.

    >>> is_unnamed("Unnamed: 0"), is_unnamed(""), is_unnamed("column 3"), is_unnamed("joy")
    (True, True, True, False)
    """
    return _UNNAMED.fullmatch(folded(name)) is not None


def find_column(columns: Iterable[str], kind: Sequence[str]) -> str | None:
    """Return the column that has the likeliest of the names, or None.

    >>> find_column(["End", "Start (ms)", "word"], ONSET)
    'Start (ms)'
    """
    there: dict[str, str] = {}
    for column in columns:
        there.setdefault(folded(column), column)
    for column in list(there.values()):
        there.setdefault(without_unit(column)[0], column)
    return next((there[name] for name in kind if name in there), None)


def is_confound(name: str) -> bool:
    """Whether a column's name is that of a confound, and no region's in any atlas: not `csf`, which some have, or `x`.

    >>> is_confound("framewise_displacement"), is_confound("a_comp_cor_00"), is_confound("x"), is_confound("CSF")
    (True, True, False, False)
    """
    plain = folded(name)
    return plain in NO_REGION or plain in MOTION or plain.startswith(("a_comp_cor_", "t_comp_cor_", "cosine0"))


def counts_rows(values: FloatArray, tr_s: float | None = None) -> bool:
    """Whether a column (n_rows,) only counts: from 0 or 1 in steps of 1, or in steps of exactly the TR.

    >>> counts_rows(np.array([1.0, 2.0, 3.0])), counts_rows(np.array([0.0, 2.0, 4.0]), tr_s=2.0)
    (True, True)
    """
    if len(values) < 2 or not np.isfinite(values).all():
        return False
    steps = np.diff(values)
    if values[0] in (0, 1) and (steps == 1).all():
        return True
    return tr_s is not None and bool(np.allclose(steps, tr_s, rtol=0, atol=1e-3 * tr_s))


def is_missing_number(cell: str) -> bool:
    """Whether a cell of a numeric column says that there is no value."""
    return cell.strip().lower() in MISSING_NUMBERS


def is_missing_word(cell: str) -> bool:
    """Whether a cell of a column of words says that there is no word."""
    return cell.strip() in MISSING_WORDS
