"""Planted truth, recovered by estimates that know nothing of the generator."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from scipy.stats import skew

from emotopy.errors import ConfigError
from emotopy.inference.rating_courses import volume_course
from emotopy.records.brain import RegionSeries
from emotopy.records.regions import RegionWeights
from emotopy.simulate import (
    BURST_RATE,
    Simulation,
    ar1,
    simulate_bold,
    simulate_noise,
    simulate_ratings,
    simulate_stories,
)

MANY = {"n_subjects": 400, "n_volumes": 90, "n_regions": 12, "n_carriers": 4}
"""An ensemble: the same story heard by many, so that statistics at one moment can be estimated over subjects."""


def ensemble(sim: Simulation) -> np.ndarray:
    """Return (n_subjects, n_volumes, n_regions)."""
    return np.stack([run.values for run in sim.series])


def carrier_correlation(values: np.ndarray) -> np.ndarray:
    """Return the mean correlation over subjects among the regions given, per volume, (n_volumes,)."""
    first, second = np.triu_indices(values.shape[2], k=1)
    return np.array([np.corrcoef(values[:, t].T)[first, second].mean() for t in range(values.shape[1])])


def test_frozen_scenario_is_the_default():
    """Without arguments there are 20 subjects, 362 volumes, TR 2 s, 30 regions with 10 carriers, a rating of 0 to 1."""
    sim = simulate_bold("coupling", seed=3)
    assert [run.values.shape for run in sim.series] == [(362, 30)] * 20
    assert sim.tr_s == 2.0
    assert sim.truth.carriers.sum() == 10
    assert sim.truth.edges.sum() == 45
    assert len({run.subject for run in sim.series}) == 20
    assert (sim.ratings.values.min(), sim.ratings.values.max()) == (0, 1)
    assert sim.ratings.onset_s[-1] + sim.ratings.duration_s[-1] >= 362 * 2.0 > sim.ratings.onset_s[-1]
    assert all(motion.parameters.shape == (362, 6) and motion.fd_mm.shape == (362,) for motion in sim.motion)


def test_course_is_the_rating_under_the_hrf():
    """The truth's course is what the pathway makes of the ratings, standardised."""
    sim = simulate_bold("nothing", n_subjects=1, emotions=("fear", "joy", "anger"), n_carriers=5, seed=1)
    wanted = volume_course(sim.ratings, 2.0, 362).values
    np.testing.assert_allclose(sim.truth.course, (wanted - wanted.mean(0)) / wanted.std(0))


@pytest.fixture(scope="module")
def coupled() -> Simulation:
    return simulate_bold("coupling", **MANY, seed=11)


def test_coupling_follows_the_rating(coupled):
    """Over subjects, carriers correlate at each volume by the planted amount: 0.3 + 0.3 z, cut to 0 … 0.95."""
    found = carrier_correlation(ensemble(coupled)[:, :, coupled.truth.carriers[0]])
    wanted = np.clip(0.3 + 0.3 * coupled.truth.course[:, 0], 0, 0.95)
    # a correlation of 400 has a standard error of at most 0.05; six pairs that share regions improve on it a little
    assert np.abs(found - wanted).max() < 0.2
    assert abs((found - wanted).mean()) < 0.02
    assert np.polyfit(wanted, found, 1)[0] == pytest.approx(1, abs=0.08)


def test_coupling_leaks_no_amplitude(coupled):
    """Under planted coupling neither the mean nor the variance of carriers follows the rating."""
    values = ensemble(coupled)[:, :, coupled.truth.carriers[0]]
    course = coupled.truth.course[:, 0]
    assert values.var() == pytest.approx(1, abs=0.02)
    high, low = course > np.quantile(course, 0.8), course < np.quantile(course, 0.2)
    # 400 subjects × 18 volumes × 4 carriers, of which about a third is independent at high coupling
    assert values[:, high].var() == pytest.approx(values[:, low].var(), abs=0.05)
    assert abs(values[:, high].mean() - values[:, low].mean()) < 0.05


