"""What the site's search finds, in a browser; `python tests/browser/site_search.py SITE` tries the ten questions."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import attrs

HERE = Path(__file__).resolve().parent
FIRST = 3
"""A page counts as found when it is among this many results."""


@attrs.frozen
class Question:
    """A question of a user: its words, the words to search for, and the page and section that answer it.

    `shows` are flags, columns, options or figures that the section has to name.
    """

    question: str
    source: str
    tries: tuple[str, ...] = attrs.field(converter=tuple)
    other: str
    fresh: str
    page: str
    anchor: str
    shows: tuple[str, ...] = attrs.field(converter=tuple)


def questions() -> list[Question]:
    """Return the questions of ``user_questions.toml``."""
    held = tomllib.loads((HERE / "user_questions.toml").read_text("utf-8"))
    return [Question(**one) for one in held["question"]]


def links_found(browser, site: Path, words: str) -> list[str]:
    """Type words into the search of a site that was opened as a file; return the addresses that it finds."""
    with browser.show(site / "index.html") as shown:
        shown.page.keyboard.press("Control+K")
        shown.page.keyboard.type(words)
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_function(
            "() => document.querySelector('#search-results h2')"
            " && !/Searching/.test(document.querySelector('#search-results h2').textContent)",
            timeout=20_000,
        )
        found = shown.page.evaluate(
            "() => [...document.querySelectorAll('#search-results li > a, #search-results li > :first-child a')]"
            ".map(one => one.href)"
        )
        assert shown.errors == []
    return list(found)


def pages_found(browser, site: Path, words: str, n: int = 10) -> list[str]:
    """Return the first pages that the search finds, without suffix."""
    found = links_found(browser, site, words)
    pages = [Path(unquote(urlsplit(link).path)).resolve().relative_to(site.resolve()) for link in found[:n]]
    return [page.with_suffix("").as_posix() for page in pages]


def place(browser, site: Path, words: str, page: str) -> int | None:
    """Return the place of a page among the first ten results, from 1; None where it isn't there."""
    found = pages_found(browser, site, words)
    return found.index(page) + 1 if page in found else None


def main(site: Path) -> None:
    """Print the place of each question's page for each of its phrasings."""
    from tests.browser.chromium import started

    with started() as browser:
        found = dict.fromkeys(("tries", "other", "fresh"), 0)
        for one in questions():
            said = {"tries": one.tries, "other": (one.other,), "fresh": (one.fresh,)}
            for kind, phrasings in said.items():
                places = [place(browser, site, words, one.page) for words in phrasings]
                found[kind] += any(at is not None and at <= FIRST for at in places)
                told = "; ".join(f"{words!r} {at or '-'}" for words, at in zip(phrasings, places, strict=True))
                print(f"{one.page}#{one.anchor}, {kind}: {told}")
        print(f"of {len(questions())}, among the first {FIRST}: {found}")


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1])]
    main(Path(sys.argv[1]))
