"""The checks of this folder themselves: a page that keeps every rule passes; a fault planted in it is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import rules
from tests.browser.chromium import THEMES, VIEWPORTS

GOOD = Path(__file__).with_name("good.html")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle" * 3
INTRO = '<p class="intro">'


@pytest.fixture
def planted(tmp_path):
    """Write the good page with one thing replaced."""

    def write(old: str, new: str) -> Path:
        source = GOOD.read_text("utf-8")
        assert source.count(old) == 1, old
        path = tmp_path / "page.html"
        path.write_text(source.replace(old, new), "utf-8")
        return path

    return write


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_a_good_page_passes_in_every_window(browser, axe_script, viewport, theme):
    """Nothing is found at three widths, light and dark, by axe-core neither."""
    assert rules.layout(browser, GOOD, viewport=viewport, theme=theme, script=axe_script) == []


def test_a_good_page_passes_in_use_on_paper_and_without_its_script(browser, tmp_path):
    """Every control works; print and a browser without scripts show all."""
    assert rules.use(browser, GOOD) == []
    assert rules.without_script(browser, GOOD) == []
    assert rules.paper(browser, GOOD, tmp_path / "page.pdf") == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (INTRO, INTRO + '<img src="https://example.org/a.png" alt="">', "example.org/a.png"),
        (INTRO, INTRO + '<img src="beside.png" alt="">', "beside.png"),
        ('<meta charset="utf-8">', '<meta charset="utf-8"><link rel="icon" href="https://example.org/i.ico">', "i.ico"),
        ("(() => {\n  const byId", "null.x;(() => {\n  const byId", "null"),
        ("(() => {\n  const byId", "console.error('planted');(() => {\n  const byId", "planted"),
        ('<p id="methods">', f'<p id="methods">{LONG}', "p#methods"),
        ('<p id="methods">', '<p id="methods" style="margin-left:-3rem">', "p#methods"),
        ('class="scroll" tabindex="0"', 'class="scroll" tabindex="0" style="background:none"', "div.scroll"),
        (
            'class="scroll" tabindex="0"',
            'class="scroll" tabindex="0" style="max-height:3rem;overflow:auto"',
            "div.scroll",
        ),
        ('class="scroll" tabindex="0"', 'class="scroll"', "div.scroll"),
        ('<div class="scroll"', '<div class="rolls" style="overflow-x:auto"', "div.rolls"),
        ('<p id="methods">', '<p id="methods" style="width:3rem;overflow:hidden;white-space:nowrap">', "p#methods"),
        ('<p id="methods">', '<p id="methods" style="height:.5rem;overflow:hidden">', "p#methods"),
        ('<p id="methods">', '<p id="methods" style="margin-top:-2.4rem">', "p#methods"),
        ('<text x="100" y="20"', '<text x="20" y="20"', "second"),
        ('<text x="100" y="20"', '<text x="180" y="20"', "second"),
        ('<text x="100" y="20" font-size="12"', '<text x="100" y="20" font-size="6"', "second"),
        ('transform="rotate(-45 60 50)"', 'transform="rotate(-45 44 50)" dx="-16"', "turned"),
        ("more.textContent =", "more.title =", "table#rows"),
        ("more.hidden = Boolean(word) ||", "more.hidden = true ||", "table#rows"),
    ],
)
def test_faults_of_layout_are_named(browser, planted, old, new, named):
    """Each at the narrowest window, where it shows too."""
    found = rules.layout(browser, planted(old, new), viewport="phone")
    assert any(named in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "theme", "named"),
    [
        ('<html lang="en">', "<html>", "light", "html-has-lang"),
        ('<label for="find">Search</label>', "", "light", "#find"),
        ("  body { color: #eee; background: #111; }", "  body { color: #444; background: #111; }", "dark", "contrast"),
    ],
)
def test_what_axe_finds_is_named(browser, axe_script, planted, old, new, theme, named):
    """A missing language, a field without a label, letters that dark mode hides."""
    found = rules.layout(browser, planted(old, new), viewport="wide", theme=theme, script=axe_script)
    assert any(named in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('href="#rows"', 'href="#nowhere"', "nowhere"),
        ('href="#rows"', 'href="absent.csv"', "absent.csv"),
        ("<summary>Where", '<summary onclick="event.preventDefault()">Where', "summary"),
        ('group.addEventListener("change", turn); turn();', "turn();", "select#group"),
        ("p.hidden = p.dataset.panel !== group.value", "p.hidden = false; p.title = group.value", "select#group"),
        ('<option value="b">b</option>', "", "select#group"),
        ('.textContent += "copied "', ".dataset", "Copy"),
        ("const up = head.ariaSort", "return; const up = head.ariaSort", "button.sort"),
        ('const up = head.ariaSort !== "ascending"', "const up = true", "button.sort"),
        ("key(a) - key(b)) * sign", "key(b) - key(a)) * sign", "value"),
        ('parseFloat(row.cells[k].textContent.replace("−", "-"))', "parseFloat(row.cells[k].textContent)", "value"),
        ("`${found.length} of", "`some of", "input#find"),
        ("word ? !found.includes(row)", "word ? row !== rows[0]", "input#find"),
        ("sign || 0));\n      show();", "sign || 0));", "button.sort"),
        ('more.addEventListener("click"', 'more.addEventListener("dblclick"', "button"),
        ('["pointerover", "focus"]', '["pointerover"]', "second"),
        ('["pointerover", "focus"]', '["focus"]', "second"),
        ('event.key === "Escape"', "false", "second"),
        ('data-tip="value 3"', 'data-tip=" "', "second"),
        (":focus-visible { outline: 2px solid #05c; }", ":focus-visible { outline: none; }", "To the table"),
        (INTRO, INTRO + "<button>idle</button>", "idle"),
        (INTRO, INTRO + "<button tabindex=-1>idle</button>", "idle"),
        (INTRO, INTRO + '<input type="checkbox" id="tick" aria-label="tick">', "input#tick"),
        (INTRO, INTRO + '<input type="text" id="field" aria-label="field">', "input#field"),
        (INTRO, INTRO + '<button style="display:none">never</button>', "never"),
        (INTRO, INTRO + '<span tabindex="0">stop</span>', "stop"),
        (INTRO, '<canvas width="50" height="50">a picture</canvas>' + INTRO, "canvas"),
        ('<p id="end"', '<p style="position:fixed;inset:0;margin:0"></p><p id="end"', "summary: can't be used"),
    ],
)
def test_controls_that_do_not_work_are_named(browser, planted, old, new, named):
    """Each kind of control, by mouse and by keyboard."""
    found = rules.use(browser, planted(old, new))
    assert any(named in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('<p data-panel="b">', '<p data-panel="b" hidden>', "brain of b"),
        ('<tr><th scope="row">putamen', '<tr hidden><th scope="row">putamen', "putamen"),
        ('<p class="search" hidden>', '<p class="search">', "input#find"),
    ],
)
def test_what_needs_a_script_is_named(browser, planted, old, new, named):
    """Rows and panels that only a script would show, and a control that nothing listens to."""
    found = rules.without_script(browser, planted(old, new))
    assert any(named in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("size: A4 portrait", "size: A4 landscape", "A4 portrait"),
        ("tr[hidden], [data-panel][hidden] { display: revert; }", "", "putamen"),
        ("  tr { break-inside: avoid; }", "", "may break"),
        ("details::details-content { content-visibility: visible; display: block; }", "", "p.inside"),
        ("  button, select, input, label { display: none; }", "", "select#group"),
        ("  .wide { width: auto; }", "", "table#rows"),
        (".ear { position", "#methods { height: 1200px; overflow: auto; } .ear { position", "p#methods"),
        (".ear { position", "#methods { margin-left: -10mm; } .ear { position", "margin"),
    ],
)
def test_faults_on_paper_are_named(browser, planted, tmp_path, old, new, named):
    """The size of a page, what a click would show, rows that break, boxes longer than a page, text in the margin."""
    found = rules.paper(browser, planted(old, new), tmp_path / "page.pdf")
    assert any(named in line for line in found), found
