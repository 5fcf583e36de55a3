"""Owns the virtual environments: made when missing, installed anew only when their requirement files changed.

Run as `python3 -m infra.bootstrap node dev stack h5` before anything is installed: the standard library only. That
Python itself is new enough is checked by the Makefile, since an old one could not read this file.
"""

import hashlib
import importlib.util
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from infra import frontend

ROOT = Path(__file__).resolve().parent.parent
NODE_AT_LEAST = 20
PIP = "pip==26.2.1"  # Chalice needs pip < 26.3
ENVIRONMENTS = {
    "dev": (".venv", ["requirements.txt", "tests/requirements.txt"]),
    "stack": (".venv-stack", ["infra/requirements-stack.txt"]),
}


class BootstrapError(Exception):
    """The machine lacks something; the text says what to do about it."""


def check_venv() -> None:
    """Raise BootstrapError when this interpreter cannot make virtual environments with pip in them."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise BootstrapError(
            f"This Python ({sys.executable}) cannot make virtual environments with pip. On Debian and Ubuntu install "
            "`python3-venv`, then run the command again."
        )


def check_node(node: str | None) -> None:
    """Raise BootstrapError unless `node` (a path, None when there is none) is Node.js 20 or newer."""
    advice = "Install it from https://nodejs.org and run the command again."
    if node is None:
        raise BootstrapError(
            f"Node.js {NODE_AT_LEAST} or newer is needed for the mini-app, but `node` was not found. {advice}"
        )
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").split(".")[0]
    if not major.isdigit() or int(major) < NODE_AT_LEAST:
        raise BootstrapError(
            f"Node.js {NODE_AT_LEAST} or newer is needed for the mini-app, but `{node} --version` says {said!r}. "
            f"{advice}"
        )


def prepare(name: str) -> None:
    """Make the environment `name` (`dev` or `stack`) ready; does nothing when its requirements did not change."""
    folder, requirement_files = ENVIRONMENTS[name]
    target = ROOT / folder
    stamp_file = target / "tanhui-stamp"
    stamp = _stamp(requirement_files)
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    check_venv()
    print(f"Installing into {folder} (once; a minute or two) …", flush=True)
    # What an interrupted start left half made is made anew.
    shutil.rmtree(target, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(target)])
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, PIP])
    _run([*pip, *(argument for file in requirement_files for argument in ("-r", str(ROOT / file)))])
    stamp_file.write_text(stamp)


def _stamp(requirement_files: list[str]) -> str:
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {ROOT}".encode())
    for file in requirement_files:
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise BootstrapError(
            f"`{' '.join(command[:4])} …` failed, see above. Is a package registry in reach? "
            "Run the command again once it is."
        )


def main(arguments: list[str]) -> int:
    """Prepare the named environments (`node` checks Node.js, `h5` builds the mini-app); return the exit code."""
    try:
        for name in arguments:
            if name == "node":
                check_node(shutil.which("node"))
            elif name == "h5":
                frontend.build("h5", say=lambda text: print(text, flush=True))
            else:
                prepare(name)
    except (BootstrapError, frontend.FrontendError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run the command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
