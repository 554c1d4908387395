"""The page docs/scikit-learn.md: its code runs, one block after the other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scikit-learn.md"


def test_the_code_of_the_page_runs():
    """As it stands, in one namespace; what it makes is what the prose says."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    assert names["table"].shape == (12, 28)
    assert names["search"].predict(["He is terrified", "What a delight"]).tolist() == [0, 1]
    assert names["features"].shape == (960, 28)
    assert names["one_run"].shape == (55, 28)
    assert names["scores"].shape == (4,)
    assert np.isfinite(names["scores"]).all()
    assert names["model"].cv_predictions_.shape == (960, 1)
