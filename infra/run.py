"""Owns `make run`: start, deploy, seed, say where it is, wait for Ctrl-C; also in the background.

Must not know what the demo city holds; `infra.seed` does.
"""

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from infra.environment import LOCAL_DIR, ROOT, StackError, is_locked, running_stack
from infra.localstack import LocalStack

BACKGROUND_TIMEOUT_S = 600


def serve(arguments: argparse.Namespace) -> int:
    """Run the stack in the foreground until SIGINT or SIGTERM; return the exit code."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stopping))
    stack = LocalStack(arguments.state, arguments.port, arguments.gateway_port, say=say)
    try:
        say("Starting …")
        stack.start()
        say("Deploying …" if stack.deploy() else "The deployment is up to date.")
        seed(stack, arguments.seed)
        say(f"\n碳惠 Tanhui is running: {stack.url}\nIts data is kept in {arguments.state}. Ctrl-C stops it.")
        (stack.state_dir / "ready").touch()
        while not stopping.wait(1.0):
            if stack.exited():
                raise StackError(
                    f"The emulator ended unexpectedly; see {stack.log_path}. Start again with `make run`."
                )
    except KeyboardInterrupt:
        pass
    finally:
        (stack.state_dir / "ready").unlink(missing_ok=True)
        if not stack.exited():
            say("\nSaving …")
        stack.stop()
    say("Stopped.")
    return 0


def _interrupt(stopping: threading.Event) -> None:
    """Stop once; a second Ctrl-C must not cut off the saving."""
    if not stopping.is_set():
        stopping.set()
        raise KeyboardInterrupt


def seed(stack: LocalStack, wanted: bool) -> None:
    """Fill an empty stack with the demo city and print its logins; the module itself knows what is there already."""
    if not wanted or importlib.util.find_spec("infra.seed") is None:
        return
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TANHUI_"))} | stack.environment
    done = subprocess.run([sys.executable, "-m", "infra.seed"], cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise StackError("The demo data could not be written, see above. `make reset` clears what is there.")


def start(arguments: argparse.Namespace) -> int:
    """Run the stack in the background and return when it is ready."""
    arguments.state.mkdir(parents=True, exist_ok=True)
    if is_locked(arguments.state / "stack.lock"):
        raise StackError(
            f"Tanhui is already running: {running_stack(arguments.state)['url']}. `make stop` stops it."
        )
    command = [sys.executable, "-m", "infra.run", "serve", "--state", str(arguments.state)]
    command += ["--port", str(arguments.port), "--gateway-port", str(arguments.gateway_port)]
    command += [] if arguments.seed else ["--no-seed"]
    log_path = arguments.state / "run.log"
    (arguments.state / "ready").unlink(missing_ok=True)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + BACKGROUND_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StackError(log_path.read_text(errors="replace").strip())
        if (arguments.state / "ready").exists():
            say(log_path.read_text(errors="replace").strip())
            return 0
        time.sleep(0.1)
    raise StackError(f"Not ready after {BACKGROUND_TIMEOUT_S} s; see {log_path}.")


def stop(arguments: argparse.Namespace) -> int:
    """Stop the stack that runs on this state, wherever it was started."""
    facts = running_stack(arguments.state)
    os.kill(int(facts["pid"]), signal.SIGTERM)
    while is_locked(arguments.state / "stack.lock"):
        time.sleep(0.1)
    say("Stopped.")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Print where the stack runs as JSON; the exit code is 1 when it does not."""
    say(json.dumps(dict(running_stack(arguments.state))))
    return 0


def say(text: str) -> None:
    """Print at once, also into a log file."""
    print(text, flush=True)


def main() -> int:
    """Run one of the commands; a failure is a sentence on stderr and exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("serve", "start", "stop", "status"), nargs="?", default="serve")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--gateway-port", type=int, default=0)
    parser.add_argument("--state", type=lambda text: Path(text).resolve(), default=LOCAL_DIR)
    parser.add_argument("--no-seed", dest="seed", action="store_false")
    arguments = parser.parse_args()
    commands = {"serve": serve, "start": start, "stop": stop, "status": status}
    try:
        return commands[arguments.command](arguments)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
