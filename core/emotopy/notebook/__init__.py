"""What notebooks show of results and pathways (`_repr_html_`): small pages that need no script and no network."""

from emotopy.notebook.pathways import pathway_html
from emotopy.notebook.results import AtHand, annotation_html, result_html

__all__ = ["AtHand", "annotation_html", "pathway_html", "result_html"]
