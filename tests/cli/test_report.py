"""`emotopy report`: the page of results made anew, with texts or other options, and nothing else changed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
from pathlib import Path

import pandas as pd
import pytest

from emotopy import map_texts
from emotopy.errors import ConfigError, InputError, OutputError
from emotopy.export import read_result, remake_report
from emotopy.records import ShowsTexts

QUICK = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--no-cache", "--quiet")
ROWS = [
    ("01", "I was so afraid of the dark cellar", "007"),
    ("02", "What a lovely day, we laughed and danced", "NA"),
    ("03", "", "007"),
    ("04", "=HYPERLINK(0) he shouted, furious and loud", "NA"),
    ("05", "Grandmother died; I cried all night", "007"),
    ("06", "We danced at the wedding, glad and thankful", "NA"),
]
TEXTS = {name: text for name, text, _ in ROWS if text}


class Shown:
    """A reporter that notes which texts it could show, and writes a page."""

    def __init__(self, names=("report.html",)):
        self.names, self.texts = names, None

    def write(self, result, directory):
        self.texts = dict(result.shown_texts) if isinstance(result, ShowsTexts) else None
        self.tables = {name: result.tables[name] for name in result.tables}
        for name in self.names:
            (directory / name).write_text("a page")
        return [directory / name for name in self.names]


@pytest.fixture
def table(tmp_path):
    """A table whose columns of texts and ids have names of their own, and groups that look like other things."""
    path = tmp_path / "table.csv"
    pd.DataFrame(ROWS, columns=["key", "said", "set"]).to_csv(path, index=False)
    return path


@pytest.fixture
def results(call, table, tmp_path, once):
    """What `emotopy map` makes of it."""

    def mapped():
        done = call("map", table, "--text", "said", "--id", "key", "--group", "set", "--out", "made/out", *QUICK)
        assert done.code == 0, done.err

    return once(tmp_path / "made", mapped) / "out"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listed(folder):
    return json.loads((folder / "provenance.json").read_bytes())["manifest"]["files"]


def without_provenance(page):
    """A page without the rows of its provenance, whose order a file doesn't keep."""
    return re.sub(r"<tr><th scope=\"row\"><bdi>[^<]*</bdi></th><td>.*?</td></tr>\n?", "", page)


def test_the_page_is_made_anew_and_nothing_else_changes(call, results, files_in):
    """The same page but for the order of the provenance; its checksum is in the list, all other bytes stay."""
    before = files_in(results)
    (results / "report.html").unlink()
    run = call("report", results)
    assert run.code == 0, run.err
    after = files_in(results)
    assert without_provenance(after["report.html"].decode()) == without_provenance(before["report.html"].decode())
    assert {name for name in after if after[name] != before[name]} <= {"report.html", "provenance.json"}
    assert before.keys() == after.keys()
    old, new = json.loads(before["provenance.json"]), json.loads(after["provenance.json"])
    assert new["manifest"]["files"].pop("report.html") == digest(results / "report.html")
    old["manifest"]["files"].pop("report.html")
    assert old == new
    assert call("open", results, "--print").code == 0


def test_made_twice_it_is_the_same(call, results, files_in):
    """Byte for byte, the provenance too."""
    assert call("report", results).code == 0
    first = files_in(results)
    assert call("report", results).code == 0
    assert files_in(results) == first


def test_the_options_of_the_reporter_are_those_of_the_run(call, table, results):
    """What `--set` says lies over what the run recorded; other keys are refused, and so are unknown options."""
    assert call("map", table, "--text", "said", "--out", "o", *QUICK, "--set", 'reporter.title="My & title"').code == 0
    page = Path("o/report.html")
    assert call("report", "o").code == 0
    assert "My &amp; title" in page.read_text("utf-8")
    assert call("report", "o", "--set", "reporter.title=Other <b>").code == 0
    assert "Other &lt;b&gt;" in page.read_text("utf-8")
    kept = page.read_bytes()
    for key in ("reducer=pca", "reporter.absent=1", "reporter=absent", "reporter.max_regions=0"):
        run = call("report", "o", "--set", key)
        assert (run.code, run.out) == (1, ""), key
        assert key.partition("=")[0] in run.error
    assert page.read_bytes() == kept


def test_a_reporter_that_writes_no_page_is_refused(results, files_in):
    """Nothing is touched."""
    before = files_in(results)
    with pytest.raises(ConfigError) as error:
        remake_report(results, options={"reporter": Shown(["other.txt"])})
    assert error.value.path == "reporter"
    assert files_in(results) == before


