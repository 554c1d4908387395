"""Data set `alice`, Brennan's: 28 listeners to chapter 1 of *Alice in Wonderland*, six language regions, word onsets.

Brennan et al. (2016), Brain and Language 157-158:81-94; CC BY 4.0. Layout: `DownTheRabbitHole.TextGrid`,
`timecourses/s18-timecourses.txt` (the published 10 mm or 6 mm regions), `motion/s18-motion.txt` (the published rp
files), `regressors/s18-rate.txt` and `s18-sndpwr.txt`.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.readers.motion import Motion, read_motion_folder
from emotopy.readers.narratives import read_narrative
from emotopy.readers.regressors import Regressors, read_regressor_folder
from emotopy.readers.series import Exclusion, read_series_folder
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Narrative, RegionSeries
from emotopy.records.dataset_info import DatasetCard
from emotopy.roles import Dataset, Factory, Host
from emotopy_plugins.datasets.common import write_example

CARD = DatasetCard(
    name="alice",
    title="Brennan's Alice",
    cite="Brennan et al. (2016), Brain and Language 157-158:81-94",
    licence="CC BY 4.0",
    home="https://doi.org/10.1016/j.bandl.2016.04.008",
    language="en",
    rows="listeners",
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


@attrs.define(eq=False)
class AliceDataset:
    """Brennan's Alice (2016): check the folder, and print the commands that annotate and decode it.

    In Python, it returns series, motion and regressors in the same order, and the story.
    """

    card = CARD

    host: Host = attrs.field(factory=Host, repr=False)

    def example(self, folder: Path) -> Path:
        """Write two made-up listeners of forty volumes and a story of three words into `folder`; return it."""
        rng = np.random.default_rng(0)
        files = {TEXTGRID: _textgrid((("Alice", 20.5), ("was", 21.0), ("curious", 21.5)))}
        for name in ("s18", "s22"):
            files[f"timecourses/{name}-timecourses.txt"] = _lines(rng.normal(100, 1, (40, len(REGIONS))))
            files[f"motion/{name}-motion.txt"] = _lines(rng.normal(0, 0.01, (40 + MOTION_SKIP, 6)))
            for regressor in ("rate", "sndpwr"):
                files[f"regressors/{name}-{regressor}.txt"] = _lines(rng.normal(size=(40, 1)))
        return write_example(folder, files)

    def describe(self, loaded: Alice, source: Path) -> Sequence[str]:
        """Say what there is, and the commands that annotate and decode it."""
        series, names = loaded.series[0], source / "timecourses" / "regions.txt"
        lines = [
            f"{len(loaded.series)} listeners, {series.n_volumes} volumes of {loaded.tr_s:g} s, {len(REGIONS)} regions",
            "Next:",
        ]
        if not names.exists():
            lines.append(" > ".join([_command("printf", r"%s\n", *REGIONS), _command(names)]))
        clock = ("--tr", f"{loaded.tr_s:g}", "--start", f"{loaded.start_s:g}")
        beside = ("--motion", source / "motion", "--motion-skip", MOTION_SKIP, "--regressors", source / "regressors")
        decode = ("decode", "--series", source / "timecourses", "--ratings", "ratings.tsv", *clock, *beside)
        return [
            *lines,
            _command("emotopy", "annotate", loaded.narrative_path, "--out", "ratings.tsv"),
            _command("emotopy", *decode, "--out", "results"),
        ]

    def load(self, source: Path) -> Alice:
        """Load the folder `source`; the host is told of files that are copies of each other.

        >>> alice = AliceDataset().load(Path("alice-brennan2016"))                              # doctest: +SKIP
        >>> ratings = annotate(alice.narrative()).ratings                                       # doctest: +SKIP
        >>> decode(alice.series, ratings, start_s=alice.start_s, motion=alice.motion)           # doctest: +SKIP

        Raises InputError for a folder or file that is absent or not of its form.
        """
        parts = [source / name for name in ("timecourses", "motion", "regressors")]
        missing = [f"{path.name}/" for path in parts if not path.is_dir()]
        missing += [TEXTGRID] * (not (source / TEXTGRID).is_file())
        if missing:
            raise InputError(
                f"{source}: wanted timecourses/, motion/, regressors/ and {TEXTGRID}, missing: "
                f"{', '.join(missing)}; the data are available from {CARD.home}",
                file=source.name,
                wanted=f"timecourses/, motion/, regressors/ and {TEXTGRID}",
                got=f"none of {', '.join(missing)}",
            )
        timecourses, motion, regressors = parts
        series, excluded = read_series_folder(timecourses, TR_S, regions=REGIONS, notify=self.host.notify)
        found = Alice(
            source / TEXTGRID,
            tuple(series),
            tuple(excluded),
            tuple(read_motion_folder(motion, series, skip=MOTION_SKIP, order="spm", units="mm-rad")),
            tuple(read_regressor_folder(regressors, series, notify=self.host.notify)),
        )
        for one in excluded:
            self.host.log(f"left out: {one.reason}")
        return found


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `alice`."""
    return {"alice": AliceDataset}


def _command(*words: object) -> str:
    return shlex.join(str(word) for word in words)


def _lines(values: FloatArray) -> str:
    return "".join(" ".join(f"{value:.5f}" for value in row) + "\n" for row in values)


def _textgrid(words: Sequence[tuple[str, float]]) -> str:
    """Return a TextGrid with one tier; each word, given with its onset in seconds, lasts for 0.4 s."""
    start, stop = words[0][1], words[-1][1] + 0.4
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", f"xmin = {start}", f"xmax = {stop}"]
    lines += ["tiers? <exists>", "size = 1", "item []:", "    item [1]:", '        class = "IntervalTier"']
    lines += ['        name = "words"', f"        xmin = {start}", f"        xmax = {stop}"]
    pieces = [(onset, min(onset + 0.4, stop), word) for word, onset in words]
    gaps = [(one[1], other[0], "") for one, other in itertools.pairwise(pieces)]
    intervals = sorted([*pieces, *gaps])
    lines += [f"        intervals: size = {len(intervals)}"]
    for number, (onset, offset, word) in enumerate(intervals, start=1):
        lines += [f"        intervals [{number}]:", f"            xmin = {onset}", f"            xmax = {offset}"]
        lines += [f'            text = "{word}"']
    return "\n".join(lines) + "\n"
