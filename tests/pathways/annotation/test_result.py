"""What an annotation writes: its segments as a table of texts."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from emotopy.pathways.annotation.result import segments_text
from emotopy.readers.ratings import table_text
from emotopy.records.brain import Ratings, Segments

ONSET = np.array([-1.0004, 0.1 + 0.2, 1234567.8914])
SEGMENTS = Segments(('Line one,\n"two"', "=1+1", "plain"), ONSET, np.array([4.0, 1 / 3, 8.0]))


def test_a_row_per_segment():
    """Ids that sort, times in seconds, texts as they are but for what a spreadsheet would compute."""
    frame = pd.read_csv(io.BytesIO(segments_text(SEGMENTS)), dtype=str)
    assert list(frame.columns) == ["id", "onset", "duration", "text"]
    assert frame["id"].tolist() == ["s1", "s2", "s3"]
    assert frame["duration"].tolist() == ["4", "0.333", "8"]
    assert frame["text"].tolist() == ['Line one,\n"two"', "'=1+1", "plain"]


def test_onsets_are_those_of_the_table_of_ratings():
    """So that the two can be joined exactly."""
    ratings = Ratings(("fear",), ONSET, np.ones(3), np.ones((3, 1)))
    rated = pd.read_csv(io.StringIO(table_text(ratings)), sep="\t")["onset"]
    assert pd.read_csv(io.BytesIO(segments_text(SEGMENTS)))["onset"].tolist() == rated.tolist()