def test_the_reporter_finds_the_texts(table, results):
    """By their ids, those that there are; the file is read as it was mapped, or as it is said."""
    for how in ({}, {"text": "said"}):
        reporter = Shown()
        remake_report(results, texts=table, options={"reporter": reporter}, **how)
        assert reporter.texts == TEXTS
    reporter = Shown()
    remake_report(results, options={"reporter": reporter})
    assert reporter.texts is None


def test_texts_in_memory_or_by_id_are_as_good(results):
    """A column, a frame with a column `text`, and a mapping; of a mapping perhaps only some."""
    texts = [text for _, text, _ in ROWS]
    some = {"05": TEXTS["05"]}
    for given, shown in (
        (pd.Series(texts), TEXTS),
        (pd.DataFrame({"text": texts}), TEXTS),
        (texts, TEXTS),
        (some, some),
    ):
        reporter = Shown()
        remake_report(results, texts=given, options={"reporter": reporter})
        assert reporter.texts == shown


def test_other_texts_are_refused_by_name(call, table, results, tmp_path, files_in):
    """Another file, another column, another order, too few, an id that isn't there: nothing is written."""
    before, other = files_in(results), tmp_path / "other.csv"
    other.write_text(table.read_text("utf-8").replace("cellar", "attic"), "utf-8")
    run = call("report", results, "--texts", other)
    assert (run.code, run.out) == (1, "")
    assert "other.csv" in run.error
    assert "attic" not in run.err
    with pytest.raises(InputError) as error:
        remake_report(results, texts=other)
    assert error.value.file == "other.csv"
    assert digest(table)[:12] in error.value.wanted
    assert digest(other)[:12] in error.value.got
    texts = [text for _, text, _ in ROWS]
    with pytest.raises(InputError) as error:
        remake_report(results, texts=table, text="set")
    assert error.value.column == "text"
    for wrong in (texts[::-1], texts[:-1], {"99": "who is this?"}):
        with pytest.raises(InputError) as error:
            remake_report(results, texts=wrong)
        assert error.value.wanted
        assert error.value.got
        assert "who is this" not in str(error.value)
    assert call("report", results, "--texts", tmp_path / "absent.csv").code == 1
    for flag in ("--text", "--sheet"):
        assert call("report", results, flag, "said").code == 2
    assert files_in(results) == before


def test_results_that_keep_texts_out_show_none(call, table, tmp_path):
    """Whoever asks is refused before the file is read; without texts the page is made anew."""
    assert call("map", table, "--text", "said", "--out", "o", "--no-texts", *QUICK).code == 0
    run = call("report", "o", "--texts", table)
    assert (run.code, run.out) == (1, "")
    with pytest.raises(InputError) as error:
        remake_report(tmp_path / "o", texts={"0": "secret"})
    assert error.value.got
    reporter = Shown()
    remake_report(tmp_path / "o", options={"reporter": reporter})
    assert reporter.texts is None
    for path in (tmp_path / "o").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_page_that_was_changed_is_kept_unless_forced(call, results):
    """It may be somebody's work; a link isn't written through."""
    page = results / "report.html"
    with page.open("a") as file:
        file.write("<!-- mine -->")
    kept = page.read_bytes()
    assert call("report", results).code == 1
    assert page.read_bytes() == kept
    assert call("report", results, "--force").code == 0
    assert b"mine" not in page.read_bytes()
    other = results.parent / "elsewhere.html"
    page.rename(other)
    page.symlink_to(other)
    kept = other.read_bytes()
    with pytest.raises(OutputError):
        remake_report(results, force=True)
    assert other.read_bytes() == kept


def test_results_that_are_replaced_meanwhile_keep_their_page(results, files_in):
    """The page would be that of the results before."""

    class Replaces(Shown):
        def write(self, result, directory):
            held = json.loads((results / "provenance.json").read_bytes())
            held["manifest"]["files"]["regions.csv"] = "0" * 64
            (results / "provenance.json").write_text(json.dumps(held))
            return super().write(result, directory)

    before = files_in(results)
    with pytest.raises(OutputError):
        remake_report(results, options={"reporter": Replaces()})
    assert {name for name, held in files_in(results).items() if held != before[name]} == {"provenance.json"}


def test_what_cannot_be_read_as_results_is_refused(call, results, tmp_path, write):
    """A folder that isn't ours, a table that was changed, of an older version without a list of files."""
    write("other/regions.csv", "group,region\n")
    changed = shutil.copytree(results, tmp_path / "changed")
    with (changed / "regions.csv").open("a") as file:
        file.write("x\n")
    older = shutil.copytree(results, tmp_path / "older")
    held = json.loads((older / "provenance.json").read_bytes())
    del held["manifest"]
    (older / "provenance.json").write_text(json.dumps(held))
    parquet = shutil.copytree(results, tmp_path / "parquet")
    (parquet / "texts.parquet").write_bytes(b"PAR1")
    for folder in ("other", "changed", "older", "parquet", "absent"):
        run = call("report", folder)
        assert (run.code, run.out) == (1, ""), folder
        assert run.error


