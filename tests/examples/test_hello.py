"""The example distribution, in a fresh environment: it swaps every stage of both pathways, and goes again."""

from __future__ import annotations

import json
import shutil
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotopy.roles import ROLES, STAGES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HELLO = ROOT / "docs" / "examples" / "emotopy-hello"
OWNER = "emotopy-hello"
CONFIG = tomllib.loads((HELLO / "hello.toml").read_text("utf-8"))
NAMES = {role: CONFIG[role][0] if role == "reporter" else CONFIG[role] for role in STAGES}
NAMES["dataset"] = "letters"
NAMES = {role: name["use"] if isinstance(name, dict) else name for role, name in NAMES.items()}

STORY = (
    "I was afraid of the dark", "then the door opened", "suddenly she laughed and smiled", "we were so happy then",
    "he was angry and furious", "nobody trusted him", "a terrible scary sound", "I miss her and cry",
    "they hope to see us soon", "a quiet walk home", "fear again and dread", "joy at last",
)  # fmt: skip


@pytest.fixture(scope="module")
def installed(environment, tmp_path_factory):
    """The example, built and installed; a folder to work in."""
    folder = tmp_path_factory.mktemp("hello")
    shutil.copytree(HELLO, folder / "emotopy-hello", ignore=shutil.ignore_patterns("__pycache__"))
    environment.must("pip", "install", folder / "emotopy-hello", cwd=folder)
    for name in ("hello.toml", "letters.toml"):
        shutil.copy(HELLO / name, folder)
    yield folder
    environment.run("pip", "uninstall", "--yes", OWNER, cwd=folder)


def stages(provenance: Path) -> dict[str, str]:
    """Return the owner of each stage that a provenance names."""
    found = json.loads(provenance.read_text("utf-8"))["stages"]
    return {role: (one[0] if role == "reporter" else one)["owner"] for role, one in found.items()}


def test_all_eleven_roles_are_offered(environment, installed):
    """`emotopy plugins` lists a stage of the example for every role, and no problem."""
    listed = environment.must("emotopy", "plugins", cwd=installed)
    rows = {tuple(line.split()[:3]) for line in listed.splitlines()}
    assert {(role, name, OWNER) for role, name in NAMES.items()} <= rows
    assert len(NAMES) == len(ROLES) == 11
    assert "failed" not in listed


def test_its_own_tests_pass(environment, installed):
    """The conformance suite, run as the example's own test, keeps every promise; none is left out."""
    report = environment.must("pytest", "-q", "-p", "no:cacheprovider", "emotopy-hello", cwd=installed)
    assert " passed" in report
    assert "failed" not in report


def test_texts_are_mapped_by_its_stages(environment, installed):
    """Seven stages and the reporter are the example's, says the provenance; the result isn't that of the built-ins."""
    texts = installed / "texts.csv"
    with resources.as_file(resources.files("emotopy.datasets.sample") / "diaries.csv") as diaries:
        pd.read_csv(diaries).groupby("group").head(40).to_csv(texts, index=False)
    words = ("emotopy", "map", texts, "--group", "group", "--no-cache", "--quiet")
    environment.must(*words, "--config", "hello.toml", "--set", 'reporter=["tables", "postcard"]', "--out", "by-hello",
                     cwd=installed)  # fmt: skip
    quick = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables")
    environment.must(*words, *quick, "--out", "by-us", cwd=installed)
    owners = stages(installed / "by-hello" / "provenance.json")
    told = json.loads((installed / "by-hello" / "provenance.json").read_text("utf-8"))["stages"]
    assert {role: owner for role, owner in owners.items() if role != "reporter"} == dict.fromkeys(
        ("embedder", "reducer", "clusterer", "intensity_scorer", "region_mapper", "atlas"), OWNER
    )
    assert [one["owner"] for one in told["reporter"]] == ["emotopy", OWNER]
    assert set(stages(installed / "by-us" / "provenance.json").values()) == {"emotopy"}
    hello, ours = (pd.read_csv(installed / name / "regions.csv") for name in ("by-hello", "by-us"))
    assert hello["region"].unique().tolist() == ["amygdala", "insula", "medial_prefrontal", "posterior_cingulate"]
    both = hello.merge(ours, on=["group", "region"], suffixes=("", "_ours"))
    assert len(both) == len(hello)
    assert not np.isclose(both["share"], both["share_ours"]).any()
    assert not np.isclose(both["intensity"], both["intensity_ours"]).any()
    assert (installed / "by-hello" / "postcard.txt").read_text("utf-8").startswith("Greetings from the brain!\n\nall: ")


