"""Docs are tests: hooks stand there with their exact signatures, code runs, links and names lead somewhere."""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from tests.project.doc_pages import doc_pages

from emotopy import hookspecs
from emotopy.config import presets
from emotopy.registry.option_types import KINDS, kind_of, unsettable
from emotopy.roles import ROLES, STAGES

ROOT = Path(__file__).resolve().parents[2]
DOCS = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "guides").glob("*.md"))]
ROLE_PAGES = sorted((ROOT / "docs" / "roles").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS, *ROLE_PAGES, *sorted((ROOT / "docs" / "examples").glob("*/README.md"))]
HOOKS_PAGE = (ROOT / "docs" / "hooks.md").read_text("utf-8")


def code_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("hook", [*hookspecs.HOOKS.values(), *hookspecs.WITHOUT_ROLE])
def test_every_hook_is_documented_with_its_signature(hook):
    """The hooks page has a heading with the exact signature, and the text of the docstring below it."""
    function = getattr(hookspecs, hook)
    returns = function.__annotations__["return"]
    heading = f"## `{hook}() -> {returns}`\n"
    assert heading in HOOKS_PAGE
    section = HOOKS_PAGE.split(heading)[1].split("\n## ")[0]
    prose = [line.strip() for line in inspect.getdoc(function).splitlines() if line.strip()]
    missing = [line for line in prose if line not in section]
    assert not missing


def test_no_hook_is_documented_that_does_not_exist():
    """Every heading of the hooks page that looks like a hook is one."""
    named = set(re.findall(r"^## `(register_\w+)", HOOKS_PAGE, flags=re.MULTILINE))
    assert named == {*hookspecs.HOOKS.values(), *hookspecs.WITHOUT_ROLE}
    assert list(hookspecs.HOOKS) == list(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_the_page_of_every_role_says_what_the_code_says(role):
    """Contract, smallest example and promises are those of the code; tests/project/role_pages.py writes them."""
    path = Path(__file__).with_name("role_pages.py")
    pages = module_from_spec(spec := spec_from_file_location("role_pages", path))
    spec.loader.exec_module(pages)
    assert (ROOT / "docs" / "roles" / f"{role}.md").read_text("utf-8") == pages.page(role)


def test_the_page_of_the_conformance_suite_says_what_the_code_says():
    """Promises of every role, and the names of those of each, are the checks that there are."""
    path = Path(__file__).with_name("role_pages.py")
    pages = module_from_spec(spec := spec_from_file_location("role_pages", path))
    spec.loader.exec_module(pages)
    assert (ROOT / "docs" / "conformance.md").read_text("utf-8") == pages.conformance_page()


def test_the_page_of_option_types_says_what_the_code_says():
    """Every kind of type has an example that comes out as the page says; tests/project/option_pages.py writes it."""
    path = Path(__file__).with_name("option_pages.py")
    pages = module_from_spec(spec := spec_from_file_location("option_pages", path))
    sys.modules["option_pages"] = pages
    spec.loader.exec_module(pages)
    assert {kind_of(annotation) for _, annotation, _ in pages.EXAMPLES} == set(KINDS)
    assert all(list(unsettable(annotation, "x")) for _, annotation in pages.REFUSED)
    assert (ROOT / "docs" / "option-types.md").read_text("utf-8") == pages.page()


def test_no_role_has_a_page_that_does_not_exist():
    """The pages are those of the eleven roles, and the tutorial links to each."""
    tutorial = (ROOT / "docs" / "write-a-plugin.md").read_text("utf-8")
    assert {page.stem for page in ROLE_PAGES} == set(ROLES)
    assert [role for role in ROLES if f"(roles/{role}.md)" not in tutorial] == []


def test_the_example_distribution_is_tabled():
    """The README of emotopy-hello has a row for each role with the stage's name, which its files name too."""
    folder = ROOT / "docs" / "examples" / "emotopy-hello"
    table = dict(re.findall(r"^\| `(\w+)` \| `([\w-]+)` \|", (folder / "README.md").read_text("utf-8"), re.MULTILINE))
    config = tomllib.loads((folder / "hello.toml").read_text("utf-8"))
    experiment = tomllib.loads((folder / "letters.toml").read_text("utf-8"))
    named = {role: config[role] for role in STAGES} | {"reporter": config["reporter"][0]}
    named["dataset"] = experiment["data"]["dataset"]
    assert table == {role: one["use"] if isinstance(one, dict) else one for role, one in named.items()}


def test_the_example_plugin_of_the_hooks_page_works(monkeypatch):
    """The page's first code block, pasted into a module, offers an embedder that embeds."""
    from types import ModuleType

    from emotopy.registry import Registry

    module = ModuleType("my_plugin")
    exec(compile(code_blocks(ROOT / "docs" / "hooks.md", "python")[0], "hooks.md", "exec"), module.__dict__)
    registry = Registry([module])
    assert not registry.problems
    assert registry.make("embedder", "length").embed(["one two", "three"]).tolist() == [[7, 1], [5, 0]]


def test_the_quickstart_of_the_readme_runs(tmp_path, monkeypatch):
    """The Python block of the README runs as it stands and gives what it says."""
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(code_blocks(ROOT / "README.md", "python")[0], "README.md", "exec"), names)
    assert len(names["result"].texts) == len(names["texts"])
    assert (tmp_path / "results" / "regions.csv").is_file()
    assert (tmp_path / "results" / "report.html").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Every relative link of a page names a file that exists."""
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_are_named_exist(page):
    """Every path into core, plugins, tests or docs that stands in backquotes exists."""
    named = re.findall(r"`((?:core|plugins|tests|docs)/[\w./-]+)`", page.read_text("utf-8"))
    lost = [name for name in named if not (ROOT / name).exists()]
    assert not lost


def test_what_a_build_left_is_no_page(tmp_path):
    """Copies of pages in the folder of a built site are left out."""
    for name in ("a.md", "guides/b.md", "_build/source/a.md", "_build/html/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# A\n", "utf-8")
    assert doc_pages(tmp_path) == [tmp_path / "a.md", tmp_path / "guides" / "b.md"]
    assert len(doc_pages()) > 40


def test_every_preset_is_explained():
    """The science pages say what each preset does."""
    science = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("science.md", "science-brain.md"))
    assert [preset for preset in presets() if f"`{preset}`" not in science] == []
