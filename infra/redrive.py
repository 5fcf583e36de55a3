"""Owns `make redrive`: puts what failed for good, and was mended since, into its queue again.

Every message is work that may be done twice: sent again before it leaves the dead letters, it is at worst done once
more. Must not know what a message asks for; dead letters of the journal's stream are `infra.redrive_notices`'s.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from infra.environment import StackError, use_running_stack

QUEUES = ("jobs", "imports", "deliveries")


def redrive(queue: str) -> tuple[int, int]:
    """Return how many dead letters of a queue are in it again, and how many could not be sent."""
    from chalicelib.services.failures import attempted
    from chalicelib.store.queues import send_message, work_off

    def again(letter: dict[str, Any]) -> bool:
        return attempted(partial(_sent, send_message, queue, letter)) is not None

    return work_off(f"{queue}-dlq", again)


def _sent(send: Callable[[str, dict[str, Any]], None], queue: str, letter: dict[str, Any]) -> bool:
    send(queue, letter)
    return True


def main() -> int:
    """Work off the dead letters of one queue; the exit code says whether any are left."""
    parser = argparse.ArgumentParser(prog="make redrive", description=__doc__)
    parser.add_argument("queue", nargs="?", default="jobs", choices=QUEUES)
    arguments = parser.parse_args()
    try:
        use_running_stack()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    done, left = redrive(arguments.queue)
    print(f"{done} dead letters are in the queue {arguments.queue} again, {left} left")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
