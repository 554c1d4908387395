"""`emotopy data`: public data sets, from their official layout to what the other commands take."""

from __future__ import annotations

import typer

from emotopy.cli.data import folders, interviews, tables

app = typer.Typer(no_args_is_help=True, help="Bring public data sets into one table.")


@app.callback()
def _data() -> None:
    pass


app.command("goemotions")(tables.goemotions)
app.command("daic-woz")(interviews.daic_woz)
app.command("e-daic")(interviews.e_daic)
app.command("schema-guided")(tables.schema_guided)
app.command("paired-answers")(tables.paired_answers)
app.command("alice")(folders.alice)
app.command("neuroquery")(folders.neuroquery)
