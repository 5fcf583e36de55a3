"""Phones for the browser tests: Debian's Chromium, a resident's or a cashier's page, what went wrong in it."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from infra.environment import ROOT

SCREENS = ROOT / "build" / "screens"
AXE = ROOT / "frontend-miniapp" / "node_modules" / "axe-core" / "axe.min.js"
WIDTH_PX, HEIGHT_PX = 390, 844
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ROLE_WORDS = {"resident": "居民", "cashier": "收银员", "merchant_manager": "店长"}
# A browser notes every answer of 400 and above as an error of its own; those that tests provoke are no faults.
_EXPECTED_NOISE = re.compile(
    r"Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_FAILED|fetching the script"
)

expect.set_options(timeout=10_000)


def find_chromium() -> str:
    """Return the browser to use; where there is none, skip, but in continuous integration fail."""
    named = os.environ.get("TANHUI_CHROMIUM", "")
    found = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
    )
    if not found:
        assert not os.environ.get("CI"), "continuous integration has no Chromium"
        pytest.skip("no Chromium on this machine (apt install chromium, or set TANHUI_CHROMIUM)")
    return found


@contextmanager
def launched(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """Run a browser for a while."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Phone:
    """One person's browser: a context of its own, one page, and what went wrong in it so far."""

    url: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Load a page anew."""
        self.page.goto(self.url + path)

    def sees(self, testid: str) -> Locator:
        """Return the visible element with a test id; the pages before stay in the document, hidden."""
        return self.page.get_by_test_id(testid).locator("visible=true")

    def tap(self, testid: str) -> None:
        """Tap the element with a test id."""
        self.sees(testid).first.click()

    def button(self, name: str) -> Locator:
        """Return the visible button of that name."""
        return self.page.get_by_role("button", name=name, exact=True).locator("visible=true")

    def choose(self, label: str) -> None:
        """Choose a chip."""
        self.page.get_by_role("radio", name=label, exact=True).locator("visible=true").click()

    def sign_in(self, role: str = "resident", name: str = "", path: str = "/") -> None:
        """Sign in by the development login and arrive where that role begins, or at the page asked for."""
        self.open(path)
        expect(self.sees("login")).to_be_visible()
        if role != "resident":
            self.choose(ROLE_WORDS[role])
        if name:
            self.fill(name)
        self.tap("login")
        expect(self.page).not_to_have_url(re.compile("/pages/login/"))

    def fill(self, text: str) -> None:
        """Type into the one field of the page."""
        self.page.locator("input").locator("visible=true").fill(text)

    def scan(self, code: str) -> None:
        """Type as a scanner does: all keys at once, then Enter."""
        self.page.evaluate(
            """code => {
            for (const key of [...code, 'Enter'])
                document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))
            }""",
            code,
        )

    def token(self) -> str:
        """Return the access token of the session."""
        kept = self.page.evaluate("localStorage.getItem('session')")
        return str(json.loads(kept)["access_token"])

    def shot(self, name: str) -> None:
        """Keep a picture of the screen."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENS / f"{name}.png"))


def new_phone(browser: Browser, url: str, files_url: str = "", **options: Any) -> Phone:
    """Return a phone of 390 × 844 that notes errors and requests to anybody but us; `files_url` is the bucket's."""
    ours = tuple(filter(None, (url, files_url, "data:", "blob:", "about:")))
    size = {"width": WIDTH_PX, "height": HEIGHT_PX}
    settings = {"viewport": size, "locale": "zh-CN", "is_mobile": True, "has_touch": True, **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(10_000)
    page = context.new_page()
    phone = Phone(url, context, page)

    def heard(message: Any) -> None:
        if message.type == "error" and not _EXPECTED_NOISE.search(message.text):
            phone.faults.append(f"console: {message.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith(ours):
            phone.faults.append(f"foreign: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: phone.faults.append(f"script: {error}"))
    page.on("request", asked)
    return phone


def film_of(phone: Phone, folder: Path) -> Path:
    """Return a film, as a fake camera plays it, of the code that `phone` shows."""
    picture = photo_of(phone, "jpeg")
    film = folder / "film.mjpeg"
    film.write_bytes(picture * 10)
    return film


def photo_of(phone: Phone, kind: str = "png") -> bytes:
    """Return a photo of the code that `phone` shows: on a table, a little askew."""
    source = phone.sees("qr").first.locator("img").get_attribute("src")
    page = phone.context.browser.new_context(viewport={"width": 640, "height": 480}).new_page()
    page.set_content(
        "<body style='margin:0;background:#5a6e64'><img style='position:absolute;left:150px;top:70px;width:340px;"
        f"transform:rotate(4deg);image-rendering:pixelated' src='{source}'></body>"
    )
    page.wait_for_function("document.images[0].complete")
    picture = page.screenshot(type=kind, **({"quality": 92} if kind == "jpeg" else {}))
    page.context.close()
    return picture


@contextmanager
def camera_browser(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """Run a browser whose camera plays `film`."""
    with launched(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ) as browser:
        yield browser


def serious_findings(page: Page) -> list[str]:
    """Return what axe-core finds on the page that is serious or critical, each with where."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [
        f"{found['id']}: {found['nodes'][0]['html'][:120]}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def saved(download: Any) -> Path:
    """Return a finished download as a file."""
    path = Path(tempfile.mkdtemp()) / download.suggested_filename
    download.save_as(path)
    return path
