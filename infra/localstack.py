"""Owns one local stack: an emulator process with its state in one folder, and the deployment in it.

    with LocalStack(folder, port=0) as stack:   # free ports, nothing deployed yet
        stack.deploy()
        requests.get(stack.url + "/v1/openapi.json")

Must not print: what happens is told to `say`. Its process saves the state when it is stopped, and every minute.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.error import URLError

from infra.environment import (
    API_STAGE,
    DEFAULT_REGION,
    LOCAL_KEY,
    LOCAL_STAGE,
    ROOT,
    StackError,
    is_locked,
    local_environment,
)
from infra.ports import free_port, is_free

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 120
OTHER_SAVE_TIMEOUT_S = 120
STATIC_DIR = ROOT / "frontend-miniapp" / "dist" / "build" / "h5"


def _quiet(_text: str) -> None:
    return None


class LocalStack:
    """The emulator, the API deployed in it and the address in front of both; see the module."""

    def __init__(
        self,
        state_dir: Path,
        port: int = 8080,
        gateway_port: int = 0,
        *,
        save_interval_s: float = 60.0,
        enforce_iam: bool = True,
        static_dir: Path = STATIC_DIR,
        python: Path | None = None,
        say: Callable[[str], None] = _quiet,
    ) -> None:
        """Describe a stack with its state in `state_dir`; port 0 means any free one.

        `enforce_iam` holds every function to its role's policies, as AWS does. `python` runs the emulator.
        """
        self.state_dir = state_dir.resolve()
        self.port = port or free_port()
        self.gateway_port = gateway_port or free_port()
        self._save_interval_s = save_interval_s
        self._enforce_iam = enforce_iam
        self._static_dir = static_dir
        self._python = python or ROOT / ".venv-stack" / "bin" / "python"
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address for people and partners."""
        return f"http://localhost:{self.port}"

    @property
    def endpoint_url(self) -> str:
        """The address that stands for AWS."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a tool works on this stack."""
        return local_environment(self.endpoint_url, self.url)

    @property
    def log_path(self) -> Path:
        """Where the emulator and the functions write what goes wrong."""
        return self.state_dir / "emulator.log"

    @property
    def emulator_pid(self) -> int:
        """The emulator's process, whose descendants run the functions; StackError when it is not running."""
        if self._process is None:
            raise StackError("The stack is not running.")
        return self._process.pid

    def start(self) -> None:
        """Start the emulator with the state it had; StackError when the folder or the port is in use."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._wait_for_earlier_emulator()
            self._check_port()
            self._drop_unfinished()
            self._spawn()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        facts = {"url": self.url, "endpoint_url": self.endpoint_url, "pid": str(os.getpid())}
        (self.state_dir / "stack.json").write_text(json.dumps(facts))

    def deploy(self) -> bool:
        """Bring data stack and application up to date; return whether anything changed."""
        from botocore.exceptions import BotoCoreError, ClientError

        from infra import deploy, package

        made = package.build(LOCAL_STAGE)
        aws = self.session()
        try:
            changed = deploy.deploy_data(aws, LOCAL_STAGE)
            done = deploy.deploy_by_cloudformation(aws, made)
        except (ClientError, BotoCoreError) as error:
            raise StackError(
                f"The deployment failed; see {self.log_path}. The cause: {str(error)[:500]}"
            ) from error
        api = {"rest_api_id": done.rest_api_id, "api_stage": API_STAGE}
        (self.state_dir / "api.json").write_text(json.dumps(api))
        return changed or done.changed

    def session(self) -> Any:
        """Return a boto3 session whose clients reach this stack."""
        import boto3

        endpoint_url = self.endpoint_url

        class LocalSession(boto3.Session):  # type: ignore[misc]
            def client(self, service_name: str, **options: Any) -> Any:
                return super().client(service_name, endpoint_url=endpoint_url, **options)

        return LocalSession(LOCAL_KEY, LOCAL_KEY, region_name=DEFAULT_REGION)

    def stop(self) -> None:
        """Stop the emulator, which saves; nothing happens when it is not running."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            (self.state_dir / "stack.json").unlink(missing_ok=True)
            shutil.rmtree(self.state_dir / "tmp", ignore_errors=True)
            self._lock.close()
            self._lock = None

    def exited(self) -> bool:
        """Return whether the emulator ended by itself, which it never should."""
        return self._process is None or self._process.poll() is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take_lock(self) -> None:
        lock = (self.state_dir / "stack.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StackError(
                f"Tanhui is already running on {self.state_dir}{self._where()}. Stop it there with Ctrl-C, or with "
                "`make stop`, and try again."
            ) from None
        self._lock = lock

    def _where(self) -> str:
        try:
            facts = json.loads((self.state_dir / "stack.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return ""
        return f" as process {facts['pid']}, at {facts['url']}"

    def _wait_for_earlier_emulator(self) -> None:
        """The emulator of a killed start notices, saves and ends by itself; give it the time."""
        lock, deadline, told = (
            self.state_dir / "emulator.lock",
            time.monotonic() + OTHER_SAVE_TIMEOUT_S,
            False,
        )
        while is_locked(lock):
            if not told:
                self._say("An earlier start was cut off; waiting until its data is saved …")
                told = True
            if time.monotonic() > deadline:
                raise StackError(
                    f"An emulator of an earlier start still holds {self.state_dir}. Find it with "
                    "`ps aux | grep infra.emulator`, stop it with `kill`, and try again."
                )
            time.sleep(0.2)

    def _check_port(self) -> None:
        for port, variable in ((self.port, "PORT"), (self.gateway_port, "GATEWAY_PORT")):
            if not is_free(port):
                raise StackError(
                    f"Port {port} is in use by another program. Stop that program, or choose another port: "
                    f"`make run {variable}={port + 10}`."
                )

    def _drop_unfinished(self) -> None:
        """Start anew when the first start never came to a deployed application: there is nothing to keep then."""
        shutil.rmtree(self.state_dir / "tmp", ignore_errors=True)
        if (self.state_dir / "data").exists() and not (self.state_dir / "api.json").exists():
            self._say("The first start did not get to its end; starting afresh.")
            for name in ("data", "s3", "lambda-code"):
                shutil.rmtree(self.state_dir / name, ignore_errors=True)

    def _spawn(self) -> None:
        if not self._python.exists():
            raise StackError(f"{self._python} is missing; `make run` and `make test` install it.")
        (self.state_dir / "tmp").mkdir(exist_ok=True)
        self._roll_log()
        with self.log_path.open("ab") as log:
            # A session of its own: Ctrl-C reaches the caller only, who stops things in their order.
            self._process = subprocess.Popen(
                [str(self._python), "-m", "infra.emulator"],
                cwd=ROOT,
                env=self._emulator_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _roll_log(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > 10 * 1024 * 1024:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))

    def _emulator_environment(self) -> dict[str, str]:
        """Functions inherit this, so it holds nothing of the caller's own: no profiles, no stage, no endpoint."""
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ
        }
        return kept | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.gateway_port),
            "MINISTACK_REGION": DEFAULT_REGION,
            "MINISTACK_ACCOUNT_ID": "000000000000",
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state_dir / "data"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
            "TMPDIR": str(self.state_dir / "tmp"),
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if self._enforce_iam else "false",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TANHUI_ORIGIN_PORT": str(self.port),
            "TANHUI_ORIGIN_API_FILE": str(self.state_dir / "api.json"),
            "TANHUI_ORIGIN_STATIC_DIR": str(self._static_dir),
            "TANHUI_ORIGIN_FILES": self.endpoint_url,
            "TANHUI_SAVE_INTERVAL_S": str(self._save_interval_s),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.exited():
                raise StackError(
                    f"The emulator did not start. The end of {self.log_path}:\n{self._log_tail()}"
                )
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=5):
                    return
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise StackError(f"The emulator did not answer within {START_TIMEOUT_S} s; see {self.log_path}.")

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])
