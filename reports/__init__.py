"""The report: one object with all it says, and renderers that draw it."""
