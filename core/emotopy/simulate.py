"""Simulate BOLD signals and ratings with a known effect, for power analyses, calibration and teaching.

The functions are seeded and pure, and read or write no files. `simulate_bold()` with only the argument `plant` is the
fixed scenario on which recovery is measured: 20 subjects, 362 volumes, TR 2 s, 30 regions of which 10 carry the effect,
AR(1) noise of 0.4, a skewed rating with a smoothness of 20 s, coupling 0.3 or amplitude 0.6 SD. Its docstring defines
the scenario. `simulate_stories()` simulates several stories for the same subjects, with the same or different carriers
in each; its scenario is fixed in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.inference.rating_courses import volume_course
from emotopy.inference.windows import edges
from emotopy.records.axes import BoolArray, FloatArray, names_of
from emotopy.records.brain import Ratings, RegionSeries
from emotopy.records.regions import RegionWeights

__all__ = [
    "Motion",
    "Simulation",
    "StoriesSimulation",
    "Truth",
    "simulate_bold",
    "simulate_noise",
    "simulate_ratings",
    "simulate_stories",
]

Plant = Literal["coupling", "amplitude", "motion", "nothing"]
NullRatings = Literal["gaussian", "sparse"]

BASE_COUPLING = 0.3
"""Correlation among carriers at the mean rating, where coupling is planted."""
LOG_RATING_SD = 0.7
"""Standard deviation of the log-rating's process: ratings of skewness about 3."""
MOST_COUPLING = 0.95
"""Correlation among carriers never exceeds this, and never falls below 0."""
GAIN_SD = 0.1
"""Subjects respond with a planted amplitude times a gain, normal around 1 with this deviation."""
LOADING_SD = 0.1
"""Regions drop with motion times a loading, normal around 1 with this deviation, drawn for each subject."""
BURST_RATE = 0.06
"""Share of volumes with a burst of motion, on average over the run."""
SPIKE_SD_PER_MM = 2.0
"""Under planted motion the signal drops by so many SD per mm of framewise displacement above the subject's median."""
HEAD_RADIUS_MM = 50.0
"""Radius of the sphere on which framewise displacement measures rotations (Power et al. 2012, NeuroImage 59:2142)."""


@attrs.frozen(eq=False)
class Motion:
    """Head motion of one subject in one run.

    Parameters
    ----------
    parameters : ndarray, (n_volumes, 6)
        Translations in mm, then rotations in radians.

    Examples
    --------
    >>> Motion(np.array([[0.0] * 6, [0.3, 0.0, 0.0, 0.0, 0.0, 0.0]])).fd_mm.tolist()
    [0.0, 0.3]
    """

    parameters: FloatArray

    @property
    def fd_mm(self) -> FloatArray:
        """Framewise displacement in mm, (n_volumes,); 0 for the first volume (Power et al. 2012)."""
        steps = np.abs(np.diff(self.parameters, axis=0, prepend=self.parameters[:1]))
        return np.asarray(steps[:, :3].sum(axis=1) + HEAD_RADIUS_MM * steps[:, 3:].sum(axis=1))


@attrs.frozen(eq=False)
class Truth:
    """What was planted.

    Parameters
    ----------
    plant : str
        ``coupling``, ``amplitude``, ``motion`` or ``nothing``.
    course : ndarray, (n_volumes, n_emotions)
        The ratings convolved with the HRF, sampled at the volumes and standardised over the run.
    loadings : ndarray, (n_emotions, n_regions)
        How strongly each region carries each emotion, 0 to 1; all 0 unless coupling or amplitude is planted. Randomly
        drawn carriers have 1, and no region carries two emotions.
    coupling : ndarray, (n_volumes, n_emotions)
        Correlation between full carriers of each emotion at each volume; 0 unless coupling is planted.
    amplitude_sd : ndarray, (n_subjects, n_emotions)
        SD of a full carrier's signal per SD of `course`; 0 unless amplitude is planted.

    Examples
    --------
    >>> truth = simulate_bold("coupling", n_subjects=1, n_volumes=50, n_regions=5, n_carriers=3).truth
    >>> int(truth.carriers.sum()), int(truth.edges.sum())
    (3, 3)
    """

    plant: Plant
    course: FloatArray
    loadings: FloatArray
    coupling: FloatArray
    amplitude_sd: FloatArray

    @property
    def carriers(self) -> BoolArray:
        """Which regions carry each emotion to any degree, (n_emotions, n_regions)."""
        return np.asarray(self.loadings > 0)

    @property
    def edges(self) -> BoolArray:
        """Which edges connect two carriers of an emotion, (n_emotions, n_edges), as `inference.windows.edges`."""
        first, second = edges(self.carriers.shape[1])
        return np.asarray(self.carriers[:, first] & self.carriers[:, second])


