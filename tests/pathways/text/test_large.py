"""A corpus above `fit_texts`: fitted to a sample, mapped in blocks, with the numbers that a fit in memory gives."""

from __future__ import annotations

import copy
import gc
import pickle
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy import Registry, TextPathway
from emotopy.errors import ConfigError, InputError, OutputError
from emotopy.pathways.comparison.regroup import small_sample_notes
from emotopy.pathways.text import large
from emotopy.pathways.text import pathway as pathway_module
from emotopy.pathways.text.blocks import map_block
from emotopy.pathways.text.fit_sample import sample_rows
from emotopy.pathways.text.partial_sums import Accumulator, combine
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.readers.corpora import as_corpus

HAPPY = ["happy", "sunny", "laugh", "love", "joy", "delight", "party", "friend", "smile", "gift"]
AFRAID = ["afraid", "dark", "scream", "terror", "panic", "night", "alone", "ghost", "tremble", "fear"]
PLAIN = ["river", "window", "mountain", "table", "paper", "street", "number", "winter", "bread", "letter"]
ENDS = ["today", "yesterday", "tomorrow", "again", "once", "here", "there", "outside", "inside", "somewhere"]


def frame_of(n=400, seed=0):
    """Texts of one to three sentences, of three groups and nine units; some rows without text, unit, or group."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        kind = (HAPPY, AFRAID, PLAIN)[rng.integers(3)]
        sentences = [
            f"I thought about the {' '.join(rng.choice(kind, 3))} {rng.choice(ENDS)}."
            for _ in range(rng.integers(1, 4))
        ]
        texts.append(" ".join(sentences))
    texts[7], texts[20], texts[33] = "  ", "Die Liebe ist schön und macht mir große Angst in der Nacht.", "xqzt 123"
    texts[50:53] = [texts[49]] * 3
    texts[60] += f" The {'lighthouse ' * 60}party."
    units = [f"writer {i % 9}" if i % 11 else None for i in range(n)]
    return pd.DataFrame(
        {
            "text": texts,
            "group": [("before", "after", "later")[i % 3] if i % 13 else None for i in range(n)],
            "unit": units,
            "age": [float(i % 50) for i in range(n)],
            "place": [("inland", "coast")[i % 2] for i in range(n)],
        }
    )


CONFIG = {
    "embedder": "static",
    "reducer": {"use": "pca", "n_components": 3},
    "clusterer": {"use": "kmeans", "n_clusters": 4},
    "interval": {"n": 200},
    "reporter": ["tables"],
}


def pathway(fit_texts, **layer):
    return TextPathway.from_config({**CONFIG, "fit_texts": fit_texts, **layer}, registry=Registry.load(plugins=False))


def corpus_of(frame):
    named = {name: name for name in ("group", "unit") if name in frame}
    return as_corpus(frame, text="text", keep=[name for name in ("age", "place") if name in frame], **named)


@pytest.fixture(scope="module")
def frame():
    return frame_of()


def in_memory(frame, fit_texts=100, **layer):
    """A fit on the sample in memory, and the transform of everything."""
    corpus = corpus_of(frame)
    sample = corpus.take(sample_rows(corpus, fit_texts))
    fitted = pathway(10**6, **layer).fit(sample)
    return fitted.transform(corpus)


def in_blocks(frame, fit_texts=100, *, no_texts=False, **layer):
    return pathway(fit_texts, **layer).fit(corpus_of(frame), no_texts=no_texts)


@pytest.fixture(scope="module")
def whole(frame):
    return in_memory(frame)


@pytest.fixture(scope="module")
def fitted(frame):
    return in_blocks(frame)


def same(one, other, **kwargs):
    pd.testing.assert_frame_equal(
        one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-9, atol=1e-9, **kwargs
    )


def same_texts(one, other):
    """Numbers of texts.parquet are float32; whatever differs is their last digit.

    Places on the map are differences of points, which scikit-learn's PCA gives at float32 itself.
    """
    on_map = ["map_x", "map_y"]
    pd.testing.assert_frame_equal(
        one.drop(columns=on_map), other[one.columns].drop(columns=on_map), rtol=2e-7, atol=1e-7, check_dtype=False
    )
    np.testing.assert_allclose(one[on_map].to_numpy(float), other[on_map].to_numpy(float), atol=1e-6)
    assert one.loc[one["status"] == "scored", on_map].notna().all(axis=None)


def test_a_corpus_in_blocks_has_the_numbers_of_the_same_fit_in_memory(fitted, whole):
    """Regions with their intervals, every text, clusters with words and exemplars."""
    assert isinstance(fitted.result, StoredTextResult)
    same(fitted.result.regions, whole.regions)
    same_texts(whole.texts, fitted.result.texts)
    same(fitted.result.clusters, whole.clusters)


def test_notes_and_provenance_tell_the_design_and_the_sample(fitted, whole, frame):
    """What a reader has to know of the design is told as in memory; what the stages were fitted to stands beside."""
    design = small_sample_notes(whole.mapped)
    assert design
    assert [note for note in fitted.result.notes if note in design] == design
    provenance = fitted.result.provenance
    assert provenance["input"] == whole.provenance["input"]
    assert provenance["fitted_on"]["n_texts"] < len(frame) / 2
    assert provenance["reference"] == whole.provenance["reference"]


def test_the_order_of_the_rows_changes_nothing(frame, fitted):
    """The same texts are in the sample, so the same fit maps them."""
    order = np.random.default_rng(1).permutation(len(frame))
    other = in_blocks(frame.iloc[order].reset_index(drop=True))
    assert other.result.provenance["fitted_on"] == fitted.result.provenance["fitted_on"]
    same(other.result.regions, fitted.result.regions)
    named = fitted.result.clusters.filter(like="exemplar_id_").columns  # by numbers of rows here
    same(other.result.clusters.drop(columns=named), fitted.result.clusters.drop(columns=named))
    mapped = other.result.texts.drop(columns=["id", "row"]).iloc[np.argsort(order)].reset_index(drop=True)
    same_texts(fitted.result.texts.drop(columns=["id", "row"]), mapped)


@pytest.mark.parametrize("block_rows", [1, 7, 64])
def test_the_size_of_the_blocks_changes_nothing(frame, fitted, monkeypatch, block_rows):
    """Down to blocks of a single row, some of which hold no text."""
    monkeypatch.setattr(large.map_in_blocks, "__kwdefaults__", {"block_rows": block_rows})
    part = frame.iloc[:150]
    sizes = in_blocks(part, 60)
    monkeypatch.undo()
    at_once = in_blocks(part, 60)
    same(sizes.result.regions, at_once.result.regions)
    same_texts(at_once.result.texts, sizes.result.texts)
    same(sizes.result.clusters, at_once.result.clusters)


@pytest.mark.parametrize("nothing", ["", "Die Liebe ist schön und macht mir große Angst in der Nacht."])
@pytest.mark.parametrize("at", [0, 100, 190])
def test_blocks_without_any_text_to_map(frame, monkeypatch, nothing, at):
    """The first, the last, or one between: nothing is added."""
    part = frame.iloc[100:300].reset_index(drop=True)
    part.loc[at : at + 30, "text"] = nothing
    monkeypatch.setattr(large.map_in_blocks, "__kwdefaults__", {"block_rows": 10})
    found = in_blocks(part, 60).result
    monkeypatch.undo()
    same(found.regions, in_memory(part, 60).regions)


@pytest.fixture(scope="module")
def rows_alone(frame):
    """The sums of each row of a small corpus, without units for some, rows without text among them."""
    fit, secret = (fit_of(frame, no_texts=no_texts) for no_texts in (False, True))
    corpus = corpus_of(frame.iloc[:61])
    return [[map_block(one, corpus.take([row]), row).sums for row in range(len(corpus))] for one in (fit, secret)]


@settings(max_examples=40, deadline=None)
@given(
    order=st.permutations(range(61)),
    splits=st.lists(st.tuples(st.integers(0, 59), st.integers(2, 6)), max_size=50),
    is_secret=st.booleans(),
)
def test_parts_are_combined_in_any_order_and_nesting(rows_alone, order, splits, is_secret):
    """Sums of parts are associative, and their order changes nothing but rounding."""
    parts = rows_alone[is_secret]
    nested = [parts[row] for row in order]
    for place, n in splits:
        at = place % len(nested)
        nested[at : at + n] = [combine(nested[at : at + n])]
    total = Accumulator()
    for part in nested:
        total.add(part)
    flat = combine(parts)
    assert_equal_records(combine(nested), flat)
    assert_equal_records(total.total(), flat)


@given(
    texts=st.lists(st.sampled_from([f"text {i}" for i in range(40)]), min_size=30, max_size=120),
    groups=st.lists(st.sampled_from(["a", "b", "c", None]), min_size=120, max_size=120),
    seed=st.randoms(use_true_random=False),
    n=st.integers(10, 30),
)
def test_the_sample_is_chosen_by_what_texts_say(texts, groups, seed, n):
    """The order of rows and copies of them have no say; every group is in it, each text once."""
    pairs = sorted(set(zip(texts, groups, strict=False)), key=repr)
    rows = pairs + [seed.choice(pairs) for _ in range(20)]
    shuffled = rows[:]
    seed.shuffle(shuffled)
    found = []
    for some in (rows, shuffled):
        corpus = as_corpus(
            pd.DataFrame({"text": [text for text, _ in some], "group": [group for _, group in some]}),
            text="text",
            group="group",
        )
        chosen = sample_rows(corpus, n)
        found.append(None if chosen is None else [corpus.text[row] for row in chosen])
    assert found[0] == found[1]
    if found[0] is not None:
        assert len(set(found[0])) == len(found[0]) >= n
        for group in {group for _, group in pairs}:
            assert {text for text, one in pairs if one == group} & set(found[0])


def fit_of(frame, *, no_texts=False):
    """The fit that blocks are mapped with."""
    found = []
    original = large.map_in_blocks

    def kept(runner, fit, corpus, **options):
        found.append(fit)
        return original(runner, fit, corpus, **options)

    import emotopy.pathways.text.pathway as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "map_in_blocks", kept)
        in_blocks(frame, no_texts=no_texts)
    return found[0]


def assert_equal_records(one, other, path=""):
    """Every field of two records, records within them, to 1e-12."""
    for field in attrs.fields(type(one)):
        a, b, name = getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}"
        if attrs.has(type(a)):
            assert_equal_records(a, b, name)
        elif isinstance(a, np.ndarray):
            np.testing.assert_allclose(a.astype(np.float64), b.astype(np.float64), rtol=1e-12, atol=1e-12, err_msg=name)
        else:
            assert a == b, name


def test_a_comparison_afterwards_has_the_numbers_of_one_in_memory(fitted, whole):
    """Both start from what texts.parquet holds; covariates and pairs were kept with it."""
    for options in ({}, {"covariates": ["age"]}, {"unit": [f"person {i}" for i in range(400)], "measure": "relative"}):
        one, other = (
            result.compare("before", "after", n_permutations=200, **options) for result in (fitted.result, whole)
        )
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_other_groups_afterwards(fitted, whole):
    """`regroup` gives a result in memory with the same means; evidence of single texts isn't kept."""
    one, other = (result.regroup("place").regions for result in (fitted.result, whole))
    columns = ["group", "region", "n_texts", "relative", "share", "intensity"]
    pd.testing.assert_frame_equal(one[columns], other[columns], rtol=1e-6, atol=1e-6)


