"""Tables of nodes: what is read from a CSV, what is refused and with which words, and what nilearn bundles."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import nilearn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.records import Node
from emotopy_plugins.atlases.node_table import PlacedNode, bundled_node_table, identifier, read_node_table

NILEARN_DATA = Path(nilearn.__file__).parent / "datasets" / "data"


@pytest.fixture
def table(tmp_path):
    """Write text to a CSV and read it as a node table."""

    def read(text, name="mine.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_node_table(path, **options)

    return read


def test_all_columns_are_read(table):
    """Name, region, coordinates, radius and network come out; order, case and spaces of the header don't matter."""
    placed = table("Network,Region, name ,z_mm,y_mm,x_mm,radius_mm,note\nDefault Mode,PCC,PCC L,3,2,-1.5,6,x\n")
    assert placed == (PlacedNode(Node("pcc_l", "pcc", -1.5, 2, 3, 6), "default_mode"),)


def test_what_a_table_leaves_out_has_a_default(table):
    """Without region a node is its own; without radius it has 5 mm; without network none."""
    placed = table("name,x,y,z,region,radius_mm,network\nA,1,2,3,,,\nB,4,5,6,A,7,\n")
    assert placed == (PlacedNode(Node("a", "a", 1, 2, 3, 5)), PlacedNode(Node("b", "a", 4, 5, 6, 7)))


def test_a_radius_that_is_given_goes_before_the_tables_own(table):
    """`radius_mm` replaces every radius of the table."""
    placed = table("name,x,y,z,radius_mm\nA,1,2,3,4\nB,1,2,4,\n", radius_mm=9.5)
    assert [each.node.radius_mm for each in placed] == [9.5, 9.5]


def test_spreadsheets_ways_are_understood(table):
    """A byte-order mark, quotes, Windows line ends, blank lines, and tabs in a .tsv are no obstacle."""
    wanted = (PlacedNode(Node("a_b", "a_b", 1, 2, 3, 5)),)
    assert table('\ufeffname,x,y,z\r\n\r\n"A, b",1,2,3\r\n,,,\r\n') == wanted
    assert table("name\tx\ty\tz\nA b\t1\t2\t3\n", name="mine.TSV") == wanted


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("name,x,y,z\nA,1,2,3\nB,1,zwei,3\n", 3, "y"),
        ("name,x,y,z\nA,1,,3\n", 2, "y"),
        ("name,x_mm,y_mm,z_mm\nA,1,2,nan\n", 2, "z_mm"),
        ("name,x,y,z\nA,-inf,2,3\n", 2, "x"),
        ("name,x,y,z\nA,1,2,120.5\n", 2, "z"),
        ("name,x,y,z,radius_mm\nA,1,2,3,0\n", 2, "radius_mm"),
        ("name,x,y,z\n,1,2,3\n", 2, "name"),
        ("name,x,y,z\n--,1,2,3\n", 2, "name"),
        ("name,x,y,z\nn/a,1,2,3\n", 2, "name"),
        ("name,x,y,z\nA,1,2\n", 2, None),
        ("name,x,y,z\nA b,1,2,3\n\na-B,4,5,6\n", 4, None),
        ("name,x,y,z\nA,1,2,3\nB,1,2.0,3\n", 3, None),
        ("name,x,y\nA,1,2\n", 1, None),
        ("name,x_mm,y,z\nA,1,2,3\n", 1, None),
        ("name,x,y,z,x_mm,y_mm,z_mm\nA,1,2,3,1,2,3\n", 1, None),
        ("x,y,z\n1,2,3\n", 1, None),
        ("name;x;y;z\nA;1;2;3\n", 1, None),
        ("name,x,y,z,x\nA,1,2,3,4\n", 1, "x"),
        ("name,x,y,z\n", None, None),
        ("", 1, None),
        (b"name,x,y,z\n\xff,1,2,3\n", 2, None),
        ("name,x,y,z\nA," + "9" * 400 + ",2,3\n", 2, "x"),
        ("name,x,y,z\n" + "A" * 200_000 + ",1,2,3\n", 2, None),
    ],
)
def test_what_cannot_be_used_is_an_error_with_its_place(table, text, row, column):
    """The error gives file, line and column, what was wanted and what came."""
    with pytest.raises(InputError) as caught:
        table(text)
    error = caught.value
    assert (error.file, error.row, error.column) == ("mine.csv", row, column)
    assert error.wanted
    assert error.got


