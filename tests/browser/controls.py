"""Use of every control of a page as a reader uses it, by mouse and by keyboard: what doesn't work is named."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.browser.chromium import Shown

MOST_STOPS = 2000
"""Most presses of Tab: a page with more controls than this is a fault in itself."""
N_BY_HAND = 3
"""So many headers and tips of each table and picture are used one by one."""
N_OPTIONS = 4
"""So many options of a select are chosen, and the last."""
PATIENCE_MS = 1000
"""So long a control may be moving or covered before it counts as one that can't be used."""
WAIT_MS = 30
"""So long a page may take to answer: scripts draw in the next frame."""
NOTHING = "zqxj"
"""What no row holds."""


def faults(shown: Shown) -> list[str]:
    """Walk through a page by Tab, use every control; return what couldn't be reached or did nothing."""
    found = walked(shown) + shown.measure("tipless")
    found += used(shown)
    for switch in shown.page.query_selector_all("select[data-switch]"):  # what stands in the panels
        for value in values(switch):
            switch.select_option(value)
            found += used(shown)
    for radio in shown.page.query_selector_all("[data-switch] input[type=radio]"):
        radio.check()
        found += used(shown)
    return (
        found
        + tips(shown)
        + pictures(shown)
        + [f"a control that never shows: {name}" for name in shown.measure("unused")]
    )


def walked(shown: Shown) -> list[str]:
    """Press Tab from the top until the focus comes to where it has been."""
    for _ in range(MOST_STOPS):
        shown.page.keyboard.press("Tab")
        if not shown.measure("reached"):
            break
    found: list[str] = shown.measure("unreached")
    shown.page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    return found


def used(shown: Shown) -> list[str]:
    """Use what is shown and wasn't used."""
    found: list[str] = shown.measure("others", N_BY_HAND)
    for _ in range(MOST_STOPS):
        control = shown.control()
        if control is None:
            return found
        about = shown.measure("about", control)
        kind, name = about["kind"], about["name"]
        try:
            wrong = USES[kind](shown, control)
        except Exception as error:  # noqa: BLE001 (whatever the browser says, it belongs to this control)
            wrong = f"can't be used ({str(error).splitlines()[0]})"
        if wrong:
            found.append(f"{kind}: {wrong}: {name}")
    return [*found, f"more than {MOST_STOPS} controls, or one that is made again by its use"]


def values(select: Any) -> list[str]:
    """Return the values of the options."""
    return list(select.evaluate("e => [...e.options].filter(o => !o.disabled).map(o => o.value)"))


# Ways of use: each returns what is wrong, or nothing ----------------------------------------------------------------


def press(control: Any, key: str = "Enter") -> None:
    control.scroll_into_view_if_needed(timeout=PATIENCE_MS)
    control.press(key, timeout=PATIENCE_MS)


def click(control: Any) -> None:
    control.click(timeout=PATIENCE_MS)  # fails where something else lies over it


def summary(shown: Shown, control: Any) -> str:
    is_open = lambda: control.evaluate("e => e.parentElement.open")
    first = is_open()
    press(control)
    if is_open() == first:
        return "Enter doesn't open it"
    click(control)
    if is_open() != first:
        return "a click doesn't close it"
    if not first:
        click(control)  # what is inside is to be used too
    return ""


def jump(shown: Shown, control: Any) -> str:
    target = control.get_attribute("href")[1:]
    if not control.evaluate("e => !!document.getElementById(decodeURIComponent(e.hash.slice(1)))"):
        return f"leads to #{target}, which isn't there"
    press(control)
    return "" if shown.page.evaluate("location.hash") == f"#{target}" else "Enter doesn't follow it"


def link(shown: Shown, control: Any) -> str:
    address = control.get_attribute("href")
    if address.startswith(("https://", "http://", "mailto:", "data:", "blob:")):
        return ""
    return "" if (shown.path.parent / address.partition("#")[0]).exists() else f"leads to {address}, which isn't there"


