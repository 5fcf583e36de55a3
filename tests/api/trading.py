"""What the HTTP tests about merchants and offers share: everybody who acts, each with their own token."""

from collections.abc import Callable
from typing import Any

from tests.gateway import Gateway, Reply
from tests.services.trading import APPLICATION, MERCHANT, OFFER, STORE, TERMS

APPLICATIONS = "/v1/operator/merchant-applications"


class Trade:
    """An applicant, two operators, a manager, residents."""

    def __init__(self, gateway: Gateway, token_of: Callable[..., str]) -> None:
        self.gateway, self._token_of = gateway, token_of

    def anybody(self, method: str, path: str, body: Any = None) -> Reply:
        """Send without a token."""
        return self.gateway.send(method, path, body)

    def operator(self, method: str, path: str, body: Any = None, who: str = "op_anna") -> Reply:
        """Send as an operator."""
        return self.gateway.send(method, path, body, self._token_of("operator", who))

    def manager(self, method: str, path: str, body: Any = None, merchant_id: str = MERCHANT) -> Reply:
        """Send as the manager of a merchant."""
        token = self._token_of("merchant_manager", "stf_li", merchant_id, ("sto_1",))
        return self.gateway.send(method, f"/v1/merchant{path}", body, token)

    def resident(self, method: str, path: str, body: Any = None, account_id: str = "res_a") -> Reply:
        """Send as a resident."""
        return self.gateway.send(method, path, body, self._token_of("resident", account_id))

    def join(self) -> Reply:
        """Let the enterprise join, with one store."""
        one = f"{APPLICATIONS}/{APPLICATION['application_id']}"
        assert self.anybody("POST", "/v1/merchant-applications", APPLICATION).status == 201
        assert self.operator("POST", f"{one}/review", TERMS).status == 200
        approved = self.operator("POST", f"{one}/approval", who="op_bert")
        assert self.manager("POST", "/stores", STORE).status == 201
        return approved

    def put_in_force(self, **changes: Any) -> Reply:
        """Draft, submit and approve an offer."""
        draft_id = self.manager("POST", "/offer-drafts", {**OFFER, **changes}).json["draft_id"]
        assert self.manager("POST", f"/offer-drafts/{draft_id}/submission").status == 200
        return self.operator("POST", f"/v1/operator/offer-drafts/{draft_id}/approval")