def test_coupling_touches_carriers_alone(coupled):
    """Regions that carry nothing correlate neither with each other nor with carriers, whatever the rating."""
    carriers = coupled.truth.carriers[0]
    values = ensemble(coupled)
    assert np.abs(carrier_correlation(values[:, :, ~carriers])).mean() < 0.02
    together = np.corrcoef(values.reshape(-1, values.shape[2]).T)
    assert np.abs(together[np.ix_(carriers, ~carriers)]).max() < 0.03


def test_nobodys_latent_tells_of_anybody_elses(coupled):
    """Under planted coupling two subjects' carriers don't correlate: there is no evoked signal."""
    values = ensemble(coupled)[:, :, coupled.truth.carriers[0]].mean(axis=2)
    between = np.corrcoef(values)[np.triu_indices(len(values), k=1)]
    assert abs(between.mean()) < 0.005


def test_noise_is_autoregressive(rng):
    """Noise has lag-one autocorrelation `ar`, its square at lag two, and unit variance from the first volume on."""
    values = ar1(61, 20_000, 0.4, rng)
    assert (values[1:] * values[:-1]).mean() == pytest.approx(0.4, abs=0.01)
    assert (values[2:] * values[:-2]).mean() == pytest.approx(0.16, abs=0.01)
    assert values[0].var() == pytest.approx(1, abs=0.05)
    assert values[-1].var() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("plant", ["coupling", "nothing"])
def test_series_keep_the_autocorrelation(plant):
    """The planted signal is as autocorrelated as the noise: 0.4 in carriers and elsewhere."""
    sim = simulate_bold(plant, **MANY, seed=5)
    values = ensemble(sim)
    found = (values[:, 1:] * values[:, :-1]).mean(axis=(0, 1))
    np.testing.assert_allclose(found, 0.4, atol=0.04)


def test_amplitude_follows_the_rating():
    """Under planted amplitude, regression on the course gives carriers 0.6 SD per SD, others nothing."""
    sim = simulate_bold("amplitude", n_subjects=50, seed=2)
    carriers, course = sim.truth.carriers[0], sim.truth.course[:, 0]
    slopes = np.stack([run.values.T @ course / len(course) for run in sim.series])
    assert slopes[:, carriers].mean() == pytest.approx(0.6, abs=0.04)
    assert abs(slopes[:, ~carriers].mean()) < 0.02
    np.testing.assert_allclose(slopes[:, carriers].mean(axis=1), sim.truth.amplitude_sd[:, 0], atol=0.2)
    assert 0.03 < sim.truth.amplitude_sd.std() < 0.09
    residual = np.stack([run.values - np.outer(course, slope) for run, slope in zip(sim.series, slopes, strict=True)])
    assert residual[:, :, carriers].std() == pytest.approx(1, abs=0.02)


def test_motion_drives_spikes_everywhere():
    """Under planted motion displacement follows the rating, and all regions drop with displacement, none more."""
    sim = simulate_bold("motion", n_subjects=40, seed=4)
    course = sim.truth.course[:, 0]
    displacement = np.stack([motion.fd_mm for motion in sim.motion])
    assert np.corrcoef(displacement.mean(axis=0), course)[0, 1] > 0.5
    slopes = []
    for run, fd in zip(sim.series, displacement, strict=True):
        away = fd - fd.mean()
        slopes.append(away @ run.values / (away @ away))
    np.testing.assert_allclose(np.mean(slopes, axis=0), -2.0, atol=0.2)
    assert not sim.truth.carriers.any()


@pytest.mark.parametrize("plant", ["coupling", "amplitude", "nothing"])
def test_motion_is_innocent_unless_planted(plant):
    """Unless it is planted, motion follows neither the rating nor shows in the signal."""
    sim = simulate_bold(plant, n_subjects=40, seed=4)
    displacement = np.stack([motion.fd_mm for motion in sim.motion])
    assert abs(np.corrcoef(displacement.mean(axis=0), sim.truth.course[:, 0])[0, 1]) < 0.2
    away = displacement - displacement.mean(axis=1, keepdims=True)
    slopes = [fd @ run.values / (fd @ fd) for run, fd in zip(sim.series, away, strict=True)]
    assert np.abs(np.mean(slopes, axis=0)).max() < 0.15