@attrs.frozen(eq=False)
class Simulation:
    """A simulated study.

    Parameters
    ----------
    series : tuple of RegionSeries, (n_subjects,)
        One run per subject.
    ratings : Ratings
        Ratings of the story; story time starts with the first volume.
    motion : tuple of Motion, (n_subjects,)
        Head motion of each subject; unrelated to ratings and signal unless motion is planted.
    truth : Truth
        What was planted.

    Examples
    --------
    >>> study = simulate_bold("nothing", n_subjects=2, n_volumes=50, n_regions=4, n_carriers=2)
    >>> len(study.series), study.tr_s
    (2, 2.0)
    """

    series: tuple[RegionSeries, ...]
    ratings: Ratings
    motion: tuple[Motion, ...]
    truth: Truth

    @property
    def tr_s(self) -> float:
        """Repetition time in seconds."""
        return self.series[0].tr_s


def simulate_bold(
    plant: Plant,
    *,
    n_subjects: int = 20,
    n_volumes: int = 362,
    tr_s: float = 2.0,
    n_regions: int = 30,
    n_carriers: int = 10,
    ar: float = 0.4,
    coupling: float = 0.3,
    amplitude_sd: float = 0.6,
    smoothness_s: float = 20.0,
    emotions: Sequence[str] = ("fear",),
    planted: Sequence[str] | None = None,
    segment_s: float = 4.0,
    ratings: Ratings | None = None,
    loadings: RegionWeights | None = None,
    seed: int | np.random.Generator = 0,
) -> Simulation:
    """Simulate a study with a planted relation between ratings and signal.

    Every region i is AR(1) noise e_i of unit variance, new for each subject. With z the rating convolved with the HRF
    and standardised over the run,

    - ``coupling``: carriers share a latent signal L, AR(1) and new for each subject, independent between subjects.
      x_i(t) = √c(t) · L(t) + √(1 − c(t)) · e_i(t) with c(t) = 0.3 + `coupling` · z(t), cut to 0 … 0.95. At each moment
      carriers correlate, over realisations, by exactly c(t), and their variance is 1 whatever c is: amplitudes carry no
      information. `coupling` is the depth of the modulation, in units of correlation per SD of rating.
    - ``amplitude``: carriers follow the rating. x_i(t) = e_i(t) + `amplitude_sd` · g · z(t), in SD of the noise per SD
      of rating; the subject's gain g is normal around 1, SD 0.1.
    - ``motion``: a volume has a burst of motion (0.3 mm plus an exponential of mean 0.7 mm) with a probability that
      follows the rating under the HRF (0.06 on average, at most 0.5), and *all* regions drop by 2 SD per mm of
      framewise displacement above its median, times a loading of the region (normal around 1, SD 0.1).
    - ``nothing``: noise. As in all but ``motion``, bursts come at a constant rate and don't touch the signal.

    Regions may carry several emotions to different degrees (`loadings`): x_i(t) = Σ_k w_ik √c_k(t) · L_k(t) + √(1 − Σ_k
    w_ik² c_k(t)) · e_i(t), so that i and j correlate by Σ_k w_ik w_jk c_k(t); amplitudes are weighted alike.

    Parameters
    ----------
    plant : {"coupling", "amplitude", "motion", "nothing"}
        What depends on the rating.
    n_subjects, n_volumes : int, default 20 and 362
        Number of subjects, and number of volumes of each.
    tr_s : float, default 2.0
        Repetition time in seconds.
    n_regions : int, default 30
        Regions.
    n_carriers : int, default 10
        Number of regions that carry the effect, drawn at random without overlap between planted emotions.
    ar : float, default 0.4
        Autocorrelation of the noise from volume to volume.
    coupling : float, default 0.3
        Depth of the modulation, in units of correlation per SD of rating.
    amplitude_sd : float, default 0.6
        Planted amplitude, in SD of the noise per SD of rating.
    smoothness_s : float, default 20.0
        Lag in seconds at which the log-rating's autocorrelation, exp(−(lag / smoothness)²), has fallen to 1/e.
    emotions : sequence of str, default ("fear",)
        The emotions, each with an independent time course.
    planted : sequence of str, optional
        Emotions on which the signal depends, or motion (on their mean). Default: all.
    segment_s : float, default 4.0
        Length of the segments over which the rating is constant, in seconds. The rating is exp of a Gaussian process of
        SD 0.7, scaled to 0 … 1.
    ratings : Ratings, optional
        Your own ratings, whose story time starts with the first volume; `emotions`, `smoothness_s` and `segment_s` are
        then ignored. They must cover the whole run.
    loadings : RegionWeights, optional
        How strongly each region carries each emotion, 0 to 1. The record defines the regions and the planted emotions;
        `n_regions`, `n_carriers` and `planted` are then ignored.
    seed : int or Generator, default 0
        Random seed. The same seed gives the same ratings, carriers and noise for every `plant`, and the same first
        subjects for any number of subjects.

    Returns
    -------
    Simulation
        Series, ratings, motion, and the simulated effect.

    Raises
    ------
    ConfigError
        The values are invalid or inconsistent.

    Examples
    --------
    >>> study = simulate_bold("coupling", n_subjects=2, n_volumes=60, n_regions=5, n_carriers=3)
    >>> study.series[0].values.shape, study.ratings.emotions
    ((60, 5), ('fear',))
    """
    emotions = names_of(emotions if ratings is None else ratings.emotions)
    if loadings is None:
        planted = emotions if planted is None else names_of(planted)
        _check_carriers(n_regions=n_regions, n_carriers=n_carriers, planted=planted)
    else:
        planted, n_regions = loadings.emotions, len(loadings.regions)
        _check_loadings(loadings)
    _check(plant, ar=ar, emotions=emotions, planted=planted)
    _positive(n_subjects=n_subjects, n_volumes=n_volumes, tr_s=tr_s, smoothness_s=smoothness_s, segment_s=segment_s)
    rating_rng, carrier_rng, *subject_rngs = np.random.default_rng(seed).spawn(2 + n_subjects)
    if ratings is None:
        n_segments = _n_segments(n_volumes * tr_s, segment_s)
        latent = smooth(n_segments, len(emotions), smoothness_s / segment_s, rating_rng)
        ratings = _ratings(np.exp(LOG_RATING_SD * latent), emotions, segment_s)
    course = volume_course(ratings, tr_s, n_volumes).values
    _check_course(course, emotions)
    standardised = (course - course.mean(axis=0)) / course.std(axis=0)

    weights = np.zeros((len(emotions), n_regions))
    order = carrier_rng.permutation(n_regions)
    for i, name in enumerate(planted if plant in ("coupling", "amplitude") else ()):
        row = weights[emotions.index(name)]
        if loadings is None:
            row[order[i * n_carriers : (i + 1) * n_carriers]] = 1.0
        else:
            row[:] = loadings.values[i]
    carried = weights.any(axis=1)
    shared = np.zeros_like(standardised)
    if plant == "coupling":
        shared[:, carried] = np.clip(BASE_COUPLING + coupling * standardised[:, carried], 0, MOST_COUPLING)
    gains = np.zeros((n_subjects, len(emotions)))
    if plant == "amplitude":
        for gain, rng in zip(gains, subject_rngs, strict=True):
            gain[:] = amplitude_sd * rng.normal(1.0, GAIN_SD, len(emotions)) * carried
    burst_rate = np.full(n_volumes, BURST_RATE)
    if plant == "motion":
        followed = course[:, [emotions.index(name) for name in planted]].mean(axis=1)
        burst_rate = np.clip(BURST_RATE * followed / followed.mean(), 0, 0.5)

    truth = Truth(plant, standardised, weights, shared, gains)
    numbered = tuple(f"region_{i + 1:0{len(str(n_regions))}d}" for i in range(n_regions))
    regions = numbered if loadings is None else loadings.regions
    series, motions = [], []
    for subject, rng in enumerate(subject_rngs):
        signal_rng, motion_rng = rng.spawn(2)
        values = _signal(truth, subject, ar, signal_rng)
        motion = _motion(burst_rate, motion_rng)
        if plant == "motion":
            drop_mm = motion.fd_mm - np.median(motion.fd_mm)
            values -= SPIKE_SD_PER_MM * np.outer(drop_mm, motion_rng.normal(1.0, LOADING_SD, n_regions))
        series.append(RegionSeries(f"sub-{subject + 1:0{max(2, len(str(n_subjects)))}d}", regions, values, tr_s))
        motions.append(motion)
    return Simulation(tuple(series), ratings, tuple(motions), truth)


