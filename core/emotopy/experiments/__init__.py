"""The experiments: a data set, mapped as recommended and as published, compared both ways, side by side.

`definition` reads what an experiment is from TOML (three ship here), `run` does it. docs/experiments.md explains.
"""
