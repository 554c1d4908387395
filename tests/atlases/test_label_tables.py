"""Tables of labels: every form gives the rows that it was written from; all else is an error with its place."""

from __future__ import annotations

import contextlib

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotopy.errors import EmotopyError, InputError
from emotopy.readers.column_names import MISSING_NUMBERS, NETWORK, REGION_INDEX, REGION_NAME
from emotopy.roles import Host
from emotopy_plugins.atlases.label_tables import read_label_table
from emotopy_plugins.atlases.labels import labels

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.sampled_from(["Insula_L", "Amygdala", "7Networks_LH_Vis_1", "Cerebellum VI", "Übergang", "V1"])
MARKS = st.sampled_from(sorted(MISSING_NUMBERS | {"N/A", "NaN"}))
ROWS = st.lists(st.tuples(st.integers(1, 9000), NAMES), min_size=1, unique_by=(lambda row: row[0], lambda row: row[1]))
XML = (
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<atlas version="1.0"><header><name>x</name>{}</header>'
    "<data>{}</data></atlas>"
)


def written(tmp_path, content, name="table.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(path, numbers=None):
    table = read_label_table(path)
    if numbers is None:
        return table.readings[0][1]
    return table.rows_for(numbers)[0]


@QUIET
@given(
    rows=ROWS,
    index=st.sampled_from(sorted(set(REGION_INDEX) - {"value"})),
    name=st.sampled_from(REGION_NAME),
    network=st.sampled_from(NETWORK),
    separator=st.sampled_from([("\t", "tsv"), (",", "csv"), (";", "csv"), ("\t", "txt")]),
    order=st.permutations([0, 1, 2, 3]),
    is_float=st.booleans(),
    is_numbered=st.booleans(),
    blank=st.integers(0, 2),
    comment=st.booleans(),
    mark=MARKS,
    upper=st.booleans(),
)
def test_every_writing_of_a_table_is_read_alike(
    tmp_path, rows, index, name, network, separator, order, is_float, is_numbered, blank, comment, mark, upper
):
    """Synonyms, order, separators, row numbers in front, floats, blank rows, comments and missing marks say nothing."""
    cut, ending = separator
    header = [index, name, network, "color"]
    lines = [[header[i].upper() if upper else header[i] for i in order]]
    for at, (number, called) in enumerate(rows):
        cells = [f"{number}.0" if is_float else str(number), called, f"Net {at}" if at % 2 else mark, "#ff0000"]
        lines.append([cells[i] for i in order])
    if is_numbered:
        lines = [["" if not at else str(at - 1), *cells] for at, cells in enumerate(lines)]
    lines += [[""] * len(lines[0])] * blank
    content = "# a comment\n" * comment + "".join(cut.join(cells) + "\n" for cells in lines)
    found = rows_of(written(tmp_path, content, f"table.{ending}"), {number for number, _ in rows})
    assert found == [(number, called, f"net_{at}" if at % 2 else None) for at, (number, called) in enumerate(rows)]


def without_blanks(rows):
    return [(number, name.replace(" ", "_")) for number, name in rows]


def colours(rows, ending=" 70 130 180 0"):
    return "".join(f"{number}  {name}   {ending}\n" for number, name in rows)


WRITERS = {
    "freesurfer": lambda rows: "#$Id: LUT\n#No. Label Name:   R   G   B   A\n\n0 Unknown 0 0 0 0\n" + colours(rows),
    "freesurfer with a seventh number": lambda rows: colours(rows[:1], "1 2 3 0 5") + colours(rows[1:]),
    "schaefer": lambda rows: "".join(f"{n}\t{name}\t120\t18\t131\t0\n" for n, name in rows),
    "basic": lambda rows: "".join(f"{n} {name}\n" for n, name in rows),
    "name first": lambda rows: "".join(f"{name}\t{n}\n" for n, name in rows),
    "aal": lambda rows: "".join(f"FAG\t{name}\t{n}\n" for n, name in rows),
    "aal with a place": lambda rows: "".join(f"{9001 + i} {name} {n}\n" for i, (n, name) in enumerate(rows)),
    "mrtrix": lambda rows: "# LUT\n" + "".join(f"{n}  X.{n}  {name}  1 2 3 255\n" for n, name in rows),
    "itk-snap": lambda rows: (
        "#####\n# IDX -R- -G- -B- -A-- VIS MSH LABEL\n"
        '    0     0    0    0        0  0  0    "Clear Label"\n'
        + "".join(f'{n:5d} {9:5d} {8:4d} {7:4d} {0.5:8.2f}  1  1    "{name}"\n' for n, name in rows)
    ),
    "workbench": lambda rows: "".join(f"{name}\n{n} 1 2 3 255\n" for n, name in rows),
    "fsl labels": lambda rows: XML.format(
        "<type>Label</type>",
        '<label index="0" x="0" y="0" z="0">Unclassified</label>'
        + "".join(f'<label index="{n}" x="1" y="2" z="3">{name}</label>\n' for n, name in rows),
    ),
    "fsl probabilities": lambda rows: XML.format(
        "<type>Probabalistic</type>",
        "".join(f'<label index="{n - 1}" x="1" y="2" z="3">{name}</label>\n' for n, name in rows),
    ),
    "spm": lambda rows: XML.format(
        "", "".join(f"<label><index>{n}</index><name>{name}</name></label>\n" for n, name in rows)
    ),
}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@settings(QUIET, max_examples=20)
@given(rows=ROWS)
def test_every_form_without_a_header_is_read(tmp_path, form, encoding, newline, rows):
    """Colour tables, AAL's, ITK-SNAP's, the Workbench's, XML of FSL and SPM: each label has its name."""
    rows = without_blanks(rows)
    content = WRITERS[form](rows).replace("\n", newline)
    if encoding == "cp1252" and "Ü" in content and len(content) > 0:
        content = content.replace("Ü", "ü")  # what is sure to be Western
        rows = [(number, name.replace("Ü", "ü")) for number, name in rows]
    found = rows_of(written(tmp_path, content.encode(encoding)), {number for number, _ in rows})
    assert found == [(number, name, None) for number, name in rows]


def test_names_of_several_words_need_no_quotes(tmp_path):
    """`4 Left Thalamus`: the number, and all else of the line."""
    path = written(tmp_path, "1 Amygdala\n4 Left Thalamus\n12 Frontal Pole (left)\n")
    assert rows_of(path) == [(1, "Amygdala", None), (4, "Left Thalamus", None), (12, "Frontal Pole (left)", None)]


def test_a_short_name_and_the_name_are_told_from_a_name_of_two_words(tmp_path):
    """The second is the name where every region has one of its own; else both are."""
    short = "1\tPreCG.L\tPrecentral gyrus\n2\tSFG.L\tSuperior gyrus\n"
    assert rows_of(written(tmp_path, short)) == [(1, "Precentral gyrus", None), (2, "Superior gyrus", None)]
    assert read_label_table(written(tmp_path, short)).notes
    for ending in ("", " 1 2 3 255"):
        words = f"1 Left Thalamus{ending}\n2 Right Thalamus{ending}\n"
        assert rows_of(written(tmp_path, words)) == [(1, "Left Thalamus", None), (2, "Right Thalamus", None)]


@pytest.mark.parametrize(
    "comment",
    [
        "# The label name of region",
        "# label, name, region",
        "# id, name and\tindex",
        "// region name",
        "# ID Name R G B",
    ],
)
def test_prose_above_a_table_is_no_header(tmp_path, comment):
    """A comment is a header where it names every column and nothing else."""
    path = written(tmp_path, f"{comment}\n1 a 1 2 3\n2 b 4 5 6\n")
    assert rows_of(path) == [(1, "a", None), (2, "b", None)]


@pytest.fixture
def image(tmp_path):
    """Labels 1, 2 and 3."""
    numbers = np.zeros((4, 3, 3), dtype=np.int16)
    numbers[1:] = np.array([1, 2, 3])[:, None, None]
    path = tmp_path / "atlas-X_space-MNI_res-02_dseg.nii.gz"
    nibabel.save(nibabel.Nifti1Image(numbers, np.diag([2.0, 2, 2, 1])), path)
    return path


def told(image, table):
    said = []
    atlas = labels(image, table, host=Host(notify=said.append))
    return atlas.regions, dict(atlas.networks), said


def test_the_image_says_which_column_numbers_the_labels(tmp_path, image):
    """Of two columns of numbers the one that has all labels; said. Where both have them, the first, and said, too."""
    regions, _, said = told(image, written(tmp_path, "index,label,name\n0,1,a\n1,2,b\n2,3,c\n", "t.csv"))
    assert regions == ("a", "b", "c")
    assert ["'label'" in note for note in said] == [True]
    regions, _, said = told(image, written(tmp_path, "index,value,name\n1,3,a\n2,2,b\n3,1,c\n", "t.csv"))
    assert regions == ("a", "b", "c")
    assert ["'value'" in note for note in said] == [True]


def test_names_that_stand_twice_are_left_for_a_column_of_own_ones(tmp_path, image):
    """A column of lobes isn't what regions are called, and a note says which column is."""
    content = "index\tregion\tlabel\n1\tfrontal\ta\n2\tfrontal\tb\n3\toccipital\tc\n"
    regions, _, said = told(image, written(tmp_path, content, "t.tsv"))
    assert regions == ("a", "b", "c")
    assert len(said) == 1


def test_what_the_image_lacks_and_what_has_no_network_or_name_is_said(tmp_path, image):
    """Rows without a voxel, marks of a missing network, missing names: a note each, and nothing silently."""
    content = "index\tname\tnetwork\n1\tn/a\tVis\n2\tb\tNA\n3\tc\t\n9\tfar\tVis\n"
    regions, networks, said = told(image, written(tmp_path, content, "t.tsv"))
    assert regions == ("label_1", "b", "c")
    assert networks == {"label_1": "vis"}
    assert len(said) == 3
    assert any("far" in note for note in said)


@pytest.mark.parametrize(
    ("zero", "is_told"), [("Frontal pole", True), ("Unknown", False), ("???", False), ("n/a", False)]
)
def test_a_region_at_number_0_is_said(tmp_path, image, zero, is_told):
    """A table that counts from 0 beside an image that counts from 1 gives names that are one off, and can't be told."""
    _, _, said = told(image, written(tmp_path, f"index\tname\n0\t{zero}\n1\ta\n2\tb\n3\tc\n", "t.tsv"))
    assert len(said) == is_told


def test_a_table_of_fewer_entities_is_found_in_bids(tmp_path, image):
    """The table of all spaces and resolutions serves the image of one; of two such the more special one."""
    written(tmp_path, "index\tname\n1\ta\n2\tb\n3\tc\n", "atlas-X_dseg.tsv")
    assert labels(image).regions == ("a", "b", "c")
    written(tmp_path, "index\tname\n1\td\n2\te\n3\tf\n", "atlas-X_space-MNI_dseg.tsv")
    assert labels(image).regions == ("d", "e", "f")
    written(tmp_path, "index\tname\n1\tg\n2\th\n3\ti\n", "atlas-X_res-02_dseg.tsv")
    with pytest.raises(InputError) as caught:
        labels(image).regions  # noqa: B018
    assert caught.value.file == image.name


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        (XML.format("", '<label index="0">a</label>'), None, None),  # does it count from 0 or from 1?
        (XML.format("<type>Label</type>", '<label index="x">a</label>'), None, None),
        ("<atlas><data>", 1, None),
        ('<!DOCTYPE a [<!ENTITY b "c">]><atlas><label index="1">&b;</label></atlas>', None, None),
        ("<html><body>404</body></html>", None, None),
        ("Insula\nAmygdala\n", 1, None),
        ("1 a 255 0 0\n2 b 255\n", 2, None),
        ("1 a\n-2 b\n", 2, None),
        ("1 a\n2.5 b\n", 2, None),
        ("1 a\n1 b\n", 2, None),
        ("9" * 400 + " a\n", 1, None),
        ("index\tname\n" + "9" * 400 + "\ta\n", 2, "index"),
        ("index\tname\n1\ta\tb\n", 2, None),
        ("index\tname\tname\n1\ta\tb\n", 1, None),
        ("", None, None),
        ("# nothing\n", None, None),
        (b"PK\x03\x04rest", None, None),
        (b"1 \x81\x8d\n", 1, None),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, row, column):
    """File, line, column, what was wanted and what came."""
    with pytest.raises(InputError) as caught:
        read_label_table(written(tmp_path, content))
    error = caught.value
    assert (error.file, error.row, error.column) == ("table.txt", row, column)
    assert error.wanted
    assert error.got


