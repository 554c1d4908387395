"""Read the formulas of the science pages: their sections, their symbol tables and the letters of their LaTeX.

A method's section has this form, in any order after its formulas and before the next heading:

    $$ s_{it} = … $$

    | symbol | meaning | unit or shape |
    |---|---|---|
    | $s_{it}$ | similarity of segment $i$ with term $t$ | −1 to 1 |

    **Source**: paper and equation.

    **Computed by** `emotopy.module.function`.

Each letter of a display formula stands in the first column of the table: a letter with an index as it is written there
(`s_{it}`) or bare (`s`), an index by itself or as the index of another symbol. Primes don't distinguish symbols. Words
(`\\mathrm{softmax}`) are names of functions and need no row. Two things that GitHub doesn't render are faults, too: a
backslash before punctuation, which its Markdown reads as an escape (write `\\lbrace` for an escaped brace, two formulas
for two lines), and the macros that it refuses, `\\operatorname` among them (write `\\mathrm`).
"""

from __future__ import annotations

import importlib
import re

import attrs

HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *$")
TABLE_HEAD = re.compile(r"^\| *symbol *\| *meaning *\| *unit or shape *\|", re.IGNORECASE | re.MULTILINE)
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"\$([^$]+)\$")
NOT_ON_GITHUB = re.compile(r"\\[^A-Za-z]|\\(?:operatorname|mbox|phantom)\b")
CODE = re.compile(r"`[^`]*`")
CODE_NAME = re.compile(r"`(emotopy(?:_plugins)?(?:\.\w+)+)`")
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\W\d_]|\d+(?:\.\d+)?|[_^{}\[\]]|\S")
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|iota|kappa|lambda|mu|nu|xi|pi|rho|varrho|sigma|"
    "tau|upsilon|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|ell"
)
LETTER = re.compile(rf"[^\W\d_]|\\(?:{_GREEK})")
ACCENTS = {"\\bar", "\\hat", "\\tilde", "\\dot", "\\ddot", "\\vec", "\\widehat", "\\widetilde", "\\overline"}
STYLES = {"\\mathbf", "\\mathbb", "\\mathcal", "\\mathsf", "\\boldsymbol"}
WORDS = {"\\mathrm", "\\text"}
FRACTIONS = {"\\frac", "\\dfrac", "\\tfrac", "\\binom"}
ENVIRONMENTS = {"\\begin", "\\end"}


@attrs.frozen
class Symbol:
    """A letter of a formula, with its accent or style in front and its index behind."""

    base: str
    index: str = ""


@attrs.frozen
class Letters:
    """What a formula consists of: symbols, symbols that stand in an index, and words."""

    symbols: frozenset[Symbol]
    in_indices: frozenset[Symbol]
    words: frozenset[str]

    @property
    def indices(self) -> set[str]:
        """The letters that stand in an index."""
        return {one.base for one in self.in_indices}


class _Reader:
    """Walks over the tokens of a formula and collects its letters."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.symbols: set[Symbol] = set()
        self.in_indices: set[Symbol] = set()
        self.words: set[str] = set()

    def read(self) -> str:
        """Read all tokens; return the letters, numbers and words met, in order, which is the text of an index."""
        met = []
        while self.at < len(self.tokens):
            met.append(self.part())
        return "".join(met)

    def part(self) -> str:
        """Read a letter, a group or a command with what belongs to it; return its text."""
        token = self.tokens[self.at]
        if LETTER.fullmatch(token):
            self.at += 1
            return self.symbol(token.removeprefix("\\"))
        if token in ACCENTS | STYLES | WORDS:
            self.at += 1
            return self.dressed(token, self.argument())
        text = ""
        if token == "{":
            text = self.inside(self.argument())
        else:
            self.at += 1
            if token in ENVIRONMENTS:
                self.argument()
            elif token in FRACTIONS:
                text = self.inside(self.argument()) + self.inside(self.argument())
            elif token[0].isdigit():
                text = token
        self.scripts()
        return text

    def dressed(self, command: str, tokens: list[str]) -> str:
        """Read the argument of an accent, a style or a word: one letter makes a symbol, more are read as they are."""
        if command in WORDS and len(tokens) > 1:
            word = "".join(tokens)
            self.words.add(word)
            self.scripts()
            return word
        if len(tokens) == 1 and LETTER.fullmatch(tokens[0]):
            dress = "" if command in WORDS else command.removeprefix("\\") + " "
            return self.symbol(dress + tokens[0].removeprefix("\\"))
        text = self.inside(tokens)
        self.scripts()
        return text

    def symbol(self, base: str) -> str:
        """Add a letter with its index."""
        index = self.scripts()
        self.symbols.add(Symbol(base, index))
        return base + index

    def scripts(self) -> str:
        """Read what stands below and above; return the index below, and take what is above as part of the formula."""
        index = ""
        while self.at < len(self.tokens) and self.tokens[self.at] in ("_", "^"):
            below = self.tokens[self.at] == "_"
            self.at += 1
            if below:
                reader = _Reader(self.argument())
                index = reader.read()
                self.in_indices |= reader.symbols | reader.in_indices
            else:
                self.inside(self.argument())
        return index

    def inside(self, tokens: list[str]) -> str:
        """Read a part of the formula, take over its letters, and return its text."""
        reader = _Reader(tokens)
        text = reader.read()
        self.symbols |= reader.symbols
        self.in_indices |= reader.in_indices
        self.words |= reader.words
        return text

    def argument(self) -> list[str]:
        """Return the tokens of the next argument, without its braces."""
        start = self.at
        self.at += 1
        if self.tokens[start : start + 1] != ["{"]:
            if self.tokens[start : start + 1] and self.tokens[start] in ACCENTS | STYLES | WORDS:
                self.argument()
            return self.tokens[start : self.at]
        depth = 1
        while self.at < len(self.tokens) and depth:
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        return self.tokens[start + 1 : self.at - 1]


def letters(latex: str) -> Letters:
    """Return the symbols, the letters of indices and the words of a formula."""
    reader = _Reader(TOKEN.findall(re.sub(r"'|\\prime\b", "", latex)))
    reader.read()
    return Letters(frozenset(reader.symbols), frozenset(reader.in_indices), frozenset(reader.words))


def joined(parts: list[Letters]) -> Letters:
    """Return the letters of several formulas together."""
    return Letters(
        frozenset().union(*(one.symbols for one in parts)),
        frozenset().union(*(one.in_indices for one in parts)),
        frozenset().union(*(one.words for one in parts)),
    )


def sections(page: str) -> list[tuple[str, str]]:
    """Return title and text of each section of a page, up to the next heading of any level; code is left out."""
    found = [("", [])]
    in_code = False
    for line in page.splitlines():
        in_code ^= line.startswith("```")
        heading = None if in_code else HEADING.match(line)
        if heading:
            found.append((heading["title"], []))
        elif not in_code:
            found[-1][1].append(line)
    return [(title, "\n".join(lines)) for title, lines in found]


def symbol_cells(section: str) -> list[str]:
    """Return the formulas in the first column of a section's symbol tables."""
    cells, in_table = [], False
    for line in section.splitlines():
        in_table = bool(TABLE_HEAD.match(line)) or (in_table and line.startswith("|"))
        if in_table and not TABLE_HEAD.match(line):
            cells += INLINE.findall(line.split("|")[1])
    return cells


