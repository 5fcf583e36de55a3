"""Owns the list of blueprints that make up the HTTP interface, and the address that catches all others."""

from chalice import Blueprint, Chalice, Response

from chalicelib.api import (
    accreditations,
    activities,
    appeal_cases,
    appeals,
    boards,
    cards,
    catalogue,
    charges,
    closing,
    consents,
    corrections,
    disputes,
    expiry,
    exports,
    findings,
    frame,
    merchant_applications,
    merchant_shop,
    merchant_tills,
    merchants,
    messages,
    methodologies,
    months,
    offer_drafts,
    offer_reviews,
    offers,
    operators,
    partner_operations,
    partners,
    payments,
    photos,
    projects,
    public,
    public_days,
    reviews,
    sessions,
    stars,
    statement_months,
    statements,
    till_uploads,
    tills,
    verifications,
    vouchers,
    wallet,
    webhooks,
)

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PARTS = (
    public,
    sessions,
    catalogue,
    consents,
    closing,
    cards,
    activities,
    months,
    offers,
    vouchers,
    tills,
    wallet,
    charges,
    payments,
    till_uploads,
    merchant_tills,
    statements,
    statement_months,
    disputes,
    webhooks,
    reviews,
    merchant_applications,
    merchants,
    merchant_shop,
    offer_drafts,
    offer_reviews,
    operators,
    expiry,
    partners,
    partner_operations,
    public_days,
    exports,
    findings,
    appeals,
    appeal_cases,
    methodologies,
    corrections,
    messages,
    accreditations,
    photos,
    verifications,
    projects,
    boards,
    stars,
)

rest = Blueprint(__name__)


@rest.route(frame.MISSING_ROUTE, methods=list(METHODS), content_types=[])
def missing() -> Response:
    """Answer what no route takes: the gateway hands over other paths, and other methods of our paths, alike."""
    return frame.answer_missing_route(rest.current_request)


def register_all(app: Chalice) -> None:
    """Register every blueprint and the error middleware."""
    for part in PARTS:
        app.register_blueprint(part.bp)
    app.register_blueprint(rest)
    app.register_middleware(frame.tidy_errors, "http")
