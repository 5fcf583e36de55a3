"""Owns the third-party packages in the deployment package: exactly `requirements.txt`, as wheels for the Lambda.

Must not resolve anything: the file names every package, so a missing wheel is an error and never a surprise.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from infra.environment import LOCAL_STAGE, StackError

ARCHITECTURE = "x86_64"
NATIVE = "native"  # this machine, when it cannot run Linux wheels for the Lambda's architecture
# python3.11 runs on Amazon Linux 2 (glibc 2.26), later ones on Amazon Linux 2023 (glibc 2.34).
GLIBC_MINOR_MAX = 26 if sys.version_info < (3, 12) else 34
# Chalice adds its own two files; the rest of it is the command line tool.
NOT_VENDORED = ("chalice",)
UNUSED_FOLDERS = ("tests", "test", "testing", "docs", "__pycache__")
UNUSED_FILES = ("*.pyi", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "*.dist-info/WHEEL")


def platform_of(stage: str) -> str:
    """Return whose wheels `stage` needs: the Lambda's architecture or, locally on another machine, `native`."""
    if stage == LOCAL_STAGE and not is_native(ARCHITECTURE):
        return NATIVE
    return ARCHITECTURE


def is_native(architecture: str) -> bool:
    """Return whether this machine can run what was built for `architecture`."""
    here = (
        sys.platform == "linux" and platform.machine() == architecture and platform.libc_ver()[0] == "glibc"
    )
    return architecture == NATIVE or here


def collect(requirements: Path, cache: Path, architecture: str) -> Path:
    """Return a folder with the packages, slimmed; made once per content of `requirements`, kept in `cache`."""
    wanted = _vendored_lines(requirements.read_text())
    key = hashlib.sha256(
        "\n".join([*wanted, sys.version, architecture, Path(__file__).read_text()]).encode()
    ).hexdigest()[:16]
    folder = cache / key
    if folder.exists():
        return folder
    unfinished = cache / f"{key}.{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    _install(wanted, unfinished, architecture)
    _slim(unfinished)
    unfinished.rename(folder)
    return folder


def _vendored_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in lines:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line):
            raise StackError(f"requirements.txt must pin every package as name==version, but holds {line!r}.")
    return [line for line in lines if line.split("==")[0].lower() not in NOT_VENDORED]


def _install(wanted: list[str], target: Path, architecture: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--no-compile", "--target", str(target)]
    if architecture != NATIVE:
        command += [
            "--implementation",
            "cp",
            "--python-version",
            f"{sys.version_info[0]}.{sys.version_info[1]}",
        ]
        tags = [f"manylinux_2_{minor}_{architecture}" for minor in range(GLIBC_MINOR_MAX, 4, -1)]
        for tag in [*tags, f"manylinux2014_{architecture}"]:
            command += ["--platform", tag]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(
            f"The packages of requirements.txt cannot be had as wheels for {architecture}:\n{done.stderr.strip()}"
        )


def _slim(folder: Path) -> None:
    for name in UNUSED_FOLDERS:
        for unused in [path for path in folder.rglob(name) if path.is_dir()]:
            shutil.rmtree(unused, ignore_errors=True)
    for pattern in UNUSED_FILES:
        for path in list(folder.rglob(pattern)):
            path.unlink(missing_ok=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
