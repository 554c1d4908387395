"""Executes the tutorials and writes their outputs into them: `make notebooks`, or `python docs/tutorials/execute.py`.

Each notebook runs from top to bottom in a new kernel and an empty folder. What differs between machines and runs
(versions, times, names of kernels) is left out of the file, so that a second run writes the same bytes. To change a
tutorial, edit its cells in Jupyter or in a text editor, run this, and read the difference.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
TIMEOUT_S = 600
"""For one cell, on a busy machine."""


def main(arguments: list[str] | None = None) -> int:
    """Execute the notebooks that are named, or all, and write them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="files; all tutorials by default")
    for path in parser.parse_args(arguments).notebooks or tutorials():
        text = as_text(executed(path))
        path.write_text(text, "utf-8")
        print(f"{path.name}: {len(text) / 1000:.0f} kB")
    return 0


def tutorials() -> list[Path]:
    """Return the notebooks of this folder."""
    return sorted(HERE.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """Return a notebook with new outputs; a cell that raises is an error (nbclient's CellExecutionError)."""
    import nbclient
    import nbformat

    notebook = cleaned(nbformat.read(path, as_version=4))
    with tempfile.TemporaryDirectory() as folder:
        client = nbclient.NotebookClient(
            notebook,
            kernel_name=KERNEL["name"],
            timeout=TIMEOUT_S,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment(Path(folder)))
    return cleaned(notebook, keep_outputs=True)


def environment(folder: Path) -> dict[str, str]:
    """Return the kernel's environment: one thread, no settings of the user for Jupyter and IPython, no network."""
    settings = folder / ".settings"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EMOTOPY_", "MPL", "PYTHONWARN"))}
    threads = dict.fromkeys([f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")], "1")
    folders = {name: str(settings) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
    return {**kept, **threads, **folders, "HF_HUB_OFFLINE": "1"}


def cleaned(notebook: Any, *, keep_outputs: bool = False) -> Any:
    """Return a notebook without what says on which machine, or when, it was executed."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {name: value for name, value in cell.metadata.items() if name in ("alt", "tags")}
        if cell.cell_type == "code":
            if not keep_outputs:
                cell.outputs, cell.execution_count = [], None
            for output in cell.outputs:
                output.pop("metadata", None)
                if output.output_type in ("display_data", "execute_result"):
                    output.metadata = {}
    return notebook


def as_text(notebook: Any) -> str:
    """Return the text of the file."""
    import nbformat

    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main())
