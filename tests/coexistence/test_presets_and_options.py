"""A plugin from outside with a preset, an enumeration and tables of options: on every way that the command line has."""

from __future__ import annotations

import json
import tomllib

import pytest

PLUGIN = '''
    from __future__ import annotations

    import enum
    from pathlib import Path

    import attrs
    import numpy as np
    from emotopy import hookimpl
    from emotopy.roles import Embedder


    class Norm(enum.Enum):
        L1 = "l1"
        L2 = "l2"


    @attrs.frozen
    class Scale:
        """Options in a table."""

        factor: float = 1.0
        norm: Norm = Norm.L2
        table: Path | None = None


    class Scaled:
        """Scales the first columns."""

        def __init__(self, n_components: int = 3, scale: Scale = Scale(factor=2.0)) -> None:
            self.n_components, self.scale = n_components, scale
            self.more = 1.0 if scale.table is None else float(scale.table.read_text())

        def fit_transform(self, X):
            return self.transform(X)

        def transform(self, X):
            order = 1 if self.scale.norm is Norm.L1 else 2
            lengths = np.linalg.norm(X, ord=order, axis=1, keepdims=True)
            return self.more * self.scale.factor * (X / np.maximum(lengths, 1e-9))[:, : self.n_components]


    class Lengths:
        """Counts letters."""

        def __init__(self, places: int = 4) -> None:
            self.places = places

        def embed(self, texts):
            return np.array([[text.count(c) + 1 for c in "aeiou"[: self.places]] for text in texts], dtype=np.float32)


    class Nearest:
        """Gives texts to regions by an embedder of its own."""

        def __init__(self, embedder: Embedder) -> None:
            self.embedder = embedder

        def fit(self, inputs):
            return self

        def assign(self, inputs):
            vectors = self.embedder.embed(list(inputs.texts)).sum(axis=1, keepdims=True)
            shares = np.abs(np.sin(vectors * np.arange(1, len(inputs.targets) + 1))) + 0.1
            return shares / shares.sum(axis=1, keepdims=True)


    @hookimpl
    def register_reducers():
        return {"scaled": Scaled}


    @hookimpl
    def register_embedders():
        return {"lengths": Lengths}


    @hookimpl
    def register_region_mappers():
        return {"by-length": Nearest}


    @hookimpl
    def register_presets():
        return {
            "lab": {
                "preset": "recommended",
                "embedder": "lengths",
                "reducer": {"use": "scaled", "scale": {"factor": 3}},
                "clusterer": {"use": "kmeans", "n_clusters": 2},
                "region_mapper": {"use": "by-length", "embedder": {"use": "lengths", "places": 2}},
                "reporter": "tables",
                "interval": {"n": 100},
                "language": "any",
            },
            "lost": {"preset": "lab", "embedder": "somebody:else"},
        }
'''

BAD = """
    from emotopy import hookimpl

    class Open:
        def __init__(self, **settings) -> None: ...

        def embed(self, texts): ...

    @hookimpl
    def register_embedders():
        return {"open": Open}
"""


@pytest.fixture
def lab(site):
    """The plugin, installed; texts to map."""
    site.install("lab-tools", PLUGIN, version="1.2")
    rows = [f"{word} {other} today" for word in ("joy", "fear", "anger", "grief") for other in ("one", "two", "three")]
    (site.home / "texts.csv").write_text("text,group\n" + "\n".join(f"{row},{len(row) % 2}" for row in rows) + "\n")
    return site


def must(run):
    assert run.code == 0, run.err
    return run.out


def test_presets_are_listed_shown_and_started_from(lab):
    """`plugins`, `plugins show`, `config init`, `show`, `schema`: the preset is there with its owner and version."""
    lines = [line.split() for line in must(lab.run("plugins")).splitlines()]
    assert ["preset", "lab", "lab-tools", "1.2", "ok"] in lines
    assert ["preset", "lost", "lab-tools", "1.2", "can't", "be", "used"] in lines
    assert "somebody:else" in must(lab.run("plugins"))
    shown = must(lab.run("plugins", "show", "lab"))
    assert tomllib.loads(shown.partition("\n")[2])["reducer"] == {"use": "scaled", "scale": {"factor": 3}}
    must(lab.run("config", "init", "mine.toml", "--preset", "lab"))
    must(lab.run("config", "check", "mine.toml"))
    one, other = (tomllib.loads(must(lab.run("config", "show", *words))) for words in
                  (("--preset", "lab-tools:lab"), ("--config", "mine.toml")))  # fmt: skip
    assert one == other
    assert one["preset"] == "lab-tools:lab"
    assert one["reducer"]["scale"] == {"factor": 3.0, "norm": "l2", "table": "none"}
    assert "lab" in json.loads(must(lab.run("config", "schema")))["properties"]["preset"]["enum"]


