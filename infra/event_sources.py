"""Owns what Chalice cannot say about an event source that it makes: retries, age, where failures go.

Must not hold the settings: they are those of `infra/merge.yaml`, so that both ways of deploying end the same.
"""

from typing import Any

from infra.environment import APP_NAME, ROOT, StackError
from infra.templates import read_template

_MERGED = ("NotifyDynamodbEventSource", "Notify", "notify")
_PLAIN = ("BisectBatchOnFunctionError", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds")


def settings(partition: str, region: str, account_id: str, stage: str) -> dict[str, Any]:
    """Return the settings of the journal's consumer as Lambda's API takes them."""
    event, logical_id, _ = _MERGED
    template = read_template(ROOT / "infra" / "merge.yaml")
    properties = template["Resources"][logical_id]["Properties"]["Events"][event]["Properties"]
    destination = properties["DestinationConfig"]["OnFailure"]["Destination"]["Fn::Sub"]
    known = {"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account_id, "Stage": stage}
    for name, value in known.items():
        destination = destination.replace(f"${{{name}}}", value)
    return {
        **{name: properties[name] for name in _PLAIN},
        "DestinationConfig": {"OnFailure": {"Destination": destination}},
    }


def put(aws: Any, stage: str, account_id: str) -> None:
    """Give the settings to the event source that Chalice made; StackError when there is none."""
    lambdas, function = aws.client("lambda"), f"{APP_NAME}-{stage}-{_MERGED[2]}"
    found = lambdas.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    if not found:
        raise StackError(f"{function} has no event source: the last deployment did not finish. Deploy again.")
    partition = aws.get_partition_for_region(aws.region_name)
    wanted = settings(partition, aws.region_name, account_id, stage)
    for mapping in found:
        lambdas.update_event_source_mapping(UUID=mapping["UUID"], **wanted)
