"""Load a saved pathway and map texts with it: what another process does.

python load_and_map.py MODEL TEXTS.json OUT [--upload] [OPTION=FILE ...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import emotopy
from emotopy.registry import Registry


def main(model: str, texts: str, out: str, *more: str) -> None:
    registry = Registry.load(plugins=False)
    options = dict(one.split("=", 1) for one in more if "=" in one)
    fitted = emotopy.load(model, registry=registry, options=options, allow_upload="--upload" in more)
    result = fitted.transform(json.loads(Path(texts).read_text("utf-8")))
    for name in ("regions", "texts", "clusters"):
        getattr(result, name).to_parquet(Path(out) / f"{name}.parquet")
    told = {"notes": result.notes, "provenance": result.provenance}
    Path(out, "told.json").write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
