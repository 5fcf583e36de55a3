"""Owns how a stage reaches AWS (or the emulator): the data stack, then the application by Chalice or CloudFormation.

`python -m infra.deploy --stage dev` uses Chalice; `--via cloudformation` the packaged template. Both end in functions
of the same names. Safe to repeat: what did not change is left alone. Must not start anything locally.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import event_sources, gateway_answers, stacks
from infra.environment import API_STAGE, APP_NAME, DEFAULT_REGION, ROOT, StackError, files_bucket
from infra.package import Bundle, build

Say = Callable[[str], None]
# output of the data stack (and parameter of the application's) -> the variable that names it to Chalice
STREAMS = {"EntriesStreamArn": "TANHUI_ENTRIES_STREAM_ARN", "AccountsStreamArn": "TANHUI_ACCOUNTS_STREAM_ARN"}


@dataclass(frozen=True)
class Deployment:
    """What a deployment ended with. `changed` is false when everything was there already."""

    rest_api_id: str
    changed: bool


def session() -> Any:
    """Return a session in the caller's region, by default Ningxia's."""
    return boto3.Session(
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    )


def deploy_data(aws: Any, stage: str, alarm_email: str | None = None) -> bool:
    """Create or update the stack that holds data; return whether anything changed. None keeps the alarms' address."""
    template = {"TemplateBody": (ROOT / "infra" / "resources.yaml").read_text()}
    parameters = {"Stage": stage, "AlarmEmail": alarm_email}
    return stacks.apply(aws.client("cloudformation"), f"{APP_NAME}-{stage}-data", template, parameters)


def deploy_by_cloudformation(aws: Any, made: Bundle) -> Deployment:
    """Upload the package and create or update the application's stack from its template."""
    cloudformation, name = aws.client("cloudformation"), f"{APP_NAME}-{made.stage}-app"
    data_outputs = _data_outputs(aws, made.stage)
    stream_arns = {name: data_outputs[name] for name in STREAMS}
    # A table restored from a backup has another stream, and the same package must follow it.
    digest = hashlib.sha256(" ".join((made.digest, *stream_arns.values())).encode()).hexdigest()
    if stacks.digest_of(cloudformation, name) == digest:
        return Deployment(stacks.outputs(cloudformation, name)["RestAPIId"], changed=False)
    key = f"{made.digest}.zip"
    bucket = data_outputs["ArtifactsBucketName"]
    s3 = aws.client("s3")
    s3.upload_file(str(made.zip_path), bucket, key)
    template = json.loads(made.template_path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    # Too long to be sent along: CloudFormation fetches it from the bucket.
    template_key = f"{made.digest}.json"
    s3.put_object(Bucket=bucket, Key=template_key, Body=json.dumps(template).encode())
    source = {"TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{template_key}"}
    parameters: dict[str, str | None] = {"Stage": made.stage, **stream_arns}
    changed = stacks.apply(cloudformation, name, source, parameters, digest=digest, disposable=True)
    return Deployment(stacks.outputs(cloudformation, name)["RestAPIId"], changed)


def deploy_by_chalice(aws: Any, made: Bundle, deployed_dir: Path | None = None) -> Deployment:
    """Run `chalice deploy` on the staged project; `deployed_dir` keeps what Chalice remembers of earlier ones.

    When the package is the one that was deployed last, nothing is called at all.
    """
    deployed_dir = deployed_dir or _deployed_dir()
    record = deployed_dir / f"{made.stage}.json"
    stamp = deployed_dir / f"{made.stage}.digest"
    account_id = aws.client("sts").get_caller_identity()["Account"]
    data_outputs = _data_outputs(aws, made.stage)
    stream_arns = {name: data_outputs[name] for name in STREAMS}
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "")
    target = " ".join((made.digest, account_id, aws.region_name, endpoint_url, *stream_arns.values()))
    if record.exists() and stamp.exists() and stamp.read_text() == target:
        return Deployment(_rest_api_id(record), changed=False)
    project = made.folder / "deploying"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(made.app_dir, project, copy_function=os.link)
    _write_config(project / ".chalice" / "config.json", made.stage, account_id, stream_arns)
    deployed_dir.mkdir(parents=True, exist_ok=True)
    (project / ".chalice" / "deployed").symlink_to(deployed_dir.resolve())
    _chalice_deploy(project, made.stage, aws.region_name)
    event_sources.put(aws, made.stage, account_id)
    gateway_answers.put(aws.client("apigateway"), _rest_api_id(record), API_STAGE)
    stamp.write_text(target)
    shutil.rmtree(project)
    return Deployment(_rest_api_id(record), changed=True)


def _deployed_dir() -> Path:
    """What an emulator was given must not be taken for what is in the cloud."""
    return (
        ROOT / ".local" / "deployed" if "AWS_ENDPOINT_URL" in os.environ else ROOT / ".chalice" / "deployed"
    )


def _data_outputs(aws: Any, stage: str) -> dict[str, str]:
    return stacks.outputs(aws.client("cloudformation"), f"{APP_NAME}-{stage}-data")


def _write_config(path: Path, stage: str, account_id: str, stream_arns: Mapping[str, str]) -> None:
    """Add what depends on the account, which a committed file cannot know."""
    config = json.loads(path.read_text())
    variables = config["stages"][stage]["environment_variables"]
    variables["TANHUI_FILES_BUCKET"] = files_bucket(stage, account_id)
    variables |= {STREAMS[name]: arn for name, arn in stream_arns.items()}
    path.unlink()  # a hard link to the built package, which stays as it is
    path.write_text(json.dumps(config, indent=2))


def _chalice_deploy(project: Path, stage: str, region: str) -> None:
    command = [sys.executable, "-c", "from chalice.cli import main; main()", "deploy", "--stage", stage]
    env = dict(os.environ, AWS_DEFAULT_REGION=region, PYTHONDONTWRITEBYTECODE="1")
    env = {key: value for key, value in env.items() if not key.startswith("TANHUI_")}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"`chalice deploy` failed:\n{done.stdout}{done.stderr}")


def _rest_api_id(record: Path) -> str:
    resources = json.loads(record.read_text())["resources"]
    found = [r["rest_api_id"] for r in resources if r["resource_type"] == "rest_api"]
    if not found:
        raise StackError(
            f"{record} names no REST API: the last deployment did not finish. Delete it and deploy again."
        )
    return str(found[0])


def deploy(stage: str, via: str, alarm_email: str | None = None, say: Say = print) -> Deployment:
    """Bring `stage` up to date; `via` is `chalice` or `cloudformation`."""
    aws = session()
    made = build(stage)
    say(f"Package: {made.zip_bytes / 1024 / 1024:.2f} MB")
    say(f"Data stack: {'changed' if deploy_data(aws, stage, alarm_email) else 'unchanged'}")
    done = deploy_by_chalice(aws, made) if via == "chalice" else deploy_by_cloudformation(aws, made)
    say(f"Application: {'changed' if done.changed else 'unchanged'}")
    say(f"REST API: {done.rest_api_id}, stage {API_STAGE}, region {aws.region_name}")
    return done


def main() -> int:
    """Deploy one stage; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--via", choices=("chalice", "cloudformation"), default="chalice")
    parser.add_argument("--alarm-email")
    arguments = parser.parse_args()
    try:
        deploy(arguments.stage, arguments.via, arguments.alarm_email)
    except (StackError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
