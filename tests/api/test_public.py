"""What the service says about itself: health and keys."""

import json
from collections.abc import Callable

from tests.gateway import Gateway


def test_health_answers_without_the_store(gateway: Gateway) -> None:
    assert gateway.send("GET", "/v1/health").json == {
        "status": "ok",
        "stage": "test",
        "profile": "yinchuan",
        "demo": True,
        "logins": ["dev", "wechat", "alipay"],
        "at": "2026-11-20T04:00:00.000Z",
    }


def test_a_voucher_token_is_verified_offline_with_the_published_keys(
    gateway: Gateway, token_of: Callable[..., str]
) -> None:
    import jwt

    from tests.api.test_vouchers import City

    city = City(gateway, token_of)
    city.earn(cups=1)
    city.take()
    keys = gateway.send("GET", "/v1/keys").json["keys"]
    token = city.token()
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(json.loads(json.dumps(key))) for key in keys if key["kid"] == kid)
    options = {"verify_exp": False, "verify_aud": False}
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], options=options)
    assert (claims["rid"], claims["pts"]) == ("redemption-0001", 2)