Carriers = Literal["shared", "own"]


@attrs.frozen(eq=False)
class StoriesSimulation:
    """Several simulated stories that the same subjects heard.

    Parameters
    ----------
    stories : mapping of str to Simulation
        Stories by name; every series names its story.

    Examples
    --------
    >>> sorted(simulate_stories(n_stories=2, n_subjects=2, n_volumes=60, n_regions=8, n_carriers=3).ratings)
    ['story1', 'story2']
    """

    stories: Mapping[str, Simulation]

    @property
    def series(self) -> tuple[RegionSeries, ...]:
        """The series of all stories, story by story."""
        return tuple(one for made in self.stories.values() for one in made.series)

    @property
    def ratings(self) -> dict[str, Ratings]:
        """The ratings of each story."""
        return {name: made.ratings for name, made in self.stories.items()}


def simulate_stories(
    carriers: Carriers = "shared",
    *,
    plant: Plant = "coupling",
    n_stories: int = 3,
    n_subjects: int = 8,
    n_volumes: int = 300,
    tr_s: float = 2.0,
    n_regions: int = 30,
    n_carriers: int = 10,
    ar: float = 0.4,
    coupling: float = 0.12,
    amplitude_sd: float = 0.6,
    smoothness_s: float = 20.0,
    emotions: Sequence[str] = ("fear",),
    planted: Sequence[str] | None = None,
    seed: int | np.random.Generator = 0,
) -> StoriesSimulation:
    """Simulate several stories that the same subjects hear, each with `simulate_bold`.

    The stories, ``story1`` …, have independent ratings, latent signals and noise. With ``shared`` carriers, the same
    regions carry an emotion in all stories, so that a decoder fitted to one story generalises to another. With ``own``
    carriers, each story has its own carriers, so that a decoder can't generalise between stories.

    The fixed scenario for generalisation is ``simulate_stories("shared")`` and ``simulate_stories("own")``: 3 stories,
    8 subjects, 300 volumes each, 30 regions, 10 carriers, coupling 0.12, at which r within a story is about 0.45 with
    the recommended preset (tests/benchmarks/stories.py).

    Parameters
    ----------
    carriers : {"shared", "own"}, default "shared"
        Whether the same regions carry an emotion in all stories, or each story has its own.
    plant : str, default "coupling"
        As for `simulate_bold`.
    n_stories : int, default 3
        Number of stories.
    n_subjects, n_volumes : int, default 8 and 300
        Number of subjects, and number of volumes of each story.
    tr_s, n_regions, n_carriers, ar, coupling, amplitude_sd, smoothness_s, emotions, planted : object, optional
        As for `simulate_bold`, for every story; the default of `coupling` is 0.12.
    seed : int or Generator, default 0
        Random seed; the same seed gives the same study.

    Returns
    -------
    StoriesSimulation
        The stories by name.

    Raises
    ------
    ConfigError
        The values are invalid or inconsistent, such as too few regions for separate carriers.

    Examples
    --------
    >>> made = simulate_stories("own", n_stories=2, n_subjects=2, n_volumes=60, n_regions=8, n_carriers=3)
    >>> sorted({one.story for one in made.series})
    ['story1', 'story2']
    """
    if carriers not in get_args(Carriers):
        raise ConfigError(f"simulate.carriers: wanted one of {', '.join(get_args(Carriers))}, got {carriers!r}")
    _positive(n_stories=n_stories)
    emotions = names_of(emotions)
    planted = emotions if planted is None else names_of(planted)
    if not planted:
        raise ConfigError("simulate.planted: wanted at least one emotion, got none; use plant='nothing' for a null")
    n_sets = len(planted) * (n_stories if carriers == "own" else 1)
    if n_carriers < 2 or n_carriers * n_sets > n_regions:
        raise ConfigError(
            f"simulate.n_carriers: wanted 2 or more, and regions for {n_sets} sets of {n_carriers} carriers, got "
            f"{n_regions} regions; a region carries one emotion" + (", in one story" if carriers == "own" else "")
        )
    carrier_rng, *story_rngs = np.random.default_rng(seed).spawn(1 + n_stories)
    regions = tuple(f"region_{i + 1:0{len(str(n_regions))}d}" for i in range(n_regions))
    sets = carrier_rng.permutation(n_regions)[: n_sets * n_carriers].reshape(-1, len(planted), n_carriers)
    stories = {}
    for number, rng in enumerate(story_rngs):
        loadings = np.zeros((len(planted), n_regions))
        np.put_along_axis(loadings, sets[number % len(sets)], 1.0, axis=1)
        name = f"story{number + 1}"
        made = simulate_bold(
            plant,
            n_subjects=n_subjects,
            n_volumes=n_volumes,
            tr_s=tr_s,
            ar=ar,
            coupling=coupling,
            amplitude_sd=amplitude_sd,
            smoothness_s=smoothness_s,
            emotions=emotions,
            loadings=RegionWeights(planted, regions, loadings),
            seed=rng,
        )
        stories[name] = attrs.evolve(made, series=tuple(attrs.evolve(one, story=name) for one in made.series))
    return StoriesSimulation(stories)


