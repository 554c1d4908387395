"""Readers of file formats: tables, series, images, narratives, ratings, motion, confounds."""
