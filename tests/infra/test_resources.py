"""The data stack: one truth with the models, and nothing in it can be lost by a deployment."""

import inspect
from typing import Any

import pytest
from pynamodb.models import Model

from chalicelib.log import NAMESPACE
from chalicelib.store import tables
from infra.environment import ROOT
from infra.templates import read_template, resources_of_type

TEMPLATE = read_template(ROOT / "infra" / "resources.yaml")
TABLES = {
    properties["TableName"]["Fn::Sub"].removeprefix("tanhui-${Stage}-"): properties
    for properties in resources_of_type(TEMPLATE, "AWS::DynamoDB::Table").values()
}
MODELS: dict[str, type[Model]] = {
    model.Meta.table_name.rsplit("-", 1)[1]: model
    for _, model in inspect.getmembers(tables, inspect.isclass)
    if issubclass(model, Model) and model is not Model and hasattr(model.Meta, "table_name")
}
KEPT_KINDS = (
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
)


def described(definition: dict[str, Any]) -> dict[str, Any]:
    """Return keys, indexes and key types of a table, from a template or from a model, in one comparable form."""
    local = definition.get("LocalSecondaryIndexes") or []
    indexes = [*(definition.get("GlobalSecondaryIndexes") or []), *local]
    return {
        "keys": sorted((k["AttributeName"], k["KeyType"]) for k in definition["KeySchema"]),
        "types": {a["AttributeName"]: a["AttributeType"] for a in definition["AttributeDefinitions"]},
        "indexes": {
            index["IndexName"]: (
                sorted((k["AttributeName"], k["KeyType"]) for k in index["KeySchema"]),
                index["Projection"]["ProjectionType"],
            )
            for index in indexes
        },
        "local": sorted(index["IndexName"] for index in local),
    }


def described_model(model: type[Model]) -> dict[str, Any]:
    """Return the same form for a PynamoDB model."""
    schema = model._get_schema()

    def indexes(kind: str) -> list[dict[str, Any]]:
        return [
            {"IndexName": i["index_name"], "KeySchema": i["key_schema"], "Projection": i["projection"]}
            for i in schema[kind]
        ]

    return described(
        {
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
            "GlobalSecondaryIndexes": indexes("global_secondary_indexes"),
            "LocalSecondaryIndexes": indexes("local_secondary_indexes"),
        }
    )


def test_every_model_has_a_table_and_every_table_a_model() -> None:
    assert sorted(TABLES) == sorted(MODELS)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_has_the_keys_and_indexes_of_its_model(name: str) -> None:
    assert described(TABLES[name]) == described_model(MODELS[name])


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_protected_encrypted_and_can_be_restored_to_any_second(name: str) -> None:
    table = TABLES[name]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_only_idempotency_items_old_messages_and_old_deliveries_are_ever_purged() -> None:
    purging = {
        name: table["TimeToLiveSpecification"]
        for name, table in TABLES.items()
        if "TimeToLiveSpecification" in table
    }
    by_second = {"AttributeName": "purge_at_epoch_s", "Enabled": True}
    assert purging == {"idempotency": by_second, "messages": by_second, "cases": by_second}


def test_only_journal_and_accounts_have_streams_and_they_carry_whole_items() -> None:
    streams = {
        name: table["StreamSpecification"] for name, table in TABLES.items() if "StreamSpecification" in table
    }
    assert streams == {name: {"StreamViewType": "NEW_IMAGE"} for name in ("entries", "accounts")}
    for name in ("Entries", "Accounts"):
        value = TEMPLATE["Outputs"][f"{name}StreamArn"]["Value"]
        assert value == {"Fn::GetAtt": [f"{name}Table", "StreamArn"]}


def test_deleting_the_stack_keeps_everything_that_holds_data() -> None:
    for name, resource in TEMPLATE["Resources"].items():
        if resource["Type"] in KEPT_KINDS:
            assert resource.get("DeletionPolicy") == "Retain", name
            assert resource.get("UpdateReplacePolicy") == "Retain", name


