"""The mini-app in a real browser against the running product: a resident's phone and a cashier's at the same time."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, Route, expect, sync_playwright

from infra.localstack import LocalStack
from tests.e2e.browser import (
    Phone,
    camera_browser,
    film_of,
    launched,
    new_phone,
    photo_of,
    saved,
)
from tests.e2e.conftest import NEIGHBOURS, run_module
from tests.e2e.people import send, sign_in

pytestmark = pytest.mark.e2e

Make = Callable[..., Phone]
RECORD_OF_A_CUP = {"inputs": {}, "evidence": "operator-signed"}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as running:
        yield running


@pytest.fixture
def phone(browser: Browser, city: LocalStack) -> Iterator[Make]:
    """Make phones; at the end none of them may have had a script error or asked a stranger."""
    phones: list[Phone] = []

    def make(role: str = "", name: str = "", path: str = "/", **options: object) -> Phone:
        made = new_phone(browser, city.url, city.endpoint_url, **options)
        phones.append(made)
        if role:
            made.sign_in(role, name, path)
        return made

    yield make
    faults = [fault for made in phones for fault in made.faults]
    for made in phones:
        made.context.close()
    assert faults == []


@pytest.fixture(scope="module")
def neighbours() -> Iterator[str]:
    """Names of residents with points, each used by one test only."""
    return (f"neighbour-{number}" for number in range(NEIGHBOURS))


@pytest.fixture
def spender(phone: Make, neighbours: Iterator[str]) -> Phone:
    """The phone of a resident with points of their own."""
    return phone("resident", next(neighbours))


def take_shirt(resident: Phone) -> None:
    """Take the voucher of 20 points and arrive at its code."""
    resident.open("/pages/offers/detail?id=off_shirt")
    resident.tap("take")
    resident.tap("sheet-confirm")
    expect(resident.sees("qr")).to_be_visible()


def voucher_token(resident: Phone) -> str:
    """Return the signed text in the code that is shown."""
    redemption_id = resident.page.url.rpartition("=")[2]
    answer = send(resident.url, "GET", f"/v1/me/vouchers/{redemption_id}/token", token=resident.token())
    return str(answer.body["token"])


def count_vouchers(resident: Phone) -> int:
    """Return how many vouchers the resident has."""
    return len(send(resident.url, "GET", "/v1/me/vouchers?limit=100", token=resident.token()).body["items"])


def test_the_home_page_asks_early_and_only_once(phone: Make) -> None:
    resident = phone("resident")
    expect(resident.sees("record")).to_have_count(4)
    asked: list[str] = []
    resident.page.on("request", lambda request: asked.append(request.url.removeprefix(resident.url)))
    resident.open("/")
    expect(resident.sees("record")).to_have_count(4)
    wanted = ["/v1/me", "/v1/me/activities?limit=4", "/v1/me/months"]
    assert sorted(path for path in asked if path.startswith("/v1/")) == wanted


def test_home_shows_what_the_imported_rides_are_worth(phone: Make) -> None:
    resident = phone("resident")
    balance = send(resident.url, "GET", "/v1/me", token=resident.token()).body["balance"]
    assert balance["points_available"] > 100
    expect(resident.sees("points")).to_have_text(str(balance["points_available"]))
    expect(resident.sees("record")).to_have_count(4)
    expect(resident.page.get_by_role("img", name=re.compile("11月 1\\.1 千克|月 1\\.1 千克"))).to_be_visible()
    expect(resident.page.get_by_text("时间重叠")).to_be_visible()


def test_a_record_explains_its_number_and_leads_to_its_methodology(phone: Make) -> None:
    resident = phone("resident")
    resident.sees("record").filter(has_text="515").first.click()
    expect(resident.sees("step").nth(2)).to_be_visible()
    expect(resident.sees("recomputed")).to_have_text("按现行方法学复算，结果一致")
    expect(resident.sees("factor").first).to_contain_text("广州，2015 年")
    resident.button("方法学").click()
    expect(resident.sees("per-point")).to_have_text("每 10 克 CO₂ 得 1 积分")


def test_an_objection_is_sent_once_and_followed(spender: Phone) -> None:
    resident = spender
    resident.tap("record")
    resident.tap("objection")
    words = resident.page.locator("textarea").locator("visible=true")
    words.fill("不对")
    resident.tap("send-appeal")
    expect(resident.sees("appeal-fault")).to_have_text("请至少写 5 个字")
    words.fill("这天我坐了两次地铁，只记了一次")
    resident.sees("send-appeal").dblclick()
    expect(resident.sees("appeal")).to_have_count(1)
    expect(resident.sees("appeal")).to_contain_text("只记了一次")


def test_a_question_about_an_objection_is_answered_and_a_missing_ride_is_claimed(phone: Make) -> None:
    resident = phone("resident", "appellant", "/pages/appeals/index")
    resident.tap("missing")
    resident.tap("send-appeal")
    expect(resident.sees("appeal-fault")).to_have_text("请先选择一种低碳行为")
    resident.choose("自带杯")
    resident.tap("step-1")
    resident.page.locator("textarea").locator("visible=true").fill("在咖啡店用自己的杯子，没有记上")
    with resident.page.expect_file_chooser() as chosen:
        resident.tap("choose-photo")
    picture = {"name": "cup.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + bytes(101)}
    chosen.value.set_files(picture)
    expect(resident.sees("photo-preview")).to_have_count(1)
    resident.sees("send-appeal").dblclick()
    resident.sees("appeal").filter(has_text="咖啡店").click()
    expect(resident.sees("appeal-state")).to_have_text("已收到，等待运营人员处理")

    operator = sign_in(resident.url, "zhao", "operator")
    (case,) = [c for c in operator.get("/v1/operator/appeals")["items"] if "咖啡店" in c["text"]]
    question = {"message_id": "message-e2e-000001", "text": "请补充是哪家店"}
    path = f"/v1/operator/appeals/{case['case_id']}"
    assert operator.act("POST", f"{path}/messages", question).status == 201
    resident.page.reload()
    expect(resident.sees("appeal-state")).to_have_text("运营人员请您补充说明")
    resident.page.locator("textarea").locator("visible=true").fill("湖滨街的店")
    resident.sees("say").dblclick()
    expect(resident.sees("appeal-message")).to_have_count(2)
    expect(resident.page.locator("textarea").locator("visible=true")).to_have_value("")
    resident.shot("appeal-talk")
    photo = operator.get(f"{path}/photos/{case['photos'][0]}")
    assert photo["photo_url"].startswith("http")
    upheld = {"decision": "uphold", "reason": "与店家核对一致", "record": RECORD_OF_A_CUP}
    assert operator.act("POST", f"{path}/decision", upheld).status == 200
    resident.page.reload()
    expect(resident.sees("appeal-state")).to_have_text("申诉成立，已补记")
    expect(resident.sees("appeal-reason")).to_have_text("答复：与店家核对一致")


def test_records_are_filtered_by_scenario_and_month(phone: Make) -> None:
    resident = phone("resident", path="/pages/records/index")
    expect(resident.sees("record")).to_have_count(5)
    resident.choose("食")
    expect(resident.sees("empty")).to_be_visible()
    resident.choose("行")
    expect(resident.sees("record")).to_have_count(5)
    resident.tap("month-before")
    expect(resident.sees("empty")).to_be_visible()


def test_a_voucher_tapped_twice_is_taken_once(spender: Phone) -> None:
    resident = spender
    before = count_vouchers(resident)
    resident.open("/pages/offers/detail?id=off_shirt")
    resident.tap("take")
    resident.sees("sheet-confirm").dblclick()
    expect(resident.sees("qr")).to_be_visible()
    assert count_vouchers(resident) == before + 1


def test_a_lost_answer_takes_one_voucher_and_not_two(spender: Phone) -> None:
    resident = spender
    before = count_vouchers(resident)
    resident.open("/pages/offers/detail?id=off_shirt")
    lose_answer(resident, "**/v1/me/vouchers")
    resident.tap("take")
    resident.tap("sheet-confirm")
    expect(resident.sees("take-failed")).to_have_text("网络连接不上，请检查网络后重试")
    resident.tap("sheet-confirm")
    expect(resident.sees("qr")).to_be_visible()
    assert count_vouchers(resident) == before + 1


def lose_answer(phone: Phone, pattern: str) -> None:
    """Let the next POST reach the server and its answer get lost."""

    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.page.route(pattern, lose)


def test_a_typed_code_is_redeemed_and_both_sides_see_it(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    take_shirt(resident)
    expect(cashier.sees("store")).to_have_text("锦绣洗衣解放街店")
    cashier.fill(voucher_token(resident))
    cashier.tap("check")
    expect(cashier.sees("found")).to_contain_text("水洗衬衫一件")
    cashier.sees("redeem").dblclick()
    expect(cashier.sees("done")).to_contain_text("核销成功")
    expect(resident.sees("used")).to_have_text("核销成功")
    cashier.tap("today")
    expect(cashier.sees("movement").first).to_contain_text("核销")
    expect(cashier.sees("movement").first).to_contain_text("20 积分")
    resident.open("/pages/ledger/index")
    expect(resident.sees("entry").first).to_contain_text("券已使用")


def test_a_scanner_that_types_is_always_armed(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    take_shirt(resident)
    expect(cashier.sees("camera")).to_be_visible()
    cashier.scan(voucher_token(resident))
    expect(cashier.sees("found")).to_contain_text("扫码枪")
    cashier.tap("redeem")
    expect(cashier.sees("done")).to_be_visible()


def test_the_camera_reads_the_residents_screen(
    spender: Phone, playwright: Playwright, city: LocalStack, tmp_path: Path
) -> None:
    resident = spender
    take_shirt(resident)
    with camera_browser(playwright, film_of(resident, tmp_path)) as filming:
        cashier = new_phone(filming, city.url, permissions=["camera"])
        cashier.sign_in("cashier")
        cashier.tap("camera")
        expect(cashier.sees("found")).to_contain_text("相机")
        cashier.tap("redeem")
        expect(cashier.sees("done")).to_be_visible()
        assert cashier.faults == []
    expect(resident.sees("used")).to_be_visible()


def test_a_photo_is_read_where_there_is_no_camera(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    take_shirt(resident)
    with cashier.page.expect_file_chooser() as chosen:
        cashier.tap("photo")
    chosen.value.set_files({"name": "code.png", "mimeType": "image/png", "buffer": photo_of(resident)})
    expect(cashier.sees("found")).to_contain_text("照片")


def test_without_a_camera_the_cashier_is_told_what_else_works(phone: Make) -> None:
    cashier = phone("cashier")
    cashier.tap("camera")
    expect(cashier.sees("camera-fault")).to_contain_text("照片")


def test_a_used_voucher_is_refused_with_time_and_place(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    take_shirt(resident)
    token = voucher_token(resident)
    for _ in range(2):
        cashier.scan(token)
        if cashier.sees("redeem").or_(cashier.sees("failed")).first.get_attribute("data-testid") == "redeem":
            cashier.tap("redeem")
            cashier.tap("again")
    expect(cashier.sees("line")).to_have_text(re.compile(r"这张券已经用过：今天 \d\d:\d\d，锦绣洗衣解放街店"))


def test_a_strange_code_is_refused_in_chinese(phone: Make) -> None:
    cashier = phone("cashier")
    cashier.fill("https://example.com/some-poster")
    cashier.tap("check")
    expect(cashier.sees("failed")).to_be_visible()
    expect(cashier.sees("line")).to_have_text("这不是付款码或券码，请让顾客重新打开再扫")


def test_a_lost_answer_at_the_till_is_cleared_up_by_the_same_scan(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    take_shirt(resident)
    cashier.fill(voucher_token(resident))
    cashier.tap("check")
    expect(cashier.sees("found")).to_be_visible()
    lose_answer(cashier, "**/v1/pos/vouchers/redeem")
    cashier.tap("redeem")
    expect(cashier.sees("unclear")).to_contain_text("不会重复扣除")
    cashier.tap("redeem")
    expect(cashier.sees("done")).to_be_visible()


def test_a_manager_takes_a_redemption_back(phone: Make, spender: Phone) -> None:
    resident, manager = spender, phone("merchant_manager")
    take_shirt(resident)
    manager.fill(voucher_token(resident))
    manager.tap("check")
    manager.tap("redeem")
    expect(manager.sees("done")).to_be_visible()
    manager.tap("today")
    manager.sees("movement").first.get_by_test_id("undo").click()
    manager.tap("sheet-confirm")
    expect(manager.sees("notice")).to_contain_text("已撤销")
    resident.open("/pages/ledger/index")
    expect(resident.sees("entry").first).to_contain_text("撤销返还")


def test_a_code_is_shown_without_a_network_and_after_a_restart(spender: Phone) -> None:
    resident = spender
    take_shirt(resident)
    resident.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    code = resident.sees("qr").locator("img").get_attribute("src")
    resident.context.set_offline(True)
    expect(resident.sees("offline")).to_be_visible()
    expect(resident.sees("works-offline")).to_be_visible()
    resident.page.reload()
    expect(resident.sees("qr").locator("img")).to_have_attribute("src", str(code))
    resident.tap("full")
    expect(resident.sees("full-screen")).to_be_visible()
    resident.tap("full-screen")
    resident.context.set_offline(False)
    expect(resident.sees("offline")).to_have_count(0)


def test_without_a_network_an_action_fails_in_words_and_works_later(spender: Phone) -> None:
    resident = spender
    resident.open("/pages/offers/detail?id=off_shirt")
    expect(resident.sees("take")).to_be_visible()
    resident.context.set_offline(True)
    resident.tap("take")
    resident.tap("sheet-confirm")
    expect(resident.sees("take-failed")).to_contain_text("网络")
    resident.context.set_offline(False)
    resident.tap("sheet-confirm")
    expect(resident.sees("qr")).to_be_visible()
    resident.tap("give-back")
    resident.tap("sheet-confirm")
    expect(resident.sees("state")).to_have_text("已退回")


def open_wallet(resident: Phone) -> str:
    """Switch the wallet code on and return the digits that are shown."""
    resident.open("/pages/pay/index")
    resident.tap("open-wallet")
    expect(resident.sees("qr")).to_be_visible()
    return resident.sees("digits").inner_text()


def test_a_pay_code_is_charged_once_and_both_sides_see_it(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    cashier.scan(open_wallet(resident).replace(" ", ""))
    cashier.fill("25.50")
    cashier.tap("count")
    expect(cashier.sees("quoted")).to_contain_text("账单 ¥25.50")
    cashier.sees("charge").dblclick()
    expect(cashier.sees("done")).to_contain_text("收款成功")
    expect(resident.sees("paid")).to_contain_text("付款成功")
    resident.tap("to-payments")
    expect(resident.sees("payment")).to_have_count(1)
    cashier.tap("today")
    first = cashier.sees("movement").first
    expect(first).to_contain_text("账单 ¥25.50")
    first.get_by_test_id("undo").click()
    cashier.tap("sheet-confirm")
    expect(cashier.sees("notice")).to_contain_text("已撤销")
    resident.open("/pages/pay/list")
    expect(resident.sees("payment")).to_contain_text("已撤销")


def test_a_pay_code_is_made_without_a_network_and_taken(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    open_wallet(resident)
    resident.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    resident.context.set_offline(True)
    resident.page.reload()
    expect(resident.sees("works-offline")).to_be_visible()
    cashier.scan(resident.sees("digits").inner_text().replace(" ", ""))
    cashier.fill("12")
    cashier.tap("count")
    cashier.tap("charge")
    expect(cashier.sees("done")).to_be_visible()
    resident.context.set_offline(False)
    resident.open("/pages/pay/list")
    expect(resident.sees("payment")).to_have_count(1)


def test_a_lost_answer_of_a_charge_is_cleared_up(phone: Make, spender: Phone) -> None:
    resident, cashier = spender, phone("cashier")
    cashier.scan(open_wallet(resident).replace(" ", ""))
    cashier.fill("0")
    cashier.tap("count")
    expect(cashier.sees("bill-fault")).to_contain_text("例如 25")
    cashier.fill("8")
    cashier.tap("count")
    lose_answer(cashier, "**/v1/pos/charges")
    cashier.tap("charge")
    expect(cashier.sees("unclear")).to_contain_text("不会重复扣除")
    cashier.tap("charge")
    expect(cashier.sees("done")).to_be_visible()
    payments = send(resident.url, "GET", "/v1/me/payments", token=resident.token()).body["items"]
    assert len(payments) == 1


def test_any_scanner_reads_the_pay_code(phone: Make, neighbours: Iterator[str], tmp_path: Path) -> None:
    zbar = shutil.which("zbarimg")
    if zbar is None:
        pytest.skip("zbar-tools is not installed")
    resident = phone("resident", next(neighbours), device_scale_factor=2)
    digits = open_wallet(resident).replace(" ", "")
    picture = tmp_path / "screen.png"
    resident.page.screenshot(path=str(picture))
    command = [zbar, "-q", str(picture)]
    read = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    barcode, qr = sorted(read)
    assert barcode == f"CODE-128:{digits}"
    assert qr.startswith(f"QR-Code:{digits}") and len(qr) == len("QR-Code:") + 63


def test_a_poster_is_scanned_and_paid_and_the_till_sees_it(phone: Make, spender: Phone) -> None:
    resident, manager = spender, phone("merchant_manager")
    made = send(
        manager.url,
        "POST",
        "/v1/merchant/stores/sto_jiefang/codes",
        {"label": "1 号台"},
        manager.token(),
    )
    assert made.status == 201, made
    resident.open("/pages/pay/scan")
    resident.fill("https://example.com/another-poster")
    resident.tap("check")
    expect(resident.sees("failure")).to_have_text("这不是碳惠收款码")
    resident.scan("tanhui-pay:" + made.body["text"].removeprefix("tanhui-pay:"))
    expect(resident.sees("where")).to_have_text("锦绣洗衣解放街店")
    resident.fill("30")
    resident.tap("count")
    expect(resident.sees("offer-line")).to_contain_text("积分抵 ¥")
    lose_answer(resident, "**/v1/me/payments")
    resident.tap("confirm-pay")
    expect(resident.sees("failure")).to_contain_text("不会重复扣除")
    resident.tap("confirm-pay")
    expect(resident.sees("paid")).to_contain_text("付款成功")
    manager.open("/merchant/today/index")
    expect(manager.sees("movement").first).to_contain_text("账单 ¥30.00")


def test_a_token_that_ran_out_is_renewed_without_a_word(phone: Make) -> None:
    resident = phone("resident")
    spoil_token(resident)
    resident.open("/pages/records/index")
    expect(resident.sees("record").first).to_be_visible()
    expect(resident.page).to_have_url(re.compile("/pages/records/"))


def test_a_session_that_cannot_be_renewed_leads_to_the_login_and_back(phone: Make) -> None:
    resident = phone("resident")
    spoil_token(resident)
    resident.page.evaluate("localStorage.removeItem('login')")
    resident.open("/pages/records/index")
    expect(resident.sees("expired")).to_be_visible()
    resident.tap("login")
    expect(resident.page).to_have_url(re.compile("/pages/records/"))
    expect(resident.sees("record").first).to_be_visible()


def spoil_token(phone: Phone) -> None:
    """Make the stored access token one that the server no longer takes."""
    phone.page.evaluate(
        """() => {
        const session = JSON.parse(localStorage.getItem('session'))
        session.access_token = session.access_token.slice(0, -4) + 'AAAA'
        localStorage.setItem('session', JSON.stringify(session))
        }"""
    )


def test_a_page_for_residents_asks_to_sign_in_first_and_comes_back(phone: Make) -> None:
    stranger = phone()
    stranger.open("/pages/vouchers/index")
    stranger.tap("login")
    expect(stranger.page).to_have_url(re.compile("/pages/vouchers/"))


def test_offers_and_methods_are_open_to_anybody(phone: Make) -> None:
    stranger = phone()
    stranger.open("/pages/offers/index")
    expect(stranger.sees("offer").first).to_be_visible()
    stranger.open("/pages/methods/index")
    expect(stranger.sees("method").first).to_be_visible()


def test_a_newcomer_consents_binds_a_card_and_may_withdraw(phone: Make) -> None:
    newcomer = phone("resident", "newcomer-1")
    expect(newcomer.sees("points")).to_have_text("0")
    newcomer.tap("state-action")
    newcomer.tap("consent-transit-data")
    expect(newcomer.sees("sheet")).to_contain_text("只用于计算减排量和积分")
    newcomer.tap("sheet-confirm")
    newcomer.fill("12")
    newcomer.tap("bind")
    expect(newcomer.page.get_by_text("请填写 8 到 24 位字母或数字", exact=True)).to_be_visible()
    newcomer.fill("NEWCARD0001")
    newcomer.tap("bind")
    expect(newcomer.sees("card")).to_contain_text("0001")
    newcomer.tap("consent-transit-data")
    newcomer.tap("sheet-confirm")
    expect(newcomer.sees("card")).to_have_count(0)


def test_what_cannot_be_afforded_says_how_much_is_missing(phone: Make) -> None:
    newcomer = phone("resident", "newcomer-2")
    newcomer.open("/pages/offers/index")
    expect(newcomer.page.get_by_text("还差 20 积分")).to_be_visible()
    newcomer.tap("affordable")
    expect(newcomer.page.get_by_text("还差 20 积分")).to_have_count(0)
    newcomer.tap("affordable")
    newcomer.fill("大衣")
    expect(newcomer.sees("offer")).to_have_count(1)
    newcomer.tap("offer")
    expect(newcomer.sees("why-not")).to_have_text("还差 50 积分")
    expect(newcomer.sees("take")).to_have_attribute("aria-disabled", "true")
    newcomer.page.go_back()
    newcomer.fill("没有这样的东西")
    expect(newcomer.sees("empty")).to_be_visible()
    newcomer.tap("state-action")
    newcomer.choose("其他")
    expect(newcomer.sees("offer").first).to_contain_text("电影票")


def test_the_export_is_checked_by_the_verifier(phone: Make, city: LocalStack) -> None:
    resident = phone("resident", path="/pages/me/index")
    with resident.page.expect_download() as started:
        resident.tap("export")
    done = run_module(city, "chalicelib.proof", "verify", str(saved(started.value)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_ledger_is_saved_whole(spender: Phone) -> None:
    resident = spender
    take_shirt(resident)
    resident.open("/pages/ledger/index")
    with resident.page.expect_download() as started:
        resident.tap("export-ledger")
    lines = saved(started.value).read_text(encoding="utf-8-sig").splitlines()
    entries = send(resident.url, "GET", "/v1/me/entries?limit=100", token=resident.token()).body["items"]
    assert len(lines) == len(entries) + 1
    balances = [int(line.split('","')[3]) for line in lines[1:]]
    assert balances[-1] == entries[-1]["points_change"], "before the first entry there was nothing"


def test_signing_out_leaves_nothing_on_the_phone(phone: Make, spender: Phone) -> None:
    resident = spender
    take_shirt(resident)
    resident.open("/pages/me/index")
    resident.tap("sign-out")
    resident.tap("sheet-confirm")
    expect(resident.sees("login")).to_be_visible()
    kept = resident.page.evaluate("Object.keys(localStorage).join()")
    assert "mine:" not in kept and "session" not in kept.split(",")


def test_everything_can_be_done_with_the_keyboard(phone: Make) -> None:
    resident = phone("resident", is_mobile=False, has_touch=False)
    resident.button("去兑换").focus()
    resident.page.keyboard.press("Enter")
    expect(resident.page).to_have_url(re.compile("/pages/offers/"))
    resident.page.get_by_role("button", name=re.compile("水洗衬衫")).focus()
    resident.page.keyboard.press("Enter")
    expect(resident.sees("take")).to_have_attribute("aria-disabled", "false")
    resident.sees("take").focus()
    resident.page.keyboard.press(" ")
    expect(resident.sees("sheet")).to_be_visible()
    resident.page.keyboard.press("Tab")
    focused = resident.page.evaluate("document.activeElement.dataset.testid")
    assert focused in ("sheet-confirm", "sheet-cancel")
    resident.page.keyboard.press("Escape")
    expect(resident.sees("sheet")).to_have_count(0)


def test_in_english_no_label_stays_chinese(phone: Make) -> None:
    resident = phone("resident", path="/pages/me/index")
    resident.choose("English")
    expect(resident.page.get_by_text("Sign out", exact=True)).to_be_visible()
    resident.open("/")
    expect(resident.page.get_by_text("Points to spend")).to_be_visible()
    labels = "[...document.querySelectorAll('uni-page [role=button]')].map(e => e.getAttribute('aria-label'))"
    found = [label for label in resident.page.evaluate(labels) if re.search("[\u4e00-\u9fff]", label or "")]
    assert all("乘坐" in label for label in found), "only what the city says itself"


def test_a_cashier_and_a_resident_cannot_see_each_others_pages(phone: Make) -> None:
    cashier = phone("cashier")
    cashier.open("/pages/home/index")
    expect(cashier.page).to_have_url(re.compile("/merchant/till/"))
    resident = phone("resident")
    resident.open("/merchant/till/index")
    expect(resident.sees("points")).to_be_visible()
