"""Figures for papers: a function per figure, over tables, and the geometry of glass brains."""
