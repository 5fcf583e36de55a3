"""Teaches moto the one PartiQL statement the product uses: an insert of named fields with parameters.

moto 5.2 cannot parse parameters in an INSERT. The real thing is exercised against the local stack (tests/e2e).
"""

import re
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

_INSERT = re.compile(r'INSERT INTO "([^"]+)" VALUE \{(.+)\}')


def _batch_execute_statement(self: DynamoDBBackend, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_insert(self, one["Statement"], one["Parameters"]) for one in statements]


def _insert(backend: DynamoDBBackend, statement: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    matched = _INSERT.fullmatch(statement)
    assert matched is not None, statement
    table_name, fields = matched.groups()
    names = [field.removesuffix("':?").removeprefix("'") for field in fields.split(",")]
    item = dict(zip(names, parameters, strict=True))
    table = backend.get_table(table_name)
    keys = {name: item[name] for name in table.table_key_attrs}
    if backend.get_item(table_name, keys) is not None:
        return {
            "TableName": table_name,
            "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key"},
        }
    backend.put_item(table_name, item, overwrite=True)
    return {"TableName": table_name}


DynamoDBBackend.batch_execute_statement = _batch_execute_statement
