"""Both reporters on made-up results of every kind, which have what the protocol names and nothing more."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pandas as pd
import pytest

import emotopy_plugins.reporters
from emotopy.records import ReportSections, Result
from emotopy.testing.example_results import ExampleResult, example_results
from emotopy_plugins.reporters.html import HtmlReporter, register_report_sections
from emotopy_plugins.reporters.sections.decoding import sensitivity_of
from emotopy_plugins.reporters.sections.every import KINDS_WITH_SECTIONS
from emotopy_plugins.reporters.tables import PARQUET_TABLES, TablesReporter

RESULTS = {result.kind: result for result in example_results()}
UNKNOWN = RESULTS["weather"]


def page_of(result, folder, **options):
    """Write the page, slices left out; return it parsed as XML, which forgives nothing."""
    ours = {f"emotopy:{one.name}": one for one in register_report_sections() if one.name != "slices"}
    options = {"registered": ReportSections(ours)} | options
    (path,) = HtmlReporter(**options).write(result, folder)
    source = path.read_text("utf-8").removeprefix("<!doctype html>\n")
    source = re.sub(r"<script>.*?</script>", "", source, flags=re.DOTALL)  # ours, no XML
    return ET.fromstring(re.sub(r"(<meta [^>]*)>", r"\1/>", source))


def words(element):
    return re.sub(r"\s+", " ", " ".join(element.itertext())).strip().replace("−", "-")


def test_every_kind_with_a_page_has_an_example():
    """The examples are all kinds that the reporter `html` knows, and one that it doesn't."""
    assert set(RESULTS) == {*KINDS_WITH_SECTIONS, "weather"}
    assert all(isinstance(result, Result) for result in RESULTS.values())


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_every_table_becomes_a_file_of_its_name(result, tmp_path):
    """The stem is the table's name; texts and predictions are Parquet."""
    paths = TablesReporter(image=False).write(result, tmp_path)
    assert [path.stem for path in paths] == list(result.tables)
    assert {path.stem for path in paths if path.suffix == ".parquet"} == PARQUET_TABLES & set(result.tables)
    for path in paths:
        read = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        assert list(read.columns) == list(result.tables[path.stem].columns)
        assert len(read) == len(result.tables[path.stem])


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_every_kind_gets_a_page(result, tmp_path):
    """The page is whole, shows the note, and no section failed."""
    page = page_of(result, tmp_path)
    assert "This result is made up." in words(page)
    assert not [one for one in page.iter("section") if one.get("class") == "failed"]


def test_an_image_needs_coordinates(tmp_path):
    """Texts on regions without nodes get tables and no image."""
    texts = RESULTS["texts"]
    flat = attrs.evolve(texts, axis=attrs.evolve(texts.axis, nodes=()))
    assert "regions.nii.gz" in {path.name for path in TablesReporter().write(texts, tmp_path)}
    assert {path.suffix for path in TablesReporter().write(flat, tmp_path)} == {".csv", ".parquet"}


def test_a_kind_without_a_page_of_its_own_gets_its_tables(tmp_path):
    """Every table under its name, numbers with four digits, dashes for what is missing."""
    page = page_of(UNKNOWN, tmp_path)
    assert words(page.find("head/title")) == "Results: weather"
    assert [words(one) for one in page.findall(".//h3")] == ["forecast", "stations"]
    forecast, stations, _ = page.findall(".//table")
    assert [[words(cell) for cell in row][1:] for row in forecast.findall("tbody/tr")] == [
        ["1", "0.5"],
        ["2", "-0.25"],
        ["1", "–"],
        ["2", "1e+06"],
    ]
    assert stations.findall("tbody/tr") == []


def test_a_long_table_is_whole_and_a_huge_one_is_cut_and_counted(tmp_path):
    """The page holds 1,234 rows; of 50,000 the first, and says how many there are; a title can be given."""
    tables = {"days": pd.DataFrame({"day": range(1234)}), "hours": pd.DataFrame({"hour": range(50_000)})}
    page = page_of(ExampleResult("weather", tables), tmp_path, max_regions=5, title="A <year>")
    assert [len(one.findall("tbody/tr")) for one in page.findall(".//table")][:2] == [1234, 30_000]
    assert "These are the first 30,000 of 50,000 rows" in words(page)
    assert words(page.find(".//h1")) == "A <year>"


def test_the_sensitivity_check_is_read_from_its_table():
    """The p under the other null comes from the table `sensitivity` where there is one."""
    decoding = RESULTS["decoding"]
    assert sensitivity_of(decoding) == {}
    table = pd.DataFrame(
        {"emotion": ["fear"], "features": "time", "p_sensitivity": 0.25, "sensitivity_null": "circular"}
    )
    told = attrs.evolve(decoding, tables={**decoding.tables, "sensitivity": table})
    assert sensitivity_of(told) == {("fear", "time"): 0.25}


def test_reporters_ask_no_result_for_its_class():
    """No source of ours calls isinstance, type or hasattr on a result."""
    for path in Path(emotopy_plugins.reporters.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                asked = call.func.id in ("isinstance", "type", "hasattr") and ast.unparse(call.args[0]) == "result"
                assert not asked, f"{path.name}:{call.lineno}"
