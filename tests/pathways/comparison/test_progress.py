"""A comparison counts the permutations of all of its tests."""

from __future__ import annotations

import pytest
from tests.pathways.comparison.test_pathway import make_mapped
from tests.progress import Told

from emotopy.pathways.comparison.pathway import compare
from emotopy.pathways.comparison.spec import ComparisonSpec

N = 1500


def told(mapped, *groups, **options):
    found = Told()
    compare(mapped.record, ComparisonSpec(groups, n_permutations=N, **options), found.host)
    return found.check()


def test_a_pair_is_one_test(rng):
    """Both measures share the permutations; shares, which aren't tested, count for nothing."""
    assert told(make_mapped(rng), "sad", "glad") == {"permutations": N}


def test_several_groups_are_a_test_per_pair_and_one_of_all(rng):
    """Three pairs and the omnibus test."""
    mapped = make_mapped(rng, (("a", 6), ("b", 7), ("c", 8)))
    assert told(mapped, "a", "b", "c") == {"permutations": 4 * N}


def test_covariates_are_permuted_and_counted_too(rng):
    """Freedman–Lane, block by block."""
    assert told(make_mapped(rng, (("sad", 60), ("glad", 70))), "sad", "glad", covariates=("log_words",)) == {
        "permutations": N
    }


def test_few_relabellings_end_at_the_same_count(rng):
    """Three units against three have twenty relabellings: the others needn't be made, and are counted as done."""
    assert told(make_mapped(rng, (("sad", 3), ("glad", 3))), "sad", "glad") == {"permutations": N}


def test_what_is_only_shown_is_no_test(rng):
    """Shares alone: no permutation at all."""
    assert told(make_mapped(rng), "sad", "glad", measure="share") == {"permutations": 0}


@pytest.mark.parametrize("measure", ["all", "relative"])
def test_counting_changes_no_number(rng, measure):
    """The same table with and without a host that counts."""
    mapped = make_mapped(rng)
    spec = ComparisonSpec(("sad", "glad"), n_permutations=N, measure=measure)
    with_host = compare(mapped.record, spec, Told().host)
    assert with_host.table.equals(compare(mapped.record, spec).table)
