"""The page of the reporter `html`: safe, self-contained, honest, and the same every time."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import itertools
import re

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from emotopy.errors import ConfigError, UnknownName
from emotopy.records import Fragment, PageLimits, ReportSection, ReportSections, ShowsTexts
from emotopy.roles import Host, Reporter
from emotopy.running.shown_texts import with_texts
from emotopy_plugins.reporters.html import HtmlReporter, register_report_sections, register_reporters

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "area", "col", "embed", "source", "track", "wbr"}
HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "</title><img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "' autofocus onfocus='alert(5)",
    "javascript:alert(6)",
    "<!-- --><svg onload=alert(7)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <b>",
    "null\0 escape\x1b[31m \x85 right\u202eto left",
]


class Page(html.parser.HTMLParser):
    """Elements, attributes and texts of a page; fails where elements don't nest."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.comments: list[str] = []
        self.rows: list[int] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.texts.append(data)

    def handle_comment(self, data):
        self.comments.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n\t]+", " ", "".join(self.texts))


def sections_of(*more):
    """Return the sections that ship, slices left out, and some more."""
    ours = {f"emotopy:{one.name}": one for one in register_report_sections() if one.name != "slices"}
    return ReportSections(ours | dict(more))


@pytest.fixture
def write(tmp_path):
    """Write the report, slices left out (tests/reporters/test_slices.py), and return its source."""
    number = itertools.count()

    def write(result, **options):
        options = {"registered": sections_of()} | options
        directory = tmp_path / str(next(number))
        directory.mkdir()
        (path,) = HtmlReporter(**options).write(result, directory)
        assert path == directory / "report.html"
        return path.read_text("utf-8")

    return write


def test_the_hook_offers_a_reporter():
    """The factory makes an object that keeps the role's protocol."""
    assert isinstance(register_reporters()["html"](), Reporter)


@pytest.mark.parametrize("options", [{"max_groups": -1}, {"max_regions": 0}, {"max_clusters": -2}])
def test_limits_that_mean_nothing_are_refused(options):
    """The error starts with the option's path."""
    with pytest.raises(ConfigError, match=rf"reporter\.{next(iter(options))}"):
        HtmlReporter(**options)


def test_the_same_result_gives_the_same_bytes(make_result, write):
    """Two results built alike give pages equal byte for byte."""
    assert write(make_result()) == write(make_result())


def test_no_string_of_a_result_becomes_markup(make_result, write):
    """Hostile texts, group names, words, notes, title and provenance add no element and no attribute to the page."""

    def build(strings):
        return make_result(
            texts_per_group={f"{i} {text}": [text, text + "?"] for i, text in enumerate(strings)},
            notes=(*strings, "half of a surrogate pair: \ud800"),
            top_words=", ".join(text.replace(",", ";") for text in strings),
            provenance={
                "stages": {"atlas": {"use": strings[0]}, "embedder": strings[1]},
                "versions": {"emotopy": strings[2]},
                **{text: {text: [text, None]} for text in strings},
            },
        )

    harmless = [f"word {i}" for i in range(len(HOSTILE))]
    page = Page(write(build(HOSTILE), title=HOSTILE[1]))
    model = Page(write(build(harmless), title=harmless[1]))
    assert page.tags == model.tags
    assert [(tag, name) for tag, name, _ in page.attributes] == [(tag, name) for tag, name, _ in model.attributes]
    assert page.comments == []
    for text in HOSTILE[:-1]:
        assert text in page.text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "".join(page.texts))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("<>&\"'/=\0"), min_size=1, max_size=30))
def test_any_group_name_leaves_the_page_whole(make_result, write, name):
    """Whatever a group is called, the page nests, and has a column for it in the table."""
    page = Page(write(make_result(texts_per_group={name: ["a"], "other": ["b"]})))
    assert page.tags.count("figure") == 2
    assert page.tags.count("script") == 1


def test_the_page_loads_nothing(result, write):
    """No address, no import, no url(): the only references are to the page's own parts, and these exist."""
    source = write(result)
    page = Page(source)
    assert "http://" not in source
    assert "https://" not in source
    assert "url(" not in source
    assert "@import" not in source
    references = [
        value for _, name, value in page.attributes if name in ("href", "src", "xlink:href", "data", "srcset")
    ]
    ids = [value for _, name, value in page.attributes if name == "id"]
    labels = [part for _, name, value in page.attributes if name == "aria-labelledby" for part in value.split()]
    assert references
    assert all(value.startswith("#") for value in references)
    assert {value[1:] for value in references} | set(labels) <= set(ids)
    assert len(set(ids)) == len(ids)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)


