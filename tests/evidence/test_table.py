"""The evidence table on disk and its terms."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emotopy.errors import InputError, OutputError, ShapeError
from emotopy.evidence.table import EvidenceTable, read_table
from emotopy.evidence.terms import Term, read_terms

CSV = """\
term,synonyms,missing_synonyms,n_studies,replicability,region:west,region:core,node:west_left,node:west_right,node:core
fear,dread; terror,terror,12,0.500000,1.000000,-0.250000,0.125000,0.000000,2.000000
joy,,,0,0.000000,0.000000,0.000000,0.000000,0.000000,0.000000
"""


def make(**changes) -> EvidenceTable:
    """The table that `CSV` shows, with changes."""
    fields = {
        "terms": ["fear", "joy"],
        "regions": ["west", "core"],
        "nodes": ["west_left", "west_right", "core"],
        "synonyms": [["dread", "terror"], []],
        "missing": [["terror"], []],
        "n_studies": np.array([12, 0]),
        "replicability": np.array([0.5, 0.0]),
        "at_regions": np.array([[1.0, -0.25], [0.0, -1e-9]]),
        "at_nodes": np.array([[0.125, 0.0, 2.0], [0.0, 0.0, 0.0]]),
        "provenance": {"b": 1, "a": "é"},
    }
    return EvidenceTable(**fields | changes)


def test_a_row_is_a_term():
    """The CSV is one wide table with named columns."""
    assert make().to_csv() == CSV


def test_a_term_without_replicability_has_an_empty_cell(tmp_path):
    """It is read back as NaN, and the other cells stay."""
    make(replicability=np.array([0.5, np.nan])).write(tmp_path / "table.csv")
    assert "\njoy,,,0,,0.000000" in (tmp_path / "table.csv").read_text()
    np.testing.assert_array_equal(read_table(tmp_path / "table.csv").replicability, [0.5, np.nan])


def test_the_files_have_known_bytes(tmp_path):
    """CSV as shown, JSON with sorted keys beside it, the checksum that of the file."""
    make().write(tmp_path / "table.csv")
    content = (tmp_path / "table.csv").read_bytes()
    assert content == CSV.encode()
    assert (tmp_path / "table.json").read_bytes() == '{\n "a": "é",\n "b": 1\n}\n'.encode()
    assert make().checksum == hashlib.sha256(content).hexdigest()


def test_what_is_written_is_read(tmp_path):
    """All fields come back."""
    make().write(tmp_path / "table.csv")
    table = read_table(tmp_path / "table.csv")
    assert (table.terms, table.regions) == (("fear", "joy"), ("west", "core"))
    assert table.nodes == ("west_left", "west_right", "core")
    assert (table.synonyms, table.missing) == ((("dread", "terror"), ()), (("terror",), ()))
    assert table.words == (("fear", "dread", "terror"), ("joy",))
    np.testing.assert_array_equal(table.n_studies, [12, 0])
    np.testing.assert_array_equal(table.at_nodes, make().at_nodes)
    assert table.provenance == {"a": "é", "b": 1}
    assert table.checksum == make().checksum


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(values=arrays(float, (2, 5), elements=st.floats(-1e3, 1e3)), word=st.text("abc ,\"'é", min_size=1, max_size=6))
def test_reading_and_writing_again_changes_nothing(tmp_path, values, word):
    """Any numbers and any word without ";" survive, to six decimals, and the second file equals the first."""
    table = make(at_regions=values[:, :2], at_nodes=values[:, 2:], synonyms=[[f"x{word}x"], []])
    table.write(tmp_path / "one.csv")
    again = read_table(tmp_path / "one.csv")
    np.testing.assert_allclose(again.at_nodes, values[:, 2:], atol=5.1e-7)
    assert again.synonyms[0] == (f"x{word}x",)
    assert again.to_csv() == table.to_csv()


def test_a_table_without_provenance_is_read(tmp_path):
    """A user's own CSV needs no JSON; a byte-order mark and empty lines are no matter."""
    (tmp_path / "mine.csv").write_bytes(b"\xef\xbb\xbf" + CSV.encode() + b"\n\n")
    assert read_table(tmp_path / "mine.csv").provenance == {}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (CSV.replace("1.000000", "nan"), "row 2, column region:west: wanted a finite number, got 'nan'"),
        (CSV.replace("1.000000", "inf"), "wanted a finite number"),
        (CSV.replace("1.000000", "much"), "got 'much'"),
        (CSV.replace("joy", "fear"), "'fear' occurs twice"),
        (CSV.replace("region:core", "region:west"), "'west' occurs twice"),
        (CSV.replace("replicability,", ""), "wanted the columns term, synonyms"),
        (CSV.replace("region:", "node:"), "columns region:NAME, at least one"),
        (CSV.replace("node:core", "colour"), "and no others"),
        (CSV.replace("-0.250000,", ""), "row 2: wanted 10 cells, got 9"),
        ("\n".join(CSV.split("\n")[:1]), "a row per term, got none"),
        ("", "wanted the columns"),
        (CSV.replace("dread", '"dread'), "line"),
    ],
)
def test_a_wrong_table_is_an_error_that_says_where(tmp_path, wrong, message):
    """Columns, cells, doubles: each has its own message with the file's name."""
    (tmp_path / "wrong.csv").write_text(wrong)
    with pytest.raises(InputError, match=message) as caught:
        read_table(tmp_path / "wrong.csv")
    assert "wrong.csv" in str(caught.value)


