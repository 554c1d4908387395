"""axe-core, the field's rules of accessibility, run in a page and in its frames."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tests.browser.chromium import Shown

VERSION = "4.14.1"
HERE = Path(sys.prefix) / f"axe-core-{VERSION}" / "package" / "axe.min.js"
"""Where ``.ci/run`` puts it: in the environment, out of the repository."""
RUN = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations", "incomplete"]});
    const short = (rules) => rules.flatMap((rule) => rule.nodes.map((node) => ({
        rule: rule.id, impact: rule.impact, target: node.target.flat().join(" "), html: node.html.slice(0, 160),
        why: [...node.any, ...node.all, ...node.none].map((one) => one.message).join("; "),
    })));
    return {violations: short(found.violations), incomplete: short(found.incomplete)};
}"""


def script() -> Path | None:
    """Return the path of the script: the variable EMOTOPY_AXE, or HERE; None where it isn't."""
    path = Path(os.environ.get("EMOTOPY_AXE") or HERE)
    return path if path.is_file() else None


@cache
def source(path: Path) -> str:
    """Return the script."""
    return path.read_text("utf-8")


def run(shown: Shown, path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return axe's violations, and what it couldn't decide (`incomplete`), each with its element."""
    for frame in shown.page.frames:
        frame.evaluate(source(path))
    return shown.page.evaluate(RUN)


def violations(shown: Shown, path: Path) -> list[str]:
    """Return the violations as lines."""
    return [f"{one['rule']} ({one['impact']}): {one['target']}: {one['why']}" for one in run(shown, path)["violations"]]
