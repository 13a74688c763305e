"""A counter tells nobody but its site."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_detector_leaves_no_identifier_and_reports_to_nobody(tmp_path: Path) -> None:
    code = (
        "import os; from vilina_edge.vision.nanodet import NanoDet; NanoDet();"
        " print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    clean = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []


def test_nobody_imports_onnxruntime_past_the_module_that_silences_it() -> None:
    wrong = []
    for path in ROOT.rglob("*.py"):
        if ".venv" in path.parts or path.name == "inference.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [str(path) for name in names if name.partition(".")[0] == "onnxruntime"]
    assert wrong == []
