"""One file a format; each has suffix, media_type and render(report) -> bytes."""
