"""The documentation site: it builds strictly, its links lead somewhere, and it works from a folder, offline."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.browser import axe
from tests.browser.chromium import VIEWPORTS, Browser
from tests.browser.site_search import FIRST, links_found, pages_found, place, questions
from tests.project.doc_pages import BUILT, doc_pages
from tests.project.public_names import MODULES

from emotopy import Registry
from emotopy.config import SECTIONS, hints_of, scalar_fields
from emotopy.config.preset import presets
from emotopy.result_files import RESULT_KINDS
from emotopy.roles import ROLES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SHOWN = (
    *("start", "faq", "guides/index", "guides/diary-study", "guides/decode-my-scan", "evidence/index"),
    *("index", "science", "performance", "axes-and-units", "roles/embedder", "gallery/index", "search", "promises"),
    *(
        "reference/api/emotopy.map_texts",
        "reference/api/emotopy.records",
        "reference/api/emotopy.sklearn.EmotionMapper",
    ),
    *("reference/commands/map", "reference/configuration", "reference/stages/embedder", "reference/files-and-columns"),
    *("tutorials/texts", "tutorials/brain", "science-brain", "science-bridge", "evidence-text"),
)
LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data")}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch"}
SEARCHES = {
    "map_texts": "reference/api/emotopy.map_texts",
    "--covariate": "reference/commands/compare",
    "privacy": "faq",
    "how many participants": "guides/two-groups",
    "GPU": "faq",
    "n_clusters": "reference/stages/clusterer",
    "notebook": "tutorials/texts",
}
"""What a user may look for, and a page that has to be among the first ten that are found."""
FIRST_FOUND = {
    "length": "faq",
    "German": "guides/another-language",
    "p value": "faq",
    "several stories": "guides/several-stories",
    "save": "save-and-load",
}
"""What a user may look for, and the page that has to be found first."""

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page links to, what it loads, and which places within it have a name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names |= {given[name] for name in ("id", "name") if name in given}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]
        self.loaded += [given[name] for of, name in LOADED if of == tag and given.get(name)]
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.loaded.append(given["href"])
        if "srcset" in given:
            self.loaded += [one.split()[0] for one in given["srcset"].split(",")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does, elsewhere."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(DOCS / "site" / "build.py"), "--out", str(out)]
    before = files()
    built = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-6000:]
    assert files() == before, "building writes nothing among the sources"
    return out / "html"


def files() -> dict[Path, int]:
    """Return the files of docs/, core/ and plugins/ with the time of their last change, caches left out."""
    found = (path for folder in ("docs", "core", "plugins") for path in (ROOT / folder).rglob("*"))
    kept = (path for path in found if path.is_file() and not {"__pycache__", BUILT} & set(path.parts))
    return {path: path.stat().st_mtime_ns for path in kept}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}


def test_every_page_of_the_folder_is_on_the_site(site):
    """Each page of docs/ becomes one of the site's."""
    written = [path.relative_to(DOCS) for path in doc_pages()]
    assert len(written) > 40
    assert [str(path) for path in written if not (site / path.with_suffix(".html")).is_file()] == []


def test_internal_links_lead_somewhere(site, pages):
    """Every link to the site's own pages, pictures and headings does."""
    lost = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            name = unquote(parts.fragment)
            if not target.is_file() or (name and target in pages and name not in pages[target].names):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(site, pages):
    """Scripts, styles, fonts and pictures are the site's own."""
    outside = re.compile(r"(?:https?:)?//")
    assert [(str(path), one) for path, page in pages.items() for one in page.loaded if outside.match(one)] == []
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*", styles) == []


def test_every_public_name_has_a_place(site):
    """Each name of `__all__` stands on its module's page; functions and classes are described on pages of their own."""
    for module in MODULES:
        text = (site / "reference" / "api" / f"{module}.html").read_text("utf-8")
        missing = [name for name in importlib.import_module(module).__all__ if name not in text]
        assert missing == []
    described = "".join(path.read_text("utf-8") for path in (site / "reference" / "api").glob("emotopy*.html"))
    for name in (
        "emotopy.map_texts",
        "emotopy.TextPathway.fit",
        "emotopy.records.Windowing",
        "emotopy.errors.InputError",
    ):
        assert f'id="{name}"' in described


