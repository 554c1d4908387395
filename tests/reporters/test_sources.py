"""What pages cite: the papers and data behind stages that ship, as far as they were used."""

from __future__ import annotations

import hashlib

import attrs
import pytest
from tests.reporters.test_comparison_sections import planted
from tests.reporters.test_experiment_sections import planted as experiment
from tests.reporters.test_experiment_sections import verdicts

from emotopy.datasets.sample import diaries_path, made_up_diaries_path
from emotopy_plugins.reporters.limits import limits_of
from emotopy_plugins.reporters.methods import CITED, REFERENCES, bibtex_of, methods_of
from emotopy_plugins.reporters.reading import ABOUT_EVIDENCE, ABOUT_SAMPLE
from emotopy_plugins.reporters.sources import SOURCES, sources_of

SHIPPED = {
    role: {"owner": "emotopy", "use": use, "options": {}}
    for role, use in {
        "atlas": "affect18",
        "embedder": "static",
        "region_mapper": "evidence",
        "reducer": "umap",
        "clusterer": "hdbscan",
        "intensity_scorer": "nrc",
    }.items()
}
REFERENCE = "shipped constants (GoEmotions train, 60,858 sentences)"


def other(role, **changes):
    return SHIPPED | {role: SHIPPED[role] | changes}


def compared(stages, reference=REFERENCE, **mapped):
    made = planted()
    return attrs.evolve(
        made, provenance={**made.provenance, "mapped": {"stages": stages, "reference": reference, **mapped}}
    )


def mapped_by(result, stages, reference=REFERENCE):
    return attrs.evolve(
        result,
        mapped=attrs.evolve(result.mapped, provenance={**result.provenance, "stages": stages, "reference": reference}),
    )


CHANGED = [
    (SHIPPED, REFERENCE, set()),
    (other("region_mapper", options={"table": "mine.csv"}), REFERENCE, {"dockes2020"}),
    (other("region_mapper", use="nearest"), REFERENCE, {"dockes2020"}),
    (other("region_mapper", owner="somebody"), REFERENCE, {"dockes2020"}),
    (other("intensity_scorer", options={"lexicon": "mine.txt"}), REFERENCE, {"mohammad2013"}),
    (other("reducer", use="pca"), REFERENCE, {"mcinnes2018"}),
    (other("clusterer", use="kmeans"), REFERENCE, {"mcinnes2017"}),
    (other("atlas", use="mine"), REFERENCE, {"vos2025"}),
    (SHIPPED, "the fitting corpus (300 texts)", {"demszky2020"}),
]


@pytest.mark.parametrize(("stages", "reference", "missing"), CHANGED)
def test_what_was_used_is_cited_and_nothing_else(result, stages, reference, missing):
    """On both kinds of page the paragraph names a source where, and only where, its reference is listed."""
    assert set(sources_of(stages, reference)) == set(SOURCES) - missing
    one = mapped_by(result, stages, reference)
    for made, never in ((one, set()), (compared(stages, reference), {"mcinnes2017", "mcinnes2018"})):
        keys, text = CITED[made.kind](made), methods_of(made)
        assert set(keys) & set(SOURCES) == set(SOURCES) - missing - never
        for key, name in SOURCES.items():
            assert (name in text) == (key in keys), key
            assert (REFERENCES[key] in bibtex_of(made)) == (key in keys), key


def test_experiments_cite_what_our_procedure_rests_on():
    """By name in the paragraph and as BibTeX; what clusters come from isn't compared, and isn't cited."""
    made = experiment([("a", "b", verdicts(1, 0, 0))])
    presets = {"recommended": {"stages": SHIPPED, "reference": REFERENCE}}
    made = attrs.evolve(made, provenance={**made.provenance, "presets": presets})
    text = methods_of(made)
    for key, name in SOURCES.items():
        assert (name in text) == (key in CITED["experiment"](made)) == (not key.startswith("mcinnes")), key
        assert (REFERENCES[key] in bibtex_of(made)) == (name in text), key


def test_nothing_is_claimed_of_stages_that_are_not_recorded(result):
    """A page of an older version, whose provenance holds no stages, cites none of their sources."""
    assert sources_of(None, None) == ()
    made = compared({}, None)
    assert not set(CITED["comparison"](made)) & set(SOURCES)
    assert methods_of(made)


def test_pages_say_what_a_profile_is_where_it_is_evidence(result):
    """Only the table that ships is known to come from imaging studies."""
    for stages, is_said in ((SHIPPED, True), (other("region_mapper", use="nearest"), False)):
        for made in (mapped_by(result, stages), compared(stages)):
            assert any(ABOUT_EVIDENCE in line for line in limits_of(made)) == is_said


@pytest.mark.parametrize("path", [diaries_path(), made_up_diaries_path()])
def test_pages_on_the_sample_say_that_it_is_made_up(result, path):
    """By the hash of the file, whatever it is called; other texts are never called made up."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for digest, is_said in ((sha256, True), (sha256[::-1], False), (None, False)):
        source = {"file": "renamed.csv", "sha256": digest}
        one = attrs.evolve(
            result, mapped=attrs.evolve(result.mapped, provenance={**result.provenance, "input": source})
        )
        for made in (one, compared(SHIPPED, input=source)):
            assert (ABOUT_SAMPLE in limits_of(made)) == is_said


def test_a_units_value_is_said_as_it_was_made():
    """Means count words only where the provenance says so; where every text is a unit, its value is its own."""
    assert "every word has equal weight" in methods_of(compared(SHIPPED, unit_weights="words"))
    assert "every word has equal weight" not in methods_of(compared(SHIPPED, unit_weights="texts"))
    assert "every word has equal weight" not in methods_of(compared(SHIPPED))


def test_places_that_studies_confuse_are_named_on_pages_of_comparisons():
    """Pairs of nodes become pairs of the regions compared, each once; without any, nothing is said."""
    entries = [
        {"one": "amygdala_left", "other": "hippocampus_left", "jaccard": 0.25},
        {"one": "amygdala_right", "other": "hippocampus_right", "jaccard": 0.5},
        {"one": "insula_left", "other": "insula_right", "jaccard": 0.9},
    ]
    (said,) = [line for line in limits_of(compared(SHIPPED, overlapping_nodes=entries)) if "be distinguished" in line]
    assert said.count("amygdala and hippocampus") == 1
    assert "0.50" in said
    assert "insula" not in said
    assert not any("be distinguished" in line for line in limits_of(compared(SHIPPED)))
