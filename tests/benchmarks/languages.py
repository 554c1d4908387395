"""Languages: what is refused, what English it costs, and how alike a sentence and its translation are mapped.

    python tests/benchmarks/languages.py --data ../shared/data [--model joined|e5-small|use-v3] [--n-speed 500]
                                         [--agreement N]

The sentences (data/translations.tsv, our own writing) are 60 entries as of a diary, six for each of eight emotions and
twelve without any, in English, German, Spanish and Chinese. Limits of the detection were chosen on GoEmotions train,
with dev and pieces of all these sentences in view; the weight with which the default model joins two, with the
agreement and the sentences in view. Sentences are mapped by the pathway, with the reference that it prints.
`--agreement N` adds the agreement with studies (the definition stands in
`frozen_agreement.py`, splits 100-119) on N random comments with a single label, 0 for all of them, beside `static` on
the same comments.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emotopy.evidence.build import evidence, regions_of, term_matrix, touches
from emotopy.evidence.profile import BETA, anchors, profile, standardise, term_similarity
from emotopy.evidence.terms import read_terms
from emotopy.languages import detect, screen, word_coverage
from emotopy.pathways.text.pathway import TextPathway
from emotopy.readers.corpora import corpus_from
from emotopy.records import BoolArray, FloatArray
from emotopy.roles import Embedder, Host
from emotopy_plugins.datasets.neuroquery import NeuroQueryDataset
from emotopy_plugins.embedders.multilingual import MODELS, MultilingualEmbedder
from emotopy_plugins.embedders.static import StaticEmbedder
from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer

sys.path.insert(0, str(Path(__file__).parent))
from agreement import read_goemotions, read_nodes, standard_error
from frozen_agreement import REPORT_SPLITS, agreement

SENTENCES = Path(__file__).parent / "data" / "translations.tsv"
QUICK = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}, "reporter": [], "interval": {"n": 100}}
LANGUAGES = ("en", "de", "es", "zh")
MASHED = ("asdf qwer zxcv", "sdfgsdfg", "hjkl uiop", "12345", "😀😀😀", "🎉 🎉", "???", "lkjh")


def read_sentences() -> dict[str, list[str]]:
    """Read the sentences, in each language in the same order."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {language: [row[language] for row in rows] for language in LANGUAGES}


def pieces(texts: Sequence[str], n_words: int) -> list[str]:
    """Cut texts at blanks into pieces of as many words; what is left over at the end is dropped."""
    cut = []
    for text in texts:
        words = text.split()
        cut += [" ".join(words[at : at + n_words]) for at in range(0, len(words) - n_words + 1, n_words)]
    return cut


def show_refusals(sentences: dict[str, list[str]], dev: Sequence[str]) -> None:
    """Print what the default stages refuse: of English comments, of foreign sentences and their pieces, of no words."""
    static, nrc = StaticEmbedder(), NrcIntensityScorer(Host())
    knows = static.languages
    detect(["the model is loaded once"])
    start = time.perf_counter()
    found = detect(dev)
    speed = len(dev) / (time.perf_counter() - start)
    foreign, short = found.is_foreign(knows), found.n_words < 5
    print(f"GoEmotions dev, {len(dev):,} comments ({speed:,.0f} texts/s): called foreign {foreign.mean():.2%}")
    print(f"  of its {short.sum()} comments of fewer than 5 words {foreign[short].mean():.2%}")
    named = np.mean([language == "en" for language in found.language])
    print(f"  called English {named:.1%}, of unknown language {np.mean([x == 'unknown' for x in found.language]):.1%}")
    coverage = np.maximum(word_coverage(dev, static.knows_words), nrc.score(dev).coverage)
    print(f"  without a known word {np.mean(coverage == 0):.2%}")
    print("refused by stages for English, of the even sentences (of the odd ones):")
    for language in LANGUAGES:
        halves = [sentences[language][first::2] for first in (1, 0)]
        whole = [float(detect(half).is_foreign(knows).mean()) for half in halves]
        line = f"  {language}  whole {whole[0]:.1%} ({whole[1]:.1%})"
        if language in ("de", "es"):
            for n_words in (3, 4, 5, 6, 8):
                each = [float(detect(pieces(half, n_words)).is_foreign(knows).mean()) for half in halves]
                line += f"  {n_words} words {each[0]:.0%} ({each[1]:.0%})"
        print(line)
    shares = np.maximum(word_coverage(MASHED, static.knows_words), nrc.score(MASHED).coverage)
    print("without words:", dict(zip(MASHED, screen(MASHED, shares, knows).status, strict=True)))


def show_translations(model: str, sentences: dict[str, list[str]]) -> None:
    """Print how alike sentences and translations are, in profile and embedding, and what `compare` says of pairs."""
    chosen = {"embedder": {"use": "multilingual", "model": model}, "language": "any", **QUICK}
    rows = [(code, str(i), text) for code in LANGUAGES for i, text in enumerate(sentences[code])]
    frame = pd.DataFrame(rows, columns=["language", "sentence", "text"])
    corpus = corpus_from(frame, text="text", group="language", unit="sentence")
    fitted = TextPathway.from_config(chosen).fit(corpus)
    print(f"  reference: {fitted.result.provenance['reference']}")
    profiles = np.split(fitted.mapped.mapping.profile, len(LANGUAGES))
    embedder = MultilingualEmbedder(Host(), model)
    vectors = [embedder.embed(sentences[code]) for code in LANGUAGES]
    for code, own, vector in zip(LANGUAGES[1:], profiles[1:], vectors[1:], strict=True):
        r = [np.corrcoef(*pair)[0, 1] for pair in zip(profiles[0], own, strict=True)]
        away = float(np.abs(own - profiles[0]).mean())
        alike = np.corrcoef(own, profiles[0])[: len(own), len(own) :]
        print(
            f"  {code}  r of profiles {np.mean(r):.3f} (median {np.median(r):.3f}), the translation is the nearest of "
            f"60 by embedding {nearest(vector @ vectors[0].T):.1%}, by profile {nearest(alike):.1%}; mean |difference| "
            f"of a region {away:.2f} SD"
        )
        found = fitted.result.compare("en", code, paired_by="unit", language="any", n_permutations=4999)
        table = found.table[found.table["measure"] == "relative"]
        hits = table[table["p_family"] < 0.05].sort_values("p_family")
        named = ", ".join(f"{row.region} {row.difference:+.2f}" for row in hits.itertuples()) or "none"
        print(f"      as pairs, `compare en {code}`: {len(hits)} of 18 regions family-wise different ({named})")


def nearest(likeness: FloatArray) -> float:
    """Return in which share of rows the entry on the diagonal is the largest."""
    return float(np.mean(likeness.argmax(axis=1) == np.arange(len(likeness))))


def show_speed(embedder: Embedder, texts: Sequence[str]) -> None:
    """Print texts per second."""
    embedder.embed(texts[:10])
    start = time.perf_counter()
    embedder.embed(texts)
    print(f"  {len(texts) / (time.perf_counter() - start):,.0f} texts/s (comments of {mean_words(texts):.0f} words)")


def mean_words(texts: Sequence[str]) -> float:
    """Return the mean number of words."""
    return float(np.mean([len(text.split()) for text in texts]))


def ours(data: Path, embedder: Embedder, texts: Sequence[str]) -> Callable[[BoolArray], FloatArray]:
    """Return what maps the texts, given studies, with our terms and evidence."""
    studies, nodes, terms = NeuroQueryDataset().load(data / "neuroquery"), read_nodes(), read_terms()
    words = [word for term in terms for word in term.words]
    cosines = term_similarity(
        embedder.embed(texts), anchors(embedder.embed(words), [len(term.words) for term in terms])
    )
    similarity = standardise(cosines, cosines.mean(axis=0), cosines.std(axis=0))
    uses = term_matrix(studies, terms).uses
    touched = touches(studies, list(regions_of(nodes).values()))
    return lambda seen: profile(similarity, evidence(uses[seen], touched[seen], studies.n_peaks[seen]), BETA)


def show_agreement(data: Path, embedder: Embedder, n_texts: int) -> None:
    """Print the agreement of the multilingual and of the static embedder, on the same comments and splits."""
    comments = read_goemotions(data / "goemotions")
    rows = np.flatnonzero([label != "" for label in comments.labels])
    if n_texts:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:n_texts])
    texts, labels = [comments.texts[row] for row in rows], [comments.labels[row] for row in rows]
    frozen = read_terms(data / "neuroquery" / "agreement_terms.tsv")
    frame = (NeuroQueryDataset().load(data / "neuroquery"), read_nodes(), frozen, labels, REPORT_SPLITS)
    one, other = (agreement(ours(data, stage, texts), *frame) for stage in (embedder, StaticEmbedder()))
    difference = one.by_split - other.by_split
    print(
        f"  agreement on English ({len(texts):,} comments) {one.mean:.4f}, static {other.mean:.4f}, paired difference "
        f"{difference.mean():+.4f} ± {standard_error(difference):.4f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/ and neuroquery/")
    parser.add_argument("--model", choices=sorted(MODELS), help="one model alone")
    parser.add_argument("--n-speed", type=int, default=500, help="comments that are timed")
    parser.add_argument("--agreement", type=int, metavar="N", help="measure agreement on N comments, 0 for all")
    options = parser.parse_args()
    sentences = read_sentences()
    lines = (options.data / "goemotions" / "dev.tsv").read_bytes().decode().split("\n")
    show_refusals(sentences, [line.split("\t")[0] for line in lines if line])
    train = read_goemotions(options.data / "goemotions").texts
    timed = [train[row] for row in np.random.default_rng(0).permutation(len(train))[: options.n_speed]]
    for model in [options.model] if options.model else sorted(MODELS):
        embedder = MultilingualEmbedder(Host(), model)
        print(f"multilingual, {model}:")
        show_speed(embedder, timed)
        show_translations(model, sentences)
        if options.agreement is not None:
            show_agreement(options.data, embedder, options.agreement)


if __name__ == "__main__":
    main()
