"""Slices of the brain in a browser: drawn under the page's policy, steered by mouse and keyboard, right everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from tests.browser import rules
from tests.browser.chromium import THEMES, VIEWPORTS
from tests.reporters.conftest import build_result

from emotopy_plugins.reporters.formatting import signed
from emotopy_plugins.reporters.html import HtmlReporter
from emotopy_plugins.reporters.slices import rgb, step_colours

SHAPE, ORIGIN_MM, STEP_MM = np.array([99, 117, 95]), np.array([-98, -134, -72]), 2
HOSTILE = "</script><script>document.title = 'run'</script>"


@pytest.fixture(scope="module")
def result():
    """Two groups, the name of one a script."""
    return build_result(texts_per_group={"exams": [f"a {i}" for i in range(7)], HOSTILE: [f"b {i}" for i in range(4)]})


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    """The page of the slices alone."""
    (path,) = HtmlReporter(sections=("slices",)).write(result, tmp_path_factory.mktemp("slices"))
    return path


def told(shown) -> str:
    """Wait for the viewer, and return what it says of the place."""
    shown.page.wait_for_selector("#slices-at:not(:empty)")
    return shown.page.inner_text("#slices-at")


def pixel(shown, x: float, y: float) -> list[int]:
    """Return the colour of a pixel of the slices."""
    read = "([x, y]) => [...document.getElementById('slices-canvas').getContext('2d').getImageData(x, y, 1, 1).data]"
    return shown.page.evaluate(read, [round(x), round(y)])[:3]


def in_sagittal(shown, mm: tuple[float, float, float]) -> tuple[float, float]:
    """Return where a place stands in the sagittal slice, which is left, in pixels of the canvas."""
    n_x, n_y, n_z = SHAPE
    total = shown.page.evaluate("document.getElementById('slices-canvas').parentElement.clientWidth")
    width = total * n_y // (2 * n_x + n_y)
    heights = [width * n_z // n_y, (total * n_x // (2 * n_x + n_y)) * n_y // n_x]
    _, j, k = (np.array(mm) - ORIGIN_MM) / STEP_MM
    return (j + 0.5) * width / n_y, (max(heights) - heights[0]) / 2 + (n_z - k - 0.5) * heights[0] / n_z


def value_of(result, group: str, region: str) -> str:
    """Return a value of the table as the page writes it."""
    table = result.regions.set_index(["group", "region"])["relative"]
    return signed(float(table[group, region]))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_the_page_keeps_the_rules(browser, page, viewport, theme):
    """No request, no error under the policy, nothing cut, in every window."""
    assert rules.layout(browser, page, viewport=viewport, theme=theme) == []


def test_axe_finds_nothing(browser, axe_script, page):
    """The viewer's controls and picture have names."""
    assert rules.layout(browser, page, viewport="wide", script=axe_script) == []


def test_every_control_works(browser, page):
    """Each control changes something, and none asks for anything."""
    assert rules.use(browser, page) == []


def test_without_its_script_the_page_says_where_the_values_are(browser, page):
    """No control stands there that does nothing."""
    assert rules.without_script(browser, page) == []
    with browser.show(page, javascript=False) as shown:
        assert shown.page.is_visible(".slices-off")
        assert not shown.page.is_visible("#slices-canvas")


def test_it_prints(browser, page, tmp_path):
    """Controls stay off the paper."""
    assert rules.paper(browser, page, tmp_path / "page.pdf") == []


def test_another_group_has_another_picture_and_other_values(browser, page, result):
    """The list of groups changes the canvas and the value; a hostile name is text, and nothing of it runs."""
    with browser.show(page) as shown:
        told(shown)
        shown.page.select_option("#slices-group", label="exams")
        shown.page.select_option("#slices-place", label="amygdala (left)")
        before = shown.page.evaluate("document.getElementById('slices-canvas').toDataURL()")
        assert value_of(result, "exams", "amygdala") in told(shown)
        shown.page.select_option("#slices-group", label=HOSTILE)
        assert HOSTILE in told(shown)
        assert value_of(result, HOSTILE, "amygdala") in told(shown)
        assert shown.page.evaluate("document.getElementById('slices-canvas').toDataURL()") != before
        assert shown.page.title() != "run"
        assert not list(rules.quiet(shown))


@pytest.mark.parametrize("theme", THEMES)
def test_a_click_tells_the_value_there_in_the_colour_of_the_scale(browser, page, result, theme):
    """In the slice at x = 40, a click on the insula tells its value; its colour there is the page's for that step."""
    with browser.show(page, theme=theme) as shown:
        told(shown)
        shown.page.select_option("#slices-place", label="hippocampus (right)")
        shown.page.fill("#slices-x", "40")
        group = shown.page.eval_on_selector("#slices-group", "one => one.options[one.selectedIndex].text")
        x, y = in_sagittal(shown, (40, 8, 0))
        steps = [rgb(colour) for _, colour in step_colours()]
        if theme == "dark":
            variables = "names => names.map(name => getComputedStyle(document.body).getPropertyValue(name).trim())"
            steps = [rgb(one) for one in shown.page.evaluate(variables, [name for name, _ in step_colours()])]
        assert pixel(shown, x, y) in steps
        shown.page.click("#slices-canvas", position={"x": x, "y": y})
        assert "x 40" in told(shown)
        assert told(shown).endswith(f"insula: {value_of(result, group, 'insula')}")
        x, y = in_sagittal(shown, (40, -100, 60))
        shown.page.click("#slices-canvas", position={"x": x, "y": y})
        assert "no region" in told(shown)


def test_the_keyboard_leads_through_the_brain(browser, page):
    """An arrow key on a slider moves by a voxel; Home leads to the leftmost slice."""
    with browser.show(page) as shown:
        told(shown)
        shown.page.select_option("#slices-place", label="medial prefrontal")
        assert "x 0, y 46, z 20 mm" in told(shown)
        shown.page.focus("#slices-x")
        shown.page.keyboard.press("ArrowRight")
        assert "x 2, y 46" in told(shown)
        shown.page.keyboard.press("Home")
        assert "x −98, y 46" in told(shown)


def test_the_ground_is_the_pages(browser, page):
    """Around the brain the picture has the colour of the card it stands on, in both themes."""
    grounds = []
    for theme in THEMES:
        with browser.show(page, theme=theme) as shown:
            told(shown)
            card = shown.page.evaluate("getComputedStyle(document.body).getPropertyValue('--card').trim()")
            grounds.append(pixel(shown, 3, 3))
            assert grounds[-1] == rgb(card)
            assert pixel(shown, *in_sagittal(shown, (0, 76, 110))) == rgb(card)
    assert grounds[0] != grounds[1]
