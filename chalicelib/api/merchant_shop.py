"""Owns how managers run their shop over HTTP: stores, staff, terminals, leaving; always those of their own merchant."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER
from chalicelib.api.frame import Call, endpoint
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/merchant",
    roles={MERCHANT_MANAGER},
    answers={200: "Merchant"},
    problems=("merchant-unknown",),
    summary="我的商户",
    tag="merchants",
)
def get_own_merchant(call: Call) -> dict[str, object]:
    """Answer with the manager's own merchant."""
    from chalicelib.services import merchants

    return merchants.get_merchant(call.actor.merchant_id, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/leaving",
    roles={MERCHANT_MANAGER},
    body="Closing",
    answers={200: "Merchant"},
    problems=(
        "merchant-unknown",
        "merchant-wrong-state",
        "notice-too-short",
        "too-busy",
    ),
    summary="通知退出联盟",
    tag="merchants",
)
def leave(call: Call) -> dict[str, object]:
    """Give notice."""
    from chalicelib.services import merchants

    return merchants.give_notice(call.actor.merchant_id, call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/stores",
    roles={MERCHANT_MANAGER},
    answers={200: "Stores"},
    summary="我的门店",
    tag="merchants",
)
def list_stores(call: Call) -> Page:
    """Answer with all stores."""
    from chalicelib.services import stores

    return stores.list_stores(call.actor.merchant_id)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/stores",
    roles={MERCHANT_MANAGER},
    body="OpenStore",
    answers={201: "Store"},
    problems=(
        "merchant-unknown",
        "store-exists",
        "too-busy",
    ),
    summary="新开门店；店长下次登录起即可在此工作",
    tag="merchants",
)
def open_store(call: Call) -> dict[str, object]:
    """Enter a store."""
    from chalicelib.services import stores

    own = call.actor.merchant_id
    return stores.open_store(own, call.body, call.subject, call.now, manager_id=call.subject)


@endpoint(
    bp,
    "PUT",
    "/v1/merchant/stores/{store_id}",
    roles={MERCHANT_MANAGER},
    body="ChangeStore",
    answers={200: "Store"},
    problems=(
        "store-unknown",
        "too-busy",
    ),
    summary="更改门店资料，或暂停营业",
    tag="merchants",
)
def change_store(call: Call) -> dict[str, object]:
    """Replace what is said of a store."""
    from chalicelib.services import stores

    own, store_id = call.actor.merchant_id, call.path["store_id"]
    return stores.change_store(own, store_id, call.body, call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/staff",
    roles={MERCHANT_MANAGER},
    answers={200: "StaffList"},
    summary="我的店长和收银员",
    tag="merchants",
)
def list_staff(call: Call) -> Page:
    """Answer with all who work or worked there."""
    from chalicelib.services import staff

    return staff.list_staff(call.actor.merchant_id)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/staff",
    roles={MERCHANT_MANAGER},
    body="EnterStaff",
    answers={201: "StaffMember"},
    problems=(
        "merchant-unknown",
        "login-taken",
        "too-busy",
    ),
    summary="登记收银员，或更改其门店",
    tag="merchants",
)
def enter_staff(call: Call) -> dict[str, object]:
    """Enter a cashier."""
    from chalicelib.services import staff

    own = call.actor.merchant_id
    return staff.enter_staff(own, call.body, call.subject, call.now, by_role=call.actor.role)


@endpoint(
    bp,
    "DELETE",
    "/v1/merchant/staff/{staff_id}",
    roles={MERCHANT_MANAGER},
    answers={200: "StaffMember"},
    problems=(
        "staff-unknown",
        "too-busy",
    ),
    summary="停用收银员",
    tag="merchants",
)
def remove_staff(call: Call) -> dict[str, object]:
    """Take a cashier's login away."""
    from chalicelib.services import staff

    own, staff_id = call.actor.merchant_id, call.path["staff_id"]
    return staff.remove_staff(own, staff_id, call.now, by_role=call.actor.role)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/terminals",
    roles={MERCHANT_MANAGER},
    answers={200: "Terminals"},
    summary="我的收银终端",
    tag="merchants",
)
def list_terminals(call: Call) -> Page:
    """Answer with all terminals, without secrets."""
    from chalicelib.services import terminals

    return terminals.list_terminals(call.actor.merchant_id)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/terminals",
    roles={MERCHANT_MANAGER},
    body="RegisterTerminal",
    answers={201: "KeyedTerminal"},
    problems=(
        "store-unknown",
        "terminal-exists",
        "too-busy",
    ),
    summary="登记收银终端；密钥只显示这一次",
    tag="merchants",
)
def register_terminal(call: Call) -> dict[str, object]:
    """Enter a terminal and show its key's secret."""
    from chalicelib.services import terminals

    own, asked = call.actor.merchant_id, call.body
    return terminals.register_terminal(
        own, asked["terminal_id"], asked["store_id"], asked["name"], call.subject, call.now
    )


@endpoint(
    bp,
    "POST",
    "/v1/merchant/terminals/{terminal_id}/keys",
    roles={MERCHANT_MANAGER},
    body="RenewKey",
    answers={201: "KeyedTerminal"},
    problems=(
        "terminal-unknown",
        "terminal-key-changed",
        "terminal-revoked",
        "too-busy",
    ),
    summary="更换终端密钥；旧的 30 秒内失效",
    tag="merchants",
)
def renew_key(call: Call) -> dict[str, object]:
    """Give a terminal its next key."""
    from chalicelib.services import terminals

    own, terminal_id, after = call.actor.merchant_id, call.path["terminal_id"], call.body["after_key_no"]
    return terminals.renew_key(own, terminal_id, after, call.subject, call.now)


@endpoint(
    bp,
    "DELETE",
    "/v1/merchant/terminals/{terminal_id}",
    roles={MERCHANT_MANAGER},
    answers={200: "Terminal"},
    problems=(
        "terminal-unknown",
        "too-busy",
    ),
    summary="停用收银终端（30 秒内处处生效）",
    tag="merchants",
)
def revoke_terminal(call: Call) -> dict[str, object]:
    """Revoke a terminal for good."""
    from chalicelib.services import terminals

    own, terminal_id = call.actor.merchant_id, call.path["terminal_id"]
    return terminals.revoke_terminal(own, terminal_id, call.subject, call.now)
