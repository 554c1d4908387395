"""Results folders with their pages, made by the product's own commands: ordinary ones, hostile ones, real data."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from tests import runs

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--no-cache", "--quiet", "--force")
"""Stages that need no compiler and no long import."""
POOLS = {
    "fear": "terror panic scared danger threat nightmare trembling dread afraid horror alarm fright",
    "joy": "friends sunshine party laughing happy garden music holiday dancing family delight cheerful",
    "plain": "table window went morning kitchen number walked street paper water bought chair",
}
LONG_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 4
OLDER = Path(__file__).with_name("older.zip")
"""A folder as 0.1.0 wrote it in its first months: `map` of six diaries of two groups."""
HOSTILE = (
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "</script><script>alert(3)</script>",
    "</title><img src=x onerror=alert(4)>",
    '" onmouseover="alert(5)" x=\'',
    "' autofocus onfocus='alert(6)",
    "<!-- --><svg onload=alert(7)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <b>",
    "left \u202eto right, right to left",
    "أنا خائف جدا من الامتحان غدا",
    "אני שמח מאוד היום",
    "zero\u200bwidth and a\u0301ccents \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    LONG_WORD,
    "https://example.org/" + "a" * 300,
    "=1+1",
    "__proto__",
    "]]>",
)
"""Texts, names and titles that a careless page would run, follow, cut or be torn by."""


class Folders:
    """Makes folders of results once each, by name."""

    def __init__(self, home: Path, data: Path | None = None) -> None:
        self.home, self.data = home, data
        self._failed: dict[str, str] = {}

    def page(self, name: str) -> Path:
        """Return the path of a page, `folder/part` or `folder`; make the folder where it isn't."""
        folder = name.partition("/")[0]
        if folder in self._failed:
            raise AssertionError(self._failed[folder])
        if not (self.home / folder).exists():
            try:
                MAKERS[folder](self, self.home / folder)
            except AssertionError as error:
                self._failed[folder] = f"{folder} couldn't be made: {error}"
                raise
        return self.home / name / "report.html"

    def emotopy(self, *words: object) -> runs.Run:
        """Run a command in the home of the folders; it must succeed."""
        env = runs.environment(self.home / "cache", COLUMNS="200")
        done = runs.run([sys.executable, "-m", "emotopy", *words], cwd=self.home, env=env)
        assert done.code == 0, done.err
        return done

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
        """Write a CSV file."""
        path = self.home / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return path


def say(rng: np.random.Generator, mood: str, n: int = 9) -> str:
    """Return a line of n words, half of them of a mood."""
    return " ".join(str(rng.choice(POOLS[mood if rng.random() < 0.5 else "plain"].split())) for _ in range(n))


def lines(n: int, groups: Sequence[str], *, units: int = 6) -> list[tuple[str, str, str]]:
    """Return n texts a group: text, group, unit."""
    rng = np.random.default_rng(4)
    return [
        (say(rng, ("fear", "joy")[g % 2]), group, f"{group} {i % units}")
        for g, group in enumerate(groups)
        for i in range(n)
    ]


# Ordinary results -----------------------------------------------------------------------------------------------------


def demo(folders: Folders, out: Path) -> None:
    folders.emotopy("demo", "--out", out)


