"""Owns a resident's consents over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/v1/me/consents", roles={RESIDENT}, answers={200: "Consents"}, summary="我的授权")
def list_consents(call: Call) -> dict[str, object]:
    """Answer with every purpose, its text and the resident's answer."""
    from chalicelib.services import consents

    return {"items": consents.list_consents(call.subject)}


@endpoint(
    bp,
    "GET",
    "/v1/me/consents/{purpose}",
    roles={RESIDENT},
    answers={200: "Consent"},
    problems=("purpose-unknown",),
    summary="一项授权",
)
def get_consent(call: Call) -> dict[str, object]:
    """Answer with one purpose."""
    from chalicelib.services import consents

    return consents.get_consent(call.subject, call.path["purpose"])


@endpoint(
    bp,
    "PUT",
    "/v1/me/consents/{purpose}",
    roles={RESIDENT},
    body="GiveConsent",
    answers={200: "Consent"},
    problems=("purpose-unknown", "consent-text-changed", "account-closed", "changed-meanwhile"),
    summary="同意一项授权",
)
def give_consent(call: Call) -> dict[str, object]:
    """Record the consent to the text version that was shown."""
    from chalicelib.services import consents

    return consents.give_consent(call.subject, call.path["purpose"], call.body["text_version"], call.now)


@endpoint(
    bp,
    "DELETE",
    "/v1/me/consents/{purpose}",
    roles={RESIDENT},
    answers={200: "Consent"},
    problems=("purpose-unknown", "changed-meanwhile"),
    summary="撤回一项授权；撤回乘车数据授权会立即解绑所有卡",
)
def withdraw_consent(call: Call) -> dict[str, object]:
    """Record the withdrawal, which unbinds every card at once."""
    from chalicelib.services import consents

    return consents.withdraw_consent(call.subject, call.path["purpose"], call.now)
