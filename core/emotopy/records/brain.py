"""Records of the brain pathway: a story and its ratings, region series, windows, and emotion courses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
from annotated_types import Gt

from emotopy.bounds import check_fields
from emotopy.errors import ConfigError, ShapeError
from emotopy.records.axes import BoolArray, FloatArray, axes, names_of
from emotopy.records.reprs import counted, measured
from emotopy.wording import setting


@attrs.frozen
class Word:
    """A word, or a longer piece, of a story with its times.

    Parameters
    ----------
    text : str
        The spoken text.
    onset_s, offset_s : float
        Start and end in story time, in seconds.
    speaker : str, default ""
        Speaker; empty if the source doesn't name one.

    Examples
    --------
    >>> Word("afraid", 1.0, 1.5).duration_s
    0.5
    """

    text: str = attrs.field(repr=measured)
    onset_s: float
    offset_s: float
    speaker: str = ""

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.offset_s - self.onset_s


@attrs.frozen(eq=False)
class Narrative:
    """A story with the times of its words, in seconds of story time.

    Parameters
    ----------
    words : tuple of Word
        Words in order of onset, each with text; silence isn't represented. A word may be a longer piece, such as a
        caption or a given segment.
    end_s : float
        Time until which the story is *known*, in seconds; later time is unknown, not silent.
    declared_s : float
        Length of the story according to its source; it equals `end_s` unless the source breaks off.
    name : str, default ""
        Name of the story.
    given : bool, default False
        Whether the pieces must not be segmented again, because they are sliding windows whose text would count twice.
    sentences : tuple of Word, optional
        The sentence tier, if there is one.
    notes : tuple of str, default ()
        Notes on how the source was read, for the report.

    Raises
    ------
    ShapeError
        Words aren't in order of onset, or a word has no text.

    Examples
    --------
    >>> story = Narrative((Word("I was afraid.", 0.0, 4.0), Word("We danced.", 4.0, 8.0)), end_s=8.0, declared_s=8.0)
    >>> len(story.words)
    2
    """

    words: tuple[Word, ...] = attrs.field(repr=counted)
    end_s: float
    declared_s: float
    name: str = ""
    given: bool = False
    sentences: tuple[Word, ...] | None = attrs.field(default=None, repr=counted)
    notes: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        onsets = [word.onset_s for word in self.words]
        if onsets != sorted(onsets):
            raise ShapeError("words: wanted them in order of onset; sort them")
        if any(not word.text.strip() for word in self.words):
            raise ShapeError(
                "words: wanted text in each, got an empty word; silence isn't a word but the time between words"
            )


@attrs.frozen(eq=False)
class Segments:
    """The segments of a story that are rated one by one; each has text.

    Segment i starts at `onset_s[i]` in story time and lasts `duration_s[i]` seconds; segments may overlap and leave
    gaps. `n_silent` counts silent stretches, which would be segments if they contained speech. `speakers` names the
    speakers of each segment, in order and without repetition, or is empty; it has one entry per text, or none at all.
    """

    texts: tuple[str, ...] = attrs.field(repr=counted)
    onset_s: FloatArray = attrs.field(validator=axes("segments"))
    duration_s: FloatArray = attrs.field(validator=axes("segments"))
    n_silent: int = 0
    speakers: tuple[tuple[str, ...], ...] = attrs.field(default=(), repr=counted)

    def __len__(self) -> int:
        return len(self.texts)

    def __attrs_post_init__(self) -> None:
        if len(self.texts) != len(self.onset_s):
            raise ShapeError(f"texts: wanted one per onset ({len(self.onset_s)}), got {len(self.texts)}")
        if self.speakers and len(self.speakers) != len(self.texts):
            raise ShapeError(f"speakers: wanted one per text ({len(self.texts)}), got {len(self.speakers)}")


@attrs.frozen(eq=False)
class Ratings:
    """Continuous emotion ratings of a story, over story time.

    Parameters
    ----------
    emotions : sequence of str, (n_emotions,)
        The emotions, each once.
    onset_s, duration_s : ndarray, (n_segments,)
        Onset and duration of each segment in seconds; segments may overlap and leave gaps.
    values : ndarray, (n_segments, n_emotions)
        The ratings. NaN marks an emotion that wasn't rated in a segment.
    known_until_s : float, default infinity
        Time until which ratings are known, in seconds.

    Raises
    ------
    ShapeError
        The arrays don't agree on their axes.

    Examples
    --------
    >>> Ratings(["fear"], np.array([0.0, 4.0]), np.array([4.0, 4.0]), np.array([[0.2], [0.9]])).emotions
    ('fear',)
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    onset_s: FloatArray = attrs.field(validator=axes("segments"))
    duration_s: FloatArray = attrs.field(validator=axes("segments"))
    values: FloatArray = attrs.field(validator=axes("segments", "emotions", finite=False))
    known_until_s: float = np.inf


