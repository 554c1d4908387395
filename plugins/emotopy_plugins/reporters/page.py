"""The page: its head, its sections, its foot, as one file of HTML that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from emotopy.once import once
from emotopy.records import Fragment

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""C0 without tab and line feed, DEL and C1."""


@attrs.frozen
class Placed:
    """A section on the page: its place in the address, who offers it, its content, and whether it failed."""

    anchor: str
    owner: str
    fragment: Fragment
    failed: bool = False


def n_bytes_of(fragment: Fragment) -> int:
    """Return how much a section adds to the page, in bytes of UTF-8; frames hold their scripts in the body."""
    return sum(len(part.encode("utf-8")) for part in (fragment.body, *fragment.styles, *fragment.scripts))


def render_page(title: str, kicker: str, version: str, sections: Sequence[Placed]) -> str:
    """Return the HTML of a page.

    The template engine escapes every value. Should a value slip through all the same, the page's own policy
    (Content-Security-Policy) lets the browser run no script and apply no stylesheet but those of the sections, which it
    knows by their hashes, load nothing and send no form.
    """
    from markupsafe import Markup

    fragments = [one.fragment for one in sections]
    css = "\n".join(_distinct([asset("report.css"), *(sheet for one in fragments for sheet in one.styles)]))
    scripts = _distinct([asset("report.js"), *(script for one in fragments for script in one.scripts)])
    in_frames = [script for one in fragments for script in one.frame_scripts]
    of_frames = [sheet for one in fragments for sheet in one.frame_styles]
    policy = {
        "default-src": ["'none'"],
        "style-src": _distinct([hash_source(sheet) for sheet in (css, *of_frames)]),
        "script-src": _distinct([hash_source(script) for script in (*scripts, *in_frames)]),
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return render_template(
        "page.html.jinja",
        {
            "title": title,
            "kicker": kicker,
            "version": version,
            "policy": "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items()),
            "css": Markup(css),  # noqa: S704 (files of packages that are installed)
            "scripts": [Markup(script) for script in scripts],  # noqa: S704
            "sections": sections,
        },
    )


def render_template(name: str, context: Mapping[str, Any]) -> str:
    """Return a template of this folder, filled, as markup: what a section's body is."""
    from markupsafe import Markup

    return Markup(_environment().get_template(name).render(context))  # noqa: S704 (the engine escapes values)


def asset(name: str) -> str:
    """Return a stylesheet or a script of this folder, in the bytes that its hash is made of."""
    environment = _environment()
    source: str = environment.loader.get_source(environment, name)[0]
    return source.replace("\r\n", "\n").strip()


def hash_source(text: str) -> str:
    """Return how a policy names a stylesheet or a script.

    >>> hash_source("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


@once
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("emotopy_plugins.reporters", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=without_controls,
        keep_trailing_newline=True,
    )


def without_controls(value: Any) -> Any:
    """Remove from a text what HTML can't hold: control characters, and halves of surrogate pairs."""
    if type(value) is not str:
        return value
    return CONTROLS.sub("", value.encode("utf-8", "replace").decode("utf-8"))


def _distinct(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
