"""The science pages quote the code's constants, explain each letter of their formulas, and name code that exists."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from tests.project import formulas

from emotopy.config.layers import load_preset
from emotopy.config.schema import schema
from emotopy.evidence import build, profile
from emotopy.evidence.table import read_table
from emotopy.inference import (
    change_points,
    graphs,
    group_comparison,
    moran,
    rating_courses,
    scores,
    smoothing,
    splits,
    unit_means,
    windows,
)
from emotopy.languages import ENOUGH_WORDS, FEW_WORDS, LIMIT, LIMIT_FEW
from emotopy.pathways.bridge import pathway as bridge
from emotopy.pathways.comparison import text_design
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.over_time import pathway as over_time
from emotopy.pathways.over_time.timed_texts import FEWEST_TEXTS as FEWEST_FOR_A_COURSE
from emotopy.readers import segmentation
from emotopy.records.brain import Windowing
from emotopy.registry import Registry
from emotopy_plugins.neural_decoders.kernel_ridge import PENALTIES
from emotopy_plugins.reducers import umap_layout
from emotopy_plugins.reducers.umap import MANY_LANDMARKS, UmapReducer, default_epochs
from emotopy_plugins.region_mappers.evidence import FEWEST_TEXTS, SHIPPED_TABLE
from emotopy_plugins.shared import causal_filter, vader_rules
from emotopy_plugins.shared import static_vectors as static

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCIENCE = sorted((ROOT / "docs").glob("science*.md"))
WITH_EVIDENCE = [*SCIENCE, *sorted((ROOT / "docs").glob("evidence-*.md"))]
EMOTION_WORDS = ROOT / "plugins" / "emotopy_plugins" / "shared" / "data" / "emotion_words.csv"
IN_WORDS = {3: "three", 4: "four", 5: "five", 8: "eight", 10: "ten", 20: "twenty"}


def prose(name):
    return " ".join((ROOT / "docs" / name).read_text("utf-8").split())


def quoted_of_texts():
    table = read_table(SHIPPED_TABLE)
    replicability = dict(zip(table.terms, table.replicability, strict=True))
    rules = vader_rules.Rules()
    low = sum(value < 0.2 for value in replicability.values())
    with EMOTION_WORDS.open(encoding="utf-8", newline="") as file:
        n_words = len({row["word"] for row in csv.DictReader(file)})
    return [
        f"each of {len(table.terms)} affective and social terms",
        f"{table.provenance['n_studies']:,} studies with {table.provenance['n_peaks']:,} distinct peaks",
        f"{build.SIGMA_PER_RADIUS} times the radius of the node",
        f"expected spread of true differences, {build.TAU} |",
        f"fear {replicability['fear']:.2f}, love {replicability['love']:.2f}, {IN_WORDS[low]} terms below 0.2",
        f"sharpness, {profile.BETA:g} by default",
        f"more than {segmentation.LONGEST} words are cut evenly at about {segmentation.WORDS_A_PART}",
        f"of fewer than {segmentation.SHORTEST} are joined",
        f"{FEWEST_TEXTS} distinct segments",
        f"{static.NEGATION_KEEPS} for a token that a negation covers",
        f"within {IN_WORDS[rules.negation_window]} words before damps a word to {rules.negation_keeps}",
        f"add {vader_rules.INCREMENT}",
        f"Capitals add {vader_rules.CAPITALS}",
        f"add {vader_rules.EXCLAMATION} of a word each",
        f"decay: {', '.join(f'{decay:g}' for decay in vader_rules.DECAY[:-1])} and {vader_rules.DECAY[-1]:g} for",
        f"{n_words} words of our own",
        f"the {UmapReducer().n_landmarks:,} (`n_landmarks`) whose SHA-256 is smallest",
        f"to {UmapReducer().n_pca} dimensions (`n_pca`)",
        f"exact {UmapReducer().n_neighbors} nearest neighbours of each landmark (`n_neighbors`",
        f"{default_epochs(10_000)} epochs of {umap_layout.STEPS_PER_EPOCH} steps",
        f"({default_epochs(10_001)} above {MANY_LANDMARKS:,} landmarks)",
        f"away from {IN_WORDS[umap_layout.N_OTHERS]} others",
        f"The step length falls from {umap_layout.LAYOUT_RATE} to 0",
        f"descends {umap_layout.PLACING_STEPS} steps down the same cross-entropy",
        f"text of {IN_WORDS[ENOUGH_WORDS]} words or more, if",
        f"the languages of the stage have a joint probability below {LIMIT}",
        f"of {IN_WORDS[FEW_WORDS]} or four words, if this probability is below {LIMIT_FEW}",
        f"at most {ComparisonSpec(groups=('a', 'b')).n_permutations:,}",
        f"variance inflation above {group_comparison.LARGEST_INFLATION:g}",
        f"Below {IN_WORDS[unit_means.FEW]} units a group the result contains a warning",
        f"below {IN_WORDS[unit_means.FEWEST_FOR_G]} there is no g",
        f"at {over_time.N_POINTS} moments",
        f"further than {IN_WORDS[int(smoothing.REACH)]} bandwidths away",
    ]


def quoted_in_the_evidence():
    return [f"{IN_WORDS[int(text_design.UNEVEN)]} times the texts"]


def quoted_of_brains():
    recommended = Windowing()
    return [
        f"{recommended.width_s:g} s, Gaussian taper (σ {recommended.sigma_s:g} s), step {recommended.step_s:g} s",
        f"a window needs {windows.ENOUGH:.0%} of its volumes".replace("%", " %"),
        f"at least width + {splits.RESPONSE_S:g} s",
        f"fewer than {IN_WORDS[scores.FEWEST_WINDOWS]} windows",
        f"undershoot, {rating_courses.HRF_S:g} s long",
        f"sampled every {rating_courses.STEP_S:g} s",
        f"{len(PENALTIES)} values from {PENALTIES[0]:g} to {PENALTIES[-1]:,.0f}",
        f"up to {({0.2: 'a fifth'})[graphs.DENSITY]} of all edges",
        f"a Butterworth filter of order {causal_filter.ORDER} that runs forwards only",
        f"{load_preset('recommended')['null']['n']} phase-randomised ratings",
        f"`subject-and-block`, {IN_WORDS[load_preset('recommended')['split']['n_blocks']]} blocks",
    ]


def quoted_of_the_bridge():
    return [
        f"{bridge.N_SURROGATES:,} are drawn",
        f"(|x| ≤ {moran.MIDLINE_MM:g} mm)",
        f"Below {bridge.FEWEST_REGIONS} regions",
    ]


def quoted_over_time():
    widths = smoothing.BANDWIDTHS
    return [
        f"{IN_WORDS[FEWEST_FOR_A_COURSE].capitalize()} texts at two times make a course",
        f"At every one of {over_time.N_POINTS} moments",
        f"between {widths[0]:.0%} and {widths[-1]:.0%} of the span".replace("%", " %"),
        f"cut off at {IN_WORDS[int(smoothing.REACH)]} bandwidths",
        f"up to {IN_WORDS[change_points.MOST_CHANGES]}",
        f"At least {IN_WORDS[change_points.SHORTEST]} moments, and a twentieth of the series",
        f"more than {change_points.MOST_MOMENTS} texts are averaged to {change_points.MOST_MOMENTS} moments",
        f"up to {IN_WORDS[int(change_points.LONGEST_MEMORY)]} moments",
        f"{IN_WORDS[change_points.FEWEST_TEXTS]} a search for change points",
    ]


QUOTED = {
    "science.md": quoted_of_texts,
    "evidence-text.md": quoted_in_the_evidence,
    "science-brain.md": quoted_of_brains,
    "science-bridge.md": quoted_of_the_bridge,
    "over-time.md": quoted_over_time,
}


@pytest.mark.parametrize("name", QUOTED)
def test_constants_on_the_page_are_those_of_the_code(name):
    """Whoever changes a constant changes the sentence that quotes it."""
    page = prose(name)
    assert [phrase for phrase in QUOTED[name]() if phrase not in page] == []


def test_the_pages_windows_are_those_of_the_preset():
    """The preset's file says the defaults of the record, which the page quotes."""
    preset = load_preset("recommended")
    assert Windowing(**preset["windowing"]) == Windowing()


