"""Owns text messages over Alibaba Cloud's gateway: `SendSms` of Dysmsapi, signed with ACS3-HMAC-SHA256.

Must not send free text: a text message in China is an approved template with its variables.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC
from urllib.parse import quote, urlsplit

from chalicelib import ids
from chalicelib.services.channels import ChannelFailure, Outgoing
from chalicelib.services.channels.http import post
from chalicelib.services.channels.templates import settings_of, template_of

CHANNEL = "sms"
ALGORITHM = "ACS3-HMAC-SHA256"
_ENDPOINT = "https://dysmsapi.aliyuncs.com"
_VERSION = "2017-05-25"
_PASSING = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"})


def send(outgoing: Outgoing) -> str:
    """Send one text message and return the gateway's id of it; the sending's id goes along as `OutId`."""
    settings = settings_of(CHANNEL)
    template_id, words = template_of(settings, outgoing)
    query = {
        "PhoneNumbers": outgoing.address,
        "SignName": settings["sign_name"],
        "TemplateCode": template_id,
        "TemplateParam": json.dumps(words, ensure_ascii=False, separators=(",", ":")),
        "OutId": outgoing.sending_id,
    }
    endpoint = settings.get("endpoint", _ENDPOINT)
    headers = {
        "host": urlsplit(endpoint).netloc,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": outgoing.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": ids.new_id("n"),
        "x-acs-version": _VERSION,
    }
    keys = settings["access_key_id"], settings["access_key_secret"]
    headers["Authorization"] = authorization(keys, query, headers)
    answer = post(f"{endpoint}/?{canonical_query(query)}", b"", headers)
    code = str(answer.get("Code"))
    if code != "OK":
        # `isp.` is the gateway's own fault; of the caller's, those an operator mends by topping up or waiting.
        raise ChannelFailure(f"sms-{code}", is_passing=code.startswith("isp.") or code in _PASSING)
    return str(answer.get("BizId", ""))


def canonical_query(query: Mapping[str, str]) -> str:
    """Return the query as it is sent and signed: sorted, each part percent-encoded."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))


def authorization(keys: tuple[str, str], query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the header that proves a POST without a body; `keys` are id and secret."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n{canonical_query(query)}\n{lines}\n{names}\n{headers['x-acs-content-sha256']}"
    signed = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(keys[1].encode(), signed.encode(), "sha256").hexdigest()
    return f"{ALGORITHM} Credential={keys[0]},SignedHeaders={names},Signature={signature}"
