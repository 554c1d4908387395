"""`emotopy compare`: what it reads, writes, prints and refuses."""

from __future__ import annotations

import csv
import html
import json

import numpy as np
import pandas as pd
import pytest

from emotopy import map_texts
from emotopy.cli.compare import default_out

pytestmark = pytest.mark.slow

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans")
TABLES = ("--set", "reporter=tables")
FEAR = [
    "I am so afraid of the dark",
    "a scream in the night and I shiver",
    "terror, I can not breathe",
    "scared to death",
]
JOY = [
    "what a lovely happy day",
    "we laughed and danced in the sun",
    "so glad and thankful for you",
    "a wonderful feast",
]


def people(n=9):
    """Made-up people who write of fear or of joy, four texts each."""
    rows = [
        {
            "said": f"{said[(person + i) % 4]}, {['today', 'again', 'at home'][(person * i) % 3]}",
            "feeling": group,
            "who": f"{group} {person}",
            "couple": f"c{person}",
            "age": 20 + (7 * person) % 23 + i % 2,
            "site": ("north", "south")[person % 2],
        }
        for group, said in (("fear", FEAR), ("joy", JOY))
        for person in range(n)
        for i in range(4)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def mapped(once, call, tmp_path):
    """Map the made-up people into `tmp_path/maps`, quickly; return the table."""
    frame = people()

    def a_mapping():
        frame.to_csv(tmp_path / "people.csv", index=False)
        words = ("--text", "said", "--group", "feeling", "--unit", "who")
        kept = [word for name in ("couple", "age", "site") for word in ("--keep", name)]
        run = call("map", "people.csv", *words, *kept, "--out", "maps", "--no-cache", *FAST, *TABLES)
        assert run.code == 0, run.err

    once(tmp_path, a_mapping)
    return frame


def read(path):
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def test_a_planted_difference_is_found_written_and_printed(mapped, call, tmp_path):
    """People who write of fear lean to the amygdala; the folder is named after the groups, the screen says it."""
    run = call("compare", "maps", "fear", "joy")
    assert run.code == 0, run.err
    assert run.out.splitlines()[0].split() == ["units", "fear", "9,", "joy", "9"]
    assert "amygdala g +" in run.out
    assert "Power, relative: with these units a difference of g =" in run.out
    assert run.out.endswith("Results are in maps-compare-fear-joy\n")
    assert "note: Shares are shown but not tested" in run.err
    folder = tmp_path / "maps-compare-fear-joy"
    assert sorted(path.name for path in folder.iterdir()) == ["comparison.csv", "provenance.json", "report.html"]
    table = read(folder / "comparison.csv").set_index(["measure", "region"])
    assert len(table) == 3 * 18
    assert table.loc[("relative", "amygdala"), "p_family"] < 0.05
    assert table.loc[("relative", "amygdala"), "g"] > 1
    assert table.loc["share", "p"].isna().all()
    provenance = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert provenance["config"]["groups"] == ["fear", "joy"]
    assert provenance["input"]["file"] == "texts.parquet"
    assert provenance["mapped"]["input"]["file"] == "people.csv"
    assert provenance["tests"] == [{"groups": ["fear", "joy"], "n_permutations": 10_000, "exact": False}]
    quiet = call("compare", "maps", "fear", "joy", "--force", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, run.out, "")


def test_the_table_is_the_one_that_python_gives(mapped, call, tmp_path):
    """Plain, with covariates, in pairs, by another unit: to the six digits of the file, p-values too."""
    config = {"reducer": "pca", "clusterer": "kmeans", "reporter": []}
    columns = {"text": "said", "group": "feeling", "unit": "who"}
    result = map_texts(mapped, **columns, keep=["couple", "age", "site"], config=config)
    asked = {
        (): {},
        ("--covariate", "age", "--covariate", "log_words", "--covariate", "site"): {
            "covariates": ["age", "log_words", "site"]
        },
        ("--paired-by", "couple", "--measure", "relative", "--seed", "9"): {
            "paired_by": "couple",
            "measure": "relative",
            "seed": 9,
        },
    }
    for words, options in asked.items():
        run = call("compare", "maps", "joy", "fear", *words, "--out", "out", "--force")
        assert run.code == 0, run.err
        wanted = result.compare("joy", "fear", **options).table
        pd.testing.assert_frame_equal(read(tmp_path / "out" / "comparison.csv"), wanted, rtol=1e-5, check_dtype=False)


def test_two_processes_write_the_same_bytes(mapped, process, tmp_path, files_in):
    """From another folder, by another path, in processes of their own: tables, page and provenance."""
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    words = ("north", "south", "--group", "site", "--covariate", "age", "--quiet")
    one = process("compare", "maps", *words, "--out", "one", fresh=True)
    other = process("compare", tmp_path / "maps", *words, "--out", "../two", cwd=elsewhere, fresh=True)
    assert (one.code, one.err, other.code, other.err) == (0, "", 0, "")
    first = files_in(tmp_path / "one")
    assert first.keys() == {"comparison.csv", "provenance.json", "report.html"}
    assert files_in(tmp_path / "two") == first
    assert not [name for name, held in first.items() if str(tmp_path).encode() in held]


def test_more_than_two_groups_and_exclusions(call, write, tmp_path):
    """omnibus.csv and excluded.csv appear; the screen has a line per pair and measure, the page all groups."""
    rows = [f"{text} {i} {g},{g},{'' if i == 5 and g == 'a' else f'{g}{i}'}" for g, text in
            (("a", FEAR[0]), ("b", JOY[0]), ("c", JOY[1])) for i in range(7)]  # fmt: skip
    file = write("x.csv", "text,g,u\n" + "\n".join(rows) + "\n")
    assert call("map", file, "--group", "g", "--unit", "u", "--out", "m", "--no-cache", *FAST, *TABLES).code == 0
    run = call("compare", "m", "a", "b", "c", "--measure", "relative")
    assert run.code == 0, run.err
    assert [line.split()[0] for line in run.out.splitlines()[2:6]] == ["relative"] * 4
    assert run.out.splitlines()[2].split()[1:4] == ["all", "at", "once"]
    folder = tmp_path / "m-compare-a-b-c"
    assert len(read(folder / "omnibus.csv")) == 18
    assert read(folder / "excluded.csv")["why"].tolist() == ["its unit is missing while others have one"]
    assert "All groups at once" in (folder / "report.html").read_text("utf-8")


def test_nodes_can_be_compared_as_regions(call, diaries, tmp_path):
    """After `--level node` a comparison has a column `node`, with `--level region` eighteen rows a measure."""
    words = ("--group", "group", "--unit", "writer", "--level", "node", "--out", "m", "--no-cache", *FAST, *TABLES)
    assert call("map", diaries, "--text", "text", *words).code == 0
    assert call("compare", "m", "exams", "holidays", "--out", "nodes").code == 0
    nodes = read(tmp_path / "nodes" / "comparison.csv")
    assert len(nodes) == 3 * 29
    assert nodes.loc[nodes["node"] == "amygdala_left", "region"].unique().tolist() == ["amygdala"]
    assert call("compare", "m", "exams", "holidays", "--out", "regions", "--level", "region").code == 0
    regions = read(tmp_path / "regions" / "comparison.csv")
    assert len(regions) == 3 * 18
    share = regions[regions["measure"] == "share"].set_index("region")["mean_a"]
    np.testing.assert_allclose(share.sum(), 1, rtol=1e-4)


def test_names_are_escaped_everywhere(call, write, tmp_path):
    """Groups that are HTML, a formula, a path or an escape sequence are text in files, page, screen and folder name."""
    evil = ['<b onclick="x">', "=1+1", "../../etc", "\x1b[31mred"]
    rows = [
        f'"{text} {i}","{name.replace(chr(34), chr(34) * 2)}",{name_at}{i}'
        for name_at, (name, text) in enumerate(zip(evil, [*FEAR[:2], *JOY[:2]], strict=True))
        for i in range(6)
    ]
    file = write("x.csv", "text,g,u\n" + "\n".join(rows) + "\n")
    assert call("map", file, "--group", "g", "--unit", "u", "--out", "m", "--no-cache", *FAST, *TABLES).code == 0
    run = call("compare", "m", *evil)
    assert run.code == 0, run.err
    assert "\x1b" not in run.out + run.err
    (folder,) = tmp_path.glob("m-compare-*")
    assert folder.name == "m-compare-_b_onclick_x_-_1_1-_etc-_31mred"
    page = (folder / "report.html").read_text("utf-8")
    assert "<b onclick" not in page
    assert html.escape(evil[0]).replace("&quot;", "&#34;") in page
    with (folder / "comparison.csv").open(encoding="utf-8", newline="") as sheet:
        cells = {cell for row in csv.reader(sheet) for cell in row}
    assert "'=1+1" in cells
    assert "=1+1" not in cells


def test_kept_columns_are_written_with_no_texts_and_texts_are_not(call, mapped, tmp_path):
    """`--no-texts` writes what was asked for by name; the column of texts can't be asked for."""
    words = ("map", "people.csv", "--text", "said", "--group", "feeling", "--no-cache", *FAST, *TABLES, "--no-texts")
    run = call(*words, "--keep", "age", "--out", "kept")
    assert run.code == 0, run.err
    texts = pd.read_parquet(tmp_path / "kept" / "texts.parquet")
    assert texts["kept_age"].tolist() == mapped["age"].tolist()
    refused = call(*words, "--keep", "said", "--out", "refused")
    assert refused.code == 1
    assert "column 'said' contains the texts themselves" in refused.error
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("maps", "fear", "joi"), "there is no group 'joi'. Did you mean 'joy'? Groups: fear, joy"),
        (("maps", "fear"), "wanted two groups or more, got 1; there are: fear, joy"),
        (("nowhere", "fear", "joy"), "nowhere isn't a folder; wanted the results of `emotopy map"),
        ((".", "fear", "joy"), "has no provenance.json, so it isn't a results directory"),
        (("maps", "fear", "joy", "--covariate", "height"), "--keep height"),
        (("maps", "fear", "joy", "--paired-by", "unit"), "gives no pairs between 'fear' and 'joy'"),
        (("maps", "fear", "joy", "--unit", "couple"), "--paired-by unit"),
        (("maps", "fear", "joy", "--level", "node"), "map again with --level node"),
        (("maps", "fear", "joy", "--out", "people.csv"), "people.csv exists"),
    ],
)
def test_what_cannot_be_compared_is_an_error_and_leaves_nothing(mapped, call, tmp_path, words, message):
    """One message, exit code 1, no folder."""
    before = sorted(tmp_path.iterdir())
    run = call("compare", *words)
    assert run.code == 1
    assert message in run.error
    assert run.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_wrong_usage_is_told_from_errors(mapped, call):
    """Unknown measures and a comparison onto its own input are usage errors."""
    assert call("compare", "maps", "fear", "joy", "--measure", "valence").code == 2
    assert call("compare", "maps", "fear", "joy", "--seed", "-1").code == 2
    onto = call("compare", "maps", "fear", "joy", "--out", "maps", "--force")
    assert onto.code == 2
    assert "would replace the results that it reads" in onto.err


def test_the_folder_is_named_after_the_groups(tmp_path):
    """Many groups are counted, long names cut; a folder given as `.` has its own name."""
    assert default_out(tmp_path / "r", list("abcdef")).name == "r-compare-a-b-c-d-and_2_more"
    assert default_out(tmp_path / "r", ["x" * 300, "ärger"]).name == f"r-compare-{'x' * 40}-ärger"
    assert default_out(tmp_path / "r" / "..", ["a", "b"]) == (tmp_path.parent / f"{tmp_path.name}-compare-a-b")