def test_the_site_is_the_same_on_every_machine(site, pages):
    """No path of the machine that built it, no address in memory, no default that only Python's insides know."""
    told = re.compile(r"\b0x[0-9a-f]{6,}|NOTHING")
    text = {path.relative_to(site): path.read_text("utf-8") for path in pages}
    assert [str(path) for path, shown in text.items() if str(ROOT) in shown or str(site.parent) in shown] == []
    assert [str(path) for path, shown in text.items() if "api" in path.parts and told.search(shown)] == []


def test_every_command_has_its_options_on_a_page(site):
    """Each command and each of its flags is on the command's page."""
    import typer

    from emotopy.cli import app

    commands = typer.main.get_command(app).commands
    assert {path.stem for path in (site / "reference" / "commands").glob("*.html")} == {*commands, "index"}
    for name, command in commands.items():
        text = (site / "reference" / "commands" / f"{name}.html").read_text("utf-8")
        for one in [command, *getattr(command, "commands", {}).values()]:
            flags = [flag for option in one.params if not getattr(option, "hidden", False) for flag in option.opts]
            assert [flag for flag in flags if flag.startswith("--") and flag not in text] == []


def test_every_key_and_every_stage_is_on_a_page(site):
    """Keys of the configuration, presets, and stages with their options."""
    page = (site / "reference" / "configuration.html").read_text("utf-8")
    keys = [field.name for field, _ in scalar_fields()]
    keys += [f"{section}.{name}" for section, record in SECTIONS.items() for name in hints_of(record)]
    assert [key for key in [*keys, *ROLES, *presets()] if key not in page and key != "dataset"] == []
    registry = Registry.load(plugins=False)
    for role in ROLES:
        text = (site / "reference" / "stages" / f"{role}.html").read_text("utf-8")
        for offer in registry.offers(role):
            assert [name for name in [offer.name, *offer.signature.options] if name not in text] == []


def test_every_declared_file_and_column_is_on_a_page(site):
    """Kinds of results with their files, and tables with their columns, units and meanings."""
    source = (site / "reference" / "files-and-columns.html").read_text("utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", source))
    for kind in RESULT_KINDS:
        assert kind.title in text
        assert [file.name for file in kind.files if file.name not in text] == []
        columns = [column for file in kind.files for column in file.columns]
        assert [column.name for column in columns if column.name not in text or column.unit not in text] == []


def test_links_to_declarations_lead_to_the_page_made_from_them(pages, site):
    """On the site a reader of axes and units comes to the list of columns, not to its source."""
    links = pages[site / "axes-and-units.html"].links
    assert "reference/files-and-columns.html" in links
    assert not [link for link in links if "result_files" in link]


def test_the_gallery_shows_what_its_code_made(site):
    """Each script has a page with its code and a picture."""
    scripts = sorted((DOCS / "gallery").glob("*.py"))
    assert len(scripts) >= 6
    for script in scripts:
        name = script.stem.lstrip("0123456789_")
        text = (site / "gallery" / f"{name}.html").read_text("utf-8")
        picture = re.search(rf'src="([^"]*{name}\.png)"', text)
        assert picture
        assert (site / "gallery" / picture[1]).resolve().stat().st_size > 5_000
        assert "read_result" in text