def test_the_policy_allows_our_stylesheet_and_script_alone(result, write):
    """The policy forbids everything but what has these hashes, and pictures in the page; no attribute is a script."""
    source = write(result)
    page = Page(source)
    style = source.partition("<style>")[2].partition("</style>")[0]
    script = source.partition("<script>")[2].partition("</script>")[0]
    of_style, of_script = (
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)
    )
    assert source.count("<script") == source.count("<style") == 1
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{of_style}'; script-src 'sha256-{of_script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [name for _, name, _ in page.attributes if name == "style" or name.startswith("on")]


def test_the_page_says_what_was_mapped(result, write):
    """Texts, groups, atlas, level, reference, coverage of intervals, seed, versions and the input's hash are there."""
    text = Page(write(result)).text
    for fact in (
        "11 texts in 2 groups: they differ most in the profile of",
        "2: exams, holidays",
        "toy: 6 regions, 9 nodes",
        "GoEmotions train",
        "90\xa0% interval",
        "diaries.csv",
    ):
        assert fact in text
    assert "ab" * 32 in text
    assert "research use only" in text
    assert re.search(r"Seed\s*3", text)


def test_the_page_keeps_to_the_words(result, write):
    """Assigned share, profile, intensity; reverse inference and proxies are explained; nothing is "activated"."""
    text = Page(write(result)).text
    assert "activ" not in text.lower()
    for words in (
        "assigned share",
        "profile",
        "intensity",
        "reverse inference",
        "Poldrack 2006",
        "proxies of felt emotion",
    ):
        assert words.lower() in text.lower()


def test_every_value_stands_in_the_table(result, write):
    """Each region's row holds each group's value with its interval, signs and all."""
    text = Page(write(result)).text.replace("−", "-")
    for _, row in result.regions.iterrows():
        value, low, high = (f"{row[name]:+.2f}" for name in ("relative", "relative_low", "relative_high"))
        assert f"{value} {low} to {high}" in text
        assert f"{row['intensity']:.3f}" in text


def test_rows_are_as_wide_as_their_head(result, write):
    """The tables are rectangular: label, two groups, all texts; the shares have the reference as well."""
    page = Page(write(result))
    rows = page.rows
    assert rows[: 2 * 7] == [4] * 14
    assert rows[2 * 7 : 3 * 7] == [5] * 7


def test_places_that_studies_confuse_are_named(result, make_result, write):
    """Overlapping pairs from the provenance are listed; without them the page says nothing of the kind."""
    text = Page(write(result)).text
    assert "amygdala and hippocampus (overlap of their studies 0.37)" in text
    assert "raphe nuclei and locus coeruleus" in text
    assert "be distinguished" not in Page(write(make_result(provenance={"seed": 1}))).text


def test_pairs_of_nodes_are_told_at_the_level_of_the_table(make_result, write):
    """Left and right pairs become one pair of regions with the larger overlap; a region's own two sides are no pair."""
    pairs = [
        {"jaccard": 0.302, "one": "amygdala_left", "other": "hippocampus_left"},
        {"jaccard": 0.309, "one": "amygdala_right", "other": "hippocampus_right"},
        {"jaccard": 0.2, "one": "insula_left", "other": "insula_right"},
    ]
    pages = {
        level: Page(write(make_result(level=level, provenance={"overlapping_nodes": pairs}))).text
        for level in ("region", "node")
    }
    assert "separately: amygdala and hippocampus (overlap of their studies 0.31) Brainstem" in pages["region"]
    assert "amygdala (left) and hippocampus (left) (overlap of their studies 0.30)" in pages["node"]
    assert "insula (left) and insula (right)" in pages["node"]


def test_a_brainstem_nucleus_is_only_the_nearest_node(result, write):
    """Wherever such a nucleus is named with a value, the words before say brainstem."""
    page = Page(write(result))
    text = page.text.replace("raphe nuclei and locus coeruleus", "")
    for name in ("raphe nuclei", "locus coeruleus"):
        assert len(re.findall(name, text)) > 3
        assert len(re.findall(name, text)) == len(re.findall(f"brainstem, nearest node {name}", text))


def test_exemplars_are_shown_or_left_out(result, write):
    """Texts of clusters are quoted, unless the result forbids it, even if its table still holds them."""
    assert Page(write(result)).tags.count("blockquote") == 6 + 1  # and the methods paragraph
    source = write(attrs.evolve(result, no_texts=True))
    assert Page(source).tags.count("blockquote") == 1
    assert "exam text" not in source
    assert "Example texts are left out" in source


def test_clusters_may_be_none_or_many(make_result, write):
    """No cluster is said to be none; of many, the largest are shown and the rest counted."""
    assert "No cluster was found" in write(make_result(n_clusters=0))
    text = Page(write(make_result(n_clusters=5), max_clusters=2)).text
    assert "The 2 largest of 5" in text
    assert len(re.findall(r"Cluster \d", text)) == 2


def test_a_single_group_has_one_table_of_all_measures(single, write):
    """Without groups the picture shows evidence, and one table holds profile, evidence, shares and intensity."""
    page = Page(write(single))
    assert page.tags.count("figure") == 1
    assert "Evidence on the glass brain" in page.text
    assert page.rows[:7] == [6] * 7


def test_a_level_of_nodes_shows_both_sides(make_result, write):
    """Nodes have rows of their own, and the brain is seen from left and right."""
    page = Page(write(make_result(level="node")))
    assert "amygdala (left)" in page.text
    assert "amygdala (right)" in page.text
    uses = [value for tag, name, value in page.attributes if tag == "use" and name == "href"]
    assert uses == ["#brains-side", "#brains-back", "#brains-side", "#brains-top"] * 2


def test_a_missing_value_is_a_dash(result, write):
    """A region without a value has a dash, no colour and no marker."""
    regions = result.regions.copy()
    gone = (regions["group"] == "exams") & (regions["region"] == "insula")
    regions.loc[gone, ["relative", "relative_low", "relative_high", "intensity"]] = np.nan
    page, full = Page(write(attrs.evolve(result, regions=regions))), Page(write(result))
    assert "insula–" in page.text.replace(" ", "")
    n_markers, n_full = (p.tags.count("circle") + p.tags.count("path") for p in (page, full))
    assert n_full - n_markers == 6  # two sides in three views


def test_many_groups_stay_in_the_table_and_few_get_a_brain(make_result, write):
    """28 groups have 28 columns; the page says which six have a brain, and stays small."""
    names = [f"group {i:02}" for i in range(28)]
    source = write(make_result(texts_per_group={name: ["a text"] * (3 + i) for i, name in enumerate(names)}))
    page = Page(source)
    assert page.tags.count("figure") == 6
    assert "6 of 28 groups are shown" in page.text
    assert page.rows[0] == 28 + 2
    assert len(source) < 400_000


def test_a_tiny_group_does_not_win_on_noise(make_result, write):
    """Of groups equally far from all texts, the one with more texts gets the brain."""
    result = make_result(texts_per_group={"big": ["x"] * 40, "tiny": ["y"], "middle": ["z"] * 9})
    regions = result.regions.copy()
    for name, value in {"all": 0.0, "big": 1.0, "tiny": -1.0, "middle": 1.0}.items():
        regions.loc[regions["group"] == name, "relative"] = value
    text = Page(write(attrs.evolve(result, regions=regions), max_groups=1)).text
    assert "(distance × √texts): big." in text


def test_tables_are_whole_whatever_stands_open_at_first(result, write):
    """Every region has its row; the script is told how many to show at first."""
    page = Page(write(result, max_regions=2))
    assert page.rows[: 2 * 7] == [4] * 14
    firsts = {value for _, name, value in page.attributes if name == "data-first"}
    assert "2" in firsts
    assert not [name for _, name, _ in page.attributes if name == "hidden"]


def test_sections_can_be_chosen_and_ordered(result, write):
    """Those named, in the order named; an unknown one is refused with the names there are."""
    page = Page(write(result, sections=("clusters", "emotopy:answer", "brain")))
    assert [value for tag, name, value in page.attributes if (tag, name) == ("h2", "id")] == ["clusters", "brain"]
    with pytest.raises(UnknownName) as refused:
        HtmlReporter(sections=("brian",))  # before anything is computed
    assert refused.value.path == "reporter.sections"
    assert "brain" in refused.value.choices


def test_a_plugin_adds_a_section_and_replaces_another(result, write):
    """Its text is escaped, its place is by its order, its owner is named, and what it replaces is gone."""
    mine = ReportSection("mine", lambda *_: Fragment("Mine", "<b>no markup</b>"), order=99, replaces="emotopy:brain")
    other = ReportSection("other", lambda *_: Fragment("Other", "x"), kinds={"weather"})
    page = Page(write(result, registered=sections_of(("lab:mine", mine), ("lab:other", other))))
    heads = [value for tag, name, value in page.attributes if (tag, name) == ("h2", "id")]
    assert heads[:2] == ["limits", "lab:mine"]
    assert not {"brain", "lab:other"} & set(heads)
    assert "<b>no markup</b>" in page.text
    assert "by lab" in page.text


def test_a_section_that_fails_is_named_and_the_others_stay(result, write):
    """The page says that it failed, and not with which words; the host is told."""
    told = []

    def fails(*_):
        raise RuntimeError("a text of the corpus")

    broken = ReportSection("broken", fails, order=1)
    source = write(result, registered=sections_of(("lab:broken", broken)), host=Host(notify=told.append))
    assert Page(source).tags.count("h2") == Page(write(result)).tags.count("h2") + 1
    assert "RuntimeError" in source
    assert "a text of the corpus" not in source + "".join(told)
    assert len(told) == 1


def test_sections_of_two_plugins_have_places_of_their_own(result, write):
    """Hyphens in the names of plugins and sections leave no doubt which one a link leads to."""
    one = ReportSection("b-c", lambda *_: Fragment("One", "x"), order=1)
    two = ReportSection("c", lambda *_: Fragment("Two", "x"), order=2)
    page = Page(write(result, registered=sections_of(("a:b-c", one), ("a-b:c", two), ("my lab:c", two))))
    heads = [value for tag, name, value in page.attributes if (tag, name) == ("h2", "id")]
    assert len(set(heads)) == len(heads)
    assert not any(" " in one for one in heads), "a reference to a place ends at a blank"


def test_a_section_that_is_too_large_is_left_out_and_named(result, write):
    """The page can still be opened; the host is told how large the section is."""
    told = []
    most = PageLimits().section_bytes
    large = ReportSection("large", lambda *_: Fragment("Large", Markup("é" * (most // 2 + 1))), order=1)
    fits = ReportSection("fits", lambda *_: Fragment("Fits", Markup("é" * (most // 2))), order=2)
    offered = sections_of(("lab:large", large), ("lab:fits", fits))
    page = Page(write(result, registered=offered, host=Host(notify=told.append)))
    failed = [value for tag, name, value in page.attributes if (tag, name) == ("section", "class")]
    assert failed == ["failed"]
    assert page.text.count("é") == most // 2
    assert ["lab:large" in one for one in told] == [True]


def raising(error):
    def render(*_):
        raise error

    return render


class BrokenMarkup:
    """What says that it is markup, and fails when it is asked for it."""

    def __html__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("render", "error"),
    [
        (lambda *_: "a text", "TypeError"),
        (lambda *_: Fragment(None, "x"), "TypeError"),
        (lambda *_: Fragment("Mine", 12), "TypeError"),
        (lambda *_: Fragment("Mine", "x", scripts="alert(1)"), "TypeError"),
        (lambda *_: Fragment("Mine", "x", styles=(1,)), "TypeError"),
        (lambda *_: Fragment("Mine", "x", scripts=("'</SCRIPT><img src=x>'",)), "ValueError"),
        (lambda *_: Fragment("Mine", "x", scripts=("'<!--<script>'",)), "ValueError"),
        (lambda *_: Fragment("Mine", "x", styles=("a {} </style><h1>",)), "ValueError"),
        (lambda *_: Fragment("Mine", "x", scripts=("'\ud800'",)), "UnicodeEncodeError"),
        (lambda *_: Fragment("Mine", BrokenMarkup()), "ValueError"),
        (raising(SystemExit(3)), "SystemExit"),
    ],
)
def test_what_no_page_can_hold_is_the_sections_failure_alone(result, write, render, error):
    """The page is whole, the section is named in its place, and nothing of it stands elsewhere."""
    source = write(result, registered=sections_of(("lab:mine", ReportSection("mine", render))))
    page = Page(source)
    assert page.tags.count("h2") == Page(write(result)).tags.count("h2") + 1
    assert f"({error})" in page.text


def test_what_a_section_changes_stays_its_own(result, write):
    """Tables and provenance are copies for plugins' sections; those of others, and files, hold what was computed."""
    seen = []

    def changes(given, _):
        seen.append(isinstance(given, ShowsTexts))
        table = given.tables["regions"]
        table["relative"] = 99.0
        table["rank"] = 1
        given.provenance["seed"] = 99

    before, provenance = {name: table.copy() for name, table in result.tables.items()}, dict(result.provenance)
    mine = ReportSection("mine", changes, order=-1)
    plain = write(result)
    assert write(result, registered=sections_of(("lab:mine", mine))) == plain
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(table, before[name])
    assert result.provenance == provenance
    ids = result.tables["texts"]["id"]
    write(with_texts(result, {str(ids.iloc[0]): "a text"}), registered=sections_of(("lab:mine", mine)))
    assert seen == [False, True]


def test_half_letters_and_headings_of_markup_do_no_harm(result, write):
    """A page is UTF-8 whatever a section's markup holds, and a heading is text."""
    odd = ReportSection("odd", lambda *_: Fragment(Markup("<i>A &lt; B</i>"), Markup("<p>half \ud800</p>")))
    page = Page(write(result, registered=sections_of(("lab:odd", odd))))
    assert "i" not in page.tags
    assert "A < B" in page.text
    assert "half ?" in page.text


@pytest.mark.parametrize(
    "options", [{"kinds": "texts"}, {"order": float("nan")}, {"order": "5"}, {"replaces": "brain"}, {"replaces": ":a"}]
)
def test_sections_that_would_be_lost_are_refused(options):
    """Letters of a word are no kinds, and a place that isn't one would disorder the others."""
    with pytest.raises((TypeError, ValueError)):
        ReportSection("mine", lambda *_: None, **options)


def test_sections_that_replace_each_other_stay():
    """One that replaces itself, and rings of them, lose nothing; chains leave the last alone."""

    def shown(**replaces):
        made = {f"lab:{name}": ReportSection(name, lambda *_: None, replaces=other) for name, other in replaces.items()}
        return [name.removeprefix("lab:") for name, _ in ReportSections(made).of("texts")]

    assert shown(a="lab:a") == ["a"]
    assert shown(a="lab:b", b="lab:a") == ["a", "b"]
    assert shown(a="", b="lab:a", c="lab:b") == ["c"]


def test_a_section_is_chosen_by_the_name_of_what_it_replaces(result, write):
    """Who asks for the brain is shown what stands in its place; asked for twice, it is there once."""
    mine = ReportSection("mine", lambda *_: Fragment("Mine", "x"), replaces="emotopy:brain")
    page = Page(write(result, registered=sections_of(("lab:mine", mine)), sections=("brain", "lab:mine", "clusters")))
    heads = [value for tag, name, value in page.attributes if (tag, name) == ("h2", "id")]
    assert heads == ["lab:mine", "clusters"]


def test_what_a_choice_leaves_out_is_told(result, write):
    """A page without any section, and a section that replaces one that isn't there."""
    told = []
    host = Host(notify=told.append)
    write(result, sections=("decoding-scores",), host=host)
    assert len(told) == 1
    mine = ReportSection("mine", lambda *_: None, replaces="emotopy:brian")
    elsewhere = ReportSection("else", lambda *_: None, replaces="not-installed:brain")
    write(result, registered=sections_of(("lab:mine", mine), ("lab:else", elsewhere)), host=host)
    assert len(told) == 2
    assert "lab:mine" in told[1]


def test_no_section_that_ships_fails(result, single, write):
    """Sections of ours have something to say of every result."""
    for one in (result, single):
        assert 'class="failed"' not in write(one)


def test_empty_rows_are_counted_apart(result, write):
    """Rows without text are told, and count in no mean."""
    empty = pd.DataFrame({"id": ["e"], "row": [11], "status": ["empty"]})
    texts = pd.concat([result.texts, empty], ignore_index=True)
    assert "11 of 12 rows; the others: 1 without text" in Page(write(attrs.evolve(result, texts=texts))).text
