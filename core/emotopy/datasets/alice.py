"""Brennan's Alice: 28 listeners to chapter 1 of *Alice in Wonderland*, six language regions, word onsets.

Brennan et al. (2016), Brain and Language 157-158:81-94; CC BY 4.0. Layout: `DownTheRabbitHole.TextGrid`,
`timecourses/s18-timecourses.txt` (the published 10 mm or 6 mm regions), `motion/s18-motion.txt` (the published rp
files), `regressors/s18-rate.txt` and `s18-sndpwr.txt`.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from emotopy.datasets.dataset_info import Card
from emotopy.errors import InputError
from emotopy.readers.assumptions import Say, no_op
from emotopy.readers.motion import Motion, read_motion_folder
from emotopy.readers.narratives import read_narrative
from emotopy.readers.regressors import Regressors, read_regressor_folder
from emotopy.readers.series import Exclusion, read_series_folder
from emotopy.records.brain import Narrative, RegionSeries

CARD = Card(
    name="alice",
    title="Brennan's Alice",
    cite="Brennan et al. (2016), Brain and Language 157-158:81-94",
    licence="CC BY 4.0",
    home="https://doi.org/10.1016/j.bandl.2016.04.008",
)
REGIONS = ("LATL", "RATL", "LPTL", "LIPL", "LPreM", "LIFG")
"""Left and right anterior temporal, left posterior temporal, inferior parietal, premotor, inferior frontal."""
TR_S = 2.0
START_S = 20.0
"""The recording's clock at the first volume: ten volumes were dropped."""
MOTION_SKIP = 10
"""Rows of the motion files that belong to those ten."""
TEXTGRID = "DownTheRabbitHole.TextGrid"


@attrs.frozen(eq=False)
class Alice:
    """All that `annotate` and `decode` need: the story, and what was measured while it was heard.

    `series` are the usable recordings, each (362, 6); `motion` and `regressors` (word rate, sound power) stand in their
    order; `excluded` says which recording was left out and why.
    """

    narrative_path: Path
    series: tuple[RegionSeries, ...]
    excluded: tuple[Exclusion, ...]
    motion: tuple[Motion, ...]
    regressors: tuple[Regressors, ...]
    tr_s: float = TR_S
    start_s: float = START_S

    def narrative(self) -> Narrative:
        """Read the story's words with their times."""
        return read_narrative(self.narrative_path)


def load_alice(folder: Path, *, notify: Say = no_op) -> Alice:
    """Load the folder; `notify` is called for files that are copies of each other.

    >>> alice = load_alice(Path("alice-brennan2016"))                                           # doctest: +SKIP
    >>> ratings = annotate(alice.narrative()).ratings                                           # doctest: +SKIP
    >>> decode(alice.series, ratings, start_s=alice.start_s, motion=alice.motion)               # doctest: +SKIP

    Raises InputError for a folder or file that is absent or not of its form.
    """
    parts = [folder / name for name in ("timecourses", "motion", "regressors")]
    missing = [f"{path.name}/" for path in parts if not path.is_dir()]
    missing += [TEXTGRID] * (not (folder / TEXTGRID).is_file())
    if missing:
        raise InputError(
            f"{folder}: wanted timecourses/, motion/, regressors/ and {TEXTGRID}, {', '.join(missing)} isn't there; "
            f"the data belong to {CARD.home}",
            file=folder.name,
            wanted=f"timecourses/, motion/, regressors/ and {TEXTGRID}",
            got=f"none of {', '.join(missing)}",
        )
    timecourses, motion, regressors = parts
    series, excluded = read_series_folder(timecourses, TR_S, regions=REGIONS, notify=notify)
    return Alice(
        folder / TEXTGRID,
        tuple(series),
        tuple(excluded),
        tuple(read_motion_folder(motion, series, skip=MOTION_SKIP, order="spm", units="mm-rad")),
        tuple(read_regressor_folder(regressors, series, notify=notify)),
    )
