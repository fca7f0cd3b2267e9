"""A tool's requirements → a Python that has them, and for all else what the running Python has, torch above all."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

__all__ = ["environment"]


def environment(requirements: Path, folder: Path) -> Path:
    """Return the Python of a new virtual environment.

    Raises:
        RuntimeError: If pip cannot install the requirements; in pip's words.
    """
    builder = venv.EnvBuilder(symlinks=os.name != "nt")
    builder.create(folder)
    python = Path(builder.ensure_directories(folder).env_exe)
    paths = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
    running = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (packages / "running.pth").write_text("\n".join(running), encoding="utf-8")
    # No dependencies, or a second torch would come along; and torcharc declares a newer Python than it needs.
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    command += ["--ignore-requires-python", "--disable-pip-version-check", "--requirement", requirements]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    pip = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    if pip.returncode:
        raise RuntimeError((pip.stderr.strip() or "pip failed").splitlines()[-1])
    return python
