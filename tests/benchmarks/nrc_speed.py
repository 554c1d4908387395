"""Speed of the intensity scorers beside nrclex, in one run on the same texts.

    python tests/benchmarks/nrc_speed.py FOLDER/goemotions/train.tsv [--repeats 5]

Ours start from raw texts, tokenising included; nrclex is given token lists that were cut beforehand, since its own
tokeniser needs a download. Runs alternate, so that a busy machine slows all. Prints the median texts per second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bench_table import Column, Settings, Table, goemotions_texts
from processes import Used, median, ratio, works_in_turn
from threadpoolctl import threadpool_limits

from emotopy_plugins.intensity_scorers.lexical import LexicalScorer
from emotopy_plugins.shared.nrc_files import read_bundled
from emotopy_plugins.shared.nrc_scorer import NrcScorer, plain_counts
from emotopy_plugins.shared.tokenizer import tokenize
from emotopy_plugins.shared.vader_rules import Rules

NAMES = ("nrc",)


def nrclex_counts(token_lists: list[list[str]]) -> None:
    """Count with nrclex, one text after the other."""
    from nrclex import NRCLex

    scorer = NRCLex()
    for tokens in token_lists:
        scorer.load_token_list(tokens)


def measured(texts: list[str], repeats: int) -> dict[str, list[Used]]:
    """Return what the runs of each contender took, in turn."""
    words = read_bundled()
    token_lists = [tokenize(text) for text in texts]
    off = Rules(negation=False, intensifiers=False, capitals=False, exclamations=False)
    plain, ruled, lexical = NrcScorer(words, off), NrcScorer(words), LexicalScorer()
    contenders: dict[str, Callable[[], object]] = {
        "nrc, plain, raw texts": lambda: plain.score(texts),
        "nrc, all rules, raw texts": lambda: ruled.score(texts),
        "lexical, raw texts": lambda: lexical.score(texts),
        "plain_counts, token lists": lambda: plain_counts(token_lists, words),
        "nrclex, token lists": lambda: nrclex_counts(token_lists),
    }
    return works_in_turn(contenders, repeats=repeats, warm_up=False)


def tables(settings: Settings) -> list[Table]:
    """Return the scorers' speeds beside nrclex."""
    texts = goemotions_texts(settings)
    if not texts or not settings.wants("nrc"):
        return []
    with threadpool_limits(limits=1):
        found = measured(texts, settings.repeats)
    peer = found["nrclex, token lists"]
    rows = [
        {
            "scorer": name,
            "wall": len(texts) / median(runs).wall_s,
            "cpu": len(texts) / median(runs).cpu_s,
            "slowest": len(texts) / max(run.wall_s for run in runs),
            "times": ratio(peer, runs).cpu_s,
        }
        for name, runs in found.items()
    ]
    columns = (
        Column("scorer", "Scorer"),
        Column("wall", "median", "texts/s"),
        Column("cpu", "by processor time", "texts/s"),
        Column("slowest", "slowest run", "texts/s"),
        Column("times", "times nrclex' speed"),
    )
    note = f"{len(texts):,} comments of GoEmotions train. Ours start from raw texts, nrclex from token lists."
    command = "python tests/benchmarks/nrc_speed.py ../shared/data/goemotions/train.tsv"
    return [Table("nrc", "Intensity scorers beside nrclex", command, columns, rows, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="tab-separated, text in the first column, no header")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    texts = [line.split("\t")[0] for line in options.texts.read_text(encoding="utf-8").splitlines()]
    print(f"{len(texts):,} texts, median of {options.repeats} runs")
    for name, runs in measured(texts, options.repeats).items():
        speed, slowest = len(texts) / median(runs).wall_s, len(texts) / max(run.wall_s for run in runs)
        print(f"{name:26} {speed:9,.0f} texts/s   (slowest run {slowest:,.0f})")


if __name__ == "__main__":
    main()
