"""Owns what operators see of expiry over HTTP: what is going to expire, and what the city's pool holds."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/operator/expiry-forecast",
    roles={OPERATOR},
    tag="operators",
    answers={200: "ExpiryForecast"},
    summary="今年底前将到期的积分：按到期日、年份和社区（最近一次测算）",
    description="Lots as they are: what is held for vouchers or not settled yet is not among them.",
)
def get_expiry_forecast(call: Call) -> dict[str, object]:
    """Answer with the newest forecast."""
    from chalicelib.services import expiry_forecasts

    return expiry_forecasts.read_forecast()


@endpoint(
    bp,
    "POST",
    "/v1/operator/expiry-forecast",
    roles={OPERATOR},
    tag="operators",
    answers={202: "ExpiryForecast"},
    summary="测算今年底前将到期的积分（只试算，不入账；同一天再请求则继续同一次测算）",
)
def start_expiry_forecast(call: Call) -> dict[str, object]:
    """Have today's forecast computed."""
    from chalicelib.services import expiry_forecasts

    return expiry_forecasts.start_forecast(call.now)


@endpoint(
    bp,
    "GET",
    "/v1/operator/pool",
    roles={OPERATOR},
    tag="operators",
    answers={200: "Pool"},
    summary="城市池：由过期转入的减排量，按年份",
)
def get_pool(call: Call) -> dict[str, object]:
    """Answer with what the pool holds."""
    from chalicelib.services import pooling

    return pooling.read_pool()