def _check_tr(_record: Any, _attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:  # so that NaN is an error, too
        raise ConfigError(f"tr_s: wanted seconds above 0, got {value}")


@attrs.frozen(eq=False)
class RegionSeries:
    """The region time series of one run of one subject.

    Every series carries its region names; series with different regions are never combined.

    Parameters
    ----------
    subject : str
        The subject's label.
    regions : sequence of str, (n_regions,)
        The regions, each once.
    values : ndarray, (n_volumes, n_regions)
        The signal; rows of missing volumes are NaN.
    tr_s : float
        Repetition time in seconds.
    run : str, default ""
        The run's label.
    keep : ndarray of bool, (n_volumes,), optional
        False for censored volumes; None keeps all.
    sampled_s : float, optional
        Time after the onset of a volume to which its signal refers, in seconds (set by slice timing correction); None
        means half a TR.
    story : str, default ""
        The story that was heard, if a study has several.

    Raises
    ------
    ShapeError
        The values don't match the regions, or `keep` doesn't have one value per volume.
    ConfigError
        The repetition time isn't above 0.

    Examples
    --------
    >>> RegionSeries("sub-01", ["amygdala", "insula"], np.zeros((10, 2)), tr_s=2.0).n_volumes
    10
    """

    subject: str
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("volumes", "regions", finite=False))
    tr_s: float = attrs.field(validator=_check_tr)
    run: str = ""
    keep: BoolArray | None = attrs.field(default=None, validator=attrs.validators.optional(axes("volumes")))
    sampled_s: float | None = None
    story: str = ""

    @property
    def n_volumes(self) -> int:
        """Number of volumes, including censored ones."""
        return len(self.values)