def test_keys_that_pages_set_exist():
    """`--set KEY=` and keys in backquotes such as `region_mapper.beta` name a key, or an option of a stage of ours."""
    known = schema(Registry.load())["properties"]
    options = {
        key: next((one["properties"] for one in [section, *section.get("anyOf", [])] if "properties" in one), {})
        for key, section in known.items()
    }
    lost = []
    for name in ("../README.md", *QUOTED):
        text = prose(name)
        keys = re.findall(r"--set ([a-z_]+(?:\.[a-z_]+)?)=", text)
        keys += [key for key in re.findall(r"`([a-z_]+\.[a-z_]+)(?: = [^`]+)?`", text) if key.split(".")[0] in known]
        lost += [(name, key) for key in keys if key.split(".")[0] not in known]
        lost += [(name, key) for key in keys if "." in key and key.split(".")[1] not in options[key.split(".")[0]]]
    assert lost == []


def test_commands_name_benchmarks_and_options_that_exist():
    """Every `tests/benchmarks/….py` of a page is a file, and knows each option that stands behind it."""
    lost = []
    for page in PAGES:
        for command in re.findall(r"tests/benchmarks/[^`\n]+", page.read_text("utf-8")):
            script = ROOT / command.split()[0].rstrip(".,;:)")
            source = script.read_text("utf-8") if script.is_file() and script.suffix == ".py" else ""
            options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", command)
            unknown = [option for option in options if f'"{option}"' not in source]
            if not script.exists() or unknown:
                lost.append((page.name, command, unknown))
    assert lost == []


