"""Sphinx's configuration of the documentation site; `build.py` beside it prepares the pages and runs Sphinx."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EMPTY_HEAD = re.compile(r"<th( class=[^>]*)>(?:<p></p>)?</th>")
sys.path[:0] = [str(HERE)]

from sections import KEYWORDS  # noqa: E402

PROJECT = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = PROJECT["name"]
author = PROJECT["authors"][0]["name"]
copyright = author  # noqa: A001 - Sphinx's name of it
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "mathml"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
language = "en"
default_role = "py:obj"  # a name in single backquotes, as docstrings have it; words that name nothing stay as they are

# Pages are read on GitHub, too: plain Markdown, links to headings as GitHub makes them.
myst_heading_anchors = 5
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_dmath_allow_space = False  # "$5 and $10" are prices
myst_dmath_allow_digits = False
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's sections say them
autodoc_preserve_defaults = True
python_display_short_literal_types = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_static_path = [str(HERE / "static")]
html_css_files = ["emotopy.css"]
html_js_files = ["emotopy.js"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
# The summaries below search results are read from other pages, which browsers forbid to a page opened as a file.
html_show_search_summary = False
html_search_scorer = str(HERE / "scorer.js")
html_context = {"default_mode": "auto"}
html_theme_options = {
    "collapse_navigation": True,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "back_to_top_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "faq": [], "start": []}


def _is_of_others(_app: Any, _what: str, _name: str, one: Any, skip: bool, _options: Any) -> bool | None:
    """Leave out members that a class has from other packages (scikit-learn's, Python's), documented there."""
    one = getattr(one, "fget", None) or getattr(one, "__func__", None) or one
    home = getattr(one, "__module__", None) or getattr(type(one), "__module__", "")
    return True if callable(one) and not home.startswith("emotopy") else skip or None


def _made_anew(
    _app: Any, _what: str, _name: str, _one: Any, _options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Write defaults that are made anew for each object as three dots; attrs has a name of its own for them."""
    return signature and signature.replace("=NOTHING", "=..."), returns


def _name_no_empty_heads(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Make plain cells of empty heads of tables: there is nothing in them to be read out as a head."""
    if "body" in context:
        context["body"] = EMPTY_HEAD.sub(r"<td\1></td>", context["body"])


def _give_keywords_to_the_search(app: Any, page: str, _template: str, _context: dict[str, Any], _doctree: Any) -> None:
    """Let the page of the search know the words that `sections.py` gives to pages; emotopy.js ranks by them."""
    if page == "search":
        app.add_js_file(None, body=f"window.siteKeywords = {json.dumps(KEYWORDS)};", priority=100)


def setup(app: Any) -> None:
    """Tell Sphinx of what is done here."""
    app.connect("html-page-context", _name_no_empty_heads)
    app.connect("html-page-context", _give_keywords_to_the_search)
    app.connect("autodoc-process-signature", _made_anew)
    app.connect("autodoc-skip-member", _is_of_others)
