"""Makes the events that DynamoDB's streams send, of what is stored in the journal; for `chalice.test.Client`."""

from collections.abc import Iterable
from typing import Any

from chalicelib.store.client import Item, dynamodb

ARN = (
    "arn:aws-cn:dynamodb:cn-northwest-1:000000000000:table/tanhui-test-entries/stream/2026-11-24T00:00:00.000"
)


def journal_items() -> list[Item]:
    """Return every stored entry, in the order of account and seq."""
    items = dynamodb().scan(TableName="tanhui-test-entries")["Items"]
    return sorted(items, key=lambda item: (item["account_id"]["S"], int(item["seq"]["N"])))


def stream_event(
    items: Iterable[Item], name: str = "INSERT", key: tuple[str, ...] = ("account_id", "seq")
) -> dict[str, Any]:
    """Return the event of a batch in which these items were put; `key` names what their table's key is made of."""
    return {"Records": [_record(item, name, number, key) for number, item in enumerate(items, 1)]}


def _record(item: Item, name: str, number: int, key: tuple[str, ...]) -> dict[str, Any]:
    keys = {part: item[part] for part in key if part in item}
    return {
        "eventID": f"event-{number}",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "cn-northwest-1",
        "eventSourceARN": ARN,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_492_800,
            "Keys": keys,
            "NewImage": item,
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 500,
            "StreamViewType": "NEW_IMAGE",
        },
    }
