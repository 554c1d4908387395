"""BERTopic as it comes, fitted to given embeddings: the peer of text_speed.py, in an environment of its own.

PYTHON text_peer.py comments.json embeddings.npy
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from bertopic import BERTopic


def main() -> None:
    comments, embeddings = map(Path, sys.argv[1:])
    texts = json.loads(comments.read_text(encoding="utf-8"))
    model = BERTopic()
    topics, _ = model.fit_transform(texts, np.load(embeddings))
    print(len(set(topics)), "topics,", sum(topic == -1 for topic in topics), "comments in none")


if __name__ == "__main__":
    main()
