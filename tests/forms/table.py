"""The table of the forms that are tested: where each was seen, and what an older version made of it.

    python tests/forms/table.py [--before FOLDER]

FOLDER is a checkout of the older version (`git worktree add FOLDER COMMIT`). Each check is tried once with this version
and once with that one, in a process of its own. Prints Markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RIGHT, WRONG, REJECTED, FAILED = "right", "wrong or silent", "rejected", "other exception"


def forms():
    """Return every form of every module here, by name."""
    sys.path.insert(0, str(ROOT))
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.forms.{path.stem}")
        for form in getattr(module, "FORMS", ()):
            assert form.name not in found, f"two forms are called {form.name}"
            found[form.name] = form
    return found


def outcome(form) -> str:
    """Try a form's check."""
    import pytest

    from emotopy.errors import EmotopyError

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        try:
            form.check(Path(folder))
        except (AssertionError, pytest.fail.Exception):
            return WRONG
        except (EmotopyError, SystemExit):
            return REJECTED
        except (ImportError, TypeError, AttributeError):
            return REJECTED  # there is no way to say what is needed
        except Exception:  # noqa: BLE001 (that is what is counted)
            return FAILED
    return RIGHT


def outcomes(folder: Path) -> dict[str, str]:
    """Try all checks with the version in a folder."""
    path = os.pathsep.join([str(folder / "core"), str(folder / "plugins")])
    command = [sys.executable, str(Path(__file__)), "--outcomes"]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def cells_of(form) -> list[str]:
    """Return a form's cells in the table, without outcomes."""
    return [cell.replace("|", "\\|") for cell in (form.kind, form.name, form.what, form.seen)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--outcomes", action="store_true", help="print the outcomes of this process's version as JSON")
    arguments = parser.parse_args()
    every = forms()
    if arguments.outcomes:
        print(json.dumps({name: outcome(form) for name, form in every.items()}))
        return
    now = outcomes(ROOT)
    before = outcomes(arguments.before) if arguments.before else {}
    for which, found in (("before", before), ("now", now)):
        counted = Counter(found.values())
        print(f"{which}: " + ", ".join(f"{n} {what}" for what, n in counted.most_common()) if found else "", end="\n\n")
    print("| kind | form | detail | seen in | before | now |\n|---|---|---|---|---|---|")
    for form in sorted(every.values(), key=lambda form: (form.kind, form.name)):
        print("| " + " | ".join([*cells_of(form), before.get(form.name, "–"), now[form.name]]) + " |")


if __name__ == "__main__":
    main()