def test_new_texts_are_mapped_by_the_fit(fitted, whole, frame):
    """`transform` goes on as after a fit in memory."""
    some = frame["text"].tolist()[:40]
    corpus = corpus_of(frame)
    reference = pathway(10**6).fit(corpus.take(sample_rows(corpus, 100))).transform(some)
    same(fitted.transform(some).regions, reference.regions)


def test_results_are_written_and_compared_again(fitted, tmp_path):
    """texts.parquet is the file that was written block by block; the folder reads as any other."""
    from emotopy.pathways.text.read_results import read_mapped

    folder = fitted.result.write(tmp_path / "results", Registry.load(plugins=False))
    assert {"regions.csv", "texts.parquet", "clusters.csv", "provenance.json"} <= {one.name for one in folder.iterdir()}
    assert read_mapped(folder).n_texts == fitted.result.n_texts
    assert fitted.result.texts.equals(fitted.result.texts)


def test_the_page_of_a_large_corpus_is_that_of_one_in_memory(frame, whole):
    """Sections read the columns that they show from the file."""
    from emotopy.records import PageLimits
    from emotopy_plugins.reporters.html import register_report_sections

    blocks = in_blocks(frame, reporter=["html"]).result
    sections = {one.name: one for one in register_report_sections()}
    for name in ("clusters", "emotions"):
        one, other = (sections[name].render(result, PageLimits()) for result in (blocks, whole))
        assert one == other, name


