"""The order of the site: its sections, and which page stands in which."""

from __future__ import annotations

from pathlib import Path

import attrs

KEYWORDS = {
    "axes-and-units": "missing values nan null",
    "data": (
        "own custom atlas parcellation ROI labels head motion scrubbing censoring repetition time TR header encoding "
        "UnicodeDecodeError umlauts Excel spreadsheet CSV"
    ),
    "faq": (
        "privacy GDPR confidential anonymous data protection sample size power reproducible price diagnosis length "
        "p-value permutations minimum outliers noise cluster topics sarcasm irony emoji negation offline internet "
        "firewall rerun"
    ),
    "faq#why-do-many-texts-belong-to-no-cluster": "outliers noise topics unassigned documents",
    "faq#do-i-get-the-same-results-every-time": "reproducible random seed rerun stable clusters topics",
    "faq#does-it-understand-negation-irony-emoji": "sarcasm not happy",
    "faq#how-many-listeners-do-i-need-and-how-long-a-story": "how many subjects scans duration minutes power fMRI",
    "faq#how-large-must-groups-be": "sample size power minimum participants",
    "faq#what-leaves-my-machine": "offline internet privacy confidential GDPR cloud upload firewall",
    "faq#what-does-it-cost": "price free",
    "faq#can-i-relate-profiles-to-a-questionnaire-score": "correlate correlation regression PHQ-9 BDI continuous",
    "faq#what-happens-to-rows-without-a-text-a-person-or-a-group": "missing values empty texts NaN blank",
    "faq#do-i-need-a-graphics-card-gpu": "CUDA",
    "faq#my-scans-aren-t-in-mni-space-can-i-use-them": "native space normalisation standard",
    "faq#is-my-decoding-significant": "p-value significance",
    "figures": "publication journal vector SVG PDF font size",
    "data#word-lists-of-your-own": "own custom lexicon dictionary LIWC",
    "data#tables-of-your-own": "Excel spreadsheet CSV file",
    "data#encodings-separators-sheets": "UnicodeDecodeError umlauts xlsx",
    "data#confounds": "fMRIPrep scrubbing censoring",
    "data#label-images-and-their-tables": "own custom atlas parcellation ROI",
    "guides/annotate-a-story": "subtitles captions srt vtt film movie transcript",
    "data#results-in-other-programs": "R SPSS Stata MATLAB export",
    "guides/two-groups#run-it": (
        "repeated measures before after treatment paired within-subject age covariate confound control adjust"
    ),
    "guides/two-groups#what-comes-out": "multiple comparisons correction FDR family-wise Bonferroni",
    "guides/read-the-report#how-to-read-the-numbers": "multiple comparisons correction intensity percent",
    "guides/two-groups": "sample size power controls patients effect size",
    "guides/diary-study": "daily ESM EMA journal repeated measures",
    "guides/another-language": "German translation translate Spanish French Chinese multilingual",
    "guides/write-it-up#licences-and-citation": "cite bibtex reference",
    "guides/write-it-up": "cite citation methods section manuscript preregistration",
    "guides/read-the-report": "interpret interpretation",
    "guides/decode-my-scan": "preprocessing fMRIPrep BOLD NIfTI",
    "guides/several-stories": "runs sessions",
    "hosts": "timeout thread safe",
    "large-corpora": "out of memory RAM million documents killed big dataset",
    "licences": "commercial use NRC LIWC VADER",
    "performance": "runtime duration speed slow fast RAM",
    "promises": "reproducible version compatibility Windows macOS",
    "over-time": "timestamps dates months weeks trend",
    "reference/files-and-columns": "output tables codebook variables",
    "start#install": "Windows macOS Linux operating system computer laptop",
    "save-and-load": "save load pickle joblib reload new texts",
    "tutorials/brain": "notebook Jupyter worked example simulation cross-validation leakage",
    "tutorials/texts": "notebook Jupyter worked example",
}
"""Words that users search for, of pages and of sections (`page#anchor`) that use other words; the search finds both."""


@attrs.frozen
class Section:
    """A section: the page that begins it, and those below it, in order; `*` after a folder stands for all others."""

    page: str
    title: str
    below: tuple[str, ...] = ()
    text: str = ""


GUIDES = (
    *("diary-study", "two-groups", "chat", "book-over-time", "another-language", "decode-my-scan", "annotate-a-story"),
    *("several-stories", "read-the-report", "write-it-up", "write-a-plugin", "embed-it"),
)
"""The order of the guides; others follow by name."""