def test_bursts_have_their_rate():
    """Displacement is about 0.1 mm but in bursts, which take the stated share of volumes whatever is planted."""
    for plant in ("nothing", "motion"):
        sim = simulate_bold(plant, n_subjects=60, n_regions=4, n_carriers=2, seed=6)
        fd = np.stack([motion.fd_mm for motion in sim.motion])[:, 1:]
        assert 0.05 < np.median(fd) < 0.15
        assert (fd > 0.3).mean() == pytest.approx(BURST_RATE, abs=0.012)


def test_framewise_displacement_is_that_of_power():
    """FD sums absolute steps, rotations on a sphere of 50 mm; the first volume has none."""
    motion = simulate_bold("nothing", n_subjects=1, seed=0).motion[0]
    p = motion.parameters
    wanted = [sum(abs(p[9, k] - p[8, k]) * (1 if k < 3 else 50) for k in range(6))]
    np.testing.assert_allclose(motion.fd_mm[9:10], wanted)
    assert motion.fd_mm[0] == 0


def test_nothing_planted_relates_to_nothing():
    """Under `nothing` the rating explains neither a region's level nor a pair's product."""
    sim = simulate_bold("nothing", **MANY, seed=7)
    values, course = ensemble(sim), sim.truth.course[:, 0]
    assert np.abs(np.einsum("stv,t->v", values, course) / values[..., 0].size).max() < 0.03
    first, second = np.triu_indices(values.shape[2], k=1)
    products = (values[:, :, first] * values[:, :, second]).mean(axis=0)
    assert np.abs(products.T @ course / len(course)).max() < 0.03
    assert not sim.truth.coupling.any()
    assert not sim.truth.amplitude_sd.any()


def test_several_emotions_have_carriers_of_their_own():
    """Each planted emotion has other carriers, which follow its course and no other's; an unplanted one has none."""
    sim = simulate_bold(
        "amplitude", n_subjects=30, n_carriers=7, emotions=("fear", "joy", "awe"), planted=("awe", "fear"), seed=9
    )
    assert sim.truth.carriers.sum(axis=1).tolist() == [7, 0, 7]
    assert sim.truth.carriers.sum(axis=0).max() == 1
    mean = np.mean([run.values for run in sim.series], axis=0)
    slopes = np.linalg.lstsq(sim.truth.course, mean, rcond=None)[0]  # (n_emotions, n_regions)
    np.testing.assert_allclose(slopes, 0.6 * sim.truth.carriers, atol=0.12)
    others = np.corrcoef(sim.truth.course.T)[np.triu_indices(3, k=1)]
    assert np.abs(others).max() < 0.6


