"""Owns the names that packaging, deployment and tools share, and how a tool finds the stack it works on.

Must not be imported by the application: what the application needs to know is in `chalicelib.config`.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

APP_NAME = "tanhui"
API_STAGE = "api"  # API Gateway's stage; never part of a public address
API_ROOTS = ("v1", "docs", "problems")  # the first segments of the API's own paths
DEFAULT_REGION = "cn-northwest-1"
LOCAL_STAGE = "local"
LOCAL_KEY = "test"  # the emulator's own administrator
ROOT = Path(__file__).resolve().parent.parent
LOCAL_DIR = ROOT / ".local" / "state"
# The entry points of app.py; the same names everywhere: Chalice, CloudFormation, policies.
FUNCTIONS = (
    "api_handler",
    "imports",
    "work",
    "deliver",
    "notify",
    "recheck",
    "settle",
    "expire",
    "release",
    "remind",
    "escalate",
    "redeliver",
    "publish",
    "close",
    "audit",
    "project",
    "boards",
    "stars",
    "pool",
    "catch_up",
)


class StackError(Exception):
    """Something about the machine or a deployment is not as needed; the text says what to do about it."""


def local_environment(endpoint_url: str, url: str) -> dict[str, str]:
    """Return the environment in which a tool reaches the local stack instead of AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_REGION": DEFAULT_REGION,
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TANHUI_STAGE": LOCAL_STAGE,
        "TANHUI_PROFILE": "yinchuan",
        "TANHUI_DEMO": "1",
        "TANHUI_CHANNELS": "local",
        "TANHUI_FILES_BUCKET": files_bucket(LOCAL_STAGE, "000000000000"),
        "TANHUI_URL": url,
    }


def files_bucket(stage: str, account_id: str) -> str:
    """Return the name of the bucket for deliveries and reports."""
    return f"{APP_NAME}-{stage}-files-{account_id}"


def running_stack(state_dir: Path = LOCAL_DIR) -> Mapping[str, str]:
    """Return `url`, `endpoint_url` and `pid` of the stack that runs on `state_dir`; StackError when none does."""
    try:
        facts: dict[str, str] = json.loads((state_dir / "stack.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        facts = {}
    if not facts or not is_locked(state_dir / "stack.lock"):
        raise StackError("The local stack is not running. Start it with `make run` and try again.")
    return facts


def use_running_stack(state_dir: Path = LOCAL_DIR) -> None:
    """Point this process at the local stack, unless its environment already names a stage to work on."""
    if "TANHUI_STAGE" in os.environ:
        return
    facts = running_stack(state_dir)
    os.environ.pop("AWS_PROFILE", None)
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.update(local_environment(facts["endpoint_url"], facts["url"]))


def is_locked(path: Path) -> bool:
    """Return whether another process (or another holder in this one) holds the lock file `path`."""
    if not path.exists():
        return False
    with path.open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
