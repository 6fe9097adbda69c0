def read_state(page): return [], []
