def body_of(node): return ""
def read_sections(page): return []
def read_summary(page): return []