def faults(page: str) -> list[str]:
    """Return what sections with display formulas lack, as sentences that name the section."""
    found = []
    for title, text in sections(page):
        formulas = DISPLAY.findall(text)
        latex = [*formulas, *INLINE.findall(CODE.sub("", DISPLAY.sub("", text)))]
        found += [f"{title}: GitHub doesn't render {one}" for one in latex if NOT_ON_GITHUB.search(one)]
        if formulas:
            after = text[text.rindex("$$") + 2 :]
            found += [f"{title}: {fault}" for fault in (*_lacking(after), *_unlisted(formulas, symbol_cells(after)))]
    return found


def _lacking(after: str) -> list[str]:
    """Return which parts don't follow a section's last formula."""
    lacking = [] if TABLE_HEAD.search(after) else ["no symbol table follows the last formula"]
    for word in ("Source", "Computed by"):
        paragraph = re.search(rf"^\*\*{word}\*\*(?:.+\n?)+", after, re.MULTILINE)
        if not paragraph:
            lacking.append(f"no paragraph begins with **{word}**")
        elif word == "Computed by" and not CODE_NAME.search(paragraph[0]):
            lacking.append("Computed by names no function or class of emotopy")
    return lacking


def _unlisted(formulas: list[str], cells: list[str]) -> list[str]:
    """Return the letters that stand in formulas and not in the table, and the other way round."""
    used = joined([letters(one) for one in formulas])
    rows = {cell: letters(cell) for cell in cells}
    if not rows:
        return []
    listed = joined(list(rows.values()))
    known = {one.base for one in listed.symbols} | listed.indices
    bases = {one.base for one in used.symbols} | used.indices
    found = [
        f"{one.base} with index {one.index or 'none'} is in a formula and not in the table"
        for one in sorted(used.symbols, key=str)
        if one not in listed.symbols and Symbol(one.base) not in listed.symbols
    ]
    found += [f"index {one} isn't in the table" for one in sorted(used.indices - known)]
    for cell, row in rows.items():
        lost = [one for one in row.symbols - used.symbols - used.in_indices if one.index or one.base not in bases]
        if lost or not row.words <= used.words:
            found.append(f"{cell} is in the table and in no formula")
    return found


def names_computed_by(page: str) -> list[str]:
    """Return the import paths in paragraphs that begin with Computed by."""
    return [
        name
        for paragraph in re.split(r"\n\s*\n", page)
        if paragraph.startswith("**Computed by**")
        for name in CODE_NAME.findall(paragraph)
    ]


def find(name: str) -> object:
    """Import what a dotted path names, a method of a class too; raise if there is no such thing."""
    parts = name.split(".")
    for n_module in range(len(parts), 0, -1):
        try:
            one = importlib.import_module(".".join(parts[:n_module]))
        except ModuleNotFoundError:
            continue
        for part in parts[n_module:]:
            one = getattr(one, part)
        return one
    raise ModuleNotFoundError(name)


def anchors(page: str) -> set[str]:
    """Return the anchors that GitHub and the site give the headings of a page."""
    titles = [title for title, _ in sections(page) if title]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links_to_evidence(page: str) -> list[tuple[str, str]]:
    """Return file and anchor of each link to a page of evidence or of science, and within the page itself."""
    return re.findall(r"\]\(((?:evidence[\w-]*|science[\w-]*)\.md|)(?:#([\w%-]+))?\)", page)