def test_seed_decides_everything():
    """The same seed gives the same study, another seed another one, a generator its next."""
    one, same, other = (simulate_bold("motion", n_subjects=2, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.series[1].values, same.series[1].values)
    np.testing.assert_array_equal(one.motion[1].parameters, same.motion[1].parameters)
    np.testing.assert_array_equal(one.ratings.values, same.ratings.values)
    assert not np.allclose(one.series[0].values, other.series[0].values)
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(
        simulate_bold("motion", n_subjects=2, seed=generator).series[1].values, one.series[1].values
    )
    assert not np.allclose(simulate_bold("motion", n_subjects=2, seed=generator).series[1].values, one.series[1].values)


def test_plants_and_sample_sizes_share_the_noise():
    """A seed's ratings and noise stay under another plant, and its first subjects stay when more are added."""
    few, more = (simulate_bold("amplitude", n_subjects=n, seed=8) for n in (2, 5))
    np.testing.assert_array_equal(few.series[1].values, more.series[1].values)
    nothing = simulate_bold("nothing", n_subjects=2, seed=8)
    np.testing.assert_array_equal(few.ratings.values, nothing.ratings.values)
    bystanders = ~few.truth.carriers[0]
    np.testing.assert_array_equal(few.series[0].values[:, bystanders], nothing.series[0].values[:, bystanders])


def test_planted_ratings_are_skewed_and_smooth():
    """The log-rating's autocorrelation falls to 1/e at the smoothness; the rating itself is skewed to the right."""
    sim = simulate_bold("nothing", n_subjects=1, n_volumes=40_000, n_regions=2, n_carriers=2, seed=0)
    rating = sim.ratings.values[:, 0]
    assert 2 < skew(rating) < 4.5
    # undo the exp: the shift by the minimum moves the log only where the rating is next to nothing
    latent = np.log(rating + 0.01)
    latent -= latent.mean()
    found = [(latent[lag:] * latent[:-lag]).mean() / latent.var() for lag in (5, 10)]
    np.testing.assert_allclose(found, np.exp([-1.0, -4.0]), atol=0.04)


@pytest.mark.parametrize("tau_s", [20.0, 60.0])
def test_null_ratings_are_autoregressive(tau_s):
    """Gaussian null ratings lose their autocorrelation exponentially, to 1/e within tau."""
    values = simulate_ratings(200_000, tau_s, emotions=("fear", "joy"), seed=3).values
    away = values - values.mean(axis=0)
    for lag in (3, 7):
        found = (away[lag:] * away[:-lag]).mean(axis=0) / values.var(axis=0)
        np.testing.assert_allclose(found, np.exp(-lag * 4 / tau_s), atol=0.04)
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.05


def test_sparse_null_ratings_are_mostly_zero():
    """Sparse null ratings are 0 in 85 % of the segments and between 0 and 1 elsewhere."""
    values = simulate_ratings(724, 20, "sparse", emotions=("fear", "joy", "awe"), seed=3).values
    assert values.shape == (181, 3)
    np.testing.assert_allclose((values == 0).mean(axis=0), 0.85, atol=0.01)
    assert values.max(axis=0).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"plant": "noise"}, "coupling, amplitude, motion, nothing"),
        ({"n_regions": 12, "n_carriers": 7, "emotions": ("a", "b")}, "2 emotions × 7 carriers, got 12"),
        ({"n_carriers": 1}, "2 or more"),
        ({"ar": 1.0}, "below 1"),
        ({"planted": ("joy",)}, "fear"),
        ({"planted": ()}, "plant='nothing'"),
        ({"n_volumes": 19}, "10 segments"),
        ({"tr_s": 0.0}, "more than 0"),
        ({"n_subjects": 0}, "more than 0"),
    ],
)
def test_impossible_studies_are_refused(options, wanted):
    """A value that makes no study is an error that says what would."""
    with pytest.raises(ConfigError, match=wanted.replace("(", r"\(")):
        simulate_bold(**{"plant": "coupling", **options})


@pytest.mark.parametrize(
    "options", [{"kind": "spiky"}, {"tau_s": 0}, {"duration_s": 39.0}, {"segment_s": -4.0}], ids=str
)
def test_impossible_ratings_are_refused(options):
    """Null ratings of no kind, length or smoothness are an error."""
    with pytest.raises(ConfigError, match="simulate"):
        simulate_ratings(**{"duration_s": 724, "tau_s": 20, **options})


def test_simulation_holds_ordinary_records():
    """A run is a `RegionSeries` like any other: volumes with much motion can be censored in it."""
    sim = simulate_bold("motion", n_subjects=1, seed=0)
    keep = sim.motion[0].fd_mm <= 0.5
    run = attrs.evolve(sim.series[0], keep=keep)
    assert isinstance(run, RegionSeries)
    assert 0 < (~run.keep).sum() < 60


@pytest.fixture(scope="module")
def loaded() -> tuple[Simulation, RegionWeights]:
    """Two emotions that regions carry more or less, some both."""
    values = np.array([[1.0, 0.8, 0.5, 0.0, 0.3], [0.0, 0.6, 0.5, 0.9, 0.0]])
    loadings = RegionWeights(("joy", "fear"), ("a", "b", "c", "d", "e"), values)
    study = simulate_bold(
        "coupling", n_subjects=1500, n_volumes=60, emotions=("fear", "joy", "awe"), loadings=loadings, seed=8
    )
    return study, loadings


