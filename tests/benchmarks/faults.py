"""What runs come to that are killed, that run in pairs, that talk to a bad server, that find damaged files.

    python tests/benchmarks/faults.py [--only kills,pairs,server,damage] [--kills 10] [--starts 20] [--minutes 45]

Prints the tables of `docs/reliability.md`. What is tried, and how it is counted, stands in the modules of
`tests/faults`. All servers are on this machine, all inputs are small, all loops end.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults import damage, kills, pairs, scene, servers

SECTIONS = ("kills", "pairs", "server", "damage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, separated by commas")
    parser.add_argument("--kills", type=int, default=10, help="of each command with each signal")
    parser.add_argument("--starts", type=int, default=20, help="of each kind of pair")
    parser.add_argument("--workers", type=int, default=2, help="disturbed runs at once")
    parser.add_argument("--minutes", type=float, default=45.0, help="begin nothing new after as many in all")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell's background jobs, and so of their children
        signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments.until = time.monotonic() + 60 * arguments.minutes
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(SECTIONS):
        parser.error(f"--only: wanted {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        scene.write_study(study)
        for section in wanted:
            begun = time.perf_counter()
            print(f"## {section}\n", flush=True)
            globals()[f"show_{section}"](study, arguments)
            print(f"\n({(time.perf_counter() - begun) / 60:.1f} min)\n", flush=True)


def show_kills(study: Path, arguments: argparse.Namespace) -> None:
    """Print a row for each command and signal."""
    outcomes = kills.measure(
        scene.SCENARIOS,
        study,
        n_kills=arguments.kills,
        seed=arguments.seed,
        n_workers=arguments.workers,
        until=arguments.until,
    )
    rows = []
    for name in dict.fromkeys(one.scenario for one in outcomes):
        for how in kills.SIGNALS:
            these = [one for one in outcomes if (one.scenario, one.how) == (name, how.name)]
            if not these:
                continue
            phases = Counter(one.phase for one in these)
            codes = Counter(one.code for one in these)
            rows.append(
                [
                    *(name, how.name, len(these), ", ".join(f"{phases[p]} {p}" for p in kills.PHASES if phases[p])),
                    ", ".join(f"{code} × {n}" for code, n in sorted(codes.items())),
                    *(sum(one.n_torn for one in these), sum(one.n_leftovers for one in these)),
                    *(sum(one.is_identical for one in these), sum(not one.is_old_safe for one in these)),
                    max(one.n_temporary for one in these),
                    f"{sum(one.n_paid_twice for one in these)} (of {sum(one.n_in_flight for one in these)} in flight)"
                    if name == "paid map"
                    else "–",
                ]
            )
    head = "command | signal | kills | in phase | exit codes | torn | leftovers | identical | old results lost"
    show(f"{head} | temporary files, most | paid twice", rows)
    told([(f"{one.scenario} {one.how} {one.phase}", one.said) for one in outcomes if not one.is_good or one.said])


def show_pairs(study: Path, arguments: argparse.Namespace) -> None:
    """Print a row for each kind of pair."""
    found = pairs.measure(study, n_starts=arguments.starts, seed=arguments.seed, until=arguments.until)
    rows = []
    for kind in pairs.KINDS:
        these = [one for one in found if one.kind == kind]
        codes = Counter(one.codes for one in these)
        rows.append(
            [
                *(kind, len(these), ", ".join(f"{a} and {b} × {n}" for (a, b), n in sorted(codes.items()))),
                *(sum(one.n_lost for one in these), sum(one.n_torn for one in these)),
                *(sum(one.n_leftovers for one in these), sum(one.n_paid_twice for one in these)),
            ]
        )
    show("two runs on | starts | exit codes | lost | torn | leftovers | paid twice", rows)
    told([(one.kind, f"{one.codes} {one.said}") for one in found if not one.is_good or one.said])


def show_server(study: Path, arguments: argparse.Namespace) -> None:
    """Print a row for each role, and the modes."""
    found = servers.measure()
    rows = []
    for role in servers.ROLES:
        these = [one for one in found if one.role == role]
        kinds = Counter(one.kind for one in these)
        rows.append(
            [
                *(role, len(these), kinds["right"], kinds["named"], kinds["wrong"], kinds["foreign"]),
                sum(one.is_late for one in these),
                f"{max(one.seconds for one in these):.1f}",
                f"{max(one.more_mb for one in these):.0f}",
            ]
        )
    head = "role | modes | right | named failure | wrong answer | foreign exception | past the deadline | longest, s"
    show(f"{head} | most memory above a good server, MB", rows)
    print()
    by_kinds: dict[tuple[str, ...], list[str]] = {}
    by = {(one.mode, one.role): one.kind for one in found}
    for name in dict.fromkeys(one.mode for one in found):
        by_kinds.setdefault(tuple(by[name, role] for role in servers.ROLES), []).append(name)
    rows = [[*kinds, len(names), "; ".join(names)] for kinds, names in by_kinds.items()]
    show(f"{' | '.join(servers.ROLES)} | modes | which", rows)
    told([(f"{one.role} {one.mode}", f"{one.kind} {one.said}") for one in found if not one.is_good])


def show_damage(study: Path, arguments: argparse.Namespace) -> None:
    """Print a row for each kind of file."""
    found = damage.measure(study, seed=arguments.seed, n_workers=arguments.workers, until=arguments.until)
    rows = []
    for kind in dict.fromkeys(one.kind for one in found):
        these = [one for one in found if one.kind == kind]
        codes = Counter(one.code for one in these)
        rows.append(
            [
                *(kind, len(these), ", ".join(f"{code} × {n}" for code, n in sorted(codes.items()))),
                *(sum(one.is_foreign for one in these), sum(one.is_wrong for one in these)),
                f"{statistics.median(one.seconds for one in these):.1f} / {max(one.seconds for one in these):.1f}",
                f"{max(one.peak_mb for one in these):.0f}",
            ]
        )
    head = "file | damaged | exit codes | foreign exceptions | other tables"
    show(f"{head} | processor seconds, median / most | most memory, MB", rows)
    told([(f"{one.kind}: {one.what}", one.said) for one in found if not one.is_good])


def show(head: str, rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    print(f"| {head} |")
    print("|---" * len(head.split(" | ")) + "|")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


def told(said: Sequence[tuple[str, str]]) -> None:
    """Say on stderr what wasn't as it should be."""
    for name, words in said:
        print(f"{name}: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
