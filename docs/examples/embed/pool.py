"""A pool of processes that map files of texts: `python pool.py model/ a.txt b.txt`.

Each worker loads the model once. Results are plain data and can be sent back to the main process.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import emotopy

model = None


def load(folder):
    """Load the model in a worker."""
    global model
    model = emotopy.load(folder)


def mapped(path):
    """Map the lines of a file."""
    return model.transform([line for line in path.read_text("utf-8").splitlines() if line.strip()])


def main(folder, paths):
    """Map the files, two at a time, and print how many texts each holds and its first region."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=load, initargs=(folder,)) as pool:
        for path, result in zip(paths, pool.map(mapped, paths), strict=True):
            first = result.regions.sort_values("relative", ascending=False).iloc[0]
            print(f"{path.name}: {len(result.texts)} texts, first {first['region']}")


if __name__ == "__main__":
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])
