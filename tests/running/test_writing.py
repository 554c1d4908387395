"""Results are written through reporters, once for every kind: whole or absent, whatever a reporter does."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import attrs
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, OutputError, PluginError
from emotopy.hookspecs import hookimpl
from emotopy.records import Result
from emotopy.roles import Host
from emotopy.running.writing import WritableResult
from emotopy.storage.results import MANIFEST, PROVENANCE, manifest_of


@attrs.frozen
class Written(WritableResult):
    """The smallest result."""

    provenance: dict = attrs.field(factory=lambda: {"seed": 0})
    reporters: tuple = ("html",)
    parts: dict = attrs.field(factory=dict)
    notes: tuple = ()
    no_texts: bool = False
    kind: str = "made-up"
    tables: dict = attrs.field(factory=dict)


@attrs.frozen
class Writes:
    error: BaseException | None = None
    name: str = "report.html"

    def write(self, result, directory):
        (directory / self.name).write_text("half")
        if self.error:
            raise self.error
        return [directory / self.name]


class Plugin:
    """Offers `html` and `csv`; `error` is what they raise."""

    def __init__(self, error=None):
        self.error = error

    @hookimpl
    def register_reporters(self):
        return {"html": lambda: Writes(self.error), "csv": lambda name="x.csv": Writes(self.error, name)}


@pytest.fixture
def registry():
    return Registry([Plugin()], owner="mine")


def tree(folder):
    """Everything below a folder, with the contents of files."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def test_reporters_and_provenance_make_a_results_directory(tmp_path, registry):
    """Every reporter writes, and the provenance stands beside what they wrote, as JSON in UTF-8."""
    result = Written({"groups": ["grün", "half \ud800"], "b": 1, "a": None}, ("html", {"use": "csv", "name": "y.csv"}))
    assert isinstance(result, Result)
    assert result.write(tmp_path / "results", registry) == tmp_path / "results"
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [PROVENANCE, "report.html", "y.csv"]
    written = (tmp_path / "results" / PROVENANCE).read_text("utf-8")
    listed = json.loads(written)
    assert listed.pop(MANIFEST) == manifest_of(tmp_path / "results")
    assert listed == result.provenance
    assert "grün" in written
    assert written.endswith("}\n")


def test_reporters_can_be_given(tmp_path, registry):
    """By name, with options, or as objects, in place of those that the configuration chose."""
    given = ["csv", {"use": "mine:csv", "name": "y.csv"}, Writes(name="z.csv")]
    Written().write(tmp_path / "results", registry, reporters=given)
    assert sorted(tree(tmp_path / "results")) == [PROVENANCE, "x.csv", "y.csv", "z.csv"]


def test_who_writes_is_told_what_a_reporter_tells(tmp_path):
    """Notes of reporters, as of a section of the report that failed, reach `notify`; those of parts, too."""

    class Tells:
        @hookimpl
        def register_reporters(self):
            def telling(host: Host):
                host.notify("a section failed")
                return Writes()

            return {"html": telling}

    registry, told = Registry([Tells()], owner="mine"), []
    Written(parts={"part": Written()}).write(tmp_path / "results", registry, notify=told.append)
    assert told == ["a section failed"] * 2
    with pytest.warns(UserWarning, match="a section failed"):
        Written().report(tmp_path / "page.html", registry)


def test_an_object_has_to_be_given_again(tmp_path, registry):
    """Results hold no objects; what is left of one names its class, and what to do."""
    result = Written(reporters=({"object": {"class": "mine.Pdf", "parameters": {}}},))
    with pytest.raises(ConfigError, match=r"mine\.Pdf") as caught:
        result.write(tmp_path / "results", registry)
    assert "reporters=" in str(caught.value)
    assert tree(tmp_path) == {}