def simulate_ratings(
    duration_s: float,
    tau_s: float,
    kind: NullRatings = "gaussian",
    *,
    emotions: Sequence[str] = ("fear",),
    segment_s: float = 4.0,
    seed: int | np.random.Generator = 0,
) -> Ratings:
    """Simulate ratings from 0 to 1 that are unrelated to any signal, to calibrate tests on real BOLD.

    Each emotion is an AR(1) process over segments.

    Parameters
    ----------
    duration_s : float
        Length of the story in seconds.
    tau_s : float
        Time after which the autocorrelation falls to 1/e, in seconds.
    kind : {"gaussian", "sparse"}, default "gaussian"
        ``gaussian`` uses the process unchanged; ``sparse`` is 0 except in the highest 15 % of the story, similar to
        ratings of a rare emotion.
    emotions : sequence of str, default ("fear",)
        The emotions, each with an independent time course.
    segment_s : float, default 4.0
        Length of a segment in seconds.
    seed : int or Generator, default 0
        Random seed; the same seed gives the same ratings.

    Returns
    -------
    Ratings
        The ratings, with one row per segment.

    Raises
    ------
    ConfigError
        The values are invalid.

    Examples
    --------
    >>> simulate_ratings(60.0, tau_s=10.0, emotions=["fear", "joy"]).values.shape
    (15, 2)
    """
    emotions = names_of(emotions)
    if kind not in get_args(NullRatings):
        raise ConfigError(f"simulate.kind: wanted one of {', '.join(get_args(NullRatings))}, got {kind!r}")
    _positive(duration_s=duration_s, tau_s=tau_s, segment_s=segment_s)
    n_segments = _n_segments(duration_s, segment_s)
    course = ar1(n_segments, len(emotions), math.exp(-segment_s / tau_s), np.random.default_rng(seed))
    if kind == "sparse":
        course = np.maximum(course - np.quantile(course, 0.85, axis=0), 0)
    return _ratings(course, emotions, segment_s)


