"""Page to observations: pure functions that all read one parsed page."""
