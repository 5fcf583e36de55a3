"""Owns the one table of routes: who may call what, and what goes in and comes out. Default deny.

`api.frame.endpoint` fills it; the frame, the OpenAPI document and the tests read it. Must not answer requests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.api.parameters import Parameter
from chalicelib.errors import Forbidden

PUBLIC = "public"
RESIDENT = "resident"
CASHIER = "cashier"
MERCHANT_MANAGER = "merchant_manager"
TERMINAL = "terminal"
PARTNER = "partner"
OPERATOR = "operator"
VERIFIER = "verifier"
REGULATOR = "regulator"
TOKEN_ROLES = (RESIDENT, CASHIER, MERCHANT_MANAGER, TERMINAL, OPERATOR, VERIFIER, REGULATOR)
TILL = frozenset({CASHIER, MERCHANT_MANAGER, TERMINAL})
ROLES = (PUBLIC, *TOKEN_ROLES, PARTNER)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    `answers` maps each success status to the name of an answer shape, a media type, or None for no body; the first is
    what a plain result gets. `body` names a model of `api.schemas`, e.g. `vouchers.TakeVoucher`; None when there is
    no body. `cache_s` 0 means `no-store`.
    """

    method: str
    path: str
    name: str
    summary: str
    roles: frozenset[str]
    answers: Mapping[int, str | None]
    body: str | None = None
    query: Mapping[str, Parameter] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    cache_s: int = 0
    tag: str = ""
    description: str = ""

    @property
    def is_public(self) -> bool:
        """Tell whether anybody may call it without proof of identity."""
        return PUBLIC in self.roles

    @property
    def is_signed(self) -> bool:
        """Tell whether a partner's signature stands in for a token."""
        return PARTNER in self.roles


ENDPOINTS: dict[tuple[str, str], Endpoint] = {}


def add(entry: Endpoint) -> None:
    """Enter a route; asserts that it is new and that its roles are known and do not mix kinds of proof."""
    key = (entry.path, entry.method)
    assert key not in ENDPOINTS, f"{entry.method} {entry.path} is declared twice"
    assert entry.roles and entry.roles <= set(ROLES), f"unknown roles: {sorted(entry.roles - set(ROLES))}"
    alone = {PUBLIC, PARTNER} & entry.roles
    assert not alone or len(entry.roles) == 1, "public and partner stand alone"
    ENDPOINTS[key] = entry


def admit(entry: Endpoint, role: str) -> None:
    """Let `role` through or raise Forbidden."""
    if role not in entry.roles:
        raise Forbidden("role-not-allowed", "this role may not do this", role=role)


def methods_at(path: str) -> list[str]:
    """Return the methods that some route has at the concrete `path`, sorted; empty when there is no such path."""
    parts = path.rstrip("/").split("/")
    return sorted({method for template, method in ENDPOINTS if _fits(template.split("/"), parts)})


def sorted_endpoints() -> Iterator[Endpoint]:
    """Yield every route, by path and method."""
    for key in sorted(ENDPOINTS):
        yield ENDPOINTS[key]


def _fits(template: list[str], parts: list[str]) -> bool:
    if len(template) != len(parts):
        return False
    return all(t == p or (t.startswith("{") and p != "") for t, p in zip(template, parts, strict=True))
