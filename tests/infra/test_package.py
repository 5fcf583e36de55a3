"""The deployment package: small, whole on its own, the same when nothing changed."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import bundle, package, vendor
from infra.environment import FUNCTIONS, ROOT, StackError
from infra.templates import resources_of_type

SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def built() -> package.Bundle:
    return package.build("dev")


@pytest.fixture(scope="module")
def template(built: package.Bundle) -> dict[str, Any]:
    return dict(json.loads(built.template_path.read_text()))


@SLOW
def test_the_package_holds_what_ships_and_leaves_out_what_the_runtime_has(built: package.Bundle) -> None:
    names = set(zipfile.ZipFile(built.zip_path).namelist())
    assert {"app.py", "chalice/app.py", "chalicelib/config.py", "pynamodb/models.py"} <= names
    tops = {name.split("/")[0] for name in names}
    assert not tops & set(bundle.RUNTIME_PACKAGES)
    assert not tops & {"tests", "infra", "bin", "pip", "click"}
    assert built.zip_bytes <= package.ZIP_MAX_BYTES


@SLOW
def test_compiled_files_ship_and_are_never_checked_against_their_source(built: package.Bundle) -> None:
    packed = zipfile.ZipFile(built.zip_path)
    compiled = [name for name in packed.namelist() if name.endswith(".pyc")]
    for module in ("app", "chalice/app", "chalicelib/config", "pydantic/main"):
        folder, _, stem = module.rpartition("/")
        assert any(n.startswith(f"{folder}/__pycache__/{stem}.".lstrip("/")) for n in compiled), module
    # The flags follow the magic number: 0b01 means by hash, without 0b10 it is not checked.
    assert {packed.read(name)[4:8] for name in compiled} == {b"\x01\x00\x00\x00"}


@SLOW
def test_building_again_gives_the_same_bytes(built: package.Bundle, tmp_path: Path) -> None:
    again = package.build("dev", tmp_path / "dev")
    assert again.digest == built.digest


@SLOW
def test_every_function_has_its_name_role_time_and_environment(template: dict[str, Any]) -> None:
    functions = resources_of_type(template, "AWS::Serverless::Function")
    suffixes = {"" if name == "api_handler" else f"-{name}" for name in FUNCTIONS}
    assert {f["FunctionName"]["Fn::Sub"] for f in functions.values()} == {
        "tanhui-${Stage}" + s for s in suffixes
    }
    for name, function in functions.items():
        assert function["Timeout"] == (29 if name == "APIHandler" else 900)
        assert function["MemorySize"] == 512
        assert function["Environment"]["Variables"]["TANHUI_STAGE"] == "dev"
        assert "resolve:secretsmanager" in str(function["Environment"]["Variables"]["TANHUI_MASTER_SECRET"])
        assert "AWS_ENDPOINT_URL" not in function["Environment"]["Variables"]
    assert len({f["Role"]["Fn::GetAtt"][0] for f in functions.values()}) == len(functions)


@SLOW
def test_the_endpoint_is_regional_and_its_own_answers_are_problems(template: dict[str, Any]) -> None:
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    assert api["EndpointConfiguration"] in ("REGIONAL", {"Type": "REGIONAL"})
    answers = api["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    for kind, answer in answers.items():
        assert (
            answer["responseParameters"]["gatewayresponse.header.Content-Type"]
            == "'application/problem+json'"
        )
        problem = json.loads(answer["responseTemplates"]["application/json"])
        assert {"type", "title", "detail", "instance", "code"} <= set(problem), kind


@SLOW
def test_schedules_run_at_the_agreed_times(template: dict[str, Any]) -> None:
    times = {}
    for name, function in resources_of_type(template, "AWS::Serverless::Function").items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Schedule":
                times[name] = event["Properties"]["Schedule"]
    assert times == {
        "Recheck": "cron(50 17 * * ? *)",
        "Settle": "cron(10 18 * * ? *)",
        "Expire": "cron(40 18 * * ? *)",
        "Release": "rate(5 minutes)",
        "Remind": "cron(0 1 * * ? *)",
        "Escalate": "cron(15 1 * * ? *)",
        "Redeliver": "rate(5 minutes)",
        "Publish": "cron(10 19 * * ? *)",
        "Audit": "cron(30 19 * * ? *)",
        "Close": "cron(0 20 * * ? *)",
        "Boards": "rate(5 minutes)",
        "Stars": "cron(20 20 * * ? *)",
        "Pool": "cron(30 17 * * ? *)",
        "CatchUp": "rate(5 minutes)",
    }


@SLOW
def test_a_poison_record_cannot_hold_up_a_streams_consumer_for_ever(template: dict[str, Any]) -> None:
    functions = resources_of_type(template, "AWS::Serverless::Function")
    streams = {
        name: event["Properties"]
        for name, function in functions.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    }
    followed = {name: source["Stream"] for name, source in streams.items()}
    assert followed == {"Notify": {"Ref": "EntriesStreamArn"}, "Project": {"Ref": "AccountsStreamArn"}}
    for source in streams.values():
        assert source["StartingPosition"] == "TRIM_HORIZON"
        assert source["BisectBatchOnFunctionError"] is True
        assert 0 < source["MaximumRetryAttempts"] <= 10_000
        assert 0 < source["MaximumRecordAgeInSeconds"] < 24 * 3600
        failed = source["DestinationConfig"]["OnFailure"]
        assert (failed["Type"], failed["Destination"]["Fn::Sub"].rpartition(":")[2]) == (
            "SQS",
            "tanhui-${Stage}-notices-dlq",
        )


@SLOW
def test_the_consumer_of_the_accounts_is_called_for_news_of_the_boards_only(template: dict[str, Any]) -> None:
    from chalicelib.store.accounts import ACCOUNT, NEWS

    (source,) = template["Resources"]["Project"]["Properties"]["Events"].values()
    (pattern,) = source["Properties"]["FilterCriteria"]["Filters"]
    wanted = {"item": {"S": [ACCOUNT]}, NEWS: {"N": [{"exists": True}]}}
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"NewImage": wanted}}


@SLOW
def test_the_templates_pass_the_linter(built: package.Bundle) -> None:
    package.lint(built)


def test_when_chalice_cannot_package_its_own_message_is_told(tmp_path: Path) -> None:
    app_dir = tmp_path / "app"
    (app_dir / ".chalice").mkdir(parents=True)
    (app_dir / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "broken"}')
    (app_dir / "app.py").write_text("import no_such_module\n")
    with pytest.raises(StackError, match=r"(?s)`chalice package` failed:.*no_such_module"):
        package._chalice_package("dev", app_dir, tmp_path / "out", ROOT)


@SLOW
def test_a_package_that_cannot_be_imported_alone_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as out:
        out.writestr("app.py", "import pytest\n")
    with pytest.raises(StackError, match="No module named 'pytest'"):
        bundle.import_alone(broken, ["app.app"], native=True)


@SLOW
def test_a_package_without_an_entry_point_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as out:
        out.writestr("app.py", "app = 1\n")
    with pytest.raises(StackError, match=r"app\.settle"):
        bundle.import_alone(broken, ["app.app", "app.settle"], native=True)


def test_an_unpinned_requirement_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pydantic>=2\n")
    with pytest.raises(StackError, match="pin every package"):
        vendor.collect(tmp_path / "requirements.txt", tmp_path / "cache", "x86_64")


@SLOW
def test_a_wheel_that_cannot_be_had_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "requirements.txt").write_text("pydantic==0.0.0\n")
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path / "empty"))):
        monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match="cannot be had as wheels for x86_64"):
        vendor.collect(tmp_path / "requirements.txt", tmp_path / "cache", "x86_64")
    assert not any((tmp_path / "cache").glob("????????????????"))


def test_what_ships_is_complete_so_that_nothing_needs_resolving() -> None:
    """Every dependency of what ships is pinned in requirements.txt, or comes with the Lambda runtime."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    names = [
        line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    ]
    provided = {normal(name) for name in names} | {
        "botocore",
        "boto3",
        "python-dateutil",
        "urllib3",
        "six",
        "jmespath",
    }
    for name in names:
        if name in vendor.NOT_VENDORED:
            continue
        for text in requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert normal(needed.name) in provided, f"{name} needs {needed.name}"


def normal(name: str) -> str:
    """Return a package's name as registries compare it."""
    return name.lower().replace("_", "-")
