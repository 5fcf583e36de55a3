"""Owns the shapes of answers about closing an account. Must not be needed to answer a request."""

from chalicelib.api.answers import COUNT, INSTANT, INSTANT_OR_NULL, Shape, closed

CLOSING_ANSWERS: dict[str, Shape] = {
    "WhatIsLost": closed(
        "WhatIsLost",
        {
            "closed_at": INSTANT_OR_NULL,
            "points": COUNT,
            "grams_co2e": COUNT,
            "open_vouchers": COUNT,
            "cards": COUNT,
            "devices": COUNT,
        },
    ),
    "ClosedAccount": closed("ClosedAccount", {"closed_at": INSTANT}),
}
