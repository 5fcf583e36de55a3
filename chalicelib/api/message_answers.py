"""Owns the shapes of answers about messages. Must not be needed to answer a request."""

from chalicelib.api.answers import ANY, COUNT, INSTANT, INSTANT_OR_NULL, TEXT, Shape, closed, list_of, page_of

_FLAG: Shape = {"type": "boolean"}
_UNREAD = {"unread": COUNT, "is_more_unread": _FLAG}
_LINK = {
    **closed("MessageLink", {"kind": TEXT, "id": TEXT}),
    "type": ["object", "null"],
    "description": "What a tap opens: entry, activity, voucher, charge, offers, appeal, star.",
}
MESSAGE = closed(
    "Message",
    {
        "message_id": TEXT,
        "kind": TEXT,
        "title": TEXT,
        "body": TEXT,
        "facts": ANY,
        "link": _LINK,
        "created_at": INSTANT,
        "read_at": INSTANT_OR_NULL,
    },
)
_MESSAGES = page_of("Messages", MESSAGE)
_CHANNEL = closed(
    "MessageChannel",
    {
        "channel": TEXT,
        "title": TEXT,
        "is_on": _FLAG,
        "has_address": _FLAG,
        "kinds": list_of(closed("MessageKind", {"kind": TEXT, "title": TEXT, "is_on": _FLAG})),
    },
)
_LOCAL = closed(
    "LocalSending", {"id": TEXT, "to": TEXT, "kind": TEXT, "title": TEXT, "body": TEXT, "sent_at": INSTANT}
)
MESSAGE_ANSWERS: dict[str, Shape] = {
    "Messages": closed("Messages", {**_MESSAGES["properties"], **_UNREAD}),
    "UnreadMessages": closed("UnreadMessages", _UNREAD),
    "MessagesRead": closed(
        "MessagesRead",
        {**_UNREAD, "is_complete": {**_FLAG, "description": "False: send it again to mark the rest."}},
    ),
    "MessagePreferences": closed(
        "MessagePreferences",
        {
            "consent": {"type": "string", "enum": ["none", "given", "withdrawn"]},
            "quiet_from": {**TEXT, "description": "Local time of day from which nothing is sent."},
            "quiet_to": TEXT,
            "channels": list_of(_CHANNEL),
        },
    ),
    "LocalSendings": page_of("LocalSendings", _LOCAL),
}