@pytest.mark.parametrize("page", SCIENCE, ids=lambda page: page.name)
def test_formulas_are_explained(page):
    """Each formula has a table of its symbols, a source and a name in the code; formula and table agree in letters."""
    assert formulas.faults(page.read_text("utf-8")) == []


def test_formulas_are_found():
    """The test above has formulas to look at: a page that wrote them otherwise would pass unseen."""
    assert len(formulas.DISPLAY.findall((ROOT / "docs" / "science.md").read_text("utf-8"))) > 20


@pytest.mark.parametrize("page", SCIENCE, ids=lambda page: page.name)
def test_what_computes_a_formula_exists(page):
    """Each name of ours after *Computed by* can be imported."""
    for name in formulas.names_computed_by(page.read_text("utf-8")):
        assert formulas.find(name) is not None


@pytest.mark.parametrize("page", WITH_EVIDENCE, ids=lambda page: page.name)
def test_links_between_science_and_evidence_lead_to_headings(page):
    """Each link to a page of science or of evidence names a file and a heading that are there."""
    lost = []
    for name, anchor in formulas.links_to_evidence(page.read_text("utf-8")):
        target = page.parent / (name or page.name)
        if not target.exists() or (anchor and anchor not in formulas.anchors(target.read_text("utf-8"))):
            lost.append((name, anchor))
    assert lost == []


EXAMPLE = r"""# Page

## Softmax

Weights sum to one over terms $t$.

$$ w_{it} = \frac{\exp(\beta z_{it})}{\sum_{t'} \exp(\beta z_{it'})} $$

| symbol | meaning | unit or shape |
|---|---|---|
| $z_{it}$ | standardised cosine of segment $i$ with term $t$ | standard deviations |
| $\beta$ | sharpness | none |
| $w_{it}$ | weight | 0 to 1 |

**Source**: a paper.

**Computed by** `emotopy.evidence.profile.softmax`.

## Next
"""