def test_regions_carry_as_much_as_their_loadings_say(loaded):
    """Regions i and j correlate, over subjects, by the sum over emotions of w_i w_j c(t), at every moment."""
    study, loadings = loaded
    values = ensemble(study)
    place = [("fear", "joy", "awe").index(name) for name in loadings.emotions]
    at = study.truth.coupling[:, place].mean(axis=0)
    for i, j in ((0, 1), (1, 2), (2, 3), (0, 3), (3, 4)):
        wanted = (loadings.values[:, i] * loadings.values[:, j] * at).sum()
        assert (values[:, :, i] * values[:, :, j]).mean() == pytest.approx(wanted, abs=0.012)
    np.testing.assert_allclose(values.var(axis=(0, 1)), 1, atol=0.02)


def test_loadings_name_the_regions_and_the_planted_emotions(loaded):
    """Series have the record's regions; an emotion without loadings is carried nowhere."""
    study, loadings = loaded
    assert study.series[0].regions == loadings.regions
    np.testing.assert_array_equal(study.truth.loadings, [loadings.values[1], loadings.values[0], np.zeros(5)])
    assert study.truth.carriers.sum(axis=1).tolist() == [3, 4, 0]
    assert not study.truth.coupling[:, 2].any()


def test_amplitude_is_weighted_by_loadings():
    """A region with half the loading follows the rating half as much."""
    loadings = RegionWeights(("fear",), ("a", "b", "c"), np.array([[1.0, 0.5, 0.0]]))
    study = simulate_bold("amplitude", n_subjects=60, loadings=loadings, seed=2)
    course = study.truth.course[:, 0]
    slopes = np.mean([run.values.T @ course / len(course) for run in study.series], axis=0)
    np.testing.assert_allclose(slopes, [0.6, 0.3, 0], atol=0.04)


def test_ratings_of_ones_own_are_what_the_signal_follows():
    """The course is theirs, they come back as they were, and the noise is that of the same seed."""
    given = simulate_ratings(800, 30, emotions=("awe", "calm"), seed=4)
    study = simulate_bold("coupling", n_subjects=2, ratings=given, n_carriers=5, seed=9)
    assert study.ratings is given
    wanted = volume_course(given, 2.0, 362).values
    np.testing.assert_allclose(study.truth.course, (wanted - wanted.mean(0)) / wanted.std(0))
    drawn = simulate_bold("coupling", n_subjects=2, emotions=("awe", "calm"), n_carriers=5, seed=9)
    np.testing.assert_array_equal(study.truth.carriers, drawn.truth.carriers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loadings": RegionWeights(("fear",), ("a", "b"), np.array([[-0.1, 1.0]]))}, "wanted 0 to 1.*got -0.1 to 1"),
        ({"emotions": ("x", "y"), "loadings": RegionWeights(("x", "y"), ("a",), np.full((2, 1), 0.8))}, "up to 1.28"),
        ({"loadings": RegionWeights(("joy",), ("a", "b"), np.ones((1, 2)))}, "wanted some of fear, got joy"),
        ({"ratings": attrs.evolve(simulate_ratings(300, 20), known_until_s=300.0)}, "for the whole run"),
        ({"ratings": attrs.evolve(simulate_ratings(800, 20), values=np.full((200, 1), 0.2))}, "rating is constant"),
    ],
)  # fmt: skip
def test_loadings_and_ratings_that_make_no_study_are_refused(options, message):
    """Each with what was wanted."""
    with pytest.raises(ConfigError, match=message):
        simulate_bold("coupling", n_subjects=1, **options)


# Several stories ------------------------------------------------------------------------------------------------------


