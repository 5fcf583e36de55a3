"""Owns what Chalice cannot say about an event source that it makes: retries, age, filters, where failures go.

Must not hold the settings: they are those of `infra/merge.yaml`, so that both ways of deploying end the same.
"""

from typing import Any

from infra.environment import APP_NAME, ROOT, StackError
from infra.templates import read_template

_MERGED = {
    "notify": ("NotifyDynamodbEventSource", "Notify"),
    "project": ("ProjectDynamodbEventSource", "Project"),
}
_PLAIN = (
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "FilterCriteria",
)


def settings(
    partition: str, region: str, account_id: str, stage: str, function: str = "notify"
) -> dict[str, Any]:
    """Return the settings of one stream's consumer as Lambda's API takes them."""
    event, logical_id = _MERGED[function]
    template = read_template(ROOT / "infra" / "merge.yaml")
    properties = template["Resources"][logical_id]["Properties"]["Events"][event]["Properties"]
    destination = properties["DestinationConfig"]["OnFailure"]["Destination"]["Fn::Sub"]
    known = {"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account_id, "Stage": stage}
    for name, value in known.items():
        destination = destination.replace(f"${{{name}}}", value)
    return {
        **{name: properties[name] for name in _PLAIN if name in properties},
        "DestinationConfig": {"OnFailure": {"Destination": destination}},
    }


def put(aws: Any, stage: str, account_id: str) -> None:
    """Give the settings to the event sources that Chalice made; StackError when one is not there."""
    lambdas, partition = aws.client("lambda"), aws.get_partition_for_region(aws.region_name)
    for name in _MERGED:
        function = f"{APP_NAME}-{stage}-{name}"
        found = lambdas.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        if not found:
            detail = "the last deployment did not finish. Deploy again."
            raise StackError(f"{function} has no event source: {detail}")
        wanted = settings(partition, aws.region_name, account_id, stage, name)
        for mapping in found:
            lambdas.update_event_source_mapping(UUID=mapping["UUID"], **wanted)
