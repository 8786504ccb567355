"""The house keeps its shape: imports run one way, none inside a function, and no file names a machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each room, and the rooms it may import: any further down its chain.
ARROWS = {
    "publication": set(),
    "resources": {"publication"},
    "bulletins": {"resources", "publication"},
    "subscribers": {"publication"},
    "mailings": {"bulletins", "subscribers", "resources", "publication"},
    "demo": {"mailings", "bulletins", "subscribers", "resources", "publication"},
    "config": set(),
}
FORBIDDEN_NAMES = {"utils", "core", "common", "services", "signals", "helpers", "misc"}


def modules() -> list[Path]:
    """Every Python file of the rooms, migrations left out."""
    found = (path for room in ARROWS for path in sorted((ROOT / room).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


def imported(node: ast.AST) -> Iterator[str]:
    """The dotted names that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> set[str]:
    return {name for node in ast.walk(ast.parse(path.read_text())) for name in imported(node)}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    room = path.relative_to(ROOT).parts[0]
    rooms = {name.split(".")[0] for name in imports_of(path)} & set(ARROWS)
    assert rooms - {room} <= ARROWS[room]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_inside_a_function(path):
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    inner = [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert inner == []


def test_no_module_imports_itself_by_a_detour():
    names = {dotted(path): imports_of(path) for path in modules()}
    graph = {name: {other for other in found if other in names and other != name} for name, found in names.items()}
    # A package's __init__ gathers its modules: what imports the package does not import them by that.
    for name, found in graph.items():
        found -= {parent for parent in names if name.startswith(parent + ".")}
    while leaves := {name for name, found in graph.items() if not found}:
        graph = {name: found - leaves for name, found in graph.items() if name not in leaves}
    assert graph == {}


def test_no_room_for_odds_and_ends():
    stems = {path.stem for path in modules()} | {path.parent.name for path in modules()}
    # config/services.py holds the embedded servers, which is what the word means there.
    assert stems & FORBIDDEN_NAMES <= {"services"}
    assert [p for p in modules() if p.stem == "services"] == [ROOT / "config" / "services.py"]


def test_the_lock_names_no_place():
    lock = (ROOT / "requirements.txt").read_text()
    assert re.findall(r"^--|file:|https?:|@ ", lock, re.MULTILINE) == []
    assert lock.count("--hash=sha256:") > 50


def test_no_path_of_this_checkout_is_kept():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name.decode() for name in names.split(b"\0") if name]
    # Longer than any word of ours could be, wherever the checkout lies.
    place = f"{ROOT}/".encode()
    assert [str(path) for path in files if path.is_file() and place in path.read_bytes()] == []


def test_every_test_folder_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
