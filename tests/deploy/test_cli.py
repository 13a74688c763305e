"""The `vilina` command: lazy, and helpful where something is missing."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vilina_deploy.cli import PARTS, vilina
from vilina_edge.extras import extra_for
from vilina_edge.lazy import LazyGroup, Part

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PARTS)
def test_every_group_explains_itself(name: str) -> None:
    result = CliRunner().invoke(vilina, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert PARTS[name].help.rstrip(".").split()[0] in CliRunner().invoke(vilina, ["--help"]).output


def test_the_help_of_the_whole_loads_nothing_heavy() -> None:
    code = "import sys; from vilina_deploy.cli import vilina; vilina(['--help'], standalone_mode=False);"
    done = subprocess.run(
        [sys.executable, "-c", code + "print('cv2' in sys.modules, 'fastapi' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False False"


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(vilina, ["fly"])
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("cv2", "edge"),
        ("paho.mqtt.client", "edge"),
        ("fastapi", "server"),
        ("vl_convert", "server"),
        ("iotcore", "demo"),
        ("jupedsim", "demo"),
        ("click", None),
        ("antigravity", None),
        (None, None),
    ],
)
def test_a_missing_package_is_traced_to_the_extra_that_brings_it(
    module: str | None, extra: str | None
) -> None:
    assert extra_for(module) == extra


def test_a_missing_extra_names_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "needs_cv2.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'cv2'\", name='cv2')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    group = LazyGroup(parts={"edge": Part("needs_cv2", "edge", "Count.")}, help="Test")
    result = CliRunner().invoke(group, ["edge"])
    assert result.exit_code == 1
    assert "pip install 'vilina[edge]'" in result.output


def test_a_defect_of_our_own_is_not_taken_for_a_missing_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "needs_nothing.py").write_text("import vilina_no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    group = LazyGroup(parts={"edge": Part("needs_nothing", "edge", "Count.")}, help="Test")
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group, ["edge"], catch_exceptions=False)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command of the whole, as words."""
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        here = (*path, name)
        found += commands(command, here) if isinstance(command, click.Group) else [here]
    return found


def test_every_command_and_option_is_explained() -> None:
    for path in commands(vilina):
        command: click.Command = vilina
        for name in path:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), name)
            assert found is not None
            command = found
        assert command.help, path
        assert all(p.help or p.default is not None for p in command.params if isinstance(p, click.Option)), (
            path
        )


def test_the_documents_name_every_command_and_no_other() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    known = {" ".join(path) for path in commands(vilina)}
    assert not {command for command in known if f"vilina {command}" not in written}
    groups = "|".join(PARTS)
    named = set(re.findall(rf"`vilina ((?:{groups}) [a-z-]+)", written))
    assert named <= {" ".join(path[:2]) for path in commands(vilina)}


def test_nothing_that_is_kept_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    hosts = ("pypi.org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org")
    for name in files:
        path = ROOT / name
        if path.suffix in {".onnx", ".png"} or not path.is_file() or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], name
        assert f"{Path.home()}/" not in text, name
        assert f"{ROOT.parent}/" not in text, name
