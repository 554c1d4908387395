"""The segments of a story as a table of texts, for `emotopy map`."""

from __future__ import annotations

import numpy as np

from emotopy.records.brain import Segments
from emotopy.storage.csv_safe import csv_text

TIME_DECIMALS = 3
"""Times as a table of ratings has them, so that the two can be joined by onset."""


def segments_text(segments: Segments) -> bytes:
    """Return the segments as CSV in UTF-8: ``id, onset, duration, text``, a row per segment in order of onset.

    Onset and duration in seconds, to the millisecond. A text that a spreadsheet would compute gets an apostrophe.
    """
    import pandas as pd

    width = len(str(len(segments)))
    frame = pd.DataFrame(
        {
            "id": [f"s{number + 1:0{width}d}" for number in range(len(segments))],
            "onset": np.round(np.asarray(segments.onset_s, dtype=np.float64), TIME_DECIMALS),
            "duration": np.round(np.asarray(segments.duration_s, dtype=np.float64), TIME_DECIMALS),
            "text": segments.texts,
        }
    )
    return csv_text(frame, digits=12).encode("utf-8")