@QUIET
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.text(alphabet='01n\t ,;|"<>/#\n\x00é', max_size=120).map(
            lambda text: ("index\tname\tnetwork\n" + text).encode("latin-1")
        ),
        st.lists(st.sampled_from(["1", "9" * 400, "a", "\t", "\n", '"', "n/a", "1.0", "<a>", "\x00"])).map(
            lambda parts: "".join(parts).encode()
        ),
    ),
    ending=st.sampled_from(["tsv", "csv", "txt", "xml"]),
)
def test_whatever_the_bytes_errors_are_ours(tmp_path, content, ending):
    """No other exception than one of ours."""
    with contextlib.suppress(EmotopyError):
        read_label_table(written(tmp_path, content, f"table.{ending}"))


@pytest.mark.parametrize("colour", ["0.47 0.07 0.52", "120 18 131 255", "0.47 0 1"])
@pytest.mark.parametrize("name", ["7Networks_LH_Vis_1", "Left visual area"])
def test_colours_in_front_of_names_are_no_names(tmp_path, colour, name):
    """FSL's .lut: the number, a colour, the name."""
    path = written(tmp_path, f"1 {colour} {name}\n2 {colour} {name} b\n")
    assert rows_of(path) == [(1, name, None), (2, f"{name} b", None)]


@pytest.mark.parametrize(("last", "is_told"), [("0", True), ("3", False), ("n/a", True)])
def test_a_network_0_is_told(tmp_path, image, last, is_told):
    """It is a number like others, or says that there is none, as the Brainnetome atlas writes it."""
    content = f"index\tname\tnetwork\n1\ta\t1\n2\tb\t2\n3\tc\t{last}\n"
    _, networks, said = told(image, written(tmp_path, content, "t.tsv"))
    assert networks == {"a": "1", "b": "2"} | ({} if last == "n/a" else {"c": last})
    assert len(said) == is_told
