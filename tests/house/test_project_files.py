"""What stands in the project's own files: one list of dependencies, commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
LOCKS = {
    "requirements.lock": {"dev", "fonts", "sql"},
    "requirements-spark.lock": {"spark"},
    "requirements-spark-client.lock": {"spark-client"},
}
"""Extras by the lock file that holds them; Spark is large and wanted by few."""
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def distribution(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def test_environment_gives_python_and_pip_and_installs_the_project():
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, installed = environment["dependencies"]
    assert python == f"python {PYPROJECT['project']['requires-python']}"
    assert pip == "pip"
    extras = ",".join(sorted(LOCKS["requirements.lock"]))
    assert installed == {"pip": [f"-e .[{extras}]"]}


def test_every_extra_is_in_one_lock():
    assert sorted(extra for extras in LOCKS.values() for extra in extras) == sorted(EXTRAS)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_every_dependency_with_a_hash_and_no_address(name):
    lock = (PROJECT / name).read_text(encoding="utf-8")
    locked = {distribution(line) for line in lock.splitlines() if line and line[0] not in " #-"}
    wanted = list(PYPROJECT["project"]["dependencies"]) if name == "requirements.lock" else []
    for extra in LOCKS[name]:
        wanted += EXTRAS[extra]
    assert {distribution(name) for name in wanted} <= locked
    assert "://" not in lock
    packages = re.findall(r"^[A-Za-z0-9][^\n]*(?:\n    --hash=[^\n]+)*", lock, flags=re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[A-Za-z0-9]", lock, flags=re.MULTILINE))
    assert all("--hash=sha256:" in package for package in packages)


def test_every_room_of_the_repository_is_there():
    for name in ("README.md", "environment.yml", "notebooks", "crmlib", "data", "reports", "tests",
                 "CHANGELOG.md", "Makefile", "crm.yaml", ".ci/run", "data/sample"):  # fmt: skip
        assert (PROJECT / name).exists(), name


def test_ci_calls_the_test_command_of_the_readme():
    assert "make test" in README
    assert (PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "make test"


COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
]


def test_readme_names_commands():
    assert COMMANDS[:2] == ["make report", "make test"]
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_make_targets_of_the_readme_exist_and_their_recipes_expand(command):
    target = command.split()[1]
    assert re.search(rf"^{target}:.*##", MAKEFILE, flags=re.MULTILINE)
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [c for c in COMMANDS if "bin/crm" in c])
def test_crm_commands_of_the_readme_run(command, tmp_path):
    """Each runs for real, on the sample, in a copy of the settings with an empty reports folder."""
    settings = tmp_path / "crm.yaml"
    settings.write_text("source: data/sample\n", encoding="utf-8")
    for name in ("data/sample", "notebooks", "crmlib"):
        link = tmp_path / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(PROJECT / name)
    words = shlex.split(command.replace(".venv/bin/crm", "crm"))
    assert words[0] == "crm"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("crm")), *words[1:]],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    expected = 2 if words[1] == "verify" else 0  # nothing is published here yet
    assert done.returncode == expected, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_code_and_notebooks_are_linted_and_formatted():
    for arguments in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments], cwd=PROJECT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_types_are_consistent():
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_files_name_no_machine_and_no_registry():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    leak = re.compile(r"(^|[^\w.])/(work|farm)/|pyp" + r"i\.org|pythonhost" + r"ed\.org")
    for name in filter(None, tracked):
        path = PROJECT / name
        if path.suffix in {".png", ".parquet"} or not path.is_file():
            continue
        assert not leak.search(path.read_text(encoding="utf-8")), name