def test_missing_marks_and_synonyms(table):
    """`n/a` is no network, no region and no radius; `label` and `community` are names and networks."""
    nodes = table("label,region,X (mm),y_mm,z_mm,radius_mm,community\na,n/a,1,2,3,NA,n/a\nb,B,4,5,6,3,Vis\n")
    assert [(one.node.name, one.node.region, one.node.radius_mm, one.network) for one in nodes] == [
        ("a", "a", 5.0, None),
        ("b", "b", 3.0, "vis"),
    ]


def test_a_quoted_line_break_does_not_shift_line_numbers(table):
    """Lines are counted as an editor shows them."""
    with pytest.raises(InputError) as caught:
        table('name,x,y,z\n"A\nB",1,2,3\nC,oops,2,3\n')
    assert (caught.value.row, caught.value.column) == (4, "x")


@given(st.text(max_size=20))
def test_identifiers_are_lower_case_words_and_stay_as_they_are(text):
    """A name holds no space or punctuation, no doubled or hanging underscore, and is its own identifier."""
    name = identifier(text)
    assert re.fullmatch(r"([^\W_]+(_[^\W_]+)*)?", name)
    assert identifier(name) == name


def test_dosenbach_is_read_as_published():
    """All 160 points under the authors' names and numbers equal those of the file."""
    placed = {each.node.name: each for each in bundled_node_table("dosenbach160")}
    with (NILEARN_DATA / "dosenbach_2010.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(placed) == len(rows) == 160
    for row in rows:
        each = placed[identifier(f"{row['name']} {row['number']}")]
        assert each.node.xyz_mm == tuple(float(row[axis]) for axis in "xyz")
        assert each.node.radius_mm == 5
        assert each.network == identifier(row["network"])
    assert placed["vmpfc_1"].node.xyz_mm == (6, 64, 3)


def test_seitzman_is_read_as_published():
    """All 300 points, radii and networks equal those of the file, by ROI number; the amygdala stands on both sides."""
    placed = bundled_node_table("seitzman300")
    with (NILEARN_DATA / "seitzman_2018_ROIs_300inVol_MNI_allInfo.txt").open() as file:
        rows = list(csv.DictReader(file, delimiter=" "))
    assert len(placed) == len(rows) == 300
    for each in placed:
        row = rows[int(each.node.name.rpartition("_")[2]) - 1]
        assert each.node.xyz_mm == tuple(float(row[axis]) for axis in "xyz")
        assert each.node.radius_mm == float(row["radius(mm)"])
        network = row["netName"]
        assert (each.network or "unassigned").replace("_", "") == network.lower()
        side = re.match(r"cortex_(left|right)_", each.node.name)
        assert side is None or (side[1] == "left") == (each.node.x_mm < 0)
    assert sum(each.node.name.startswith("amygdala_") for each in placed) == 2
    assert sum(each.network is None for each in placed) == 15


@pytest.mark.parametrize("name", ["dosenbach160", "seitzman300"])
def test_bundled_names_are_unique_and_points_lie_in_reach(name):
    """Each node is its own region under a unique name, and a radius that is given holds for all."""
    nodes = [each.node for each in bundled_node_table(name, radius_mm=3.0)]
    assert len({node.name for node in nodes}) == len({node.xyz_mm for node in nodes}) == len(nodes)
    assert all(node.region == node.name == identifier(node.name) for node in nodes)
    assert all(max(map(abs, node.xyz_mm)) < 120 for node in nodes)
    assert {node.radius_mm for node in nodes} == {3.0}