def simulate_noise(
    *,
    n_subjects: int = 26,
    n_volumes: int = 362,
    tr_s: float = 2.0,
    n_regions: int = 100,
    rank: int | None = 20,
    ar: float = 0.5,
    seed: int | np.random.Generator = 0,
) -> tuple[RegionSeries, ...]:
    """Simulate recordings that are unrelated to any story and independent between subjects.

    Use them to test how often a procedure finds an effect in noise.

    Parameters
    ----------
    n_subjects : int, default 26
        Number of recordings.
    n_volumes : int, default 362
        Number of volumes of each.
    tr_s : float, default 2.0
        Repetition time in seconds.
    n_regions : int, default 100
        Regions.
    rank : int or None, default 20
        Number of independent processes of which each region is a weighted sum. The weights are drawn from a normal
        distribution and shared by all subjects, like a common anatomy. None: independent regions.
    ar : float, default 0.5
        Lag-1 autocorrelation of the AR(1) processes.
    seed : int or Generator, default 0
        Random seed. The same seed gives the same weights, and the same first subjects for any number of subjects.

    Returns
    -------
    tuple of RegionSeries, (n_subjects,)
        The recordings.

    Raises
    ------
    ConfigError
        The values are invalid.

    Examples
    --------
    >>> [one.values.shape for one in simulate_noise(n_subjects=2, n_volumes=50, n_regions=4)]
    [(50, 4), (50, 4)]
    """
    _positive(n_subjects=n_subjects, n_volumes=n_volumes, tr_s=tr_s, n_regions=n_regions)
    if not 0 <= ar < 1:
        raise ConfigError(f"simulate.ar: wanted 0 or more and less than 1, got {ar}")
    if rank is not None and rank < 1:
        raise ConfigError(f"simulate.rank: wanted 1 or more, or None, got {rank}")
    weight_rng, *subject_rngs = np.random.default_rng(seed).spawn(1 + n_subjects)
    regions = tuple(f"region_{i + 1:0{len(str(n_regions))}d}" for i in range(n_regions))
    weights = None if rank is None else weight_rng.standard_normal((rank, n_regions)) / math.sqrt(rank)
    series = []
    for subject, rng in enumerate(subject_rngs):
        processes = ar1(n_volumes, n_regions if weights is None else len(weights), ar, rng)
        values = processes if weights is None else processes @ weights
        series.append(RegionSeries(f"sub-{subject + 1:0{max(2, len(str(n_subjects)))}d}", regions, values, tr_s))
    return tuple(series)


