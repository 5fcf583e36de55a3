"""The first page on a slow phone: 390 × 844, a fast-3G network, a processor four times slower, nothing kept before.

Interactive means that the resident's points stand there and the four actions answer. Measured cold, several times, in a
browser context of its own each; the bound is of the middle one.
"""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from infra import frontend
from infra.localstack import LocalStack
from tests.bench.harness import Table
from tests.e2e.browser import launched, new_phone
from tests.e2e.conftest import run_module

RUNS = 5
INTERACTIVE_MAX_S = 2.0
FAST_3G: dict[str, float] = {
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
CPU_SLOWER = 4
WAIT_MAX_MS = 60_000
_POINTS_SHOWN = "() => /^[0-9,]+$/.test(document.querySelector('[data-testid=points]')?.innerText ?? '')"


def run(table: Table) -> None:
    """Measure the home page of the demo resident."""
    frontend.build("h5")
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(Path(folder), port=0) as stack,
        sync_playwright() as playwright,
        launched(playwright) as browser,
    ):
        stack.deploy()
        seeded = run_module(stack, "infra.seed")
        assert seeded.returncode == 0, seeded.stderr
        session = _signed_in(browser, stack.url)
        found = [_load(browser, stack.url, session) for _ in range(RUNS)]
    painted_s, interactive_s, received_kb = (statistics.median(column) for column in zip(*found, strict=True))
    table.shown("phone: first paint, s", painted_s)
    table.shown("phone: received until interactive, KB", received_kb)
    # What no app can be faster than: the page, then what it names, at the network's own latency and rate.
    least_s = 2 * FAST_3G["latency"] / 1000 + received_kb * 1024 / FAST_3G["downloadThroughput"]
    table.shown("phone: interactive ÷ what the network alone takes", interactive_s / least_s)
    table.at_most("phone: interactive, s", interactive_s, INTERACTIVE_MAX_S, "4x CPU, fast 3G")


def _signed_in(browser: Browser, url: str) -> dict[str, str]:
    """Return what the app keeps of a session, so that loading does not begin with signing in."""
    phone = new_phone(browser, url)
    phone.sign_in()
    kept: dict[str, str] = phone.page.evaluate(
        "Object.fromEntries(['session', 'login'].map(key => [key, localStorage.getItem(key)]))"
    )
    phone.context.close()
    return kept


def _load(browser: Browser, url: str, session: dict[str, str]) -> tuple[float, float, float]:
    phone = new_phone(browser, url)
    phone.context.add_init_script(f"Object.assign(localStorage, {session})")
    devtools = phone.context.new_cdp_session(phone.page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **FAST_3G})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    phone.open("/")
    phone.page.wait_for_function(_POINTS_SHOWN, timeout=WAIT_MAX_MS)
    painted_ms, now_ms, received_bytes = phone.page.evaluate(
        """() => [
            performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
            performance.now(),
            performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0),
        ]"""
    )
    phone.context.close()
    return painted_ms / 1000, now_ms / 1000, received_bytes / 1024
