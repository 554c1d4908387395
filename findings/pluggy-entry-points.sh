#!/bin/sh
# pluggy 1.7.0, `PluginManager.load_setuptools_entrypoints`.
#
# Behaviour: of two installed distributions that call their entry points alike, one is loaded and the other is skipped
# without an exception, a warning or a trace in the return value. And one entry point whose module can't be imported ends
# the loading of all that would have come after it.
#
# Why it surprises: names of entry points are chosen by authors who don't know each other, so that two of them will meet.
# Which of the two is skipped depends on the order in which distributions are found. In other places pluggy refuses a name
# that is taken; here it takes the newcomer for a plugin that is already there.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pluggy==1.7.0
cd "$folder"
venv/bin/python - <<'END'
import sys
from pathlib import Path

import pluggy

print("pluggy", pluggy.__version__)


def install(site, name, point, module, text=""):
    """Write a distribution with one entry point of the group `toy`, as an installer would, into a folder."""
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[toy]\n{point} = {module}\n")
    (site / f"{module}.py").write_text(text)


def load():
    manager = pluggy.PluginManager("toy")
    try:
        outcome = f"returned {manager.load_setuptools_entrypoints('toy')}"
    except ImportError as error:
        outcome = f"raised {type(error).__name__}: {error}"
    names = [(name, plugin.__name__) for name, plugin in manager.list_name_plugin()]
    print(outcome, "- loaded:", names)
    return outcome, names


for owner in ("amber", "beryl"):
    install(Path("first"), owner, "csv", f"{owner}_module")
sys.path.insert(0, "first")
print("two distributions with an entry point `csv` each:")
outcome, names = load()
assert outcome == "returned 1" and len(names) == 1, "the second of two equal names is no longer skipped silently"

install(Path("second"), "broken", "broken", "broken_module", "import a_module_that_is_not_there")
for number in range(3):
    install(Path("third"), f"good{number}", f"good{number}", f"good{number}_module")
sys.path[1:1] = ["second", "third"]
print("besides, a broken one, and behind it three good ones:")
outcome, names = load()
assert outcome.startswith("raised") and len(names) == 1, "a broken entry point no longer ends the loading"
END
