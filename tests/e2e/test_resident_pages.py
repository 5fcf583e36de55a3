"""A resident's rarer pages in a real browser: declaring with a photo, devices, reminders, closing the account."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from infra.localstack import LocalStack
from tests.e2e.browser import Phone, launched, new_phone
from tests.e2e.people import send

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as running:
        yield running


@pytest.fixture
def resident(browser: Browser, city: LocalStack, request: pytest.FixtureRequest) -> Iterator[Phone]:
    """A neighbour with points, another one for each test."""
    phone = new_phone(browser, city.url, city.endpoint_url)
    phone.sign_in("resident", f"neighbour-{request.param}")
    yield phone
    assert phone.faults == []
    phone.context.close()


def type_in(phone: Phone, testid: str, text: str) -> None:
    """Fill the field with a test id."""
    phone.sees(testid).locator("input").fill(text)


@pytest.mark.parametrize("resident", [0], indirect=True)
def test_a_behaviour_is_declared_once_with_its_photo(resident: Phone) -> None:
    resident.open("/pages/records/index")
    resident.tap("to-declare")
    resident.choose("步行")
    type_in(resident, "f-amount", "3")
    resident.tap("declare")
    expect(resident.sees("fault")).to_have_text("请填写 1000 到 40000 步")
    resident.choose("自带杯")
    type_in(resident, "f-time", "9点")
    resident.tap("declare")
    expect(resident.sees("fault")).to_have_text("请按 08:30 的样子填写时间")
    resident.choose("昨天")
    type_in(resident, "f-time", "08:30")
    with resident.page.expect_file_chooser() as chosen:
        resident.tap("choose-photo")
    picture = resident.page.screenshot(type="jpeg")
    chosen.value.set_files({"name": "cup.jpg", "mimeType": "image/jpeg", "buffer": picture})
    expect(resident.sees("photo-preview")).to_be_visible()
    resident.shot("light-declare-photo")
    resident.sees("declare").dblclick()
    expect(resident.sees("worth")).to_be_visible()
    activity_id = resident.page.url.rpartition("=")[2]
    link = send(resident.url, "GET", f"/v1/activities/{activity_id}/photo", token=resident.token())
    assert link.status == 200, link


@pytest.mark.parametrize("resident", [1], indirect=True)
def test_a_record_names_its_source_and_the_ledger_begins_with_what_is_to_be_settled(resident: Phone) -> None:
    resident.tap("record")
    expect(resident.page.get_by_text("深圳通（开放数据演示）")).to_be_visible()
    me = send(resident.url, "GET", "/v1/me", token=resident.token()).body["balance"]
    resident.open("/pages/ledger/index")
    expect(resident.sees("now")).to_have_text(f"{me['points_available']} 积分")
    expect(resident.sees("pending")).to_contain_text("待结算")
    expect(resident.sees("pending")).to_contain_text(f"余额 {me['points_available']}")


@pytest.mark.parametrize("resident", [2], indirect=True)
def test_a_lost_phone_is_stopped(resident: Phone) -> None:
    resident.open("/pages/pay/index")
    resident.tap("open-wallet")
    expect(resident.sees("qr")).to_be_visible()
    resident.open("/pages/me/index")
    resident.tap("to-devices")
    expect(resident.sees("device")).to_contain_text("本机")
    resident.tap("revoke")
    resident.tap("sheet-confirm")
    expect(resident.sees("empty")).to_be_visible()
    resident.open("/pages/pay/index")
    expect(resident.sees("open-wallet")).to_be_visible()


@pytest.mark.parametrize("resident", [3], indirect=True)
def test_reminders_are_chosen_by_channel_and_kind(resident: Phone) -> None:
    resident.open("/pages/messages/settings")
    expect(resident.sees("quiet")).to_contain_text("21:00")
    resident.tap("reminders-consent")
    resident.tap("sheet-confirm")
    expect(resident.sees("reminders-consent")).to_have_attribute("aria-checked", "true")
    resident.tap("channel-local")
    expect(resident.sees("pick-star-won")).to_have_attribute("aria-checked", "true")
    resident.tap("pick-star-won")
    expect(resident.sees("pick-star-won")).to_have_attribute("aria-checked", "false")
    kept = send(resident.url, "GET", "/v1/me/message-preferences", token=resident.token()).body
    on = {one["kind"] for one in kept["channels"][0]["kinds"] if one["is_on"]}
    assert kept["consent"] == "given" and "points-expiring" in on and "star-won" not in on


@pytest.mark.parametrize("resident", [4], indirect=True)
def test_an_account_is_closed_only_when_understood_and_confirmed(resident: Phone) -> None:
    resident.open("/pages/offers/detail?id=off_shirt")
    resident.tap("take")
    resident.tap("sheet-confirm")
    expect(resident.sees("qr")).to_be_visible()
    resident.open("/pages/me/index")
    resident.tap("to-close")
    expect(resident.page.get_by_text("1 张", exact=True)).to_be_visible()
    expect(resident.sees("close-account")).to_have_attribute("aria-disabled", "true")
    resident.tap("understood")
    resident.tap("close-account")
    expect(resident.sees("sheet")).to_contain_text("不能撤回")
    resident.tap("sheet-cancel")
    expect(resident.sees("sheet")).to_have_count(0)
    resident.tap("close-account")
    resident.sees("sheet-confirm").dblclick()
    expect(resident.sees("login")).to_be_visible()
    assert "mine:" not in resident.page.evaluate("Object.keys(localStorage).join()")
    resident.fill("neighbour-4")
    resident.tap("login")
    expect(resident.sees("points")).to_have_text("0")


@pytest.mark.parametrize("resident", [5], indirect=True)
def test_a_resident_chooses_a_community_joins_the_boards_and_leaves_again(resident: Phone) -> None:
    resident.open("/pages/me/index")
    resident.tap("to-boards")
    expect(resident.sees("empty")).to_contain_text("还没有选社区")
    resident.tap("to-join")
    resident.tap("choose-community")
    resident.choose("兴庆区")
    resident.sees("community").filter(has_text="海宝社区").click()
    expect(resident.sees("my-community")).to_have_text("海宝社区")
    type_in(resident, "f-nickname", "风")
    type_in(resident, "f-year", "90")
    resident.tap("join")
    expect(resident.sees("fault")).to_have_count(2)
    type_in(resident, "f-nickname", "贺兰山的风")
    type_in(resident, "f-year", "1990")
    resident.sees("join").dblclick()
    expect(resident.sees("my-nickname")).to_have_text("正以“贺兰山的风”上榜")
    resident.page.go_back()
    expect(resident.sees("my-place")).to_be_visible()
    resident.choose("全市")
    expect(resident.page.get_by_text("榜上不足十人").locator("visible=true").first).to_be_visible()
    resident.shot("light-boards-mine")
    resident.tap("to-join")
    resident.tap("leave")
    resident.tap("sheet-confirm")
    expect(resident.sees("join")).to_be_visible()
    assert send(resident.url, "GET", "/v1/me/boards", token=resident.token()).body["is_on"] is False