def test_a_link_to_results_is_followed(results, tmp_path):
    """The page stands in the folder that the link leads to, and the link stays one."""
    link = tmp_path / "link"
    link.symlink_to(results, target_is_directory=True)
    (results / "report.html").unlink()
    assert remake_report(link) == link / "report.html"
    assert link.is_symlink()
    assert (results / "report.html").is_file()


def test_results_without_a_page_get_one(call, table, tmp_path):
    """Where only tables were written; an older folder lacks columns that came later, and gets its page too."""
    assert call("map", table, "--text", "said", "--out", "o", *QUICK, "--set", "reporter=tables").code == 0
    assert call("report", "o").code == 0
    assert listed(tmp_path / "o")["report.html"] == digest(tmp_path / "o" / "report.html")


def test_a_folder_of_a_page_alone_says_what_it_lacks(call, table, tmp_path):
    """A page can't be made from a page: the error names what the folder holds, and the reporter that it takes."""
    out = tmp_path / "page"
    run = call("map", table, "--text", "said", "--id", "key", "--out", out, "--set", "reporter=html", *QUICK)
    assert run.code == 0, run.err
    with pytest.raises(InputError) as refused:
        remake_report(out)
    assert refused.value.file == "provenance.json"
    assert "report.html" in refused.value.got
    assert "csv" in refused.value.advice


def test_tables_are_read_as_they_were_written(results, tmp_path):
    """Names that look like numbers or gaps stay names; what a spreadsheet would compute is what it was."""
    result = read_result(results)
    regions, texts = result.tables["regions"], result.tables["texts"]
    assert set(regions["group"]) == {"all", "007", "NA"}
    assert regions["relative"].dtype.kind == "f"
    assert regions["n_texts"].dtype.kind == "i"
    assert list(texts["id"]) == [name for name, _, _ in ROWS]
    assert list(result.columns_of("texts", {"group"}.__contains__).columns) == ["group"]
    exemplars = result.tables["clusters"].filter(like="exemplar").to_numpy().ravel().tolist()
    assert any(str(text).startswith("=HYPERLINK(0)") for text in exemplars)
    assert result.axis.nodes
    assert (result.kind, result.level, result.no_texts) == ("texts", "region", False)
    assert result.plot.available


def test_of_a_comparison_too_but_it_has_no_texts(call, table, tmp_path):
    """Its page is made anew; texts are refused by name."""
    rows = pd.DataFrame(
        [(f"{text} {i}", group) for i in range(6) for _, text, group in ROWS if text], columns=["text", "group"]
    )
    rows.to_csv(tmp_path / "many.csv", index=False)
    assert call("map", "many.csv", "--group", "group", "--out", "t", *QUICK).code == 0
    assert call("compare", "t", "007", "NA", "--out", "c", "--quiet").code == 0
    before = (tmp_path / "c" / "report.html").read_text("utf-8")
    assert call("report", "c").code == 0
    assert without_provenance((tmp_path / "c" / "report.html").read_text("utf-8")) == without_provenance(before)
    with pytest.raises(InputError) as error:
        remake_report(tmp_path / "c", texts={"0": "a text"})
    assert "comparison" in error.value.got


def test_the_list_of_a_folder_above_follows(results, tmp_path):
    """A folder of an experiment stands in the experiment's list of files, which stays right."""
    from emotopy.storage.results import FILES, FORMAT, FORMAT_NAME, MANIFEST, manifest_of

    outer = tmp_path / "made"
    outer_list = manifest_of(outer)
    assert outer_list[FORMAT] == FORMAT_NAME
    (outer / "provenance.json").write_text(json.dumps({"seed": 0, MANIFEST: outer_list}))
    remake_report(results, options={"reporter": Shown()})
    assert listed(outer) == manifest_of(outer)[FILES]


def test_a_result_in_memory_shows_texts_too(tmp_path):
    """`report(texts=...)` takes what was mapped; another order is refused, and a confidential result shows nothing."""
    texts = [text for _, text, _ in ROWS]
    quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    result = map_texts(texts, config=quick)
    assert result.report(tmp_path / "r.html", texts=texts).exists()
    with pytest.raises(InputError):
        result.report(tmp_path / "s.html", texts=texts[::-1])
    hidden = map_texts(texts, config=quick, no_texts=True)
    with pytest.raises(InputError):
        hidden.report(tmp_path / "s.html", texts=texts)
    assert not (tmp_path / "s.html").exists()