def test_a_complete_section_has_no_fault():
    """The example that the other tests spoil is itself in order."""
    assert formulas.faults(EXAMPLE) == []
    assert formulas.names_computed_by(EXAMPLE) == ["emotopy.evidence.profile.softmax"]


@pytest.mark.parametrize(
    ("before", "after", "n_faults"),
    [
        ("| symbol | meaning |", "| letter | meaning |", 1),
        ("**Source**: a paper.", "A paper.", 1),
        ("**Computed by** `", "By `", 1),
        ("`emotopy.evidence.profile.softmax`", "a function", 1),
        ("**Source**: a paper.", "## Source\n\n**Source**: a paper.", 2),  # behind the next heading
        ("| $\\beta$ | sharpness | none |\n", "", 1),
        ("| $\\beta$ |", "| $\\gamma$ |", 2),
        ("| $w_{it}$ |", "| $w_{ir}$ |", 2),
        ("| $w_{it}$ |", "| $w_{it}$, $n$ |", 1),
        ("$$ w_{it} =", "$$ w_{it} = \\bar{w}_{it} =", 1),  # an accent makes another symbol
        ("\\sum_{t'}", "\\sum_{t' \\in K}", 1),
        ("\\exp(\\beta z_{it})}", "\\exp(\\beta z_{it}^{k})}", 1),
        ("$$ w_{it} =", "$$ w_{it} \\, =", 1),
        ("$$ w_{it} =", "$$ \\operatorname{w}_{it} =", 3),  # and w, which isn't a symbol then, is in the table
        ("over terms $t$", "over terms $\\{t\\}$", 1),
    ],
)
def test_planted_faults_are_found(before, after, n_faults):
    """Whatever a section lacks is reported, and nothing else."""
    assert before in EXAMPLE
    assert len(formulas.faults(EXAMPLE.replace(before, after))) == n_faults


def test_formulas_are_read_as_latex():
    """Accents, styles, words, fractions, roots, indices in any order and letters above are told apart."""
    read = formulas.letters(
        r"\hat\beta_{\mathrm{ref}}^{(b)} = \mathbf{K}^{-1} \bar{x}_g + x^\top_i \mathrm{sd}_r(p)"
        r" / \sqrt{\pi} \mathrm{df}_1 + \frac{\mathrm{d} y_{i, t - 1}}{\mathbf{1}}"
    )
    symbols = {(one.base, one.index) for one in read.symbols}
    assert symbols == {
        *(("hat beta", "ref"), ("b", ""), ("mathbf K", ""), ("bar x", "g"), ("x", "i"), ("p", ""), ("pi", "")),
        *(("d", ""), ("y", "it1")),
    }
    assert read.indices == {"g", "i", "r", "t"}
    assert read.words == {"sd", "df"}


@pytest.mark.parametrize("name", ["emotopy.evidence.profile.nothing", "emotopy.nothing.profile", "emotopi.evidence"])
def test_names_of_nothing_do_not_import(name):
    """A function, a module or a package that isn't there is an error."""
    with pytest.raises((AttributeError, ModuleNotFoundError)):
        formulas.find(name)


def test_anchors_are_those_of_github():
    """Headings in small letters, blanks as hyphens, without punctuation; headings in code don't count."""
    page = "## A text, cut: `segment`\n\n```python\n# no heading\n```\n\n### Terms → regions\n"
    assert formulas.anchors(page) == {"a-text-cut-segment", "terms--regions"}
    assert formulas.links_to_evidence("[a](evidence-text.md#b) [c](#d) [e](faq.md#f)") == [
        ("evidence-text.md", "b"),
        ("", "d"),
    ]
