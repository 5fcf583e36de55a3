"""Owns building the mini-app: its packages installed and its products built, each again only when something changed.

Run as `python -m infra.frontend build h5 mp-weixin mp-alipay`, or with the name of an npm script. Imported before
anything is installed: the standard library only.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "frontend-miniapp"
TARGETS = ("h5", "mp-weixin", "mp-alipay")
_SOURCES = ("index.html", "package-lock.json", "src", "tools", "tsconfig.json", "vite.config.ts")
# `CI` keeps uni's command line from posting a digest of the machine to its vendor.
_ENVIRONMENT = {"CI": "1", "npm_config_update_notifier": "false", "npm_config_fund": "false"}

Say = Callable[[str], None]


class FrontendError(Exception):
    """An npm command failed; the text says which, and the end of what it said."""


def _quiet(_text: str) -> None:
    return None


def output_of(target: str) -> Path:
    """Return the folder a target is built into."""
    assert target in TARGETS, target
    return FOLDER / "dist" / "build" / target


def install(say: Say = _quiet) -> None:
    """Install exactly what the lock file says, unless that is there already."""
    stamp_file, stamp = FOLDER / "node_modules" / "tanhui-stamp", _digest([FOLDER / "package-lock.json"])
    with _locked():
        if stamp_file.exists() and stamp_file.read_text() == stamp:
            return
        say("Installing the mini-app's packages (once; half a minute) …")
        # The install scripts of packages are not run: none of ours needs one.
        _npm("ci", "--ignore-scripts", "--no-audit", "--prefer-offline")
        stamp_file.write_text(stamp)


def build(target: str, say: Say = _quiet) -> Path:
    """Build one target unless its sources are those of the last build; return its folder."""
    install(say)
    out = output_of(target)
    stamp_file, stamp = out.with_name(f"{target}.stamp"), _digest([FOLDER / name for name in _SOURCES])
    with _locked():
        if out.is_dir() and stamp_file.exists() and stamp_file.read_text() == stamp:
            return out
        say(f"Building the mini-app ({target}) …")
        stamp_file.unlink(missing_ok=True)
        _npm("run", "--silent", f"build:{target}")
        stamp_file.write_text(stamp)
    return out


def run(script: str) -> str:
    """Run one of the package's scripts and return what it said; FrontendError when it fails."""
    install()
    return _npm("run", "--silent", script)


def _npm(*arguments: str) -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise FrontendError("`npm` was not found; it comes with Node.js, https://nodejs.org.")
    done = subprocess.run(
        [npm, *arguments],
        cwd=FOLDER,
        env=os.environ | _ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise FrontendError(f"`npm {' '.join(arguments)}` failed in {FOLDER}:\n{end}")
    return done.stdout


@contextmanager
def _locked() -> Iterator[None]:
    """One at a time on this checkout: two builds into one folder would spoil each other."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(FOLDER)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    """Build the targets after `build`, or run one npm script; return the exit code."""
    try:
        if arguments[:1] == ["build"]:
            for target in arguments[1:]:
                build(target, say=lambda text: print(text, flush=True))
        else:
            for script in arguments:
                print(run(script), end="", flush=True)
    except FrontendError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