@attrs.frozen
class Windowing:
    """Sliding windows over volumes, used for both signal and ratings.

    Parameters
    ----------
    width_s, step_s : float, default 44.0 and 8.0
        Width of a window and time between window starts, in seconds; rounded to whole volumes, at least 2 and 1.
    taper : {"gaussian", "rectangular"}, default "gaussian"
        ``gaussian``: a rectangle convolved with a Gaussian of `sigma_s` seconds, cut to the width (Allen et al. 2014,
        Cerebral Cortex 24:663); ``rectangular``: all volumes have equal weight.
    sigma_s : float, default 6.0
        Standard deviation of the Gaussian taper, in seconds.
    align : {"grid", "forward"}, default "grid"
        ``grid``: a window starts every `step_s`. ``forward``: as in the published code (arXiv 2606.07707), a window
        starts at the last volume before the end of each rated segment; `step_s` isn't used.
    per_segment : {1, 3}, default 1
        With ``forward``: 1 window per segment, or 3 (also one volume earlier and one volume later).

    Raises
    ------
    ConfigError
        A value is out of range, or `per_segment` is set without `align` ``forward``.

    Examples
    --------
    >>> Windowing(width_s=6.0, step_s=2.0).spans(tr_s=2.0, n_volumes=5)
    [slice(0, 3, None), slice(1, 4, None), slice(2, 5, None)]
    """

    width_s: Annotated[float, Gt(0)] = 44.0
    step_s: Annotated[float, Gt(0)] = 8.0
    taper: Literal["gaussian", "rectangular"] = "gaussian"
    sigma_s: Annotated[float, Gt(0)] = 6.0
    align: Literal["grid", "forward"] = "grid"
    per_segment: Literal[1, 3] = 1

    def __attrs_post_init__(self) -> None:
        check_fields(self, "windowing")
        if self.per_segment != 1 and self.align == "grid":
            raise ConfigError(
                f"windowing.per_segment: {self.per_segment} windows per segment need windows defined by "
                f"segments; set {setting('windowing.align=forward')}",
                path="windowing.per_segment",
            )

    def width(self, tr_s: float) -> int:
        """Width in volumes.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.

        Returns
        -------
        int
            At least 2.
        """
        return max(2, round(self.width_s / tr_s))

    def step(self, tr_s: float) -> int:
        """Step in volumes.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.

        Returns
        -------
        int
            At least 1; exactly 1 if segments select among all windows.
        """
        return 1 if self.align == "forward" else max(1, round(self.step_s / tr_s))

    def starts(self, tr_s: float, n_volumes: int) -> npt.NDArray[np.int64]:
        """First volume of each window that fits into the run.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.
        n_volumes : int
            Number of volumes of the run.

        Returns
        -------
        ndarray of int, (n_windows,)
            Indices of volumes, from 0.

        Raises
        ------
        ConfigError
            The run is shorter than one window.
        """
        width = self.width(tr_s)
        if width > n_volumes:
            raise ConfigError(
                f"windowing.width_s: a window of {self.width_s:g} s ({width} volumes) is longer than "
                f"the run ({n_volumes} volumes of {tr_s:g} s = {n_volumes * tr_s:g} s); set "
                f"{setting('windowing.width_s=…')}"
            )
        return np.arange(0, n_volumes - width + 1, min(self.step(tr_s), n_volumes))

    def spans(self, tr_s: float, n_volumes: int) -> list[slice]:
        """Return the volumes that each window covers.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.
        n_volumes : int
            Number of volumes of the run.

        Returns
        -------
        list of slice, (n_windows,)
            The volumes of each window.

        Examples
        --------
        >>> Windowing(width_s=6.0, step_s=2.0).spans(tr_s=2.0, n_volumes=5)
        [slice(0, 3, None), slice(1, 4, None), slice(2, 5, None)]
        """
        width = self.width(tr_s)
        return [slice(int(start), int(start) + width) for start in self.starts(tr_s, n_volumes)]

    def weights(self, tr_s: float) -> FloatArray:
        """Weights of the volumes in a window.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.

        Returns
        -------
        ndarray, (width,)
            Symmetric, summing to one.
        """
        width = self.width(tr_s)
        if self.taper == "rectangular":
            return np.full(width, 1.0 / width)
        # at least four deviations of rectangle and Gaussian meet in full; what sticks out of the width is cut, so that
        # a Gaussian that is wider still changes nothing within it
        reach = width + int(min(np.ceil(4 * self.sigma_s / tr_s), width))
        gaussian = np.exp(-0.5 * (np.arange(-reach, reach + 1) * tr_s / self.sigma_s) ** 2)
        tapered = np.convolve(gaussian, np.ones(width), mode="full")
        middle = (len(tapered) - width) // 2
        cut = tapered[middle : middle + width]
        return np.asarray(cut / cut.sum())

    def forward(self, ends_s: FloatArray, tr_s: float) -> npt.NDArray[np.int64]:
        """First volume of the windows that belong to segments with given ends.

        A window starts with the volume before the one in which its segment ends; if a segment ends exactly with a
        volume, this is the last volume of the segment. Windows may start before the run or end after it.

        Parameters
        ----------
        ends_s : ndarray, (n_segments,)
            Ends of the segments, in seconds from the onset of the first volume.
        tr_s : float
            Repetition time in seconds.

        Returns
        -------
        ndarray of int, (n_segments, per_segment)
            Indices of volumes.

        Examples
        --------
        >>> Windowing(align="forward", per_segment=3).forward(np.array([8.0, 15.0]), tr_s=2.0).tolist()
        [[2, 3, 4], [5, 6, 7]]
        """
        first = np.floor(ends_s / tr_s + 1e-9).astype(np.int64) - 1
        around = np.array([0] if self.per_segment == 1 else [-1, 0, 1])
        return np.asarray(first[:, None] + around)

    def centres_s(self, tr_s: float, n_volumes: int) -> FloatArray:
        """Centre of each window, in seconds from the onset of the first volume.

        Parameters
        ----------
        tr_s : float
            Repetition time in seconds.
        n_volumes : int
            Number of volumes of the run.

        Returns
        -------
        ndarray, (n_windows,)
            Seconds.
        """
        return (self.starts(tr_s, n_volumes) + self.width(tr_s) / 2) * tr_s


@attrs.frozen(eq=False)
class EmotionCourse:
    """Time course of emotions over windows or volumes.

    A predicted course names its subject, run and story.

    Parameters
    ----------
    emotions : sequence of str, (n_emotions,)
        The emotions, each once.
    centres_s : ndarray, (n_windows,)
        Centres of the windows, in seconds from the onset of the first volume.
    values : ndarray, (n_windows, n_emotions)
        The emotion values; NaN where the story is unknown or a window has too many missing volumes.
    subject, run, story : str, default ""
        Subject, run and story of the time course.

    Raises
    ------
    ShapeError
        The arrays don't agree on their axes.

    Examples
    --------
    >>> EmotionCourse(["fear"], np.array([22.0, 30.0]), np.array([[0.1], [np.nan]])).values.shape
    (2, 1)
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    centres_s: FloatArray = attrs.field(validator=axes("windows"))
    values: FloatArray = attrs.field(validator=axes("windows", "emotions", finite=False))
    subject: str = ""
    run: str = ""
    story: str = ""


def same_regions(series: Any) -> tuple[str, ...]:
    """Return the regions that all series share, in order; raise ShapeError that names the first odd subject."""
    first = series[0]
    for other in series[1:]:
        if other.regions != first.regions:
            odd = sorted(set(other.regions) ^ set(first.regions))
            what = f"{', '.join(odd[:5])} are in only one of them" if odd else "the same regions in another order"
            raise ShapeError(
                f"subject {other.subject}: its regions differ from those of subject {first.subject} "
                f"({what}); use the same atlas for all series"
            )
    return tuple(first.regions)
