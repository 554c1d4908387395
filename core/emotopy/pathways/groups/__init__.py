"""Groups of mapped texts compared: the question, who takes part, units, covariates, tables."""
