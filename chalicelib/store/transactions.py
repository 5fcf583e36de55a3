"""Owns every multi-item write: the only place that calls TransactWriteItems, each operation under a name.

Must not decide. Operations keep their order, so a cancellation is reported by the names of those that lost.
"""

from typing import Any

from chalicelib.store.client import Item, dynamodb

OPERATIONS_MAX = 100
_LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class TransactionLost(Exception):
    """A condition did not hold, or another transaction came first; nothing was written. `labels` says which."""

    def __init__(self, labels: frozenset[str], conflict: bool) -> None:
        super().__init__(f"lost: {', '.join(sorted(labels))}")
        self.labels = labels
        self.conflict = conflict


class Transaction:
    """Operations that happen together or not at all."""

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._operations: list[dict[str, Any]] = []

    def put(
        self, label: str, table: str, item: Item, condition: str, values: Item | None = None, **names: str
    ) -> None:
        """Add the writing of a whole `item` under a condition; `names` maps placeholders (without #) to attributes."""
        operation: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": condition}
        self._add(label, "Put", operation, values, names)

    def update(
        self, label: str, table: str, key: Item, expression: str, condition: str, values: Item, **names: str
    ) -> None:
        """Add an update of the item at `key` under a condition."""
        operation: dict[str, Any] = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": expression,
            "ConditionExpression": condition,
        }
        self._add(label, "Update", operation, values, names)

    def check(self, label: str, table: str, key: Item, condition: str, values: Item, **names: str) -> None:
        """Demand a condition of the item at `key` without writing it."""
        operation: dict[str, Any] = {"TableName": table, "Key": key, "ConditionExpression": condition}
        self._add(label, "ConditionCheck", operation, values, names)

    def commit(self) -> None:
        """Write everything in one round trip; TransactionLost when a condition failed."""
        assert 0 < len(self._operations) <= OPERATIONS_MAX, "a transaction has 1 to 100 operations"
        client = dynamodb()
        try:
            client.transact_write_items(TransactItems=self._operations)
        except client.exceptions.TransactionCanceledException as error:
            reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
            lost = {label for label, code in zip(self._labels, reasons, strict=False) if code in _LOST}
            if not lost:
                raise
            raise TransactionLost(frozenset(lost), "TransactionConflict" in reasons) from None

    def _add(
        self, label: str, kind: str, operation: dict[str, Any], values: Item | None, names: dict[str, str]
    ) -> None:
        if values:
            operation["ExpressionAttributeValues"] = values
        if names:
            operation["ExpressionAttributeNames"] = {
                f"#{name}": attribute for name, attribute in names.items()
            }
        self._labels.append(label)
        self._operations.append({kind: operation})