def sort(shown: Shown, control: Any) -> str:
    before = shown.measure("order", control)
    signs = []
    for use in (press, click):
        use(control)
        now = shown.measure("order", control)
        if now["rows"] != before["rows"]:
            return "sorting changes the rows themselves"
        if not now["sorted"]:
            return f"rows aren't sorted as aria-sort says ({now['sign']:+d})"
        if now["gaps"]:
            return "rows that it puts on top stay hidden"
        signs.append(now["sign"])
    return "" if sorted(signs) == [-1, 1] else f"aria-sort doesn't say both directions in turn: {signs}"


def more(shown: Shown, control: Any) -> str:
    table = control.get_attribute("data-more")
    hidden = "id => [...document.getElementById(id).rows].filter(row => !row.checkVisibility()).length"
    if not shown.page.evaluate(hidden, table):
        return "no row was hidden"
    press(control)
    return f"{n} rows stay hidden" if (n := shown.page.evaluate(hidden, table)) else ""


def search(shown: Shown, control: Any) -> str:
    start = shown.measure("filtered", control)
    for word in (start["word"], NOTHING):
        control.fill("")
        control.type(word)
        shown.page.wait_for_timeout(WAIT_MS)
        now = shown.measure("filtered", control)
        if now["shown"] != now["holding"]:
            return f"{now['shown']} rows are shown for {word!r}, {now['holding']} hold it"
        if str(now["shown"]) not in now["said"].replace(",", ""):
            return f"the count beside it doesn't say {now['shown']}: {now['said']!r}"
    control.fill("")
    shown.page.wait_for_timeout(WAIT_MS)
    end = shown.measure("filtered", control)["shown"]
    return "" if end >= start["shown"] else f"{end} of {start['shown']} rows come back when it is emptied"


def select(shown: Shown, control: Any) -> str:
    options, switches = values(control), bool(control.get_attribute("data-switch"))
    if len(options) < 2:
        return "nothing to choose"
    chosen = control.input_value()  # an option that only says that there is a choice is disabled, and not among them
    first = options.index(chosen) if chosen in options else -1
    wanted = [*options[first + 1 :], *options[: first + 1]]  # each differs from the one before
    if not switches:
        wanted = list(filter(None, wanted))  # an option without a value only says that there is a choice
    changes = []
    for value in dict.fromkeys([*wanted[:N_OPTIONS], *wanted[-1:]]):
        before = shown.measure("state")
        control.select_option(value)
        shown.page.wait_for_timeout(WAIT_MS)
        panels = shown.measure("panels", control)
        if panels and panels[0] != (1 if value else panels[1]):  # no value: all of them
            return f"{panels[0]} of {panels[1]} panels show for {value!r}"
        changes.append(shown.measure("state") != before)
    if not (all(changes) if switches else any(changes)):  # what is chosen may stand there already
        return "nothing changes"
    control.select_option(options[0])
    press(control, "ArrowDown")
    return "" if control.input_value() == options[1] else "the arrow keys don't choose"


def tick(shown: Shown, control: Any) -> str:
    before = shown.measure("state")
    if control.is_checked() and control.get_attribute("type") == "radio":
        return ""  # the others of its group are used
    press(control, "Space")
    return "" if shown.measure("state") != before else "Space does nothing"


def slider(shown: Shown, control: Any) -> str:
    before = shown.measure("state")
    for key in ("Home", "End"):
        press(control, key)
        if shown.measure("state") != before:
            return ""
    return "neither end changes anything"


def field(shown: Shown, control: Any) -> str:
    before, value = shown.measure("state"), control.input_value()
    if control.get_attribute("type") in {"number", "range"}:
        press(control, "ArrowUp")
        if control.input_value() == value:
            press(control, "ArrowDown")
        control.dispatch_event("change")
    else:
        control.fill(NOTHING)
    shown.page.wait_for_timeout(WAIT_MS)
    changed = shown.measure("state") != before
    control.fill(value)
    control.dispatch_event("change")
    shown.page.wait_for_timeout(WAIT_MS)
    return "" if changed else "a new value does nothing"


