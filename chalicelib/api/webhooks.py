"""Owns webhooks over HTTP: a manager's own, their deliveries, notices to the merchant, the demo's target."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER, OPERATOR, PUBLIC
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_ALL = "/v1/merchant/webhooks"


@endpoint(
    bp,
    "POST",
    _ALL,
    roles={MERCHANT_MANAGER},
    body="AddWebhook",
    answers={201: "Webhook"},
    problems=("webhooks-too-many", "idempotency-key-reused", "too-busy"),
    summary="登记接口通知；密钥只在这时显示",
)
def add_webhook(call: Call) -> dict[str, object]:
    """Register a webhook of the own merchant."""
    from chalicelib.services import webhooks

    return webhooks.add_webhook(call.actor.merchant_id, call.body, call.subject, call.now)


@endpoint(bp, "GET", _ALL, roles={MERCHANT_MANAGER}, answers={200: "Webhooks"}, summary="我的接口通知")
def list_webhooks(call: Call) -> Page:
    """Answer with the own webhooks."""
    from chalicelib.services import webhooks

    return webhooks.list_webhooks(call.actor.merchant_id)


@endpoint(
    bp,
    "PUT",
    _ALL + "/{webhook_id}",
    roles={MERCHANT_MANAGER},
    body="SwitchWebhook",
    answers={200: "Webhook"},
    problems=("webhook-unknown", "too-busy"),
    summary="启用或停用接口通知（30 秒内生效）",
)
def switch_webhook(call: Call) -> dict[str, object]:
    """Switch a webhook on or off."""
    from chalicelib.services import webhooks

    own, webhook_id = call.actor.merchant_id, call.path["webhook_id"]
    return webhooks.switch_webhook(own, webhook_id, call.body["state"], call.subject, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/webhook-deliveries",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "WebhookDeliveries"},
    summary="每次通知的状态和对方的回答，新的在前",
)
def list_webhook_deliveries(call: Call) -> Page:
    """Answer with a page of deliveries."""
    from chalicelib.services import webhook_deliveries

    return webhook_deliveries.list_deliveries(call.actor.merchant_id, call.limit, call.cursor, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/webhook-deliveries/{delivery_id}/replay",
    roles={MERCHANT_MANAGER},
    answers={200: "WebhookDelivery"},
    problems=("webhook-delivery-unknown", "case-changed"),
    summary="补发一次通知，事件编号不变",
)
def replay_webhook_delivery(call: Call) -> dict[str, object]:
    """Send one delivery again."""
    from chalicelib.services import webhook_deliveries

    return webhook_deliveries.replay_delivery(call.actor.merchant_id, call.path["delivery_id"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/notices",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "MerchantNotices"},
    summary="平台给商户的消息，新的在前",
)
def list_merchant_notices(call: Call) -> Page:
    """Answer with a page of notices."""
    from chalicelib.services import webhooks

    return webhooks.list_notices(call.actor.merchant_id, call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/dev/webhooks",
    roles={PUBLIC},
    body="TakeWebhook",
    answers={200: "Taken"},
    problems=("not-found",),
    summary="演示环境：接口通知的接收地址",
)
def take_webhook(call: Call) -> dict[str, object]:
    """Take what a demo's webhook delivers."""
    from chalicelib.services import dev_webhooks

    return dev_webhooks.take_webhook(call.headers, call.body, call.now)


@endpoint(
    bp,
    "GET",
    "/v1/dev/webhooks",
    roles={OPERATOR, MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "ArrivedWebhooks"},
    problems=("not-found",),
    summary="演示环境：接收地址收到的通知，新的在前",
)
def list_arrived_webhooks(call: Call) -> Page:
    """Answer with what arrived."""
    from chalicelib.services import dev_webhooks

    return dev_webhooks.list_arrived(call.limit, call.cursor)
