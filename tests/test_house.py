"""The rules of the house: which way imports go, what is public, and how long things are."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import archspec

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "archspec"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "specs" not in path.parts)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

LONGEST_MODULE, LONGEST_FUNCTION = 300, 40
LONGER_MODULES: dict[str, int] = {}
LONGER_FUNCTIONS: dict[str, int] = {}
"""What may be longer than the rest, and how long: for a reason that stands there in a comment."""


def shown(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module(path): path for path in MODULES}


def imports(path: Path) -> Iterator[tuple[Path, str, int]]:
    """Yield the modules of the package that a module imports, what it takes from them, and the line."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "archspec":
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                target, name = (inside, "") if inside in NAMES else (node.module, alias.name)
                yield NAMES[target], name, node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in NAMES:
                    yield NAMES[alias.name], "", node.lineno


def table() -> dict[str, int]:
    """Return the row of each module or folder in docs/architecture.md."""
    rows = {}
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("|") and cells[1].isdecimal():
            rows[cells[2].strip("`")] = int(cells[1])
    return rows


ROWS = table()


def room(path: Path) -> str:
    """Return the entry of the table that holds a module: itself, or else its folder."""
    name = shown(path)
    folders = [f"{folder.as_posix()}/" for folder in Path(name).parents if folder != Path()]
    found = [entry for entry in (name, *folders) if entry in ROWS]
    assert found, f"{name} stands in no row of docs/architecture.md"
    return found[0]


def test_the_table_names_what_is_there() -> None:
    assert {room(path) for path in MODULES} == set(ROWS)


def test_imports_go_down() -> None:
    wrong = [
        f"{shown(path)}:{line} imports {shown(target)}, row {ROWS[room(target)]} into row {ROWS[room(path)]}"
        for path in MODULES
        for target, _, line in imports(path)
        if room(target) != room(path) and ROWS[room(target)] >= ROWS[room(path)]
    ]
    assert not wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {shown(path): {shown(target) for target, _, _ in imports(path) if target != path} for path in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_torch_is_imported_in_the_runtime_alone() -> None:
    importers = {
        shown(path)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "torch" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch")
        if not _only_for_types(tree, node)
    }
    assert {Path(name).parts[0] for name in importers} == {"runtime"}


def _only_for_types(tree: ast.Module, node: ast.stmt) -> bool:
    guards = [guard for guard in tree.body if isinstance(guard, ast.If) and ast.unparse(guard.test) == "TYPE_CHECKING"]
    return any(node in guard.body for guard in guards)


@pytest.mark.parametrize(
    "program",
    [
        "import archspec",
        "import archspec; archspec.load('resnet-50').source()",
        "import sys; from archspec.cli import main; sys.argv = ['archspec', 'lint', 'resnet-50']; main()",
        "import sys; from archspec.cli import main; sys.argv = ['archspec', 'summary', 'resnet-50']; main()",
        "import sys; from archspec.cli import main; sys.argv = ['archspec', 'explain', 'lenet5', 'fc.fc1']; main()",
        "import sys; from archspec.cli import main; sys.argv = ['archspec', 'diff', 'vgg-A', 'vgg_a']; main()",
    ],
)
def test_torch_is_not_loaded(program: str) -> None:
    check = "import atexit, sys; atexit.register(lambda: print({'torch', 'networkx'} & set(sys.modules)))\n"
    run = subprocess.run([sys.executable, "-c", check + program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "set()"


def public(tree: ast.Module) -> list[str] | None:
    """Return a module's `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def test_all_is_what_is_public() -> None:
    wrong = {}
    for path, tree in TREES.items():
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        own = {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}
        left_out = own - set(public(tree) or ())
        if left_out:
            wrong[shown(path)] = left_out
    assert not wrong


def test_only_what_is_public_is_imported() -> None:
    private = [
        f"{shown(path)}:{line}: {name} of {shown(target)}"
        for path in MODULES
        for target, name, line in imports(path)
        if name and name not in (public(TREES[target]) or ())
    ]
    assert not private


def test_the_package_shows_every_name_once_and_in_order() -> None:
    assert list(archspec.__all__) == sorted(archspec.__all__, key=lambda name: (name.islower(), name))
    assert all(hasattr(archspec, name) for name in archspec.__all__)


def test_every_module_says_what_goes_in_and_what_comes_out() -> None:
    first = {shown(path): (ast.get_docstring(tree) or "").splitlines()[:1] for path, tree in TREES.items()}
    assert not {name: line for name, line in first.items() if not line or not line[0].endswith((".", ":"))}


def test_modules_are_short() -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = {name: length for name, length in lengths.items() if length > LONGER_MODULES.get(name, LONGEST_MODULE)}
    assert not long


def test_functions_are_short() -> None:
    lengths = {
        f"{shown(path)}:{node.name}": _lines(node)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    long = {name: length for name, length in lengths.items() if length > LONGER_FUNCTIONS.get(name, LONGEST_FUNCTION)}
    assert not long
    assert sorted(lengths.values())[len(lengths) // 2] <= 10


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has from its `def` on, its docstring not counted."""
    first = node.body[0]
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring
