"""Owns what each function may do: one table, from which the IAM policy files of every stage are written.

`python -m infra.policies` writes `.chalice/policy-<function>-<stage>.json`; a test compares. An ARN's partition,
region and account are wildcards, as in Chalice's own policies: one file then holds in `aws` and in `aws-cn`, and a
role reaches no other account's tables anyway. Entries can be put and read, by nobody updated or deleted.
"""

import json
from pathlib import Path
from typing import Any

from infra.environment import APP_NAME, FUNCTIONS, ROOT

STAGES = ("dev", "local")

READ = ("BatchGetItem", "GetItem", "Query")
WRITE = ("ConditionCheckItem", "PutItem", "UpdateItem")
APPEND = ("ConditionCheckItem", "PutItem")
SCAN = ("Scan",)
REMOVE = ("DeleteItem",)
# Batches of new sheets are written as PartiQL statements, the only batch that takes conditions.
INSERT = ("PartiQLInsert",)

RECEIVE = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
SEND = ("GetQueueUrl", "SendMessage")

# What Lambda itself asks of the journal's stream, in the name of the function that takes it.
FOLLOW = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")

Grants = dict[str, tuple[str, ...]]

LEDGER: Grants = {
    "accounts": READ + WRITE,
    "entries": READ + APPEND,
    "catalogue": READ,
    "runs": READ + WRITE,
}

# Whoever tells residents something: the inbox, and whether they want it outside the app too.
INBOX: Grants = {"messages": READ + WRITE, "people": READ}

# function -> service -> resource -> actions. Of the bucket, "" is the bucket itself: without ListBucket a missing file
# looks like a forbidden one.
MAY: dict[str, dict[str, Grants]] = {
    "api_handler": {
        "dynamodb": {
            "accounts": READ + WRITE + INSERT,
            "entries": READ + APPEND,
            "redemptions": READ + WRITE,
            "catalogue": READ + WRITE + INSERT,
            "people": READ + WRITE,
            "runs": READ + WRITE,
            "cases": READ + WRITE,
            "messages": READ + WRITE,
            "standings": READ + APPEND,
            "idempotency": READ + APPEND,
        },
        "s3": {
            "": ("ListBucket",),
            "/inbox/*": ("PutObject",),
            "/reports/*": ("GetObject",),
            "/proofs/*": ("GetObject",),
            "/evidence/*": ("GetObject", "PutObject"),
            "/verifications/*": ("GetObject",),
            "/pictures/*": ("GetObject", "PutObject"),
        },
        "sqs": {"jobs": SEND, "deliveries": SEND},
        "secretsmanager": {"login-*": ("GetSecretValue",)},
    },
    "imports": {
        "dynamodb": {
            "accounts": READ + WRITE + INSERT,
            "catalogue": READ,
            "people": READ,
            "runs": READ + WRITE,
        },
        "s3": {
            "": ("ListBucket",),
            "/inbox/*": ("GetObject",),
            "/parts/*": ("GetObject", "PutObject"),
            "/reports/*": ("GetObject", "PutObject"),
        },
        "sqs": {"imports": (*RECEIVE, "SendMessage")},
    },
    "work": {
        "dynamodb": LEDGER
        | INBOX
        | {
            "accounts": READ + WRITE + SCAN,
            "entries": READ + APPEND + SCAN,
            "redemptions": READ + WRITE + SCAN,
            "cases": READ + WRITE,
            "catalogue": READ + WRITE,
            "standings": READ + APPEND + REMOVE + SCAN,
        },
        "s3": {
            "": ("ListBucket",),
            "/parts/*": ("GetObject", "PutObject"),
            "/proofs/*": ("PutObject",),
            "/verifications/*": ("GetObject", "PutObject"),
        },
        "sqs": {"jobs": (*RECEIVE, "SendMessage"), "deliveries": SEND},
    },
    "deliver": {
        "dynamodb": INBOX | {"cases": READ + WRITE, "catalogue": READ + WRITE},
        "sqs": {"deliveries": (*RECEIVE, "SendMessage")},
        "secretsmanager": {"channel-*": ("GetSecretValue",)},
    },
    "notify": {
        "dynamodb": INBOX
        | {"entries/stream/*": FOLLOW, "redemptions": READ, "catalogue": READ, "cases": READ + WRITE},
        "sqs": {"deliveries": SEND, "notices-dlq": SEND},
    },
    "recheck": {"dynamodb": LEDGER | {"cases": READ + WRITE}, "sqs": {"jobs": SEND}},
    "settle": {"dynamodb": LEDGER, "sqs": {"jobs": SEND}},
    "expire": {"dynamodb": {"runs": READ + WRITE}, "sqs": {"jobs": SEND}},
    "pool": {"dynamodb": {"runs": READ + WRITE}, "sqs": {"jobs": SEND}},
    "catch_up": {"dynamodb": {"runs": READ + WRITE}, "sqs": {"jobs": SEND}},
    "release": {
        "dynamodb": LEDGER | {"redemptions": READ + WRITE, "catalogue": READ + WRITE, "cases": READ + WRITE},
        "sqs": {"jobs": SEND},
    },
    "remind": {
        "dynamodb": INBOX | {"accounts": READ, "redemptions": READ, "runs": READ + WRITE},
        "sqs": {"jobs": SEND, "deliveries": SEND},
    },
    "escalate": {
        "dynamodb": INBOX | {"cases": READ + WRITE, "catalogue": READ + WRITE, "runs": READ + WRITE},
        "sqs": {"jobs": SEND, "deliveries": SEND},
    },
    "redeliver": {
        "dynamodb": {"messages": READ, "runs": READ + WRITE, "cases": READ},
        "sqs": {"jobs": SEND, "deliveries": SEND},
    },
    "close": {
        "dynamodb": {
            "entries": READ,
            "catalogue": READ + WRITE,
            "runs": READ + WRITE,
            "cases": READ + WRITE,
        },
        "sqs": {"jobs": SEND, "deliveries": SEND},
    },
    "publish": {"dynamodb": {"catalogue": READ, "runs": READ + WRITE}, "sqs": {"jobs": SEND}},
    "audit": {"dynamodb": {"runs": READ + WRITE}, "sqs": {"jobs": SEND}},
    "project": {
        "dynamodb": {"accounts/stream/*": FOLLOW, "people": READ, "standings": APPEND},
        "sqs": {"notices-dlq": SEND},
    },
    "boards": {
        "dynamodb": {"standings": READ + APPEND + REMOVE, "catalogue": READ, "runs": READ + WRITE},
        "sqs": {"jobs": SEND},
    },
    "stars": {
        "dynamodb": LEDGER
        | {
            "catalogue": READ + WRITE,
            "cases": READ + WRITE,
            "people": READ,
            "standings": READ + APPEND,
        },
        "sqs": {"jobs": SEND},
    },
}


def policy(function: str, stage: str) -> dict[str, Any]:
    """Return the IAM policy document of `function` on `stage`."""
    statements = [_logs(function, stage), _secret(stage)]
    for kind, grants in MAY[function].items():
        for resource, actions in grants.items():
            statements.append(
                {
                    "Effect": "Allow",
                    "Action": sorted(f"{kind}:{action}" for action in set(actions)),
                    "Resource": _arns(kind, resource, stage, actions),
                }
            )
    return {"Version": "2012-10-17", "Statement": statements}


def _arns(kind: str, resource: str, stage: str, actions: tuple[str, ...]) -> list[str]:
    name = f"{APP_NAME}-{stage}-{resource}"
    if kind == "dynamodb":
        table = f"arn:*:dynamodb:*:*:table/{name}"
        return [table, f"{table}/index/*"] if "Query" in actions else [table]
    if kind == "sqs":
        return [f"arn:*:sqs:*:*:{name}"]
    if kind == "secretsmanager":
        return [f"arn:*:secretsmanager:*:*:secret:{APP_NAME}/{stage}/{resource}"]
    return [f"arn:*:s3:::{APP_NAME}-{stage}-files-*{resource}"]


def _logs(function: str, stage: str) -> dict[str, Any]:
    suffix = "" if function == "api_handler" else f"-{function}"
    return {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [f"arn:*:logs:*:*:log-group:/aws/lambda/{APP_NAME}-{stage}{suffix}:*"],
    }


def _secret(stage: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [f"arn:*:secretsmanager:*:*:secret:{APP_NAME}/{stage}/master-*"],
    }


def policy_files(stages: tuple[str, ...] = STAGES) -> dict[str, str]:
    """Return the text of every policy file by its name."""
    return {
        f"policy-{function}-{stage}.json": json.dumps(policy(function, stage), indent=2) + "\n"
        for stage in stages
        for function in FUNCTIONS
    }


def main(folder: Path = ROOT / ".chalice") -> None:
    """Write the policy files of all stages into `folder`."""
    for name, text in policy_files().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
