"""All tables of docs/performance.md, measured in one run: `make bench`.

    python tests/benchmarks/bench.py [--list] [--only NAME ...] [--quick] [--repeats 5] [--threads 1 2]
        [--before FOLDER] [--peer bertopic=PYTHON] [--data FOLDER] [--out docs/performance.md] [--json FILE]

Prints the tables as Markdown, and with `--json` writes them as JSON, with the machine and its versions. `--out` puts
each table between its markers on the page, `<!-- table NAME -->` and `<!-- end NAME -->`, as soon as it is there, and
leaves the others as they are; under each stands when and where it was measured. `--before` is a checkout of the build
to compare with, with its `.venv`:

    git worktree add ../before df4b171 && make -C ../before .venv/.installed

`--quick` takes the smallest sizes: a run of seconds that shows that the benchmark works. Its figures mean nothing, and
it writes no page. Benchmarks are the files beside this one with `NAMES` and `tables` (see bench_table.py); each runs in
a process of its own, one after the other: nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from bench_table import DATA, Column, Settings, Table

FOLDER = Path(__file__).resolve().parent
MARKED = re.compile(r"<!-- table (?P<name>[\w-]+) -->\n(?P<body>.*?)<!-- end (?P=name) -->", re.DOTALL)


def modules(folder: Path = FOLDER) -> dict[str, str]:
    """Return the module of each table, by the table's name; nothing is imported. ValueError for a name of two."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.FunctionDef) and node.name == "tables" for node in tree.body):
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["NAMES"]:
                for name in ast.literal_eval(node.value):
                    if name in found:
                        raise ValueError(f"table {name} is offered by {found[name]} and {path.stem}")
                    found[name] = path.stem
    return found


def run_module(module: str, settings: Settings) -> list[Table]:
    """Return the tables of a benchmark, which runs in a process of its own. CalledProcessError where it fails."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as place:
        told = json.dumps({**attrs.asdict(settings), "before": _text(settings.before), "data": str(settings.data)})
        words = [sys.executable, __file__, "--module", module, "--settings", told, "--json", place.name]
        subprocess.run(words, check=True, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": _path()})
        return [table_of(one) for one in json.load(place)["tables"]]


def table_of(plain: dict[str, Any]) -> Table:
    """Return a table from its JSON."""
    return Table(**{**plain, "columns": [Column(**column) for column in plain["columns"]]})


def placed(page: str, name: str, body: str) -> str:
    """Return the page with the body between the markers of a table. ValueError where it has none."""
    found = [match for match in MARKED.finditer(page) if match["name"] == name]
    if len(found) != 1:
        raise ValueError(f"wanted one pair of markers of table {name}, got {len(found)}")
    return f"{page[: found[0].start('body')]}{body.rstrip()}\n{page[found[0].end('body') :]}"


def marked(page: str) -> list[str]:
    """Return the names of the tables that a page has markers of, in order."""
    return [match["name"] for match in MARKED.finditer(page)]


def _path() -> str:
    kept = os.environ.get("PYTHONPATH")
    return f"{FOLDER}{os.pathsep}{kept}" if kept else str(FOLDER)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _run_here(module: str, told: str, place: Path) -> None:
    """Run a module's benchmark in this process and write its tables."""
    from importlib import import_module

    plain = json.loads(told)
    before = plain.pop("before")
    settings = Settings(
        **{
            **plain,
            "before": Path(before) if before else None,
            "data": Path(plain["data"]),
            "threads": tuple(plain["threads"]),
            "only": tuple(plain["only"]),
        }
    )
    tables = import_module(module).tables(settings)
    place.write_text(json.dumps({"tables": [table.to_dict() for table in tables]}), encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="names of the tables and their benchmarks")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--before", type=Path)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, help="a page with markers")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--module", help=argparse.SUPPRESS)
    parser.add_argument("--settings", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    options = _arguments(words)
    if options.module:
        _run_here(options.module, options.settings, options.json)
        return 0
    known = modules()
    if unknown := sorted(set(options.only) - set(known)):
        print(f"no table is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = options.only or list(known)
    if options.list:
        print("\n".join(f"{name:24} {known[name]}.py" for name in wanted))
        return 0
    if options.quick and options.out:
        print("--quick measures nothing that a page should hold; leave --out out", file=sys.stderr)
        return 2
    from machine import described, one_line

    machine = described()
    settings = Settings(
        quick=options.quick,
        repeats=1 if options.quick else options.repeats,
        threads=tuple(options.threads),
        before=options.before.resolve() if options.before else None,
        data=options.data.resolve(),
        peers=dict(one.split("=", 1) for one in options.peer),
        only=tuple(wanted),
    )
    found: list[dict[str, Any]] = []
    failed = []
    for module in dict.fromkeys(known[name] for name in wanted):
        begun = time.perf_counter()
        print(f"{module}: {', '.join(name for name in wanted if known[name] == module)}", file=sys.stderr, flush=True)
        try:
            tables = run_module(module, settings)
        except subprocess.CalledProcessError:  # what it said is on stderr; the others go on
            failed.append(module)
            continue
        print(f"{module}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
        for table in tables:
            body = f"{table.to_markdown()}\n\n*{one_line(machine)}*"
            print(f"{body}\n", flush=True)
            found.append({**table.to_dict(), "measured": one_line(machine)})
            if options.out and table.name in marked(page := options.out.read_text(encoding="utf-8")):
                options.out.write_text(placed(page, table.name, body), encoding="utf-8")
            elif options.out:
                print(f"{options.out.name} has no place for {table.name}", file=sys.stderr)
        if options.json:
            told = {"machine": machine, "quick": options.quick, "repeats": settings.repeats, "tables": found}
            options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