def test_words_of_few_units_and_exemplars_stay_out_of_a_secret_corpus(frame):
    """As in memory: no exemplars, and only words that five units of the cluster use."""
    corpus = corpus_of(frame)
    sample = corpus.take(sample_rows(corpus, 100))
    reference = pathway(10**6).fit(sample, no_texts=True).transform(corpus)
    found = in_blocks(frame, no_texts=True).result
    same(found.clusters, reference.clusters)
    assert found.clusters["n_words_left_out"].sum() > 0
    assert not any(name.startswith("exemplar") for name in found.clusters)


def test_a_corpus_without_units_or_groups(frame):
    """Every text is a unit then, ordered by what it says."""
    bare = frame[["text"]]
    same(in_blocks(bare).result.regions, in_memory(bare).regions)


def test_per_node(frame):
    """Values per node, with the region of each."""
    same(in_blocks(frame, level="node").result.regions, in_memory(frame, level="node").regions)


@pytest.mark.parametrize("language", ["any", "en"])
def test_another_rule_of_languages(frame, language):
    """Rows and notes are those of a screening in memory."""
    one, other = in_blocks(frame, language=language).result, in_memory(frame, language=language)
    same(one.regions, other.regions)
    same_texts(other.texts, one.texts)


def test_a_mapper_that_assigns_one_region_a_text(frame):
    """`nearest` has cells: texts of a cell are counted, an empty cell has no intensity."""
    layer = {"region_mapper": "nearest", "level": "node", "segment": "none"}
    one, other = in_blocks(frame, **layer).result.regions, in_memory(frame, **layer).regions
    same(one, other)
    assert one["n_texts"].nunique() > 4


