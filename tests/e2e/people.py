"""Everybody who acts in the end-to-end tests: over HTTP only, every change remembered so that it can be replayed."""

import hashlib
import json
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

from chalicelib.services.partners import sign


@dataclass
class Reply:
    """One answer."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Sent:
    """One changing request that was answered with success, and the answer."""

    method: str
    path: str
    body: Any
    reply: Reply


@dataclass
class Person:
    """Somebody with an access token."""

    url: str
    token: str
    sent: list[Sent] = field(default_factory=list)

    def get(self, path: str) -> Any:
        """Return the body of a successful GET."""
        reply = send(self.url, "GET", path, token=self.token)
        assert reply.status == 200, reply
        return reply.body

    def act(self, method: str, path: str, body: Any = None) -> Reply:
        """Send a changing request and remember it if it succeeded."""
        reply = send(self.url, method, path, body, self.token)
        if reply.status < 300:
            self.sent.append(Sent(method, path, body, reply))
        return reply

    def replay(self) -> None:
        """Send everything once more; each answer must be the one of before."""
        for sent in self.sent:
            again = send(self.url, sent.method, sent.path, sent.body, self.token)
            assert again.status == sent.reply.status, f"{sent.path}: {again}"
            assert again.body == sent.reply.body, f"{sent.path}: {again}"


@dataclass
class Partner:
    """A data partner with a key."""

    url: str
    key_id: str
    secret: str

    def send(self, method: str, path: str, body: Any = None, idempotency_key: str = "") -> Reply:
        """Send a signed request."""
        raw = b"" if body is None else json.dumps(body).encode()
        stamp = int(time.time())
        headers = {
            "X-Tanhui-Key": self.key_id,
            "X-Tanhui-Timestamp": str(stamp),
            "X-Tanhui-Signature": sign(self.secret, stamp, method, path, idempotency_key, raw),
        }
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return _request(self.url + path, method, raw if body is not None else None, headers)

    def upload(self, content: bytes, key: str) -> str:
        """Announce and put a file; return the import's id."""
        body = {
            "file_name": "taps.csv",
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        announced = self.send("POST", "/v1/partner/files", body, key)
        assert announced.status == 201, announced
        put = urllib.request.Request(announced.body["upload_url"], content, method="PUT")
        with urllib.request.urlopen(put) as answer:
            assert answer.status == 200
        return str(announced.body["import_id"])


def sign_in(url: str, subject: str, role: str) -> Person:
    """Return a person of the development identity provider."""
    reply = send(url, "POST", "/v1/sessions", {"provider": "dev", "subject": subject, "role": role})
    assert reply.status == 201, reply
    return Person(url, reply.body["access_token"])


def new_id(prefix: str) -> str:
    """Return an id as a client makes one."""
    return f"{prefix}_{uuid.uuid4().hex}"


def send(url: str, method: str, path: str, body: Any = None, token: str = "") -> Reply:
    """Send one request."""
    raw = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _request(url + path, method, raw, headers)


def _request(url: str, method: str, raw: bytes | None, headers: dict[str, str]) -> Reply:
    if raw is not None:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, raw, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Reply(answer.status, _read(answer), dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Reply(error.code, _read(error), dict(error.headers))


def _read(answer: Any) -> Any:
    raw = answer.read()
    return json.loads(raw) if "json" in answer.headers.get("Content-Type", "") and raw else raw
