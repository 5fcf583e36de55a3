"""Owns the shapes of answers about boards and stars. Must not be needed to answer a request."""

from chalicelib.api.answers import (
    COUNT,
    DAY,
    INSTANT,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Shape,
    closed,
    list_of,
    page_of,
)

_FLAG: Shape = {"type": "boolean"}
_DAY_OR_NULL: Shape = {"type": ["string", "null"], "format": "date"}
_COUNT_OR_NULL: Shape = {"type": ["integer", "null"], "minimum": 0}
_KIND: Shape = {"type": "string", "enum": ["week", "month", "year"]}
_LEVEL: Shape = {"type": "string", "enum": ["community", "district", "city"]}
COMMUNITY = closed(
    "Community",
    {"id": TEXT, "name": TEXT, "district_id": TEXT, "district": TEXT, "city_id": TEXT, "city": TEXT},
)
_BOARD = {
    "level": _LEVEL,
    "id": TEXT,
    "name": TEXT,
    "period": TEXT,
    "kind": _KIND,
    "first_on": DAY,
    "last_on": DAY,
    "closes_on": {**DAY, "description": "The last day on which late data count."},
    "is_closed": _FLAG,
    "as_of": INSTANT_OR_NULL,
    "is_withheld": {**_FLAG, "description": "Fewer residents than may be shown: nothing is said of them."},
    "residents": {**_COUNT_OR_NULL, "description": "How many are on it; null when withheld."},
}
BOARD = closed(
    "Board",
    {
        **_BOARD,
        "items": list_of(closed("BoardLine", {"place": COUNT, "nickname": TEXT, "grams_co2e": COUNT})),
    },
)
_PARTICIPATION = {
    "community": {**COMMUNITY, "title": "MyCommunity", "type": ["object", "null"]},
    "changeable_on": {**_DAY_OR_NULL, "description": "From this day on another community may be chosen."},
    "nickname": TEXT_OR_NULL,
    "is_on": {**_FLAG, "description": "Has agreed to be shown."},
    "is_under_age": _FLAG,
    "text_version": {**TEXT, "description": "Of the consent's current text, `/v1/me/consents/boards`."},
}
_GRAMS = {
    "grams_co2e": {**COUNT, "description": "Live: settled and what the open days add."},
    "grams_co2e_settled": COUNT,
}
_PLACE = {
    **closed("BoardPlace", {"first": COUNT, "last": COUNT}),
    "type": ["object", "null"],
    "description": "Equal when exact; otherwise the place is between both. Null when not on the board.",
}
_STATE: Shape = {
    "type": "string",
    "enum": ["proposed", "confirmed", "published", "awarded", "declined", "revoked"],
}
_STAR = {
    "star_id": TEXT,
    "state": _STATE,
    "community": COMMUNITY,
    "nickname": {**TEXT_OR_NULL, "description": "Null when the resident is not shown any more."},
    "period": TEXT,
    "place": COUNT,
    "grams_co2e": COUNT,
    "reason": TEXT,
    "points": {**COUNT, "description": "Of the bonus; 0 when the star is an honour only."},
    "valid_days": COUNT,
}
STAR = closed(
    "Star",
    {
        **_STAR,
        "title": TEXT,
        "published_at": INSTANT,
        "objections_until": INSTANT_OR_NULL,
        "revoked_at": INSTANT_OR_NULL,
        "revoked_why": TEXT_OR_NULL,
    },
)
_SAID = closed("StarDecision", {"what": TEXT, "by": TEXT, "why": TEXT, "at": INSTANT})
OPERATOR_STAR = closed(
    "OperatorStar",
    {
        **_STAR,
        "opened_at": INSTANT,
        "due_at": INSTANT_OR_NULL,
        "account_id": TEXT,
        "decisions": list_of(_SAID),
        "objections_open": COUNT,
    },
)
_ANSWERED = {
    **closed("ObjectionAnswer", {"by": TEXT, "reason": TEXT, "at": INSTANT}),
    "type": ["object", "null"],
}
OBJECTION = closed(
    "StarObjection",
    {
        "objection_id": TEXT,
        "star_id": TEXT,
        "state": {"type": "string", "enum": ["open", "dismissed", "upheld"]},
        "opened_at": INSTANT,
        "due_at": INSTANT_OR_NULL,
        "reason": TEXT,
        "decision": _ANSWERED,
    },
)
BOARD_ANSWERS: dict[str, Shape] = {
    "Community": COMMUNITY,
    "Communities": page_of("Communities", COMMUNITY),
    "Board": BOARD,
    "Stars": page_of("Stars", STAR),
    "OperatorStar": OPERATOR_STAR,
    "OperatorStars": page_of("OperatorStars", OPERATOR_STAR),
    "StarObjection": OBJECTION,
    "StarObjections": page_of("StarObjections", OBJECTION),
    "MyParticipation": closed("MyParticipation", _PARTICIPATION),
    "MyBoards": closed(
        "MyBoards",
        {
            **_PARTICIPATION,
            "is_frozen": {**_FLAG, "description": "Points are under review: not shown meanwhile."},
            "scores": list_of(closed("BoardScore", {"period": TEXT, "kind": _KIND, **_GRAMS})),
            "boards": list_of(closed("MyBoard", {**_BOARD, **_GRAMS, "place": _PLACE})),
        },
    ),
}
