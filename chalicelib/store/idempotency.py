"""Owns the memory of requests already answered, for writes that have no natural key of their own.

Must not hold rules: an item found is an answer given, however old; the TTL only cleans up.
"""

from datetime import UTC, datetime

from pynamodb.exceptions import PutError

from chalicelib.store.tables import IdempotencyItem


def find_answer(key: str) -> tuple[str, str] | None:
    """Return (request digest, stored answer) of `key`, or None."""
    try:
        item = IdempotencyItem.get(key, consistent_read=True)
    except IdempotencyItem.DoesNotExist:
        return None
    return item.request_digest, item.answer


def add_answer(key: str, request_digest: str, answer: str, purge_at_epoch_s: int) -> bool:
    """Remember an answer; return False when `key` has one already (and keep that)."""
    item = IdempotencyItem(key, request_digest=request_digest, answer=answer)
    item.purge_at_epoch_s = datetime.fromtimestamp(purge_at_epoch_s, UTC)
    try:
        item.save(IdempotencyItem.idempotency_key.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True
