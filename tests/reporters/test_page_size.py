"""Pages stay small whatever the corpus, and say what they leave out."""

from __future__ import annotations

import pytest

from emotopy_plugins.reporters.html import HtmlReporter, register_report_sections

SECTIONS = tuple(f"emotopy:{one.name}" for one in register_report_sections() if one.name != "slices")


@pytest.mark.parametrize(("n_groups", "name"), [(1200, "participant {}"), (700, "<" * 300 + "{}")])
def test_very_many_groups(make_result, tmp_path, n_groups, name):
    """A group per person, or names of 300 letters that need escaping: below 2 MB, and the rest is named."""
    result = make_result(
        texts_per_group={name.format(i): ["a"] for i in range(n_groups)},
        notes=[f"Group {name.format(i)} has one unit" for i in range(n_groups)],
    )
    (path,) = HtmlReporter(sections=SECTIONS).write(result, tmp_path)
    page = path.read_text("utf-8")
    assert len(page.encode()) < 2_000_000
    assert f"of {n_groups:,} groups are shown: those whose profile differs most" in page
    assert f"{n_groups - 600:,} smallest groups are left out" in page
    assert f"{n_groups - 200} more stand in" in page