def test_a_single_reporter_needs_no_list(tmp_path, registry):
    """A name, a table or an object alone is one reporter, not a list of letters or keys."""
    for i, given in enumerate(["csv", {"use": "csv"}, Writes(name="x.csv")]):
        Written().write(tmp_path / str(i), registry, reporters=given)
        assert sorted(tree(tmp_path / str(i))) == [PROVENANCE, "x.csv"]


def test_the_report_needs_no_other_reporter(tmp_path, registry):
    """An object that has to be given again, or a reporter that isn't installed here, doesn't keep the page back."""
    described = {"object": {"class": "mine.Pdf", "parameters": {}}}
    Written(reporters=(described, "elsewhere:csv", {"use": "mine:html"})).report(tmp_path / "page.html", registry)
    assert tree(tmp_path) == {"page.html": "half"}


def test_parts_stand_in_folders_of_their_own(tmp_path, registry):
    """Each with its provenance, written by its own reporters; where one fails, all else is there."""
    result = Written(parts={"one": Written({"n": 1}, ("csv",)), "two": Written({"n": 2}, ())})
    result.write(tmp_path / "results", registry)
    names = ["one", f"one/{PROVENANCE}", "one/x.csv", PROVENANCE, "report.html", "two", f"two/{PROVENANCE}"]
    assert sorted(tree(tmp_path / "results")) == sorted(names)
    with pytest.raises(PluginError):
        result.write(tmp_path / "other", Registry([Plugin(ValueError("x"))]))
    lost = {"one/x.csv", "report.html"}
    assert sorted(tree(tmp_path / "other")) == sorted(set(names) - lost)


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), FileNotFoundError(2, "my template"), KeyError("k")])
def test_a_reporter_that_fails_is_named_and_costs_its_own_file(tmp_path, error):
    """Whatever a reporter raises is a PluginError with its name; its own missing file isn't the user's full disk."""
    with pytest.raises(PluginError, match=r"reporter mine:html failed in write\(\): " + type(error).__name__):
        Written().write(tmp_path / "results", Registry([Plugin(error)], owner="mine"))
    assert [path.name for path in tmp_path.rglob("*")] == ["results", PROVENANCE]


@pytest.mark.parametrize(
    ("error", "wanted"),
    [(OSError(28, "full"), OutputError), (ConfigError("x"), ConfigError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_what_the_user_can_mend_passes_through_a_reporter(tmp_path, error, wanted):
    """A full disk is OutputError, our errors stay what they are, Ctrl-C is Ctrl-C; nothing is left."""
    with pytest.raises(wanted):
        Written().write(tmp_path / "results", Registry([Plugin(error)]))
    assert tree(tmp_path) == {}


def test_the_report_alone_is_whole_or_absent(tmp_path, registry):
    """One file through the html reporter, its folder made, an older one replaced only by a whole one."""
    path = tmp_path / "new" / "my report.html"
    Written(reporters=("csv", "mine:html")).report(path, registry)
    assert tree(tmp_path) == {"new": None, "new/my report.html": "half"}
    for error in (ValueError("x"), KeyboardInterrupt()):
        failing = Registry([Plugin(error)])
        with pytest.raises((PluginError, KeyboardInterrupt)):
            Written().report(path, failing)
        with pytest.raises((PluginError, KeyboardInterrupt)):
            Written().report(tmp_path / "other" / "x.html", failing)
    assert tree(tmp_path) == {"new": None, "new/my report.html": "half"}
    with pytest.raises(ConfigError, match="no `html` reporter"):
        Written(reporters=()).report(path, registry)
    with pytest.raises(OutputError, match="new"):
        Written().report(Path(tmp_path / "new"), registry)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o027, 0o750), (0o077, 0o700)])
def test_the_folder_of_results_is_as_the_umask_has_it(tmp_path, registry, umask, mode):
    """Not as private as the temporary folder that a reporter writes to."""
    before = os.umask(umask)
    try:
        Written().write(tmp_path / "out", registry)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == mode
