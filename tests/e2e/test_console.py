"""The merchant's console in a real browser: a manager's statements, offers, stores, staff, terminals and posters."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from infra.localstack import LocalStack
from tests.e2e.browser import Phone, launched, new_phone, saved
from tests.e2e.conftest import run_code
from tests.e2e.people import sign_in
from tests.e2e.trading import CLOSE_TODAY, DESK, redeem_shirt

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as running:
        yield running


@pytest.fixture
def manager(browser: Browser, city: LocalStack) -> Iterator[Phone]:
    """The manager of a laundry at a desk; at the end nothing may have gone wrong in the browser."""
    desk = new_phone(browser, city.url, **DESK)
    desk.sign_in("merchant_manager")
    yield desk
    assert desk.faults == []
    desk.context.close()


def test_a_day_is_closed_downloaded_and_disputed_once(manager: Phone, city: LocalStack) -> None:
    for name in ("neighbour-0", "neighbour-1"):
        redeem_shirt(city.url, name)
    closed = run_code(city, CLOSE_TODAY)
    assert closed.returncode == 0, closed.stderr
    manager.tap("manage")
    expect(manager.sees("sums")).to_contain_text("2 笔，40 积分")
    manager.tap("statement")
    expect(manager.sees("line")).to_have_count(2)
    with manager.page.expect_download() as started:
        manager.tap("csv")
    text = saved(started.value).read_bytes().decode("utf-8")
    assert text.startswith("\ufeff序号,"), "a spreadsheet program needs the mark to read Chinese"
    assert len(list(csv.reader(io.StringIO(text)))) == 3
    with manager.page.expect_download() as started:
        manager.tap("pdf")
    pdf = saved(started.value).read_bytes()
    assert pdf.startswith(b"%PDF-1.4") and pdf.rstrip().endswith(b"%%EOF")
    manager.tap("wrong")
    manager.tap("sheet-confirm")
    expect(manager.sees("fault")).to_have_text("请至少写 2 个字")
    manager.page.locator("textarea").locator("visible=true").fill("顾客没有取衣，请退回积分")
    manager.sees("sheet-confirm").dblclick()
    expect(manager.sees("notice")).to_contain_text("已提出")
    manager.open("/merchant/statements/disputes")
    expect(manager.sees("dispute")).to_have_count(1)
    expect(manager.sees("dispute")).to_contain_text("处理中")


def test_an_offer_goes_from_draft_to_live_to_its_end(manager: Phone, city: LocalStack) -> None:
    manager.open("/merchant/offers/index")
    manager.tap("new-offer")
    type_in(manager, "f-title", "羽绒服清洗一件")
    type_in(manager, "f-points", "9.5")
    manager.tap("save-submit")
    expect(manager.sees("fault").first).to_be_visible()
    type_in(manager, "f-points", "90")
    type_in(manager, "f-stock", "20")
    type_in(manager, "f-value_fen", "45.50")
    type_in(manager, "f-limit_per_resident", "1")
    manager.sees("save-submit").dblclick()
    expect(manager.sees("own-offer").first).to_be_visible()
    manager.choose("草稿与审核")
    expect(manager.sees("draft")).to_have_count(1)
    expect(manager.sees("draft")).to_contain_text("审核中")
    operator = sign_in(city.url, "zhao", "operator")
    draft = operator.get("/v1/operator/offer-drafts")["items"][0]
    assert draft["offer"]["value_fen"] == 4550
    decided = operator.act("POST", f"/v1/operator/offer-drafts/{draft['draft_id']}/approval", None)
    assert decided.status == 200, decided
    manager.open("/merchant/offers/index")
    made = manager.sees("own-offer").filter(has_text="羽绒服清洗一件")
    expect(made).to_contain_text("剩 20 / 20 份")
    made.get_by_test_id("next-version").click()
    type_in(manager, "f-points", "80")
    manager.tap("save")
    manager.choose("草稿与审核")
    expect(manager.sees("draft")).to_contain_text("80 积分")
    manager.tap("discard")
    manager.tap("sheet-confirm")
    expect(manager.sees("draft")).to_have_count(0)
    manager.choose("在售")
    made.get_by_test_id("end").click()
    type_in(manager, "end-reason", "换季")
    manager.tap("sheet-confirm")
    expect(made).to_have_count(0)
    manager.choose("已结束")
    expect(made).to_have_count(1)


def type_in(phone: Phone, testid: str, text: str) -> None:
    """Fill the field with a test id."""
    phone.sees(testid).locator("input").fill(text)


def test_stores_staff_and_terminals_are_managed(manager: Phone) -> None:
    manager.open("/merchant/shop/index")
    manager.tap("new-store")
    type_in(manager, "f-name", "锦绣洗衣览山店")
    manager.tap("sheet-confirm")
    expect(manager.sees("fault")).to_have_text("请填写这一项")
    type_in(manager, "f-address", "银川市金凤区览山公园")
    manager.sees("sheet-confirm").dblclick()
    expect(manager.sees("own-store").filter(has_text="览山店")).to_have_count(1)
    manager.sees("own-store").filter(has_text="览山店").get_by_test_id("edit-store").click()
    manager.tap("f-open")
    manager.tap("sheet-confirm")
    expect(manager.sees("own-store").filter(has_text="览山店")).to_contain_text("暂停营业")
    manager.choose("员工")
    manager.tap("new-staff")
    type_in(manager, "f-name", "收银员 小杨")
    type_in(manager, "f-login", "小杨")
    manager.tap("sheet-confirm")
    expect(manager.sees("fault")).to_contain_text("只能用字母")
    type_in(manager, "f-login", "yang")
    manager.tap("sheet-confirm")
    hired = manager.sees("member").filter(has_text="小杨")
    expect(hired).to_contain_text("锦绣洗衣")
    hired.get_by_test_id("stop-staff").click()
    manager.tap("sheet-confirm")
    expect(hired).to_contain_text("已停用")
    manager.choose("收银终端")
    manager.tap("new-terminal")
    type_in(manager, "f-name", "1 号收银机")
    manager.tap("sheet-confirm")
    expect(manager.sees("sheet")).to_contain_text("只显示这一次")
    manager.tap("sheet-cancel")
    manager.tap("revoke")
    manager.tap("sheet-confirm")
    expect(manager.sees("terminal")).to_contain_text("已停用")


def test_a_poster_is_made_printed_and_taken_down(manager: Phone) -> None:
    manager.open("/merchant/posters/index")
    manager.choose("锦绣洗衣解放街店")
    expect(manager.sees("code-card").first).to_be_visible()
    manager.tap("add-code")
    type_in(manager, "f-label", "外卖窗口")
    manager.sees("sheet-confirm").dblclick()
    made = manager.sees("code-card").filter(has_text="外卖窗口")
    expect(made).to_have_count(1)
    for size in ("A4", "A6"):
        with manager.page.expect_download() as started:
            made.get_by_test_id(f"print-{size}").click()
        assert saved(started.value).read_bytes().startswith(b"%PDF-1.4")
    made.get_by_test_id("stop-code").click()
    manager.tap("sheet-confirm")
    expect(made).to_have_count(0)


def test_a_cashier_is_led_back_to_the_till(browser: Browser, city: LocalStack) -> None:
    cashier = new_phone(browser, city.url)
    cashier.sign_in("cashier")
    expect(cashier.sees("manage")).to_have_count(0)
    cashier.open("/merchant/statements/index")
    expect(cashier.page).to_have_url(re.compile("/merchant/till/"))
    assert cashier.faults == []
    cashier.context.close()
