"""Owns a resident's phones over HTTP: those whose wallet codes count."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/me/devices",
    roles={RESIDENT},
    body="RegisterDevice",
    answers={201: "NewDevice"},
    problems=("device-exists", "devices-too-many", "account-closed", "too-busy"),
    summary="登记一部手机用于付款码（密钥只在此时给出）",
    description="How the phone makes codes from the secret: docs/wallet-code.md.",
)
def register_device(call: Call) -> dict[str, object]:
    """Answer with the handle and the secret; the same request repeats the answer for ten minutes."""
    from chalicelib.services import wallet

    return wallet.register_device(
        call.subject, call.body["device_id"], call.body["name"], call.actor.works_at, call.now
    )


@endpoint(
    bp,
    "GET",
    "/v1/me/devices",
    roles={RESIDENT},
    answers={200: "Devices"},
    summary="我的付款设备",
)
def list_devices(call: Call) -> dict[str, object]:
    """Answer with the devices and the server's time."""
    from chalicelib.services import wallet

    return wallet.list_devices(call.subject, call.now)


@endpoint(
    bp,
    "DELETE",
    "/v1/me/devices/{device_id}",
    roles={RESIDENT},
    answers={204: None},
    problems=("device-unknown", "too-busy"),
    summary="停用一部手机的付款码",
)
def revoke_device(call: Call) -> Answer:
    """Revoke one device."""
    from chalicelib.services import wallet

    wallet.revoke_device(call.subject, call.path["device_id"], call.now)
    return Answer(None)