def ar1(n_times: int, n_columns: int, ar: float, rng: np.random.Generator) -> FloatArray:
    """Return independent stationary AR(1) processes of unit variance, (n_times, n_columns)."""
    from scipy.signal import lfilter

    drawn = rng.standard_normal((n_times, n_columns))
    drawn[1:] *= math.sqrt(1 - ar**2)  # the first value has the stationary variance already
    return np.asarray(lfilter([1.0], [1.0, -ar], drawn, axis=0))


def _signal(truth: Truth, subject: int, ar: float, rng: np.random.Generator) -> FloatArray:
    """Signal of one subject without motion, (n_volumes, n_regions)."""
    (n_volumes, n_emotions), n_regions = truth.course.shape, truth.loadings.shape[1]
    values, latent = ar1(n_volumes, n_regions, ar, rng), ar1(n_volumes, n_emotions, ar, rng)
    own = np.zeros_like(values)
    shared = np.zeros_like(values)
    for k, weights in enumerate(truth.loadings):
        c = truth.coupling[:, [k]]
        shared += np.sqrt(c) * latent[:, [k]] * weights
        own += c * weights**2
    values = shared + np.sqrt(1 - own) * values
    for k, weights in enumerate(truth.loadings):
        values += truth.amplitude_sd[subject, k] * truth.course[:, [k]] * weights
    return values


