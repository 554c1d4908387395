"""Writes tests/project/frozen/<version>/: what this version makes of a tiny made-up corpus and a simulated study.

    python tests/project/frozen_results.py

Done once for a release. Later versions of the same minor number are tested to give the same numbers, to the digits that
docs/promises.md states; a change of numbers is a new minor version, and stands in the changelog.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "frozen"
CORPUS = FOLDER / "texts.csv"
DIGITS = 4
"""Decimals that frozen tables hold, and that docs/promises.md states."""
KEYS = {
    "regions": ["group", "region"],
    "texts": ["id"],
    "comparison": ["measure", "region"],
    "scores": ["emotion", "features"],
    "weights": ["emotion", "region"],
}
"""Columns that name a row of each table."""
COLUMNS = {
    "regions": ["n_texts", "relative", "evidence", "share", "reference_share", "intensity"],
    "texts": ["status", "language", "top_region", "intensity", "coverage", "n_words", "n_segments"],
    "comparison": ["n_a", "n_b", "mean_a", "mean_b", "difference", "t", "g", "p"],
    "scores": ["r", "null_mean", "p", "n_subjects"],
    "weights": ["weight", "signed_weight"],
}
"""Columns whose values are frozen. Clusters aren't: what lies between two of them may go to either."""
LONG = {"texts": ["region_", "profile_", "emotion_"]}
"""Beginnings of further columns, of which there is one per region or emotion."""


def results() -> dict[str, Any]:
    """Return every table of this version, whole, by name."""
    import pandas as pd

    import emotopy

    registry = emotopy.Registry.load(plugins=False)
    frame = pd.read_csv(CORPUS)
    mapped = emotopy.map_texts(
        frame, text="text", group="group", unit="person", id="id", preset="recommended", registry=registry
    )
    compared = mapped.compare("storm", "feast", n_permutations=999)
    return {**mapped.tables, **compared.tables, **decoding().tables}


def study() -> Any:
    """Return four simulated people of six regions, the coupling of three of which follows fear."""
    from emotopy.simulate import simulate_bold

    return simulate_bold("coupling", n_subjects=4, n_volumes=300, n_regions=6, n_carriers=3, seed=1)


def decoding() -> Any:
    """Return the study decoded by the recommended preset, with few surrogates."""
    import emotopy

    made, few = study(), {"null": {"n": 19}, "compare": {"features": []}}
    registry = emotopy.Registry.load(plugins=False)
    return emotopy.decode(made.series, made.ratings, preset="recommended", config=few, registry=registry)


def predictions(decoder: Any) -> Any:
    """Return what a decoder makes of the first person's scans, a row per window."""
    import pandas as pd

    (course,) = decoder.predict(study().series[0])
    return pd.DataFrame({"centre_s": course.centres_s, **dict(zip(course.emotions, course.values.T, strict=True))})


def tables() -> dict[str, Any]:
    """Return the tables of this version, by name, with the frozen columns alone, rounded."""
    found = results()
    return {name: _chosen(name, found[name]) for name in KEYS}


def _chosen(name: str, table: Any) -> Any:
    long = tuple(LONG.get(name, ()))
    columns = [*KEYS[name], *COLUMNS[name], *(one for one in table.columns if long and str(one).startswith(long))]
    return table[columns].round(DIGITS).reset_index(drop=True)


def main() -> None:
    """Write the frozen tables of this version."""
    import emotopy

    folder = FOLDER / emotopy.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables().items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        print(folder.name, name, table.shape)
    decoder = decoding().refit()
    decoder.save(folder / "decoder", force=True)
    predictions(decoder).round(9).to_csv(folder / "predictions-of-decoder.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