def experiment(folders: Folders, out: Path) -> None:
    rng = np.random.default_rng(1)
    labels = {"fear": 14, "joy": 17}
    rows = [f"{say(rng, name)}\t{label}\t{name}{i}" for name, label in labels.items() for i in range(24)]
    data = folders.home / "comments"
    data.mkdir()
    (data / "train.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    text = folders.emotopy("experiment", "emotions", "--show").out
    for old, new in (("10000", "99"), ("999", "49"), ("n = 10\n", "n = 2\n"), ("199", "9"), ("1000", "100")):
        text = text.replace(old, new)
    text = text.replace('[["fear", "joy"], ["anger", "sadness"], ["love", "disgust"]]', '[["fear", "joy"]]')
    mine = folders.home / "mine.toml"
    mine.write_text(text, "utf-8")
    folders.emotopy("experiment", mine, "--data", data, "--out", out, *FAST)


def over_time(folders: Folders, out: Path) -> None:
    rows = [(text, group, unit, f"2026-{1 + i % 12:02}-{1 + i % 27:02}") for i, (text, group, unit) in enumerate(
        lines(60, ("spring", "autumn")))]  # fmt: skip
    file = folders.table("over-time", ("text", "group", "unit", "day"), rows)
    words = ("--text", "text", "--group", "group", "--unit", "unit", "--time", "day")
    folders.emotopy("map", file, *words, "--out", out, *FAST)


def without_texts(folders: Folders, out: Path) -> None:
    file = folders.table("private", ("text", "group", "unit"), lines(30, ("clinic", "control")))
    folders.emotopy("map", file, "--group", "group", "--unit", "unit", "--no-texts", "--out", out, *FAST)


def older(folders: Folders, out: Path) -> None:
    """Results of a version before reports had sections and a map of texts, without their page; its page made anew."""
    import zipfile

    with zipfile.ZipFile(OLDER) as archive:
        archive.extractall(out)
    folders.emotopy("report", out, "--quiet")


# Hostile ones ---------------------------------------------------------------------------------------------------------


def hostile(folders: Folders, out: Path) -> None:
    """Hostile texts of groups and persons, in columns and under a title that are no better; and their comparison."""
    rows = [
        (f"{mark} {text}", f"{HOSTILE[i % 3]} {HOSTILE[9 + i % 5][:80]}", f"{HOSTILE[i % 7]} {i % 6}", HOSTILE[i % 4])
        for i, (text, _, _) in enumerate(lines(60, ("a", "b")))
        for mark in [HOSTILE[i % len(HOSTILE)]]
    ]
    columns = ("<b>text</b>", "group \"of'", "unit</td>", "<i>more")
    file = folders.table("hostile", columns, rows)
    named = ("--text", columns[0], "--group", columns[1], "--unit", columns[2], "--keep", columns[3])
    title = ("--set", f"reporter.title={HOSTILE[0]} {HOSTILE[3]} {LONG_WORD}")
    folders.emotopy("map", file, *named, "--language", "en", *title, "--out", out / "texts", *FAST)
    groups = list(pd.read_parquet(out / "texts" / "texts.parquet")["group"].unique()[:3])
    folders.emotopy("compare", out / "texts", "--out", out / "comparison", "--quiet", "--", *groups)


def one_megabyte(folders: Folders, out: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        *lines(12, ("short", "long")),
        (say(rng, "fear", 150_000), "long", "long 1"),
        ("x" * 100_000, "long", "long 2"),
    ]
    file = folders.table("one-megabyte", ("text", "group", "unit"), rows)
    folders.emotopy("map", file, "--group", "group", "--unit", "unit", "--language", "en", "--out", out, *FAST)


def right_to_left(folders: Folders, out: Path) -> None:
    rng = np.random.default_rng(6)
    words = ["خوف", "سعيد", "حزين", "غضب", "امتحان", "بيت", "ليل", "فرح", "صديق", "موسيقى"]
    rows = [(" ".join(rng.choice(words, 8)), ("قبل", "بعد")[i % 2], f"كاتب {i % 6}") for i in range(40)]
    file = folders.table("right-to-left", ("النص", "المجموعة", "الكاتب"), rows)
    named = ("--text", "النص", "--group", "المجموعة", "--unit", "الكاتب", "--language", "any")
    folders.emotopy("map", file, *named, "--out", out, *FAST)


def one_group(folders: Folders, out: Path) -> None:
    file = folders.table("one-group", ("text", "group", "unit"), lines(30, ("only",)))
    folders.emotopy("map", file, "--group", "group", "--unit", "unit", "--out", out, *FAST)


def one_text(folders: Folders, out: Path) -> None:
    file = folders.table("one-text", ("text",), [("I was so scared of the dark last night.",)])
    folders.emotopy("map", file, "--out", out, "--language", "en", "--no-cache", "--quiet")


def no_cluster(folders: Folders, out: Path) -> None:
    file = folders.table("no-cluster", ("text", "group"), [(text, group) for text, group, _ in lines(4, ("a", "b"))])
    words = ("--set", "reducer=pca", "--set", "clusterer=hdbscan", "--no-cache", "--quiet")
    folders.emotopy("map", file, "--group", "group", "--out", out, *words)


def sixty_groups(folders: Folders, out: Path) -> None:
    groups = [f"school {k:02} of the district" for k in range(60)]
    file = folders.table("sixty-groups", ("text", "group", "unit"), lines(6, groups))
    folders.emotopy("map", file, "--group", "group", "--unit", "unit", "--out", out / "texts", *FAST)
    folders.emotopy("compare", out / "texts", *groups[:8], "--out", out / "comparison", "--quiet")


def three_groups(folders: Folders, out: Path) -> None:
    groups = ("waiting", "therapy", "control")
    file = folders.table("three-groups", ("text", "group", "unit"), lines(72, groups, units=12))
    folders.emotopy("map", file, "--group", "group", "--unit", "unit", "--out", out / "texts", *FAST)
    folders.emotopy("compare", out / "texts", *groups, "--out", out / "comparison", "--quiet")


def forty_emotions(folders: Folders, out: Path) -> None:
    from emotopy.readers.ratings import table_text
    from emotopy.simulate import simulate_bold

    emotions = [f"emotion {k:02} <i>" for k in range(40)]
    made = simulate_bold(
        "coupling", n_subjects=4, n_volumes=300, n_regions=6, emotions=emotions, planted=emotions[:1], n_carriers=3
    )
    series = folders.home / "series"
    series.mkdir()
    for one in made.series:
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(series / f"{one.subject}.csv", index=False)
    ratings = folders.home / "forty.tsv"
    ratings.write_text(table_text(made.ratings), "utf-8")
    words = ("--tr", "2", "--set", "null.n=19", "--set", "split.n_blocks=4", "--no-cache", "--quiet")
    folders.emotopy("decode", "--series", series, "--ratings", ratings, *words, "--out", out)


# Real data: GoEmotions by label and Alice, beside the project ---------------------------------------------------------


def goemotions(folders: Folders, out: Path) -> None:
    """All comments of the training set by label, with the stages as they are; fear and joy compared."""
    table = folders.home / "goemotions.parquet"
    folders.emotopy("data", "goemotions", "--from", folders.data / "goemotions", "--out", table)
    folders.emotopy("map", table, "--text", "text", "--group", "label", "--out", out / "texts", "--no-cache", "--quiet")
    folders.emotopy("compare", out / "texts", "fear", "joy", "--out", out / "comparison", "--quiet")


def alice(folders: Folders, out: Path) -> None:
    """The commands that `emotopy data alice` prints."""
    import shlex

    source = folders.data / "alice-brennan2016"
    _, _, _, annotate, decode = folders.emotopy("data", "alice", "--from", source).out.splitlines()
    folders.emotopy(*shlex.split(annotate)[1:])
    words = [out if word == "results" else word for word in shlex.split(decode)[1:]]
    folders.emotopy(*words, "--quiet", "--no-cache")


MAKERS: dict[str, Callable[[Folders, Path], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(demo, experiment, over_time, without_texts, three_groups, older),
        *(hostile, one_megabyte, right_to_left, one_group, one_text, no_cluster, sixty_groups, forty_emotions),
        *(goemotions, alice),
    )
}
"""By the first part of a page's name."""

ORDINARY = (
    *("demo/texts", "demo/comparison", "demo/brain", "demo/bridge", "experiment", "over-time", "without-texts"),
    *("three-groups/texts", "three-groups/comparison", "older"),
)
HOSTILE_PAGES = (
    *("hostile/texts", "hostile/comparison", "one-megabyte", "right-to-left", "one-group", "one-text", "no-cluster"),
    *("sixty-groups/texts", "sixty-groups/comparison", "forty-emotions"),
)
REAL = ("goemotions/texts", "goemotions/comparison", "alice")
