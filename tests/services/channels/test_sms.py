"""Text messages: the gateway's published signature, the documented request, failures told apart."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.services.channels import ChannelFailure, sms
from tests.services.channels.providers import outgoing

OK = {"Code": "OK", "Message": "OK", "BizId": "9006^0", "RequestId": "R"}


@pytest.fixture
def gateway_(server, secrets):
    templates = {"points-expiring": {"id": "SMS_1", "fields": {"points": "points", "day": "expires_on"}}}
    keys = {
        "access_key_id": "AK",
        "access_key_secret": "SK",
        "sign_name": "碳惠",
        "endpoint": server.url,
        "templates": templates,
    }
    secrets("sms", keys)
    return server


def test_the_signature_is_that_of_the_published_example():
    """The example of Alibaba Cloud's page on signature version 3."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    found = sms.authorization(("YourAccessKeyId", "YourAccessKeySecret"), query, headers)
    assert found.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")
    assert found.startswith("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;")


def test_the_request_is_the_documented_one_and_carries_the_sendings_id(gateway_):
    gateway_.answers = [(200, OK)]
    assert sms.send(outgoing(address="13900000000")) == "9006^0"
    (sent,) = gateway_.sent
    query = {name: values[0] for name, values in parse_qs(urlsplit(sent.path).query).items()}
    assert query == {
        "PhoneNumbers": "13900000000",
        "SignName": "碳惠",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"points":"120","day":"2026-12-31"}',
        "OutId": "20261124T040000000Z.k1.sms",
    }
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    assert headers["x-acs-date"] == "2026-11-24T04:00:00Z"
    signed = {name: value for name, value in headers.items() if name == "host" or name.startswith("x-acs-")}
    assert headers["authorization"] == sms.authorization(("AK", "SK"), query, signed)


def test_every_request_has_its_own_nonce(gateway_):
    gateway_.answers = [(200, OK)]
    for _ in range(2):
        sms.send(outgoing())
    headers = [{name.lower(): value for name, value in sent.headers.items()} for sent in gateway_.sent]
    assert len({one["x-acs-signature-nonce"] for one in headers}) == 2


@pytest.mark.parametrize(
    ("answer", "code", "is_passing"),
    [
        ((200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}), "sms-isv.MOBILE_NUMBER_ILLEGAL", False),
        ((200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}), "sms-isv.BUSINESS_LIMIT_CONTROL", True),
        ((200, {"Code": "isp.SYSTEM_ERROR"}), "sms-isp.SYSTEM_ERROR", True),
        ((400, {"Code": "SignatureDoesNotMatch"}), "sms-SignatureDoesNotMatch", False),
        ((500, {}), "http-500", True),
    ],
)
def test_failures_are_named_and_told_apart(gateway_, answer, code, is_passing):
    gateway_.answers = [answer]
    with pytest.raises(ChannelFailure) as failed:
        sms.send(outgoing())
    assert (failed.value.code, failed.value.is_passing) == (code, is_passing)
