"""How the mini-app looks and whether everybody can use it: every page, light and dark, large type, a narrow phone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from infra.localstack import LocalStack
from tests.e2e.browser import HEIGHT_PX, Phone, launched, new_phone, serious_findings
from tests.e2e.conftest import run_code
from tests.e2e.people import new_id, send, sign_in
from tests.e2e.trading import CLOSE_TODAY, DESK, redeem_shirt

pytestmark = pytest.mark.e2e

NARROW = {"width": 320, "height": 640}
TAP_MIN_PX, TAP_MIN_LARGE_PX, TEXT_MIN_LARGE_PX = 44, 60, 18
QR_MIN_PX = 230

RESIDENT_PAGES = {
    "home": "/",
    "offers": "/pages/offers/index",
    "offer": "/pages/offers/detail?id=off_coat",
    "vouchers": "/pages/vouchers/index",
    "voucher": "/pages/vouchers/detail?id={voucher}",
    "me": "/pages/me/index",
    "records": "/pages/records/index",
    "refused": "/pages/records/refused",
    "record": "/pages/records/detail?id={activity}",
    "methods": "/pages/methods/index",
    "method": "/pages/methods/detail?id=shared-bicycle",
    "ledger": "/pages/ledger/index",
    "cards": "/pages/cards/index",
    "pay": "/pages/pay/index",
    "scan": "/pages/pay/scan",
    "payments": "/pages/pay/list",
    "messages": "/pages/messages/index",
    "appeals": "/pages/appeals/index",
    "appeal": "/pages/appeals/new?activity={activity}",
    "declare": "/pages/records/declare",
    "devices": "/pages/devices/index",
    "reminders": "/pages/messages/settings",
    "close": "/pages/me/close",
    "objection": "/pages/appeals/detail?id={appeal}",
    "missing": "/pages/appeals/missing",
    "boards": "/pages/boards/index",
    "boards-join": "/pages/boards/join",
    "stars": "/pages/boards/stars?community=com_jiefang",
}
STAFF_PAGES = {"till": "/merchant/till/index", "today": "/merchant/today/index"}
MANAGER_PAGES = {
    "statements": "/merchant/statements/index",
    "statement": "/merchant/statements/detail?store=sto_jiefang&on={today}",
    "disputes": "/merchant/statements/disputes",
    "own-offers": "/merchant/offers/index",
    "draft": "/merchant/offers/edit?offer=off_coat",
    "shop": "/merchant/shop/index",
    "posters": "/merchant/posters/index",
}

# Controls smaller than so many pixels, with their names; what is not on the screen has no size.
SMALL_CONTROLS = """min => [
    ...document.querySelectorAll('[role=button],[role=switch],[role=radio],[role=checkbox],uni-input')]
    .map(e => [e.getAttribute('aria-label') || e.innerText, e.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.height < min - 0.5 || box.width < min - 0.5))
    .map(([name, box]) => `${name} ${Math.round(box.width)}×${Math.round(box.height)}`)"""
SMALL_TEXTS = """min => [...document.querySelectorAll('uni-text')]
    .filter(e => e.innerText.trim() && e.getBoundingClientRect().height > 0)
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < min)
    .map(e => e.innerText.trim())"""
OVERFLOW_PX = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as running:
        yield running


@dataclass
class Look:
    """One way to look at every page."""

    name: str
    phones: dict[str, Phone]
    paths: dict[str, str]

    def pages(self) -> Iterator[tuple[str, Phone]]:
        """Open every page, wait until its content is there, and yield it by name."""
        for name, path in self.paths.items():
            who = "staff" if name in STAFF_PAGES else "manager" if name in MANAGER_PAGES else "resident"
            phone = self.phones[who]
            phone.open(path)
            phone.page.wait_for_load_state("networkidle")
            expect(phone.sees("loading")).to_have_count(0)
            yield name, phone


@pytest.fixture(scope="module")
def ids(browser: Browser, city: LocalStack) -> dict[str, str]:
    """Something to look at: a voucher and an activity of the demo resident."""
    phone = new_phone(browser, city.url)
    phone.sign_in()
    token = phone.token()
    phone.context.close()
    body = {"redemption_id": new_id("red"), "offer_id": "off_shirt"}
    assert send(city.url, "POST", "/v1/me/vouchers", body, token).status == 201
    activity = send(city.url, "GET", "/v1/me/activities?limit=1", token=token).body["items"][0]
    redeem_shirt(city.url, "neighbour-0")
    closed = run_code(city, CLOSE_TODAY)
    assert closed.returncode == 0, closed.stderr
    manager = sign_in(city.url, "li", "merchant_manager")
    statement = manager.get("/v1/merchant/statements")["items"][0]
    line = {"store_id": statement["store_id"], "on": statement["on"], "line_no": 1, "reason": "顾客没有取衣"}
    assert manager.act("POST", "/v1/merchant/disputes", line).status == 201
    appeal = {
        "appeal_id": new_id("apl"),
        "activity_id": activity["activity_id"],
        "text": "这次乘车的时间不对",
    }
    assert send(city.url, "POST", "/v1/me/appeals", appeal, token).status == 201
    return {
        "voucher": body["redemption_id"],
        "activity": activity["activity_id"],
        "today": statement["on"],
        "appeal": appeal["appeal_id"],
    }


LOOKS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "large": {},
    "narrow": {"viewport": NARROW},
}


@pytest.fixture(scope="module", params=LOOKS)
def look(
    request: pytest.FixtureRequest, browser: Browser, city: LocalStack, ids: dict[str, str]
) -> Iterator[Look]:
    """All pages in each of the looks, signed in as resident and as cashier."""
    options = LOOKS[request.param]
    phones = {who: new_phone(browser, city.url, **options) for who in ("resident", "staff", "manager")}
    if request.param == "large":
        for phone in phones.values():
            phone.context.add_init_script("localStorage.setItem('elder', 'true')")
    phones["resident"].sign_in()
    phones["resident"].open("/pages/pay/index")
    phones["resident"].tap("open-wallet")
    phones["staff"].sign_in("cashier")
    phones["manager"].sign_in("merchant_manager")
    pages = RESIDENT_PAGES | STAFF_PAGES | MANAGER_PAGES
    paths = {name: path.format(**ids) for name, path in pages.items()}
    yield Look(request.param, phones, paths)
    faults = [fault for phone in phones.values() for fault in phone.faults]
    for phone in phones.values():
        phone.context.close()
    assert faults == []


def test_every_page_can_be_used_by_everybody(look: Look) -> None:
    wrong: dict[str, list[str]] = {}
    for name, phone in look.pages():
        phone.shot(f"{look.name}-{name}")
        found = serious_findings(phone.page)
        if phone.page.evaluate(OVERFLOW_PX) > 0:
            found.append("is wider than the screen")
        least_px = TAP_MIN_LARGE_PX if look.name == "large" else TAP_MIN_PX
        found += phone.page.evaluate(SMALL_CONTROLS, least_px)
        if look.name == "large":
            found += phone.page.evaluate(SMALL_TEXTS, TEXT_MIN_LARGE_PX)
        if re.search(r"undefined|NaN|\[object|\bnull\b", phone.page.inner_text("body")):
            found.append("shows a value that is none")
        wrong |= {name: found} if found else {}
    assert wrong == {}


def test_the_login_page_can_be_used_by_everybody(browser: Browser, city: LocalStack) -> None:
    phone = new_phone(browser, city.url)
    phone.open("/")
    expect(phone.sees("login")).to_be_visible()
    phone.shot("light-login")
    assert serious_findings(phone.page) == []
    assert phone.faults == []
    phone.context.close()


def test_the_code_is_large_and_black_on_white_in_the_dark_too(
    browser: Browser, city: LocalStack, ids: dict[str, str]
) -> None:
    phone = new_phone(browser, city.url, color_scheme="dark")
    phone.sign_in()
    phone.open(f"/pages/vouchers/detail?id={ids['voucher']}")
    box = phone.sees("qr").first.bounding_box()
    assert box is not None and box["width"] >= QR_MIN_PX
    ground = phone.sees("qr").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    phone.context.close()


def test_on_a_desktop_content_and_tabs_stay_in_one_column(browser: Browser, city: LocalStack) -> None:
    phone = new_phone(
        browser, city.url, viewport={"width": 1280, "height": HEIGHT_PX}, is_mobile=False, has_touch=False
    )
    phone.sign_in()
    first, last = phone.sees("tab-0").bounding_box(), phone.sees("tab-4").bounding_box()
    assert first is not None and last is not None
    assert last["x"] + last["width"] - first["x"] <= 520
    phone.shot("desktop-home")
    phone.context.close()


def test_the_console_uses_the_width_of_a_desk(
    browser: Browser, city: LocalStack, ids: dict[str, str]
) -> None:
    desk = new_phone(browser, city.url, **DESK)
    desk.sign_in("merchant_manager")
    wrong: dict[str, list[str]] = {}
    for name, path in MANAGER_PAGES.items():
        desk.open(path.format(**ids))
        desk.page.wait_for_load_state("networkidle")
        desk.shot(f"desk-{name}")
        found = serious_findings(desk.page)
        wrong |= {name: found} if found else {}
    assert wrong == {}
    desk.open("/merchant/offers/index")
    cards = [desk.sees("own-offer").nth(n).bounding_box() for n in (0, 1)]
    assert cards[0] and cards[1] and cards[0]["y"] == cards[1]["y"], "cards stand beside each other"
    assert desk.faults == []
    desk.context.close()


def test_large_type_is_switched_on_the_first_page_and_kept(browser: Browser, city: LocalStack) -> None:
    phone = new_phone(browser, city.url)
    phone.sign_in()
    before = phone.sees("record").first.bounding_box()
    phone.tap("elder")
    phone.open("/")
    after = phone.sees("record").first.bounding_box()
    assert before is not None and after is not None and after["height"] > before["height"]
    phone.context.close()
