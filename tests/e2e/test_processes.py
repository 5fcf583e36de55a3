"""A test that kills a function hits its own stack's and no other's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.environment import StackError
from infra.localstack import LocalStack
from tests.e2e.processes import kill_function

SLEEP = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
PARENT = f"import subprocess, sys; sys.exit(subprocess.run({SLEEP!r}).returncode)"
ENVIRONMENT = os.environ | {"AWS_LAMBDA_FUNCTION_NAME": "tanhui-local-imports"}


def test_only_the_functions_below_the_given_process_are_killed() -> None:
    own = subprocess.Popen([sys.executable, "-c", PARENT], env=ENVIRONMENT, stdout=subprocess.PIPE)
    other = subprocess.Popen(SLEEP, env=ENVIRONMENT, stdout=subprocess.PIPE)
    try:
        for process in (own, other):
            assert process.stdout is not None
            process.stdout.readline()
        assert kill_function(own.pid, "expire") == 0
        assert kill_function(own.pid, "imports") == 1
        assert own.wait(10) != 0
        assert other.poll() is None
    finally:
        for process in (own, other):
            process.kill()
            process.communicate()


def test_a_stack_that_is_not_running_has_no_process(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="not running"):
        _ = LocalStack(tmp_path, port=0).emulator_pid
