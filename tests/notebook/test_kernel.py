"""A notebook that is executed by Jupyter: what its cells show, and what an error says there."""

from __future__ import annotations

import pytest

FIRST = (
    "import warnings; warnings.simplefilter('ignore')\n"
    "from emotopy.pathways.text.pathway import TextPathway\n"
    "pathway = TextPathway.from_config({'reducer': 'pca', 'clusterer': {'use': 'kmeans', 'n_clusters': 2}})\n"
    "pathway"
)
CELLS = [
    FIRST,
    "fitted = pathway.fit([f'I am afraid of the river {i}' for i in range(12)])\nfitted",
    "result = fitted.result\nresult",
]


@pytest.mark.slow
def test_cells_show_views(page, tmp_path):
    """Pathway, fitted pathway, result: HTML for the page, text for who reads none."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell, word in zip(notebook.cells, ("embedder", "fitted to 12", "amygdala"), strict=True):
        (output,) = [one for one in cell.outputs if one.output_type == "execute_result"]
        assert word in page(output.data["text/html"]).text
        assert output.data["text/plain"].strip()