def smooth(n_times: int, n_columns: int, smoothness: float, rng: np.random.Generator) -> FloatArray:
    """Return independent Gaussian processes of unit variance with autocorrelation exp(−(lag / smoothness)²).

    Parameters
    ----------
    n_times, n_columns
        The shape of what is returned.
    smoothness
        In steps of time.
    rng
        What the processes are drawn from.
    """
    reach = math.ceil(3 * smoothness)
    # white noise under a Gaussian kernel: the kernel's autocorrelation is a Gaussian √2 times as wide
    kernel = np.exp(-2 * (np.arange(-reach, reach + 1) / smoothness) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    noise = rng.standard_normal((n_columns, n_times + 2 * reach))
    return np.stack([np.convolve(row, kernel, mode="valid") for row in noise], axis=1)


def _n_segments(duration_s: float, segment_s: float) -> int:
    if duration_s < 10 * segment_s:
        raise ConfigError(
            f"simulate.segment_s: wanted 10 segments or more, got {duration_s:g} s in pieces of {segment_s:g} s"
        )
    return math.ceil(duration_s / segment_s)


def _ratings(values: FloatArray, emotions: tuple[str, ...], segment_s: float) -> Ratings:
    low, high = values.min(axis=0), values.max(axis=0)
    return Ratings(
        emotions=emotions,
        onset_s=np.arange(len(values)) * segment_s,
        duration_s=np.full(len(values), segment_s),
        values=(values - low) / (high - low),
    )


def _motion(burst_rate: FloatArray, rng: np.random.Generator) -> Motion:
    """Six parameters that jitter by about 0.1 mm a volume, jump in bursts and drift back."""
    from scipy.signal import lfilter

    n_volumes = len(burst_rate)
    steps_mm = rng.normal(0, 0.02, (n_volumes, 6))
    burst = rng.random(n_volumes) < burst_rate
    size_mm = 0.3 + rng.exponential(0.7, n_volumes)
    direction = rng.dirichlet(np.ones(6), n_volumes) * rng.choice([-1.0, 1.0], (n_volumes, 6))
    steps_mm += (burst * size_mm)[:, None] * direction
    parameters = lfilter([1.0], [1.0, -0.98], steps_mm, axis=0)
    parameters[:, 3:] /= HEAD_RADIUS_MM
    return Motion(parameters)


def _check(plant: str, *, ar: float, emotions: tuple[str, ...], planted: tuple[str, ...]) -> None:
    if plant not in get_args(Plant):
        raise ConfigError(f"simulate.plant: wanted one of {', '.join(get_args(Plant))}, got {plant!r}")
    if odd := set(planted) - set(emotions):
        raise ConfigError(f"simulate.planted: wanted some of {', '.join(emotions)}, got {', '.join(sorted(odd))}")
    if not planted:
        raise ConfigError("simulate.planted: wanted at least one emotion, got none; use plant='nothing' for a null")
    if not 0 <= ar < 1:
        raise ConfigError(f"simulate.ar: wanted a coefficient from 0 to below 1, got {ar:g}")


def _check_carriers(*, n_regions: int, n_carriers: int, planted: tuple[str, ...]) -> None:
    if n_carriers < 2 or n_carriers * len(planted) > n_regions:
        raise ConfigError(
            f"simulate.n_carriers: wanted 2 or more, and regions for {len(planted)} emotions × {n_carriers} carriers, "
            f"got {n_regions} regions; a region carries one emotion"
        )


def _check_loadings(loadings: RegionWeights) -> None:
    """A region's signal is a mixture of variance 1, which bounds what it can carry."""
    values = loadings.values
    if (values < 0).any() or ((values**2).sum(axis=0) > 1 + 1e-9).any():
        raise ConfigError(
            "simulate.loadings: wanted 0 to 1, their squares summing to at most 1 over a region's emotions, got "
            f"{values.min():g} to {values.max():g} and sums of up to {(values**2).sum(axis=0).max():g}; scale them down"
        )


def _check_course(course: FloatArray, emotions: tuple[str, ...]) -> None:
    if not np.isfinite(course).all():
        raise ConfigError(
            "simulate.ratings: wanted ratings for the whole run, but they end earlier; use fewer n_volumes"
        )
    if still := [name for name, values in zip(emotions, course.T, strict=True) if np.ptp(values) == 0]:
        raise ConfigError(
            f"simulate.ratings: {', '.join(still)}: the rating is constant, so no signal can depend on it"
        )


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ConfigError(f"simulate.{name}: wanted more than 0, got {value:g}")
