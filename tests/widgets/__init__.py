"""Pages with a chat that only a browser sees, one a way of loading, and their twins without."""