SECTIONS = (
    Section(
        "start",
        "Start",
        ("demo", "tutorials/texts", "tutorials/brain"),
        "In ten minutes: [the demo](demo.md) shows each kind of result.",
    ),
    Section(
        "guides/index",
        "Guides",
        (
            *("guides/*", "over-time", "data", "large-corpora", "save-and-load", "saved-decoders"),
            *("notebooks", "figures"),
            *("report-sections", "export", "experiments", "scikit-learn", "servers", "beyond-one-machine", "embed"),
            *("hosts", "write-a-plugin", "examples/emotopy-hello/README"),
        ),
        "Choose the guide that describes your data or your task. Each has the commands, the same in Python, what the\n"
        "results mean, and what they can't say.",
    ),
    Section(
        "science/index",
        "Science",
        (
            *("science", "evidence-text", "science-brain", "evidence-brain", "science-bridge", "evidence-bridge"),
            *("annotators", "probes", "emotion-words"),
        ),
        "The pages on science explain each method with its formula, its source and the function that computes it. The\n"
        "pages on evidence hold the measurements, with the command for each figure, and what falls short.",
    ),
    Section(
        "reference/index",
        "Reference",
        (
            *("reference/api/index", "reference/commands/index", "reference/configuration", "reference/stages"),
            *(
                "reference/files-and-columns",
                "axes-and-units",
                "option-types",
                "hooks",
                "roles/*",
                "conformance",
                "config-errors",
            ),
            *("plugins-misbehaving", "forms", "architecture", "find-your-room", "decisions", "licences", "changelog"),
        ),
        "Every function, command, option, stage, file and column. Most of these pages are generated from the code.",
    ),
    Section("faq", "FAQ"),
    Section("gallery/index", "Gallery"),
    Section(
        "evidence/index",
        "Evidence",
        ("published-decoding", "reliability", "performance", "promises"),
        "Speed, reliability and compatibility as measured, and how the split of a published decoding lets noise score\n"
        "high. The measurements of the methods are on the pages of evidence under [Science](../science/index.md).",
    ),
)


def write(source: Path) -> None:
    """Add sections to the pages that begin them, write such pages where nobody wrote one, and add what search needs."""
    placed = {page for section in SECTIONS for page in (section.page, *section.below)}
    for section in SECTIONS:
        path = source / f"{section.page}.md"
        below = [page for name in section.below for page in _pages(source, name, placed)]
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_page(source, section, below), "utf-8")
        _append(path, [f"/{page}" for page in below])
    for page, words in page_keywords().items():
        path = source / f"{page}.md"
        head = f"---\nmyst:\n  html_meta:\n    keywords: {', '.join(words.split())}\n---\n\n"
        path.write_text(head + path.read_text("utf-8"), "utf-8")
    _append(source / "index.md", [f"{section.title} </{section.page}>" for section in SECTIONS])


def page_keywords() -> dict[str, str]:
    """Return the words of each page, together with those of its sections."""
    found: dict[str, list[str]] = {}
    for place, words in KEYWORDS.items():
        found.setdefault(place.partition("#")[0], []).extend(words.split())
    return {page: " ".join(dict.fromkeys(words)) for page, words in found.items()}


def _pages(source: Path, name: str, placed: set[str]) -> list[str]:
    """Return the pages that an entry of a section stands for."""
    if not name.endswith("/*"):
        return [name]
    folder = name.removesuffix("/*")
    found = sorted((path.stem for path in (source / folder).glob("*.md")), key=_place)
    return [page for name in found if (page := f"{folder}/{name}") not in placed]


def _place(name: str) -> tuple[int, str]:
    """Return where a page stands in its folder."""
    return (GUIDES.index(name) if name in GUIDES else len(GUIDES), name)


def _page(source: Path, section: Section, below: list[str]) -> str:
    """Return a page that lists what stands below it."""
    up = "../" * section.page.count("/")
    rows = "".join(f"- [{title(source, page)}]({up}{page}.{_kind(source, page)})\n" for page in below)
    return f"# {section.title}\n\n{section.text}\n\n{rows}\n"


def title(source: Path, page: str) -> str:
    """Return the first heading of a page."""
    lines = (source / f"{page}.{_kind(source, page)}").read_text("utf-8").splitlines()
    if _kind(source, page) == "rst":
        return lines[0]
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


def _kind(source: Path, page: str) -> str:
    return "rst" if (source / f"{page}.rst").exists() else "md"


def _append(path: Path, entries: list[str]) -> None:
    """Add a hidden table of contents to a page."""
    if entries:
        listed = "\n".join(entries)
        path.write_text(f"{path.read_text('utf-8')}\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n", "utf-8")
