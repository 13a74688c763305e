"""Imports follow the data: a package knows those before it and never those after it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDER = ("vilina_edge", "vilina_ingest", "vilina_api", "vilina_dashboards", "vilina_deploy")
FOLDERS = {name: ROOT / name.removeprefix("vilina_") / name for name in ORDER}
HEAVY_ON_A_SERVER = {"cv2", "onnxruntime", "jupedsim"}
HEAVY_TO_TRAIN = {"lightgbm"}
HEAVY_AT_ONCE = {"scipy"}
"""Only for processes that compute with it; `vilina` itself starts without."""
HEAVY_ON_A_COUNTER = {"fastapi", "uvicorn", "altair", "jinja2", "vl_convert", "holidays"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield node.module or ""


@pytest.mark.parametrize("package", ORDER)
def test_no_import_runs_against_the_data(package: str) -> None:
    later = set(ORDER[ORDER.index(package) + 1 :])
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FOLDERS[package].rglob("*.py")
        for module in imported(path)
        if module.partition(".")[0] in later
    ]
    assert not wrong


def test_every_package_is_looked_at() -> None:
    assert all(list(folder.rglob("*.py")) for folder in FOLDERS.values())


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("vilina_ingest.cli", HEAVY_ON_A_SERVER),
        ("vilina_api.cli", HEAVY_ON_A_SERVER),
        ("vilina_api.forecast_cli", HEAVY_ON_A_SERVER | HEAVY_TO_TRAIN),
        ("vilina_edge.cli", HEAVY_ON_A_COUNTER),
        ("vilina_edge.run_cli", HEAVY_ON_A_COUNTER | HEAVY_ON_A_SERVER | HEAVY_AT_ONCE),
        ("vilina_edge.eye.__main__", HEAVY_ON_A_COUNTER),
        ("vilina_deploy.cli", HEAVY_ON_A_SERVER | HEAVY_ON_A_COUNTER | HEAVY_AT_ONCE),
    ],
)
def test_a_process_imports_only_what_its_machine_has(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