def test_unreadable_files_are_errors(tmp_path):
    """An absent file, bytes that aren't UTF-8, a broken JSON, a JSON list, a place where nothing can be written."""
    with pytest.raises(InputError, match="can't be read"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_table(tmp_path / "bytes.csv")
    (tmp_path / "t.csv").write_text(CSV)
    for content, message in (("{", "wanted JSON"), ("[]", "JSON object")):
        (tmp_path / "t.json").write_text(content)
        with pytest.raises(InputError, match=message):
            read_table(tmp_path / "t.csv")
    with pytest.raises(OutputError, match="can't be written"):
        make().write(tmp_path / "no" / "t.csv")


@pytest.mark.parametrize("changes", [{"at_regions": np.zeros((2, 3))}, {"synonyms": [[]]}, {"n_studies": np.zeros(5)}])
def test_axes_must_fit(changes):
    """Every array and list has the length of its axis."""
    with pytest.raises(ShapeError):
        make(**changes)


def test_our_terms_are_a_handful_dozen_and_distinct():
    """Between 40 and 80 terms ship, each with synonyms, the eight emotions of the agreement among them."""
    terms = read_terms()
    assert 40 <= len(terms) <= 80
    assert len({term.name for term in terms}) == len(terms)
    assert {"fear", "anger", "disgust", "sadness", "joy", "surprise", "love", "desire"} <= {term.name for term in terms}
    assert all(term.synonyms for term in terms)


def test_terms_are_read_from_commas_or_tabs(tmp_path):
    """The ending says which; case, spaces and doubled words don't matter."""
    (tmp_path / "a.csv").write_text('term,synonyms\nFear, Dread ;dread;;terror\n"joy",\n')
    (tmp_path / "a.tsv").write_text("term\tsynonyms\nfear\tdread; terror\njoy\t\n")
    expected = (Term("fear", ("dread", "terror")), Term("joy"))
    assert read_terms(tmp_path / "a.csv") == read_terms(tmp_path / "a.tsv") == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"word,synonyms\nfear,\n", "columns term and synonyms"),
        (b"term,synonyms\n", "at least one term"),
        (b"term,synonyms\nfear,a\nFEAR,b\n", "'fear' occurs twice"),
        (b"\xff", "UTF-8"),
    ],
)
def test_wrong_terms_are_errors(tmp_path, content, message):
    """The message names the file and the fault."""
    (tmp_path / "terms.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_terms(tmp_path / "terms.csv")
    with pytest.raises(InputError, match="can't be read"):
        read_terms(tmp_path / "absent.csv")


def test_provenance_is_plain_json(tmp_path):
    """What is written can be read by any JSON reader."""
    make().write(tmp_path / "t.csv")
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["b"] == 1
