"""Owns the deployment package: what the Lambda gets, checked, and the CloudFormation template around it.

`python -m infra.package --stage dev` leaves in `build/<stage>/`: `app/` (the staged Chalice project, ready for
`chalice deploy`), `deployment.zip` and `template.json`. Must not touch a cloud account.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra import bundle, compiled, gateway_answers, vendor
from infra.environment import DEFAULT_REGION, LOCAL_STAGE, ROOT, StackError
from infra.templates import read_template, resources_of_type

ZIP_MAX_BYTES = 12 * 1024 * 1024
# Zip entries must not be older than 1980; one fixed time keeps the package the same when its content is.
FIXED_MTIME_S = 315_619_200


@dataclass(frozen=True)
class Bundle:
    """One built package. `digest` changes exactly when something that would be deployed does."""

    stage: str
    folder: Path
    digest: str
    zip_bytes: int

    @property
    def app_dir(self) -> Path:
        """The staged Chalice project."""
        return self.folder / "app"

    @property
    def zip_path(self) -> Path:
        """What the functions run."""
        return self.folder / "deployment.zip"

    @property
    def template_path(self) -> Path:
        """The CloudFormation template; its `CodeUri` names the zip beside it."""
        return self.folder / "template.json"


def build(stage: str, folder: Path | None = None, root: Path = ROOT) -> Bundle:
    """Return the package of `stage`, built in `folder` unless it is there already; StackError when it cannot be."""
    folder = folder or root / "build" / stage
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(stage, folder, root)


def _build(stage: str, folder: Path, root: Path) -> Bundle:
    inputs = _inputs_digest(stage, root)
    built = folder / "built.json"
    if built.exists() and (facts := json.loads(built.read_text()))["inputs"] == inputs:
        return Bundle(stage, folder, facts["digest"], facts["zip_bytes"])
    shutil.rmtree(folder, ignore_errors=True)
    app_dir = stage_app(stage, folder / "app", root)
    _chalice_package(stage, app_dir, folder / "packaged", root)
    bundle.normalise(folder / "packaged" / "deployment.zip", folder / "deployment.zip")
    _place_template(folder)
    made = Bundle(stage, folder, _output_digest(folder), (folder / "deployment.zip").stat().st_size)
    _check(made)
    facts = {"inputs": inputs, "digest": made.digest, "zip_bytes": made.zip_bytes}
    built.write_text(json.dumps(facts))
    return made


def stage_app(stage: str, app_dir: Path, root: Path = ROOT) -> Path:
    """Copy what ships into `app_dir`, compiled, with its dependencies in `vendor/`; return `app_dir`."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "deployed", "deployments", ".*.swp")
    app_dir.mkdir(parents=True)
    shutil.copy2(root / "app.py", app_dir)
    shutil.copytree(root / "chalicelib", app_dir / "chalicelib", ignore=ignore)
    shutil.copytree(root / ".chalice", app_dir / ".chalice", ignore=ignore)
    packages = vendor.collect(root / "requirements.txt", root / "build" / "vendor", vendor.platform_of(stage))
    shutil.copytree(packages, app_dir / "vendor", dirs_exist_ok=True)
    _compile(app_dir)
    for path in app_dir.rglob("*"):
        os.utime(path, (FIXED_MTIME_S, FIXED_MTIME_S))
    return app_dir


def _compile(app_dir: Path) -> None:
    # The order of a set in a compiled file follows the hash seed: one seed, the same bytes.
    env = dict(os.environ, PYTHONHASHSEED="0")
    command = [sys.executable, "-m", "infra.compiled", str(app_dir)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"The code does not compile:\n{done.stdout}{done.stderr}")


def _chalice_package(stage: str, app_dir: Path, out: Path, root: Path) -> None:
    run_chalice = "import sys; from chalice.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", run_chalice, "package", "--stage", stage]
    command += ["--merge-template", str(root / "infra" / "merge.yaml"), "--template-format", "yaml", str(out)]
    env = dict(os.environ, AWS_DEFAULT_REGION=os.environ.get("AWS_DEFAULT_REGION", DEFAULT_REGION))
    env = {key: value for key, value in env.items() if not key.startswith(("TANHUI_", "AWS_ENDPOINT"))}
    # Importing app.py must not leave compiled files beside the ones made to be shipped.
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(command, cwd=app_dir, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"`chalice package` failed:\n{done.stdout}{done.stderr}")


def _place_template(folder: Path) -> None:
    template = read_template(folder / "packaged" / "sam.yaml")
    template["Parameters"]["Stage"]["Default"] = folder.name
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    definition[gateway_answers.EXTENSION] = gateway_answers.gateway_responses()
    (folder / "template.json").write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")
    shutil.rmtree(folder / "packaged")


def _check(made: Bundle) -> None:
    if made.zip_bytes > ZIP_MAX_BYTES:
        size_mb = made.zip_bytes / 1024 / 1024
        raise StackError(f"The package is {size_mb:.1f} MB, more than {ZIP_MAX_BYTES // 1024 // 1024} MB.")
    bundle.import_alone(made.zip_path, handlers(made), vendor.is_native(vendor.platform_of(made.stage)))


def handlers(made: Bundle) -> list[str]:
    """Return the entry points that the template names, `app.app` and so on."""
    functions = resources_of_type(json.loads(made.template_path.read_text()), "AWS::Serverless::Function")
    return sorted(properties["Handler"] for properties in functions.values())


def _inputs_digest(stage: str, root: Path) -> str:
    digest = hashlib.sha256(f"{stage} {sys.version} {vendor.platform_of(stage)}".encode())
    files = [root / "app.py", root / "requirements.txt", root / "infra" / "merge.yaml"]
    files += [Path(module.__file__ or "") for module in (bundle, compiled, vendor, gateway_answers)]
    files.append(Path(__file__))
    files += sorted((root / ".chalice").glob("*.json"))
    files += sorted(
        p for p in (root / "chalicelib").rglob("*") if p.is_file() and "__pycache__" not in p.parts
    )
    for file in files:
        digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _output_digest(folder: Path) -> str:
    content = (folder / "deployment.zip").read_bytes() + (folder / "template.json").read_bytes()
    return hashlib.sha256(content).hexdigest()


def lint(made: Bundle) -> None:
    """Check the template with cfn-lint; StackError with its findings."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", DEFAULT_REGION, "--"]
    for template in (made.template_path, ROOT / "infra" / "resources.yaml"):
        done = subprocess.run([*command, str(template)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"cfn-lint has objections to {template}:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Build and check the package of one stage and print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default=LOCAL_STAGE)
    arguments = parser.parse_args()
    try:
        made = build(arguments.stage)
        lint(made)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{made.zip_path.relative_to(ROOT)}: {made.zip_bytes / 1024 / 1024:.2f} MB, {len(handlers(made))} functions"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