def test_below_the_limit_nothing_changes(frame):
    """A corpus of as many distinct texts as `fit_texts` is fitted whole, and its result is in memory."""
    n = frame["text"].nunique()
    one, other = (pathway(size).fit(corpus_of(frame)).result for size in (n, 10**6))
    assert not isinstance(one, StoredTextResult)
    for name in ("regions", "texts", "clusters"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


# The sample ---------------------------------------------------------------------------------------------------------


def test_every_group_is_in_the_sample(frame):
    """Even a group of a single text, whatever its hash."""
    for row in range(0, 60, 7):
        corpus = corpus_of(frame.assign(group=["rare" if i == row else "common" for i in range(len(frame))]))
        if not corpus.text[row].strip():
            continue
        sample = corpus.take(sample_rows(corpus, 50))
        texts = {text for text, group in zip(corpus.text, corpus.group, strict=True) if group == "rare"}
        assert texts & set(sample.text)
        assert len(set(sample.text)) == len(sample)
        assert 50 <= len(sample) <= 63


def test_repeated_texts_don_t_make_a_corpus_large(frame):
    """Distinct texts count."""
    assert sample_rows(corpus_of(pd.concat([frame] * 5, ignore_index=True)), frame["text"].nunique()) is None


# What can't be done -------------------------------------------------------------------------------------------------


def test_a_reducer_that_can_t_place_new_texts_is_refused_before_any_work(frame):
    """The error names the role; nothing is embedded."""
    with pytest.raises(ConfigError) as caught:
        in_blocks(frame, reducer="tsne")
    assert (caught.value.path, caught.value.got) == ("reducer", "emotopy:tsne")
    assert in_blocks(frame, 10**6, reducer="pca")


def test_segments_of_a_large_corpus_are_refused(frame):
    """Before any work, and afterwards."""
    with pytest.raises(InputError):
        pathway(100).fit(corpus_of(frame), keep_segments=True)


def test_segments_aren_t_there_afterwards(fitted):
    """The attribute says so."""
    with pytest.raises(InputError):
        _ = fitted.result.segments


def test_a_check_refuses_what_a_fit_would_refuse(frame):
    """Before any work is paid for: `--dry-run` stands on it."""
    corpus = corpus_of(frame)
    with pytest.raises(ConfigError) as caught:
        pathway(100, reducer="tsne").check(corpus)
    assert caught.value.path == "reducer"
    with pytest.raises(InputError):
        pathway(100).check(corpus, keep_segments=True)
    assert pathway(10**6, reducer="tsne").check(corpus, keep_segments=True)


GERMAN = [f"Die Liebe Nummer {i} ist schön und macht mir große Angst in der Nacht." for i in range(300)]


def test_a_corpus_that_repeats_what_is_known_is_not_refused_for_its_sample(frame):
    """Distinct texts are mostly German, rows mostly English: as in memory, rows count."""
    texts = GERMAN + frame["text"].tolist()[100:160] * 20
    found = pathway(100).fit(texts).result
    assert isinstance(found, StoredTextResult)
    assert found.n_texts == pathway(10**6).fit(texts).result.mapped.n_texts > 600


def test_a_foreign_text_that_stands_often_does_not_sway_the_sample(frame):
    """It may be in the sample or not; the share of rows in the corpus decides."""
    texts = GERMAN[:1] * 150 + frame["text"].tolist()[100:]
    found = pathway(60).fit(texts).result
    assert isinstance(found, StoredTextResult)
    assert found.n_texts == pathway(10**6).fit(texts).result.mapped.n_texts


def test_a_corpus_in_another_language_is_refused_before_blocks_are_mapped(monkeypatch):
    """The sample holds nothing that could be fitted."""
    monkeypatch.setattr(pathway_module, "map_in_blocks", None)
    with pytest.raises(InputError):
        pathway(100).fit(GERMAN)


def test_copies_and_pickles_outlive_the_result(frame):
    """The file of texts goes with the last copy; a pickle holds it."""
    found = in_blocks(frame).result
    expected = found.texts
    copies = [copy.copy(found), copy.deepcopy(found)]
    pickled = pickle.dumps(found)
    folder = found.store.folder
    del found
    gc.collect()
    assert all(one.texts.equals(expected) for one in copies)
    del copies
    gc.collect()
    assert not folder.exists()
    assert pickle.loads(pickled).texts.equals(expected)


def test_too_small_a_disk_is_told_before_blocks_are_mapped(frame, monkeypatch):
    """What is wanted and what there is."""
    import shutil

    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1000))
    with pytest.raises(InputError) as caught:
        in_blocks(frame)
    assert caught.value.wanted
    assert caught.value.got == "0.00 GB"


def test_a_disk_that_fills_up_is_one_error_and_leaves_nothing(frame, monkeypatch, tmp_path):
    """A file larger than the limit of the process stands for a full disk."""
    import resource
    import signal
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(OutputError):
            in_blocks(frame)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]
