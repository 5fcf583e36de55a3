"""Owns the compiled files of the package: never checked against their source, which halves a cold start.

Run as `python -m infra.compiled FOLDER` on a staged Chalice project, with PYTHONHASHSEED set for the same bytes again.
Must not leave anything out of the sources: tracebacks and reviewers want them.
"""

import compileall
import py_compile
import sys
from pathlib import Path

import chalice

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
LAMBDA_ROOT = "/var/task"


def compile_project(app_dir: Path) -> bool:
    """Compile `app_dir` in place; return whether our own code compiled (packages may hold files that never do)."""
    for folder, shown_as in (("vendor", LAMBDA_ROOT), ("chalicelib", f"{LAMBDA_ROOT}/chalicelib")):
        root = app_dir / folder
        done = compileall.compile_dir(
            root, quiet=1, stripdir=str(root), prependdir=shown_as, invalidation_mode=UNCHECKED
        )
        if not done and folder == "chalicelib":
            return False
    # Chalice adds app.py and its own two files itself; their compiled forms go through vendor/.
    chalice_dir = Path(chalice.__file__).parent
    sources = {"app.py": app_dir / "app.py"}
    sources |= {f"chalice/{name}": chalice_dir / name for name in ("app.py", "__init__.py")}
    for name, source in sources.items():
        cache = Path(name).parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        target = str(app_dir / "vendor" / cache)
        py_compile.compile(str(source), target, f"{LAMBDA_ROOT}/{name}", True, invalidation_mode=UNCHECKED)
    return True


if __name__ == "__main__":
    sys.exit(0 if compile_project(Path(sys.argv[1])) else 1)
