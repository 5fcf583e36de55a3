"""Starting: size of the package, and CPU of a fresh process up to its first answer.

The process sees what a function sees: the unpacked package and the runtime's own boto3, in an interpreter without
site-packages. The floor is that interpreter importing boto3 and making one client.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra import bundle, package
from tests.bench.harness import Table

RUNS = 9
MAX_MB = 12
HEAD = "import sys; sys.path[:0] = sys.argv[1:3]\n"
FLOOR = HEAD + "import boto3; boto3.client('dynamodb')"
API = (
    HEAD
    + """
import json
event, context = json.loads(sys.argv[3]), type("Context", (), {"aws_request_id": "bench"})()
from app import app
answer = app(event, context)
assert answer["statusCode"] == 200, answer
"""
)
# A job answers nobody: what counts is the time until the database has answered it for the first time.
JOB = (
    HEAD
    + """
import app
from chalicelib.jobs import settling
from chalicelib.store.client import dynamodb
def answered(**_):
    import os
    os._exit(0)
dynamodb().meta.events.register("after-call.dynamodb.*", answered)
from chalicelib import clock
settling.run(clock.utc_now(), lambda: False)
sys.exit("the database was not asked")
"""
)


def run(table: Table) -> None:
    """Measure the package and the start of its functions."""
    made = package.build("dev")
    megabytes = made.zip_path.stat().st_size / 1e6
    table.at_most("start: package, MB zipped", megabytes, MAX_MB)
    with tempfile.TemporaryDirectory(prefix="tanhui-start-") as folder:
        code, runtime = Path(folder, "code"), Path(folder, "runtime")
        with zipfile.ZipFile(made.zip_path) as packed:
            packed.extractall(code)
        runtime.mkdir()
        for name in bundle.RUNTIME_PACKAGES:
            bundle.link(name, runtime)
        _first_answers(table, code, runtime)


def _first_answers(table: Table, code: Path, runtime: Path) -> None:
    from tests.bench.shop import cup, gateway_event, token_of

    token = token_of("resident", "res_start000000000000")
    get = gateway_event("GET", "/v1/me", token)
    post = gateway_event("POST", "/v1/me/activities", token, cup())
    sides = {
        "floor": (FLOOR, None, "app.app"),
        "get": (API, get, "app.app"),
        "post": (API.replace("== 200", "in (200, 201)"), post, "app.app"),
        "job": (JOB, None, "app.settle"),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(RUNS):
        for name, (script, event, handler) in sides.items():
            taken[name].append(_cpu_ms(script, code, runtime, event, handler))
    floor_ms = statistics.median(taken["floor"])
    ratios = {name: statistics.median(ms) / floor_ms for name, ms in taken.items()}
    floor = f"over {floor_ms:.0f} ms"
    table.at_most("start: CPU to the first answer of the API (GET /v1/me)", ratios["get"], 1.35, floor)
    table.at_most("start: CPU of a job to its first read", ratios["job"], 1.1, floor)
    table.shown("start: CPU to the first answer when it needs pydantic (POST)", ratios["post"], floor)


def _cpu_ms(script: str, code: Path, runtime: Path, event: object, handler: str) -> float:
    import json

    env = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "TANHUI_", "PATH"))}
    env["_HANDLER"] = handler
    command = [sys.executable, "-I", "-S", "-c", script, str(code), str(runtime), json.dumps(event)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr[-2000:]
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