def button(shown: Shown, control: Any) -> str:
    for use in (press, click):
        before = shown.measure("state")
        use(control)
        shown.page.wait_for_timeout(WAIT_MS)
        if shown.measure("state") != before:
            return ""
    return "does nothing"


def tip(shown: Shown, control: Any) -> str:
    control.focus()
    if not shown.measure("tip"):
        return "no tip at focus"
    shown.page.keyboard.press("Escape")
    return "Escape doesn't close the tip" if shown.measure("tip") else ""


def scroll(shown: Shown, control: Any) -> str:
    if not control.evaluate("e => e.scrollWidth > e.clientWidth + 1"):
        return ""
    press(control, "ArrowRight")
    for _ in range(40):  # it may move smoothly
        if control.evaluate("e => e.scrollLeft") > 0:
            control.evaluate("e => e.scrollTo(0, 0)")
            return ""
        shown.page.wait_for_timeout(25)
    return "the arrow keys don't scroll"


def other(shown: Shown, control: Any) -> str:
    before = shown.measure("state")
    control.focus()
    for key in ("Enter", "ArrowRight", "ArrowDown"):
        shown.page.keyboard.press(key)
        if shown.measure("state") != before or shown.measure("tip"):
            return ""
    return "takes the focus and does nothing with it"


USES = {
    "summary": summary,
    "jump": jump,
    "link": link,
    "sort": sort,
    "more": more,
    "filter": search,
    "select": select,
    "tick": tick,
    "range": slider,
    "field": field,
    "button": button,
    "tip": tip,
    "scroll": scroll,
    "other": other,
}
"""By what ``kind`` of ``checks.js`` calls a control."""


def tips(shown: Shown) -> list[str]:
    """Point at the first tips of every picture and table, and see that they show."""
    found, homes = [], Counter()
    for mark in shown.page.query_selector_all("[data-tip]"):
        home = mark.evaluate(
            "e => [...document.querySelectorAll('svg, table, figure')].indexOf(e.closest('svg, table, figure'))"
        )
        homes[home] += 1
        if homes[home] > N_BY_HAND or not mark.is_visible():
            continue
        mark.scroll_into_view_if_needed(timeout=PATIENCE_MS)
        point = shown.measure("point", mark)
        if point is None:
            continue
        shown.page.mouse.move(0, 0)  # after a scroll the pointer may be there without having moved
        shown.page.mouse.move(point["x"], point["y"])
        if shown.measure("tip") != (mark.get_attribute("data-tip") or "").strip():
            found.append(f"no tip at the pointer: {shown.measure('name', mark)}")
    shown.page.mouse.move(0, 0)
    return found


def pictures(shown: Shown) -> list[str]:
    """Point at every canvas where it answers, or press on it: a tip must show, or the page change."""
    found = []
    for canvas in shown.page.query_selector_all("canvas"):
        if not canvas.is_visible():
            continue
        canvas.scroll_into_view_if_needed(timeout=PATIENCE_MS)
        point = shown.measure("lively", canvas)
        if point:
            shown.page.mouse.move(0, 0)
            shown.page.mouse.move(point["x"], point["y"])
            if shown.measure("tip"):
                continue
        box = canvas.bounding_box()
        places = [(box["x"] + f * box["width"], box["y"] + 0.4 * box["height"]) for f in (0.5, 0.2, 0.3, 0.7, 0.8)]
        if not any(pressed(shown, *place) for place in places):
            found.append(f"doesn't answer the pointer: {shown.measure('name', canvas)}")
    return found


def pressed(shown: Shown, x: float, y: float) -> bool:
    """Press at a place; return whether the page changes."""
    before = shown.measure("state")
    shown.page.mouse.click(x, y)
    shown.page.wait_for_timeout(WAIT_MS)
    return bool(shown.measure("state") != before)