def test_a_message_that_fails_three_times_goes_to_the_dead_letters_and_raises_an_alarm() -> None:
    queues = resources_of_type(TEMPLATE, "AWS::SQS::Queue")
    alarms = resources_of_type(TEMPLATE, "AWS::CloudWatch::Alarm")
    watched = {alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0] for alarm in alarms.values()
               if alarm["Namespace"] == "AWS/SQS"}  # fmt: skip
    for queue in ("Imports", "Jobs", "Deliveries"):
        redrive = queues[f"{queue}Queue"]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 3
        assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{queue}DeadLetters", "Arn"]}
        assert queues[f"{queue}Queue"]["VisibilityTimeout"] > 900
    dead = {name for name in queues if name.endswith("DeadLetters")}
    assert watched == dead >= {"ImportsDeadLetters", "DeliveriesDeadLetters", "NoticesDeadLetters"}


def test_every_alarm_tells_somebody() -> None:
    alarms = resources_of_type(TEMPLATE, "AWS::CloudWatch::Alarm")
    assert {"ApiErrorsAlarm", "SettleErrorsAlarm", "AuditErrorsAlarm", "AuditFindingsAlarm"} <= set(alarms)
    assert "DisputesOverdueAlarm" in alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name


@pytest.mark.parametrize(
    ("name", "metric", "hours"),
    [("AuditSilentAlarm", "AuditFindings", 26), ("PublishedDayAlarm", "PublishedDayAgeHours", 3)],
)
def test_silence_of_the_night_is_an_alarm_of_its_own(name: str, metric: str, hours: int) -> None:
    alarm = resources_of_type(TEMPLATE, "AWS::CloudWatch::Alarm")[name]
    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, metric)
    assert alarm["Dimensions"] == [{"Name": "Stage", "Value": {"Ref": "Stage"}}]
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, hours)
    assert alarm.get("DatapointsToAlarm", hours) == hours
    # CloudWatch looks back seven days at most, and only with periods of an hour or more.
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 86_400


def test_one_audit_a_night_keeps_the_alarm_of_silence_quiet_and_a_missed_one_rings_it() -> None:
    alarm = resources_of_type(TEMPLATE, "AWS::CloudWatch::Alarm")["AuditSilentAlarm"]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "SampleCount",
        "LessThanThreshold",
        1,
    )
    assert 24 * 3600 < alarm["Period"] * alarm["EvaluationPeriods"] < 48 * 3600


def test_a_day_published_late_rings_before_the_next_one_is_due() -> None:
    alarm = resources_of_type(TEMPLATE, "AWS::CloudWatch::Alarm")["PublishedDayAlarm"]
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanOrEqualToThreshold")
    # Published at 03:10 of the day after, a day is 27 hours old when the next one follows.
    assert 27 < alarm["Threshold"] + alarm["EvaluationPeriods"] < 48


def test_buckets_are_private_and_encrypted_and_deliveries_start_an_import() -> None:
    buckets = resources_of_type(TEMPLATE, "AWS::S3::Bucket")
    for name, bucket in buckets.items():
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
        assert bucket["BucketEncryption"], name
    files = buckets["FilesBucket"]
    (notification,) = files["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Event"] == "s3:ObjectCreated:*"
    assert notification["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "inbox/"}]}}
    inbox = next(rule for rule in files["LifecycleConfiguration"]["Rules"] if rule["Id"] == "inbox")
    assert (inbox["Prefix"], inbox["ExpirationInDays"]) == ("inbox/", 30)


def test_photos_are_deleted_after_180_days_and_nothing_is_notified_of_them() -> None:
    files = resources_of_type(TEMPLATE, "AWS::S3::Bucket")["FilesBucket"]
    rules = {rule["Id"]: rule for rule in files["LifecycleConfiguration"]["Rules"]}
    assert (rules["evidence"]["Prefix"], rules["evidence"]["ExpirationInDays"]) == ("evidence/", 180)
