"""The house rules a machine can check: import contracts and file sizes."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for folder in ("protfold", "workflows", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def test_import_contracts() -> None:
    """Floors, no Prefect in the package, no torch in io; the contracts stand in pyproject.toml."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_file_over_600_lines() -> None:
    """The ceiling of the house."""
    assert {str(path): size for path in SOURCES if (size := len(path.read_text().splitlines())) > 600} == {}


def test_no_function_over_100_lines() -> None:
    """Likewise."""
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > 100:
                    long[f"{path}:{node.name}"] = length
    assert long == {}


def test_no_utils() -> None:
    """A helper has a subject and lives with it."""
    assert [path for path in SOURCES if path.stem in ("util", "utils") or path.parent.name in ("util", "utils")] == []
