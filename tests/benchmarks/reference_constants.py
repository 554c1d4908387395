"""Recompute the reference constants that ship for the static embedder: GoEmotions train, all distinct non-empty texts.

    python tests/benchmarks/reference_constants.py --data ../shared/data [--out FILE | --check FILE]

`--check` recomputes and compares with a file: numbers to 1e-5, everything else exactly. Needed anew whenever the table,
the terms, β or the embedder change.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import attrs
import numpy as np

from emotopy.evidence.profile import ReferenceConstants, anchors, read_reference, reference_constants
from emotopy.evidence.table import read_table
from emotopy.storage.cache import hash_texts

sys.path.insert(0, str(Path(__file__).parent))
from agreement import read_goemotions

SHIPPED = Path(__file__).resolve().parents[2] / "plugins" / "emotopy_plugins" / "region_mappers" / "data"


def compute(data: Path) -> ReferenceConstants:
    """Return the constants of the static embedder and the shipped table."""
    from emotopy_plugins.embedders.static import StaticEmbedder

    table = read_table(SHIPPED / "affect18.csv")
    texts = sorted({text for text in read_goemotions(data / "goemotions").texts if text.strip()})
    embedder = StaticEmbedder()
    words = [word for words in table.words for word in words]
    return reference_constants(
        embedder.embed(texts),
        anchors(embedder.embed(words), [len(words) for words in table.words]),
        table,
        source="GoEmotions train",
        corpus_sha256=hash_texts(texts),
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
    parser.add_argument("--out", type=Path, default=SHIPPED / "static.reference.json")
    parser.add_argument("--check", type=Path, help="compare with this file instead of writing")
    options = parser.parse_args()
    constants = compute(options.data)
    if options.check is None:
        constants.write(options.out)
        print(f"{options.out.name}: {constants.n_texts:,} distinct texts, table {constants.table[:12]}…")
    elif wrong := differences(constants, read_reference(options.check)):
        sys.exit(f"{options.check.name} differs in {', '.join(wrong)}")
    else:
        print(f"{options.check.name} is what the data give")


if __name__ == "__main__":
    main()
