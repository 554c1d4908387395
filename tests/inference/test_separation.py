"""Groups told from profiles, against permuted labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import balanced_accuracy_score

from emotopy.errors import InputError
from emotopy.inference.separation import discriminate, p_values, separation


def clouds(rng, n, gap, n_groups=3, n_columns=4):
    """Texts (n_groups · n, n_columns) of groups whose means lie `gap` apart, and their groups."""
    groups = np.repeat(np.arange(n_groups), n)
    return rng.standard_normal((len(groups), n_columns)) + gap * np.eye(n_groups, n_columns)[groups], groups


def test_it_decides_as_scikit_learn_does(rng):
    """With groups of one size it is scikit-learn's discriminant analysis with the same shrinkage and equal priors."""
    from sklearn.covariance import ledoit_wolf

    profiles, groups = clouds(rng, 40, 1.0)
    test = rng.standard_normal((500, 4))
    means = np.array([profiles[groups == group].mean(axis=0) for group in range(3)])
    shrinkage = ledoit_wolf(profiles - means[groups], assume_centered=True)[1]
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=np.full(3, 1 / 3))
    expected = reference.fit(profiles, groups).predict(test)
    np.testing.assert_array_equal(discriminate(profiles, groups, test, 3), expected)


def test_groups_that_differ_are_told_apart(rng):
    """Accuracy far above chance, its p the smallest there is, each recall beyond its family's null."""
    profiles, groups = clouds(rng, 50, 3.0)
    found = separation(profiles, groups, n_permutations=99, rng=rng)
    assert found.observed[0] > 0.8
    assert found.p[0] == pytest.approx(0.01)
    assert (found.p_family < 0.05).all()
    assert found.null[:, 1].mean() == pytest.approx(1 / 3, abs=0.03)


def test_balanced_accuracy_counts_groups_alike(rng):
    """It is the mean recall, as scikit-learn defines it, also for groups of unequal sizes."""
    profiles, _ = clouds(rng, 40, 2.0)
    groups = np.repeat([0, 1, 2], [80, 30, 10])
    found = separation(profiles, groups, n_permutations=3, rng=rng)
    assert found.observed[1] == pytest.approx(found.observed[2:].mean())
    told = discriminate(profiles, groups, profiles, 3)
    recall = [np.mean(told[groups == group] == group) for group in range(3)]
    assert np.mean(recall) == pytest.approx(balanced_accuracy_score(groups, told))


@pytest.mark.slow
def test_equal_groups_are_called_separate_as_often_as_promised():
    """Of 200 draws of equal groups p is at most 0.05 in 1 to 10 %, overall and for any recall (99 % binomial band)."""
    rng = np.random.default_rng(41)
    found = [separation(*clouds(rng, 12, 0.0), n_folds=3, n_permutations=19, rng=rng) for _ in range(200)]
    assert 0.015 <= np.mean([one.p[1] <= 0.05 for one in found]) <= 0.095
    assert np.mean([one.p_family.min() <= 0.05 for one in found]) <= 0.095


def test_a_region_that_never_changes_tells_nothing(rng):
    """A constant column changes no more than the shrinkage: nearly all decisions stay."""
    profiles, groups = clouds(rng, 60, 2.0)
    test = rng.standard_normal((200, 4))
    plain = discriminate(profiles, groups, test, 3)
    more = discriminate(np.column_stack([profiles, np.ones(180)]), groups, np.column_stack([test, np.ones(200)]), 3)
    assert (more == plain).mean() > 0.9


def test_a_group_needs_a_text_a_fold(rng):
    """Fewer are an error that says how many there are."""
    with pytest.raises(InputError, match="5 texts or more"):
        separation(rng.standard_normal((13, 2)), np.repeat([0, 1], [9, 4]), rng=rng)


def test_a_recall_that_never_changes_tells_nothing():
    """The same in every permutation up to rounding: that is no spread, and doesn't enter the family's maximum."""
    rng = np.random.default_rng(3)
    null = np.column_stack([np.zeros((199, 2)), rng.random(199), np.where(np.arange(199) % 20, 0.3, 0.1 + 0.2)])
    observed = np.array([0.0, 0.0, 0.99, 0.3])
    p, family = p_values(observed, null)
    assert family[1] == 1
    assert family[0] == pytest.approx(p[2])
    alone = p_values(observed[:3], null[:, :3])[1]
    np.testing.assert_array_equal(family[:1], alone)
