"""Owns what is true of any deployment package: the same content gives the same bytes, and it imports on its own."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.environment import StackError

# What the Lambda runtime brings; importing anything else must succeed from the package alone.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
FIXED_DATE = (1980, 1, 1, 0, 0, 0)
IMPORT_ALONE = """
import importlib, sys
sys.path[:0] = sys.argv[1:3]
missing = []
for name in sys.argv[3:]:
    module, attribute = name.rsplit(".", 1)
    if not hasattr(importlib.import_module(module), attribute):
        missing.append(name)
shipped = [n for n in ("boto3", "botocore") if n in sys.modules and sys.modules[n].__file__.startswith(sys.argv[1])]
sys.exit(f"no such entry point: {missing}" if missing else f"must not ship {shipped}" if shipped else 0)
"""


def normalise(source: Path, target: Path) -> None:
    """Write the zip `source` to `target` with sorted entries, one date and plain permissions."""
    with zipfile.ZipFile(source) as packed, zipfile.ZipFile(target, "w") as out:
        for name in sorted(set(packed.namelist())):
            if name.endswith("/"):
                continue
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, packed.read(name), compresslevel=9)


def import_alone(package: Path, handlers: list[str], native: bool) -> None:
    """Import the entry points in a clean interpreter that sees the package and the runtime's own packages only.

    Raises StackError with the traceback. A package for another architecture cannot be imported here and is not.
    """
    if not native:
        return
    with tempfile.TemporaryDirectory(prefix="tanhui-bundle-") as scratch:
        code, runtime = Path(scratch, "code"), Path(scratch, "runtime")
        with zipfile.ZipFile(package) as packed:
            packed.extractall(code)
        runtime.mkdir()
        for name in RUNTIME_PACKAGES:
            link(name, runtime)
        # -I -S: no site-packages, no variables of the caller, not the current folder.
        command = [sys.executable, "-I", "-S", "-c", IMPORT_ALONE, str(code), str(runtime), *handlers]
        done = subprocess.run(command, env=_bare_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"The package cannot be imported on its own:\n{done.stderr}")


def link(name: str, folder: Path) -> None:
    """Make a runtime package importable from `folder`."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"{name} is not installed here; run `make run` or `make test`, which install it.")
    origin = Path(spec.origin)
    source = origin.parent if origin.name == "__init__.py" else origin
    (folder / source.name).symlink_to(source)


def _bare_environment() -> dict[str, str]:
    # Whoever asks AWS for anything while being imported fails here at once.
    return {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "cn-northwest-1",
        "AWS_DEFAULT_REGION": "cn-northwest-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TANHUI_STAGE": "dev",
        "TANHUI_DEMO": "1",
    }
