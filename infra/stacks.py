"""Owns CloudFormation stacks: create or update one, wait for it, say why it failed. Knows no resource of ours."""

import time
from typing import Any

from botocore.exceptions import ClientError

from infra.environment import StackError

DIGEST_TAG = "tanhui:digest"
TIMEOUT_S = 1200
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
# A stack left in one of these by a failed first creation can only be deleted.
DEAD = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")


def apply(
    cloudformation: Any,
    name: str,
    template: dict[str, str],
    parameters: dict[str, str | None],
    digest: str = "",
    disposable: bool = False,
) -> bool:
    """Create or update stack `name`; return whether anything changed. StackError with the first cause if it fails.

    `template` is a `TemplateBody` or, from 51 200 bytes on, a `TemplateURL`. A parameter of None keeps its value, or
    has its default in a new stack. `digest` is kept as a tag, see `digest_of`. A `disposable` stack that a failed
    creation left dead is made anew.
    """
    status = status_of(cloudformation, name)
    if status in DEAD and disposable:
        cloudformation.delete_stack(StackName=name)
        status = _wait(cloudformation, name)
    request = {
        "StackName": name,
        **template,
        "Parameters": _parameters(parameters, is_new=status is None),
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": DIGEST_TAG, "Value": digest or "none"}],
    }
    try:
        if status is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise
    ended = _wait(cloudformation, name)
    if ended not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackError(f"Stack {name} ended as {ended}: {_first_failure(cloudformation, name)}")
    return True


def _parameters(values: dict[str, str | None], is_new: bool) -> list[dict[str, Any]]:
    given = [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items() if v is not None]
    kept = [{"ParameterKey": k, "UsePreviousValue": True} for k, v in values.items() if v is None]
    return given if is_new else given + kept


def status_of(cloudformation: Any, name: str) -> str | None:
    """Return the status of stack `name`, None when there is no such stack."""
    stack = _find(cloudformation, name)
    return None if stack is None or stack["StackStatus"] == "DELETE_COMPLETE" else str(stack["StackStatus"])


def digest_of(cloudformation: Any, name: str) -> str | None:
    """Return the digest that stack `name` was last applied with, None unless that ended well."""
    stack = _find(cloudformation, name)
    if stack is None or stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == DIGEST_TAG), None)


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """Return the outputs of stack `name`; StackError when there is no such stack."""
    stack = _find(cloudformation, name)
    if stack is None:
        raise StackError(f"There is no stack {name}.")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _find(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return stack


def _wait(cloudformation: Any, name: str) -> str | None:
    """Return the status in which stack `name` comes to rest, None when it is gone."""
    pause_s, deadline = 0.1, time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        status = status_of(cloudformation, name)
        if status is None or not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 5.0)
    raise StackError(
        f"Stack {name} did not come to rest within {TIMEOUT_S // 60} minutes; see the CloudFormation console."
    )


def _first_failure(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    if not failed:
        return "no cause was given"
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
