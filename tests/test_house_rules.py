"""Rules about the source that no linter has."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "armchair"
FILES = sorted(SOURCE.rglob("*.py"))
PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
READS_OLD_PICKLES = SOURCE / "exchange" / "sketch_tensors.py"
"""The one file that may call torch.load, as `torch.load(..., weights_only=True)`: see its docstring."""
MAX_FILE, MAX_FUNCTION = 300, 60  # lines
MAX_FOLDER = 15  # files


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level names of the modules that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def pickling_calls(tree: ast.Module) -> Iterator[str]:
    """Calls that read or write pickles through another library: torch.save, torch.load, allow_pickle=True."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in {"torch.save", "torch.load"}:
            safe = any(ast.unparse(word) == "weights_only=True" for word in node.keywords)
            yield f"{name}(weights_only=True)" if safe else name
        allowed = [word for word in node.keywords if word.arg == "allow_pickle"]
        if any(ast.unparse(word.value) != "False" for word in allowed):
            yield f"{name}(allow_pickle=...)"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_source_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not PICKLERS & set(imported(tree)), "no pickle anywhere"
    allowed = ["torch.load(weights_only=True)"] if path == READS_OLD_PICKLES else []
    assert list(pickling_calls(tree)) == allowed, "no pickle anywhere, not through torch or numpy either"
    assert len(text.splitlines()) <= MAX_FILE
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    too_long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION]
    assert not too_long


def test_the_rule_finds_pickles() -> None:
    tree = ast.parse("import pickle\nimport torch\ntorch.save(1, 'x')\nnumpy.load('x', allow_pickle=True)\n")
    assert PICKLERS & set(imported(tree)) == {"pickle"}
    assert list(pickling_calls(tree)) == ["torch.save", "numpy.load(allow_pickle=...)"]


def test_no_folder_is_crowded() -> None:
    counts = Counter(str(path.parent.relative_to(SOURCE)) for path in FILES)
    assert not {folder: count for folder, count in counts.items() if count > MAX_FOLDER}


def test_only_environments_ask_whose_an_environment_is() -> None:
    """Everyone else asks for an ability, and for a `TaskSpec` by name."""
    outside = [path for path in FILES if SOURCE / "envs" not in path.parents]
    for path in outside:
        text = path.read_text(encoding="utf-8")
        assert ", ArmEnv)" not in text, path
        assert '":" in' not in text, path
