"""Recompute the reference constants that ship: GoEmotions train, distinct segments of its distinct non-empty texts.

    python tests/benchmarks/reference_constants.py --data ../shared/data [--embedder static] [--set KEY=VALUE ...]
        [--segment sentence] [--n-texts N] [--out DIR | --check DIR]

A file `<embedder>[-<model>]-<segment>.reference.json` for each way to cut texts. `--set` gives the embedder's options
(`--set model=use-v3`). `--n-texts` takes a random subset, for an embedder that is slow, and the constants say so in
their source. `--check` recomputes and compares with the files of a folder: numbers to 1e-5, everything else exactly.
Needed anew whenever the table, the terms, β, the embedder or the segmentation change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

import attrs
import numpy as np

from emotopy.evidence.profile import ReferenceConstants, anchors, read_reference, reference_constants
from emotopy.evidence.table import read_table
from emotopy.readers.segmentation import Segment, segment_texts
from emotopy.registry import Registry
from emotopy.roles import Embedder
from emotopy.storage.cache import hash_texts

sys.path.insert(0, str(Path(__file__).parent))
from agreement import read_goemotions

SHIPPED = Path(__file__).resolve().parents[2] / "plugins" / "emotopy_plugins" / "region_mappers" / "data"


def compute(data: Path, embedder: Embedder, segment: Segment, n_texts: int | None = None) -> ReferenceConstants:
    """Return the constants of an embedder and the shipped table, of all texts or so many, cut in this way."""
    table = read_table(SHIPPED / "affect18.csv")
    texts = sorted({text for text in read_goemotions(data / "goemotions").texts if text.strip()})
    source = "GoEmotions train"
    if n_texts is not None and n_texts < len(texts):
        rows = np.random.default_rng(0).permutation(len(texts))[:n_texts]
        texts = [texts[row] for row in np.sort(rows)]
        source += f", a random {n_texts:,} of its comments"
    pieces = sorted(set(segment_texts(texts, segment).segments))
    words = [word for words in table.words for word in words]
    return reference_constants(
        embedder.embed(pieces),
        anchors(embedder.embed(words), [len(words) for words in table.words]),
        table,
        segment=segment,
        source=source,
        corpus_sha256=hash_texts(pieces),
        embedder=embedder.fingerprint,
    )


def differences(one: ReferenceConstants, other: ReferenceConstants) -> list[str]:
    """Return the names of the fields in which two records differ."""
    two = [attrs.asdict(record) for record in (one, other)]
    return [
        name
        for name, value in two[0].items()
        if not (
            np.allclose(value, two[1][name], rtol=1e-5, atol=1e-8)
            if isinstance(value, np.ndarray) and np.shape(value) == np.shape(two[1][name])
            else np.array_equal(value, two[1][name])
        )
    ]


def main() -> None:
    """Write or check the constants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/")
    parser.add_argument("--embedder", default="static", help="the name of an embedder that has a fingerprint")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="an option of the embedder")
    parser.add_argument("--segment", choices=get_args(Segment), action="append", help="which of them; all by default")
    parser.add_argument("--n-texts", type=int, help="a random subset of so many distinct texts")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="folder to write to")
    parser.add_argument("--check", type=Path, help="compare with this folder's files instead of writing")
    options = parser.parse_args()
    chosen = dict(one.split("=", 1) for one in options.set)
    embedder = Registry.load(plugins=False).make("embedder", options.embedder, **chosen)
    stem = "-".join([options.embedder, *([embedder.model] if "model" in vars(embedder) else [])])
    for segment in options.segment or get_args(Segment):
        constants = compute(options.data, embedder, segment, options.n_texts)
        name = f"{stem}-{segment}.reference.json"
        if options.check is None:
            constants.write(options.out / name)
            print(f"{name}: {constants.n_texts:,} distinct segments, table {constants.table[:12]}…")
        elif wrong := differences(constants, read_reference(options.check / name)):
            sys.exit(f"{name} differs in {', '.join(wrong)}")
        else:
            print(f"{name} is what the data give")


if __name__ == "__main__":
    main()