def test_its_presets_are_offered_and_used(environment, installed):
    """`hello` comes to what hello.toml says; `hello-lsa` lies over it with an embedder that learns from the corpus."""
    rows = [line.split() for line in environment.must("emotopy", "plugins", cwd=installed).splitlines()]
    assert {"hello", "hello-lsa"} <= {row[1] for row in rows if row[0] == "preset" and row[2] == OWNER}
    by_preset, by_file = (
        tomllib.loads(environment.must("emotopy", "config", "show", *words, cwd=installed))
        for words in (("--preset", "hello"), ("--config", "hello.toml"))
    )
    assert {role: by_preset[role] for role in STAGES} == {role: by_file[role] for role in STAGES}
    texts = installed / "short.csv"
    with resources.as_file(resources.files("emotopy.datasets.sample") / "diaries.csv") as diaries:
        pd.read_csv(diaries).head(60).to_csv(texts, index=False)
    words = ("emotopy", "map", texts, "--preset", "hello-lsa", "--no-cache", "--quiet", "--out", "by-lsa")
    environment.must(*words, cwd=installed)
    provenance = json.loads((installed / "by-lsa" / "provenance.json").read_text("utf-8"))
    assert (provenance["preset"]["owner"], provenance["preset"]["use"]) == (OWNER, "hello-lsa")
    embedder = provenance["stages"]["embedder"]
    assert (embedder["use"], embedder["options"]["n_dims"]) == ("lsa", 8)
    assert 0 < embedder["fitted_on"]["n_texts"] <= provenance["input"]["n_segments"]


def test_a_story_is_annotated_and_decoded_by_its_stages(environment, installed):
    """Annotator, atlas, connectivity, decoder and reporter are the example's; scores aren't those of the built-ins."""
    captions = [
        f"{i + 1}\n{clock(20 * i)} --> {clock(20 * i + 18)}\n{line}\n" for i, line in enumerate([*STORY, *STORY[::-1]])
    ]
    (installed / "story.srt").write_text("\n".join(captions), "utf-8")
    rate = ("emotopy", "annotate", "story.srt", "--emotions", "fear,joy", "--segmentation", "given", "--no-cache",
            "--quiet")  # fmt: skip
    environment.must(*rate, "--annotator", "word-families", "--out", "ratings.tsv", cwd=installed)
    environment.must(*rate, "--annotator", "lexicon", "--out", "ours.tsv", cwd=installed)
    sidecar = json.loads((installed / "ratings.json").read_text("utf-8"))
    assert sidecar["Provenance"]["stages"]["annotator"]["owner"] == OWNER
    ours, hello = (pd.read_csv(installed / name, sep="\t") for name in ("ours.tsv", "ratings.tsv"))
    assert hello.columns.tolist() == ours.columns.tolist() == ["onset", "duration", "fear", "joy"]
    assert (hello["fear"] != ours["fear"]).any()

    write_scans(installed / "bold", n_subjects=3, n_volumes=240)
    decode = ("emotopy", "decode", "--bold", "bold/*.nii", "--tr", "2", "--ratings", "ratings.tsv", "--no-cache",
              "--quiet", "--config", "hello.toml", "--set", "null.n=5", "--set", "split.n_blocks=2")  # fmt: skip
    environment.must(*decode, "--set", 'reporter=["tables", "postcard"]', "--out", "brain-hello", cwd=installed)
    provenance = json.loads((installed / "brain-hello" / "provenance.json").read_text("utf-8"))
    told = provenance["stages"]
    assert (told["connectivity"]["use"], told["connectivity"]["owner"]) == ("cofluctuation", OWNER)
    assert (told["neural_decoder"]["use"], told["neural_decoder"]["owner"]) == ("analogues", OWNER)
    assert told["reporter"][1]["owner"] == OWNER
    assert provenance["regions"] == ["amygdala", "insula", "medial_prefrontal", "posterior_cingulate"]
    with_ours = ("--set", "connectivity=sliding-window", "--set", "neural_decoder=ridge", "--set", "reporter=tables")
    environment.must(*decode, *with_ours, "--out", "brain-ours", cwd=installed)
    scores = [pd.read_csv(installed / name / "scores.csv") for name in ("brain-hello", "brain-ours")]
    measured = [one[one["features"].isin(["cofluctuation", "sliding-window"])] for one in scores]
    assert [len(one) for one in measured] == [2, 2]
    assert not np.isclose(measured[0]["r"], measured[1]["r"]).any()
    assert "fear from cofluctuation: r = " in (installed / "brain-hello" / "postcard.txt").read_text("utf-8")


