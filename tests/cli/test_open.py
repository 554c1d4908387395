"""`emotopy open`: the report of results in a browser, or its address."""

from __future__ import annotations

import json
import shutil
import sys
from urllib.parse import unquote, urlsplit

import pytest

TEXTS = "I am happy\nI am afraid\nWe laughed\nHe was angry\n"
FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--no-cache", "--quiet")
GONE = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""}


@pytest.fixture
def results(call, write, tmp_path):
    """Results with a report, in a folder whose name needs escapes in an address."""
    path = write("x.txt", TEXTS)
    assert call("map", path, "--out", "my results %20#1", *FAST).code == 0
    return tmp_path / "my results %20#1"


@pytest.fixture
def browser(tmp_path):
    """A program that stands in for a browser: it writes down what it is given."""
    script = tmp_path / "browser.py"
    script.write_text(
        f"import sys, pathlib\npathlib.Path({str(tmp_path / 'opened')!r}).write_text('|'.join(sys.argv[1:]))\n"
    )
    return f"{sys.executable} {script} %s"


def path_of(address):
    return unquote(urlsplit(address).path)


def test_the_report_is_opened_by_the_users_browser(process, results, browser, tmp_path):
    """It gets the address of the file alone; the command prints the same."""
    run = process("open", results.name, env={**GONE, "BROWSER": browser})
    assert run.code == 0, run.err
    opened = (tmp_path / "opened").read_text()
    assert path_of(opened) == str((results / "report.html").resolve())
    assert opened in run.out


@pytest.mark.parametrize(("words", "env"), [((), {}), (("--print",), {}), ((), {"BROWSER": "/absent/browser %s"})])
def test_without_a_browser_the_address_is_printed(process, results, words, env):
    """On a server, when asked for, and when the browser can't be run: exit code 0."""
    run = process("open", results, *words, env={**GONE, **env})
    assert (run.code, run.err) == (0, "")
    assert path_of(run.out.split()[-1]) == str((results / "report.html").resolve())


def test_a_folder_without_a_report_is_refused(call, write, tmp_path, results):
    """One that isn't ours though it holds a page, results without a page, a page that isn't listed or is a link."""
    write("other/report.html", "<script>alert(1)</script>")
    assert call("map", write("x.txt", TEXTS), "--out", "bare", *FAST, "--set", "reporter=tables").code == 0
    write("bare/report.html", "<script>alert(1)</script>")
    linked = shutil.copytree(results, tmp_path / "linked")
    (linked / "report.html").unlink()
    (linked / "report.html").symlink_to(tmp_path / "other" / "report.html")
    gone = shutil.copytree(results, tmp_path / "gone")
    (gone / "report.html").unlink()
    for folder in ("other", "bare", "linked", "gone", "absent", "x.txt"):
        run = call("open", folder, "--print")
        assert (run.code, run.out) == (1, ""), folder
        assert run.error


def test_a_folder_that_is_a_link_is_followed(call, results, tmp_path):
    """The address is that of the real place."""
    (tmp_path / "link").symlink_to(results)
    run = call("open", "link", "--print")
    assert run.code == 0
    assert path_of(run.out.strip()) == str((results / "report.html").resolve())


def test_a_page_that_was_changed_is_told_of(call, results):
    """It is the user's to open all the same."""
    with (results / "report.html").open("a") as file:
        file.write("<!-- mine -->")
    run = call("open", results, "--print")
    assert run.code == 0
    assert run.err


def test_folders_with_reports_in_them_are_named(call, results, tmp_path):
    """A folder above results, as `emotopy demo` leaves it, isn't results itself."""
    outer = tmp_path / "outer"
    shutil.copytree(results, outer / "texts")
    assert "texts" in call("open", outer).error
    assert json.loads((outer / "texts" / "provenance.json").read_bytes())["manifest"]
