"""Observations in, statements out: metrics, scores, SWOT entries and gaps."""
