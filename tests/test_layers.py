"""The arrows of docs/design.md: who may import whom."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOOR = {"items", "errors", "config", "settings", "domains"}
SECOND = {
    "db",
    "migrations",
    "seal",
    "archive",
    "browser",
    "guard",
    "politeness",
    "download",
    "egress",
    "privacy",
}

# layer -> layers it may import (itself is always allowed)
ALLOWED = {
    "floor": set(),
    "second": {"floor"},
    "pipelines": {"floor", "second"},
    "spiders": {"floor", "second"},
    "analysis": {"floor", "second"},
    "reports": {"floor", "second", "analysis"},
    "app": {"floor", "second", "pipelines", "spiders", "analysis", "reports"},
}
FORBIDDEN_PACKAGES = {
    "analysis": {"scrapy", "twisted", "playwright"},
    "reports": {"scrapy", "twisted"},
    "spiders": {"sqlite3", "sqlite_utils", "requests", "httpx", "urllib.request"},
}


def layer_of(module):
    parts = module.split(".")
    if parts[0] in ("spiders", "analysis", "reports"):
        return parts[0]
    if parts[0] != "crawler" or len(parts) == 1:
        return None
    if parts[1] in FLOOR:
        return "floor"
    if parts[1] in SECOND:
        return "second"
    return {"pipelines": "pipelines", "app": "app", "__main__": "app"}[parts[1]]


def imports_of(path):
    """(module, line) of every import outside `if TYPE_CHECKING:`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def modules():
    for package in ("crawler", "spiders", "analysis", "reports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if "templates" not in path.parts:
                yield name.removesuffix(".__init__"), path


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: str(value)[-40:])
def test_module_imports_only_what_lies_below_it(module, path):
    layer = layer_of(module)
    if layer is None:
        return
    wrong = []
    for name, line in imports_of(path):
        if name.split(".")[0] in ("crawler", "spiders", "analysis", "reports"):
            try:
                below = layer_of(name)
            except KeyError:
                below = None
            if below is not None and below != layer and below not in ALLOWED[layer]:
                wrong.append(f"line {line}: {name} ({below})")
        if name.split(".")[0] in FORBIDDEN_PACKAGES.get(
            layer, ()
        ) or name in FORBIDDEN_PACKAGES.get(layer, ()):
            wrong.append(f"line {line}: {name}")
    assert not wrong, f"{module} ({layer}) imports {wrong}"
