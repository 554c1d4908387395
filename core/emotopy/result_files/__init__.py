"""Files and columns of every kind of result, declared once.

The page *Reference → Files and columns*, the sidecars of exported and annotated tables, and the tests read this. A file
or a column that a run writes has to be declared here, and what is declared has to be written by some run:
tests/result_files holds it against the runs.
"""

from emotopy.result_files.of_bids import BIDS_KIND
from emotopy.result_files.of_comparison import BRIDGE_KIND, COMPARISON_KIND
from emotopy.result_files.of_decoding import ANNOTATION_KIND, DECODING_KIND, TRACK_KIND
from emotopy.result_files.of_experiment import DECODING_EXPERIMENT_KIND, EXPERIMENT_KIND
from emotopy.result_files.of_texts import TEXTS_KIND
from emotopy.result_files.records import Column, ResultFile, ResultKind, matches

RESULT_KINDS = (
    TEXTS_KIND,
    COMPARISON_KIND,
    DECODING_KIND,
    BRIDGE_KIND,
    ANNOTATION_KIND,
    TRACK_KIND,
    EXPERIMENT_KIND,
    DECODING_EXPERIMENT_KIND,
    BIDS_KIND,
)
"""Every kind of result, in the order of the page."""


def result_kind(name: str) -> ResultKind:
    """Return the declaration of a kind of result, by its name.

    >>> result_kind("texts").file("regions.csv").column("relative").unit
    'standard deviations of single reference segments'
    """
    return next(kind for kind in RESULT_KINDS if kind.kind == name)


__all__ = ["RESULT_KINDS", "Column", "ResultFile", "ResultKind", "matches", "result_kind"]