@pytest.fixture(scope="module")
def letters(installed):
    """A folder of letters: eight writers in 1899 who are afraid, eight in 1900 who are glad, and an empty one."""
    folder, rng = installed / "letters", np.random.default_rng(11)
    folder.mkdir()
    words = {"1899": "storm afraid dark wolves fever terror", "1900": "garden sunshine laughing picnic dance friends"}
    for year, said in words.items():
        for number in range(8):
            lines = [" ".join(rng.choice(said.split(), 5)) for _ in range(2 + number % 3)]
            pieces = [f"Zanzibar writer {number} says: {line} and so on" for line in lines]
            (folder / f"writer{number}{year[-1]}_{year}.txt").write_text("\n\n".join(pieces), "utf-8")
    (folder / "nobody_1900.txt").write_text("", "utf-8")
    return folder


def test_its_data_set_becomes_a_table(environment, installed, letters):
    """`emotopy data letters` lists what it left out, keeps the card's mark, and says whose it is in the list."""
    assert "letters" in environment.must("emotopy", "data", cwd=installed)
    words = ("emotopy", "data", "letters", "--from", "letters", "--out")
    assert environment.must(*words, "rows.parquet", cwd=installed).startswith("Wrote 46 paragraphs to rows.parquet\n")
    about = json.loads((installed / "rows.json").read_text("utf-8"))
    assert about["confidential"] is True
    assert about["options"] == {"whole": False}
    assert about["left_out"] == [{"what": "nobody_1900", "reason": "no words"}]
    assert pd.read_parquet(installed / "rows.parquet").attrs == {"confidential": True}
    for name, flags in {"flag.parquet": ("--whole",), "set.parquet": ("--set", "whole=true")}.items():
        assert environment.must(*words, name, *flags, cwd=installed).startswith("Wrote 16 paragraphs")
    assert (installed / "flag.parquet").read_bytes() == (installed / "set.parquet").read_bytes()


def test_an_experiment_names_its_data_set(environment, installed, letters):
    """The TOML names `letters`: its units are counted, whose data set it was is recorded, no letter is written."""
    words = ("emotopy", "experiment", "letters.toml", "--data", "letters", "--no-cache", "--quiet")
    environment.must(*words, "--out", "two-years", cwd=installed)
    out = installed / "two-years"
    provenance = json.loads((out / "provenance.json").read_text("utf-8"))
    assert provenance["dataset"]["title"] == "Letters"
    assert provenance["presets"]["recommended"]["input"]["owner"] == OWNER
    comparison = pd.read_csv(out / "comparison" / "comparison.csv")
    assert set(comparison["n_a"]) == set(comparison["n_b"]) == {8}
    assert pd.read_csv(out / "left_out.csv")["what"].tolist() == ["nobody_1900"]
    assert not any(b"Zanzibar" in path.read_bytes() for path in out.rglob("*") if path.is_file())
    again = environment.run(*words[:3], "--data", "letters.toml", "--out", "x", cwd=installed)
    assert again.code == 1


def test_uninstalled_it_is_gone(environment, installed):
    """After `pip uninstall` no stage of it is listed; its names are unknown again, told with what there is."""
    environment.must("pip", "uninstall", "--yes", OWNER, cwd=installed)
    assert OWNER not in environment.must("emotopy", "plugins", cwd=installed)
    asked = environment.run("emotopy", "plugins", "show", "trigrams", cwd=installed)
    assert asked.code == 1
    assert "no stage is called 'trigrams'" in asked.err
    lost = environment.run("emotopy", "experiment", "letters.toml", "--data", ".", "--out", "y", cwd=installed)
    assert lost.code == 1
    assert "data.dataset" in lost.err


def clock(seconds: int) -> str:
    """Return a time as subtitles write it."""
    return f"00:{seconds // 60:02d}:{seconds % 60:02d},000"


def write_scans(folder: Path, *, n_subjects: int, n_volumes: int) -> None:
    """Write noise over the whole head, 12 mm voxels, one 4-D image per subject."""
    import nibabel

    folder.mkdir()
    affine = np.diag([12.0, 12.0, 12.0, 1.0])
    affine[:3, 3] = -96, -132, -84
    for number in range(1, n_subjects + 1):
        values = np.random.default_rng(number).normal(1000, 10, (17, 21, 17, n_volumes))
        image = nibabel.nifti1.Nifti1Image(values.astype(np.float32), affine)
        nibabel.save(image, folder / f"sub-{number:02d}_task-story_bold.nii")