@pytest.mark.parametrize("path", sorted((DOCS / "tutorials").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_a_page_with_its_outputs_and_can_be_downloaded(site, pages, path):
    """Views, tables and pictures of all cells stand on the page, the file behind a link; no output brings a script."""
    page = site / "tutorials" / f"{path.stem}.html"
    text = page.read_text("utf-8")
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    outputs = [output.get("data", {}) for cell in cells for output in cell["outputs"]]
    n_pictures = sum("image/png" in one for one in outputs)
    n_tables = sum("text/html" in one for one in outputs)
    assert len(re.findall(rf'<img[^>]*alt="[^"]+"[^>]*src="[^"]*{path.stem}-\d+\.png"', text)) == n_pictures > 0
    assert text.count('class="notebook-output"') == n_tables > 0
    assert text.count('<div class="emotopy-view">') >= 2
    assert not [one for one in outputs if re.search(r"<script|\son\w+=", "".join(one.get("text/html", "")))]
    (link,) = [link for link in pages[page].links if link.endswith(".ipynb")]
    assert (page.parent / unquote(link)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("words", "page"), SEARCHES.items(), ids=SEARCHES)
def test_search_finds_pages_without_a_server(browser: Browser, site, words, page):
    """The search of a site that was opened as a file has the page among its first ten."""
    assert page in pages_found(browser, site, words)


@pytest.mark.parametrize(("words", "page"), FIRST_FOUND.items(), ids=FIRST_FOUND)
def test_search_finds_the_right_page_first(browser: Browser, site, words, page):
    """What users look for most leads to the page that answers it."""
    assert pages_found(browser, site, words)[0] == page


@pytest.mark.parametrize(
    ("words", "anchor"),
    {"negation": "does-it-understand-negation-irony-emoji", "CUDA": "do-i-need-a-graphics-card-gpu"}.items(),
)
def test_a_result_leads_to_the_section_that_answers(browser: Browser, site, words, anchor):
    """By a word of its heading, or by one that `sections.py` gives it."""
    assert urlsplit(links_found(browser, site, words)[0]).fragment == anchor


def test_sections_with_search_words_exist(site, pages):
    """A heading that was renamed takes its words along."""
    script = re.search(r"window\.siteKeywords = (\{.*?\});", (site / "search.html").read_text("utf-8"))
    assert script
    sections = [key.split("#") for key in json.loads(script[1]) if "#" in key]
    assert sections
    assert [(page, name) for page, name in sections if name not in pages[site / f"{page}.html"].names] == []


@pytest.mark.parametrize("asked", questions(), ids=lambda asked: asked.tries[0])
def test_users_questions_are_answered_by_a_page_that_is_found(browser: Browser, site, asked):
    """The page is among the first three of one of two tries; its section names what the answer rests on."""
    assert len(asked.tries) == 2
    assert urlsplit(asked.source).scheme == "https"
    places = [place(browser, site, words, asked.page) for words in asked.tries]
    assert any(at is not None and at <= FIRST for at in places), places
    with browser.show(site / f"{asked.page}.html") as shown:
        text = shown.page.evaluate("name => document.getElementById(name)?.textContent ?? ''", asked.anchor)
    assert [one for one in asked.shows if one not in text] == []


def test_pages_with_some_words_follow_where_none_has_all(browser: Browser, site):
    """A whole question in a user's words finds the page, though no page holds each word."""
    assert pages_found(browser, site, "zanzibar umlauts")[0] == "data"
    assert pages_found(browser, site, "zanzibar") == []


@pytest.mark.parametrize("name", SHOWN)
def test_pages_are_accessible_and_fit_a_phone(browser: Browser, site, axe_script, name):
    """No violation of axe's rules, light and dark; no request but for the site's files; no page wider than a phone."""
    for theme, size in (("light", VIEWPORTS["wide"]), ("dark", VIEWPORTS["wide"]), ("light", VIEWPORTS["phone"])):
        with browser.show(site / f"{name}.html", size=size, theme=theme) as shown:
            assert shown.errors == []
            assert [url for url in shown.requests if not url.startswith("file:")] == []
            assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
            assert axe.violations(shown, axe_script) == []


def test_the_theme_can_be_chosen_and_stays(browser: Browser, site):
    """Light, dark, or as the system has it; the next page has what was chosen."""
    theme = "() => document.documentElement.dataset.theme"
    with browser.show(site / "index.html", theme="light") as shown:
        assert shown.page.evaluate(theme) == "light"
        shown.page.get_by_role("button", name="Color mode").first.click()
        shown.page.get_by_role("button", name="Dark").first.click()
        assert shown.page.evaluate(theme) == "dark"
        shown.page.goto((site / "science.html").as_uri())
        assert shown.page.evaluate(theme) == "dark"