def test_the_frozen_scenario_of_stories_is_the_default():
    """3 stories of 300 volumes, heard by the same 8 subjects; each series says its story."""
    made = simulate_stories()
    assert list(made.stories) == ["story1", "story2", "story3"]
    assert [one.values.shape for one in made.series] == [(300, 30)] * 24
    assert [one.story for one in made.series] == [f"story{i}" for i in (1, 2, 3) for _ in range(8)]
    assert len({one.subject for one in made.series}) == 8
    assert list(made.ratings) == list(made.stories)


@pytest.mark.parametrize("carriers", ["shared", "own"])
def test_carriers_are_the_same_in_all_stories_or_others_in_each(carriers):
    """Shared ones carry the same emotion everywhere; own ones carry nothing in another story."""
    made = simulate_stories(carriers, n_subjects=2, n_carriers=4, emotions=("fear", "joy"))
    sets = np.stack([one.truth.carriers for one in made.stories.values()])
    assert (sets.sum(axis=2) == 4).all()
    if carriers == "shared":
        assert (sets == sets[0]).all()
    else:
        assert (sets.sum(axis=(0, 1)) <= 1).all()


def test_coupling_is_planted_in_the_carriers_of_each_story():
    """Over many subjects carriers correlate as the truth says at each moment, in every story by its own rating."""
    made = simulate_stories("own", n_stories=2, n_subjects=400, n_volumes=80, n_regions=12, n_carriers=4, coupling=0.3)
    for one in made.stories.values():
        found = carrier_correlation(ensemble(one)[:, :, one.truth.carriers[0]])
        assert np.corrcoef(found, one.truth.coupling[:, 0])[0, 1] > 0.9
    first, second = (one.truth.course[:, 0] for one in made.stories.values())
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.9


def test_stories_share_no_noise_and_the_seed_decides_everything():
    """The same subject's signals in two stories are independent."""
    made, again = (simulate_stories(n_subjects=3, n_volumes=200, seed=5) for _ in range(2))
    for one, other in zip(made.series, again.series, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    first, second = (made.stories[name].series[0].values for name in ("story1", "story2"))
    assert np.abs([np.corrcoef(a, b)[0, 1] for a, b in zip(first.T, second.T, strict=True)]).max() < 0.4


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"carriers": "other"}, "carriers"),
        ({"n_stories": 0}, "n_stories"),
        ({"carriers": "own", "n_stories": 4}, "4 sets"),
        ({"emotions": ()}, "planted"),
    ],
)
def test_impossible_stories_are_refused(options, wanted):
    """Unknown carriers, no story, too few regions for carriers of their own, no emotion."""
    with pytest.raises(ConfigError, match=wanted):
        simulate_stories(**options)


def test_noise_has_the_rank_and_the_smoothness_asked_for():
    """As many processes as asked for, with their autocorrelation; all listeners share weights, none shares a signal."""
    made = simulate_noise(n_subjects=3, n_volumes=4000, n_regions=12, rank=4, ar=0.6, seed=1)
    for one in made:
        assert np.linalg.matrix_rank(one.values) == 4
        for column in one.values.T:
            assert np.corrcoef(column[1:], column[:-1])[0, 1] == pytest.approx(0.6, abs=0.06)
    between = np.corrcoef(made[0].values[:, 0], made[1].values[:, 0])[0, 1]
    assert abs(between) < 0.1
    ours, theirs = (np.corrcoef(one.values.T)[np.triu_indices(12, 1)] for one in made[:2])
    assert np.corrcoef(ours, theirs)[0, 1] > 0.95


def test_noise_without_a_rank_is_independent_and_its_seed_repeats_it():
    """More listeners leave the first ones as they are."""
    few, more = (simulate_noise(n_subjects=n, n_volumes=3000, n_regions=5, rank=None, ar=0, seed=2) for n in (2, 4))
    assert np.abs(np.corrcoef(few[0].values.T) - np.eye(5)).max() < 0.1
    np.testing.assert_array_equal(few[1].values, more[1].values)


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"ar": 1.0}, {"ar": -0.1}, {"n_regions": 0}])
def test_noise_of_no_recording_is_refused(wrong):
    """By the value that makes none."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        simulate_noise(n_subjects=2, **wrong)
