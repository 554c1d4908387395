"""Evidence: how much likelier a study that uses a term is to report peaks at a place of the brain; and what follows.

`terms` which terms there are, `build` makes the table from studies, `table` holds, reads and writes it, `profile` takes
texts through the terms to regions.
"""
