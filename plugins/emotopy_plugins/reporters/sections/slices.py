"""The section of slices: values of regions on nilearn's viewer."""

from __future__ import annotations

from typing import Any, cast

from emotopy.records import Fragment, PageLimits, RegionResult, ReportSection, Result
from emotopy_plugins.reporters.formatting import Scale
from emotopy_plugins.reporters.region_sections import shown_groups
from emotopy_plugins.reporters.region_values import RegionTable

TITLE = "Slices of the brain"


def render_slices(result: Result, limits: PageLimits) -> Fragment | None:
    """Return the slices of the groups that have a glass brain; None where the regions have no coordinates.

    Where nilearn's viewer can't be had, the section says so.
    """
    from emotopy_plugins.reporters.page import asset, render_template
    from emotopy_plugins.reporters.sections.texts import legend_steps, sizes_of, unit_of
    from emotopy_plugins.reporters.slices import region_slices
    from emotopy_plugins.reporters.view_img import ViewerError

    texts = cast("RegionResult", result)
    table = RegionTable.of(texts)
    shown = table.plotted()
    chosen = shown_groups(table, shown, sizes_of(texts), limits.groups)
    values: dict[str, Any] = {
        "unit": unit_of(shown.measure),
        "steps": legend_steps(Scale.around(shown.values)),
        "failure": "",
        "n_left_out": len(shown.groups) - len(chosen),
    }
    try:
        slices = region_slices(texts, chosen)
    except ViewerError as error:
        return Fragment(TITLE, render_template("sections/slices.html.jinja", {**values, "failure": str(error)}))
    if slices is None:
        return None
    body = render_template("sections/slices.html.jinja", {**values, "slices": slices.context})
    return Fragment(TITLE, body, styles=(asset("slices.css"),), scripts=(*slices.scripts, asset("slices.js")))


SLICES = ReportSection("slices", render_slices, order=110, kinds=frozenset({"texts"}))