def test_options_within_options_are_shown(lab):
    """Each with its dotted name, type and default."""
    rows = {
        line.split()[0]: line for line in must(lab.run("plugins", "show", "scaled")).splitlines() if "default" in line
    }
    assert rows["scale.factor"].split()[1:] == ["number", "default:", "2.0"]
    assert "'l1' | 'l2'" in rows["scale.norm"]
    assert "path" in rows["scale.table"]


def test_a_run_is_repeated_from_its_provenance(lab):
    """A plugin's preset, an option set deep, a nested stage's option, a file that an option names."""
    (lab.home / "more.txt").write_text("1.5")
    sets = ["reducer.scale.norm=l1", "reducer.scale.table=more.txt", "region_mapper.embedder.places=3"]
    words = [word for one in sets for word in ("--set", one)]
    must(lab.run("map", "texts.csv", "--preset", "lab", "--group", "group", "--out", "first", *words))
    told = json.loads((lab.home / "first" / "provenance.json").read_text("utf-8"))
    assert told["preset"] == {"use": "lab", "owner": "lab-tools", "version": "1.2"}
    assert told["stages"]["reducer"]["options"]["scale"] == {"factor": 3.0, "norm": "l1", "table": "more.txt"}
    assert told["stages"]["reducer"]["files_sha256"].keys() == {"scale.table"}
    assert told["stages"]["region_mapper"]["options"]["embedder"] == {"use": "lengths", "places": 3}
    again = must(lab.run("map", "texts.csv", "--from", "first/provenance.json", "--out", "second"))
    assert "files are identical" in again
    first, second = ((lab.home / name / "regions.csv").read_bytes() for name in ("first", "second"))
    assert first == second
    (lab.home / "more.txt").rename(lab.home / "moved.txt")
    lost = lab.run("map", "texts.csv", "--from", "first/provenance.json", "--out", "third")
    assert lost.code == 1
    assert "reducer.scale.table" in lost.err
    moved = ("--set", "reducer.scale.table=moved.txt")
    assert lab.run("map", "texts.csv", "--from", "first/provenance.json", "--out", "third", *moved).code == 0
    other = must(lab.run("map", "texts.csv", "--preset", "lab", "--group", "group", "--out", "fourth"))
    assert other
    assert (lab.home / "fourth" / "texts.parquet").read_bytes() != (lab.home / "first" / "texts.parquet").read_bytes()


def test_another_version_is_told_and_a_missing_plugin_is_an_error(lab):
    """As for stages: `--from` says what differs, and asks for what isn't there."""
    must(lab.run("map", "texts.csv", "--preset", "lab", "--set", "embedder=static", "--set", "reducer=pca", "--set",
                 "region_mapper=evidence", "--out", "first"))  # fmt: skip
    path = lab.home / "first" / "provenance.json"
    told = json.loads(path.read_text("utf-8"))
    assert {one["owner"] for role, one in told["stages"].items() if role != "reporter"} == {"emotopy"}
    path.write_text(json.dumps(told | {"preset": told["preset"] | {"version": "0.9"}}), "utf-8")
    older = lab.run("map", "texts.csv", "--from", "first", "--out", "second")
    assert older.code == 0
    assert "0.9" in older.err
    assert lab.run("--no-plugins", "map", "texts.csv", "--from", "first", "--out", "third").code == 1
    assert not (lab.home / "third").exists()


def test_a_factory_with_further_keywords_is_no_stage(lab):
    """It is listed as failed, with what is wrong; others work on."""
    lab.install("open-tools", BAD)
    listed = must(lab.run("plugins"))
    assert "failed: open-tools (it): " in listed
    assert "**settings" in listed
    assert "lab-tools" in listed
