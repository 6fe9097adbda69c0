"""The floor of cxscout: items, settings, database, archive, politeness, and the app on top."""

__version__ = "0.1.0"
