"""The code blocks of all pages run, on made-up files; those that can't say why in a comment before them."""

from __future__ import annotations
import __future__

import re
import shlex
import shutil
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
from tests import runs
from tests.project.doc_pages import readme_and_pages
from tests.project.docs_inputs import make_inputs

from emotopy import records
from emotopy.cli import main
from emotopy.roles import stages

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?:^<!-- no-run: (?P<reason>[^\n]+?) -->\n+)?^```(?P<kind>\w*)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL
)
MARK = re.compile(r"^<!-- no-run:", re.MULTILINE)
OUTPUT = {"text", "json"}
"""Kinds of blocks that show output, not code."""
MOST_NOT_RUN = 0.15
TESTED_BY = {
    "docs/write-a-plugin.md": "tests/examples/test_tutorial.py",
    "docs/examples/emotopy-hello/README.md": "tests/examples/test_hello.py",
}
"""Pages about installing things: their blocks run in a test that has an environment of its own."""
START = "import emotopy\nimport pandas as pd\nfrom pathlib import Path\n"
TEXTS = "frame = pd.read_csv('texts.csv')\ntexts = list(frame['text'])\ntable = frame\n"
SERIES = "{path.stem: pd.read_csv(path) for path in sorted(Path('series').glob('*.csv'))}"
PREPARED = {
    "docs/over-time.md": "frame = pd.read_csv('diary.csv').rename(columns={'date': 'day'})",
    "docs/export.md": "result = emotopy.map_texts(texts[:10])",
    "docs/option-types.md": "import enum, attrs\nfrom typing import Annotated, Literal\nfrom annotated_types import Ge",
    "docs/saved-decoders.md": f"""
from emotopy.simulate import simulate_bold

series = {SERIES}
ratings = pd.read_csv('ratings.tsv', sep='\\t')
new_series = simulate_bold('coupling', n_subjects=1, n_volumes=300, n_regions=6, n_carriers=3, seed=2).series
volume = series['sub-01'].to_numpy()[0]
""",
}
"""Names that a page leaves to its reader, beside a few texts."""
WORDS = {
    "docs/conformance.md": {"NAME": "pca", "n_dims=3": "n_components=3"},
    "docs/data.md": {"DIR": "goemotions"},
    "docs/over-time.md": {"DownTheRabbitHole.TextGrid": "story.TextGrid"},
    "docs/published-decoding.md": {"DIR": "series", "FILE": "ratings.tsv"},
    "docs/roles/dataset.md": {"FOLDER": "notes"},
}
"""What stands for placeholders of commands."""
QUICK = {"decode": ("--set", "null.n=9")}
"""What commands get in addition: fewer surrogates than anybody should take."""


@attrs.frozen
class Block:
    """A code block: where it stands, its kind, its text, and why it doesn't run ("" if it does)."""

    page: str
    line: int
    kind: str
    body: str
    reason: str


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page in order."""
    text = page.read_text("utf-8")
    name = str(page.relative_to(ROOT))
    return [
        Block(name, text.count("\n", 0, m.start()) + 1, m["kind"], m["body"], m["reason"] or "")
        for m in BLOCK.finditer(text)
        if m["kind"] not in OUTPUT
    ]


def commands(block: Block) -> list[list[str]]:
    """Return the words of each command of a block; a backslash continues a line, # begins a comment."""
    lines = block.body.replace("\\\n", " ").splitlines()
    meant = WORDS.get(block.page, {})
    split = [[meant.get(word, word) for word in shlex.split(line, comments=True)] for line in lines]
    return [words for words in split if words]


ALL = [block for page in readme_and_pages() for block in blocks(page)]
RUN = sorted({block.page for block in ALL if not block.reason} - set(TESTED_BY))


class Stubs(dict):
    """Names that a fragment leaves out: each stands for a factory."""

    def __missing__(self, name):
        return lambda: name


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """The made-up files, made once."""
    return make_inputs(tmp_path_factory.mktemp("docs-inputs"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A cache folder that all pages share: most of them map the same texts."""
    return tmp_path_factory.mktemp("docs-cache")


@pytest.fixture
def folder(inputs, cache, tmp_path, monkeypatch):
    """The made-up files in a folder of the test's own, which is where it works."""
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in RUN if not page.startswith("docs/roles/")])
def test_the_code_of_a_page_runs(page, folder, forks, cache):
    """Blocks run in order, in one folder: Python in one namespace, commands each with exit code 0."""

    def run(words):
        return forks.run(words, cwd=folder, env=runs.environment(cache), module="emotopy")

    names: dict = {"__name__": "page"}
    exec(compile(START + TEXTS + PREPARED.get(page, ""), page, "exec"), names)
    for block in (one for one in ALL if one.page == page and not one.reason):
        where = f"{page}:{block.line}"
        if block.kind == "python" and block.body.startswith("return "):  # what a hook returns
            assert isinstance(eval(block.body.removeprefix("return "), names, Stubs(vars(records))), dict | list), where
        elif block.kind == "python":
            exec(compile(block.body, where, "exec"), names)
        elif block.kind == "toml":
            tomllib.loads(block.body)
        else:
            run_commands(block, run, folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in RUN if page.startswith("docs/roles/")])
def test_the_code_of_a_role_runs(page, folder, monkeypatch, capsys, request):
    """The protocol stands by itself; the example is a plugin that is found once installed, and its command works."""
    role = Path(page).stem
    name = f"my_{role}"
    contract, example, command = (one for one in ALL if one.page == page)
    exec(compile(contract.body, page, "exec", flags=__future__.annotations.compiler_flag), dict(vars(stages)))
    (folder / f"{name}.py").write_text(example.body, "utf-8")
    installed = folder / f"{name}-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n", "utf-8")
    (installed / "entry_points.txt").write_text(f"[emotopy]\n{name} = {name}\n", "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    request.addfinalizer(lambda: sys.modules.pop(name, None))  # other tests make a module of this name

    def run(words):
        with pytest.raises(SystemExit) as end:
            main(words)
        out, err = capsys.readouterr()
        return runs.Run(int(end.value.code or 0), out, err)

    assert f"my-{role.replace('_', '-')}" in run(["plugins"]).out
    if not command.reason:
        run_commands(command, run, folder)


def run_commands(block, run, folder):
    """Run the commands of a block; what an earlier block wrote under the same name is written anew."""
    for words in commands(block):
        where = f"{block.page}:{block.line}"
        assert words[0] == "emotopy", f"{where}: {words[0]} isn't emotopy: say no-run and why"
        for flag, value in pairwise(words):
            if flag in ("--out", "--segments", "--figures", "--save-decoder"):
                remove(folder / value)
        done = run([*words[1:], *QUICK.get(words[1], ())])
        assert done.code == 0, f"{where}: {shlex.join(words)}\n{done.err}"


def remove(path):
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_few_blocks_do_not_run():
    """At most 15 % of all blocks are marked as not run, each with its reason."""
    left = [f"{block.page}:{block.line}: {block.reason}" for block in ALL if block.reason]
    assert len(left) / len(ALL) <= MOST_NOT_RUN, "\n".join([f"{len(left)} of {len(ALL)}", *left])


@pytest.mark.parametrize(("page", "test"), TESTED_BY.items())
def test_pages_that_another_test_runs_are_named_there(page, test):
    """A page that is left to another test stands in that test by its name, or by its folder's."""
    source = (ROOT / test).read_text("utf-8")
    assert Path(page).name in source or Path(page).parent.name in source


def test_marks_stand_before_blocks():
    """Every such comment belongs to a block, so that a slip of the pen doesn't leave it without effect."""
    for page in readme_and_pages():
        assert len(MARK.findall(page.read_text("utf-8"))) == sum(bool(block.reason) for block in blocks(page)), (
            page.name
        )
