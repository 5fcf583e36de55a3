"""Owns the one way to a merchant's own server: an address that is checked again at every sending, a POST, a time limit.

Must not follow anything: the connection goes to the very address that was checked, a redirect is a failure, the body of
the answer is not read. Nobody may reach our own network through us.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from chalicelib.config import config

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMEOUT_S = 5
URL_CHARS_MAX = 500
# Addresses that wrap an IPv4 address, which a translator would unwrap.
_WRAPPING = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
)


class NotReachable(Exception):
    """The address must not be, or cannot be, reached; the text is a code."""


def checked_url(url: str) -> SplitResult:
    """Return the parts of an address that may be a webhook; ValueError with what is wrong, in words."""
    parts = urlsplit(url)
    allowed = ("https", "http") if config().demo else ("https",)
    if parts.scheme not in allowed:
        raise ValueError("must begin with https://")
    if not parts.hostname or not url.isascii() or any(c.isspace() for c in url):
        raise ValueError("must be an ASCII address with a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must not hold a user, a password or a fragment")
    if parts.port == 0:
        raise ValueError("must not name port 0")
    return parts


def reachable_address(host: str, port: int) -> str:
    """Return an address of `host` that may be reached; NotReachable `host-unknown`, `address-not-public`.

    All its addresses must be public: a name that also points inside is refused whole.
    """
    addresses = _resolved(host, port)
    if not addresses:
        raise NotReachable("host-unknown")
    if not all(_may_be_reached(address) for address in addresses):
        raise NotReachable("address-not-public")
    return str(addresses[0])


def _resolved(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def _may_be_reached(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _may_be_reached(address.ipv4_mapped)
        if any(address in network for network in _WRAPPING):
            return False
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or (config().demo and (address.is_private or address.is_loopback))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a POST and return the status of the answer, whatever it is.

    NotReachable `host-unknown`, `address-not-public`, `timeout`, `connection-failed`, `url-invalid`.
    """
    try:
        parts = checked_url(url)
    except ValueError:
        raise NotReachable("url-invalid") from None
    assert parts.hostname is not None, "a checked address has a host"
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    address = reachable_address(parts.hostname, port)
    connection = _connection(parts.hostname, port, address, is_tls)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    except TimeoutError:
        raise NotReachable("timeout") from None
    except (OSError, http.client.HTTPException):
        raise NotReachable("connection-failed") from None
    finally:
        connection.close()


def _connection(host: str, port: int, address: str, is_tls: bool) -> http.client.HTTPConnection:
    """Return a connection to `address` that speaks to `host`: what was checked is what is reached."""
    connection = (
        http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        if is_tls
        else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    )

    def connect(_: tuple[str, int], timeout: float, source: "Iterable[object] | None") -> socket.socket:
        return socket.create_connection((address, port), timeout)

    connection._create_connection = connect  # type: ignore[attr-defined]
    return connection
