"""The examples of docs/embed.md, run as their readers would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from tests.examples.service import running

import emotopy

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "embed"
TEXTS = ["I was so happy to see her again.", "I was afraid of the night.", "He made me angry.", "We wept for a week."]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small fitted pathway and the folder it was saved to."""
    fitted = emotopy.TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}).fit(
        [f"{text} It was day {day}." for day in range(5) for text in TEXTS]
    )
    folder = tmp_path_factory.mktemp("embed") / "model"
    fitted.save(folder)
    return fitted, folder


def _post(port: int, body: object) -> tuple[int, object]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/regions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.extra
def test_the_service_gives_the_numbers_of_the_fitted_pathway(model):
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    fitted, folder = model
    with running(EXAMPLES, folder) as port:
        status, found = _post(port, {"texts": TEXTS})
        assert status == 200
        wanted = fitted.transform(TEXTS).texts
        for row, (_, expected) in zip(found, wanted.iterrows(), strict=True):
            assert list(row) == [f"profile_{name}" for name in fitted.mapped.targets]
            np.testing.assert_allclose([row[name] for name in row], [expected[name] for name in row], atol=1e-6)

        answers: list[tuple[int, object]] = []
        threads = [threading.Thread(target=lambda: answers.append(_post(port, {"texts": TEXTS}))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers == [(200, found)] * 8

        assert _post(port, {"texts": []})[0] == 422
        assert _post(port, {"texts": ["      "]})[0] == 422
        assert _post(port, {"texts": TEXTS}) == (200, found)


@pytest.mark.extra
def test_the_page_shows_regions_of_what_is_typed(model, monkeypatch):
    testing = pytest.importorskip("streamlit.testing.v1")
    monkeypatch.setenv("EMOTOPY_MODEL", str(model[1]))
    page = testing.AppTest.from_file(str(EXAMPLES / "dashboard.py"), default_timeout=60).run()
    assert not page.exception
    page.text_area[0].set_value("\n".join(TEXTS)).run()
    assert not page.exception
    shown = page.dataframe[0].value
    assert set(shown["region"]) == set(model[0].transform(TEXTS).regions["region"])


def test_the_pool_maps_files(model, tmp_path):
    paths = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path, texts in zip(paths, (TEXTS, TEXTS[:2]), strict=True):
        path.write_text("\n".join(texts), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, EXAMPLES / "pool.py", model[1], *paths],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    lines = ran.stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["a.txt: 4 texts", "b.txt: 2 texts"]
