"""Owns a resident's inbox over HTTP, and what they want outside the app."""

from chalice import Blueprint

from chalicelib.api.access import OPERATOR, RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY, matching
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)

_LANGUAGE = matching("^(zh-CN|en)$", "The language of title and body; zh-CN if absent.")
_UNREAD = matching("^(true|false)$", "`true`: only messages that nobody has read.")


@endpoint(
    bp,
    "GET",
    "/v1/me/messages",
    roles={RESIDENT},
    query={"unread": _UNREAD, "lang": _LANGUAGE, **LIST_QUERY},
    answers={200: "Messages"},
    summary="我的消息，新的在前，附未读数",
)
def list_messages(call: Call) -> Page:
    """Answer with one page of the inbox and how many messages are unread."""
    from chalicelib.services import messages

    is_unread_only = call.query.get("unread") == "true"
    language = call.query.get("lang", "zh-CN")
    return messages.list_messages(call.subject, is_unread_only, language, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/me/messages/unread",
    roles={RESIDENT},
    answers={200: "UnreadMessages"},
    summary="未读消息数，最多数到 100",
)
def count_unread_messages(call: Call) -> dict[str, object]:
    """Answer with the number on the badge."""
    from chalicelib.services import messages

    return messages.count_unread(call.subject)


@endpoint(
    bp,
    "POST",
    "/v1/me/messages/read",
    roles={RESIDENT},
    body="ReadMessages",
    answers={200: "MessagesRead"},
    summary="把这一条及更早的消息都标为已读，一次最多 200 条",
)
def read_messages(call: Call) -> dict[str, object]:
    """Mark everything up to one message as read."""
    from chalicelib.services import messages

    return messages.read_up_to(call.subject, call.body["up_to"], call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/messages/{message_id}/read",
    roles={RESIDENT},
    answers={200: "MessagesRead"},
    problems=("message-unknown",),
    summary="把一条消息标为已读",
)
def read_message(call: Call) -> dict[str, object]:
    """Mark one message as read; again is no change."""
    from chalicelib.services import messages

    return messages.read_message(call.subject, call.path["message_id"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/me/message-preferences",
    roles={RESIDENT},
    answers={200: "MessagePreferences"},
    summary="应用外提醒的渠道和种类",
)
def get_preferences(call: Call) -> dict[str, object]:
    """Answer with every channel, what it carries and what is switched on."""
    from chalicelib.services import message_preferences

    return message_preferences.get_preferences(call.subject)


@endpoint(
    bp,
    "PUT",
    "/v1/me/message-preferences",
    roles={RESIDENT},
    body="PutPreferences",
    answers={200: "MessagePreferences"},
    problems=("address-missing", "changed-meanwhile"),
    summary="设置应用外提醒：只有列出的渠道打开，每个渠道只发列出的种类",
    description="Nothing leaves without the consent `messages`. The inbox in the app is always on.",
)
def put_preferences(call: Call) -> dict[str, object]:
    """Switch on exactly the channels and kinds in the body."""
    from chalicelib.services import message_preferences

    return message_preferences.put_preferences(call.subject, call.body["channels"])


@endpoint(
    bp,
    "GET",
    "/v1/dev/deliveries",
    roles={OPERATOR},
    query=LIST_QUERY,
    answers={200: "LocalSendings"},
    problems=("not-found",),
    summary="演示环境：本机渠道“发出”的消息，新的在前",
)
def list_local_sendings(call: Call) -> Page:
    """Answer with what would have left, only in demonstrations."""
    from chalicelib.services import local_sendings

    return local_sendings.list_local_sendings(call.limit, call.cursor)
