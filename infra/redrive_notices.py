"""Owns the second try for entries that became neither message nor delivery: works off that consumer's dead letters.

`python -m infra.redrive_notices` puts each message that can be put now and leaves the others. Safe to repeat.
Must not touch the journal.
"""

import sys
from datetime import UTC, datetime
from typing import Any

from infra.environment import StackError, use_running_stack


def redrive(now: datetime) -> tuple[int, int]:
    """Return how many dead letters became messages, or had become one, and how many are left."""
    from chalicelib.services.failures import attempted
    from chalicelib.services.notices import announce_again
    from chalicelib.services.standings import project_resident
    from chalicelib.services.webhook_events import tell_entry_again
    from chalicelib.store.queues import work_off

    def work(letter: dict[str, Any]) -> bool:
        keys = letter.get("keys")
        # Lambda's own letters name a stretch of the stream and no entry.
        if keys is None:
            return False
        account_id = keys["account_id"]
        if letter.get("consumer") == "standings":
            return attempted(lambda: project_resident(account_id, now)) is not None
        seq = int(keys["seq"])
        put = attempted(lambda: announce_again(account_id, seq, now))
        told = attempted(lambda: tell_entry_again(account_id, seq, now))
        return put is not None and told is not None

    return work_off("notices-dlq", work)


def main() -> int:
    """Work off the dead letters; the exit code says whether any are left."""
    try:
        use_running_stack()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    done, left = redrive(datetime.now(UTC))
    print(f"{done} dead letters worked off, {left} left")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
