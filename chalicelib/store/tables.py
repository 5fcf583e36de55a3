"""Owns the shape of every table: keys, indexes, attributes. The one source that tests hold `infra/` to.

Must not decide anything. Day sheets, accounts and standings go through the low-level client (`store.client`), because
a PynamoDB update cannot ask for the old item when its condition fails; everything else uses these models.
"""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model

from chalicelib.config import config
from chalicelib.store.attributes import IntegerAttribute


class _Meta:
    region = config().region
    host = config().endpoint_url
    billing_mode = "PAY_PER_REQUEST"
    connect_timeout_seconds = 1
    read_timeout_seconds = 3
    max_retry_attempts = 3


class ByExpiry(GlobalSecondaryIndex["AccountItem"]):
    """Accounts with lots, by shard and the day their earliest lot expires; sparse."""

    class Meta:
        index_name = "by_expiry"
        projection = KeysOnlyProjection()

    expiry_shard = UnicodeAttribute(hash_key=True)
    expiry_on = UnicodeAttribute(range_key=True)


class ByOpenDay(GlobalSecondaryIndex["AccountItem"]):
    """Sheets with something to settle, by shard, oldest day first; sparse."""

    class Meta:
        index_name = "by_open_day"
        projection = KeysOnlyProjection()

    open = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)


class ByPending(GlobalSecondaryIndex["AccountItem"]):
    """Sheets with something that waits for a verifier, by shard, oldest day first; sparse."""

    class Meta:
        index_name = "by_pending"
        projection = KeysOnlyProjection()

    pending = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)


class AccountItem(Model):
    """Keys of the accounts table: one `account` item and the `sheet#day` items of a resident."""

    class Meta(_Meta):
        table_name = config().table("accounts")

    account_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    expiry_shard = UnicodeAttribute(null=True)
    expiry_on = UnicodeAttribute(null=True)
    open = UnicodeAttribute(null=True)
    pending = UnicodeAttribute(null=True)
    by_expiry = ByExpiry()
    by_open_day = ByOpenDay()
    by_pending = ByPending()


class ByCounterparty(GlobalSecondaryIndex["EntryItem"]):
    """Entries of merchants and system accounts, by `counterparty#day#shard` and time."""

    class Meta:
        index_name = "by_counterparty"
        projection = AllProjection()

    counterparty = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)


class EntryItem(Model):
    """One line of the journal; put once, never changed."""

    class Meta(_Meta):
        table_name = config().table("entries")

    account_id = UnicodeAttribute(hash_key=True)
    seq = IntegerAttribute(range_key=True)
    counterparty = UnicodeAttribute(null=True)
    at = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    hash = UnicodeAttribute(null=True)
    by_counterparty = ByCounterparty()


class ByResident(GlobalSecondaryIndex["RedemptionItem"]):
    """A resident's redemptions, newest last."""

    class Meta:
        index_name = "by_resident"
        projection = KeysOnlyProjection()

    account_id = UnicodeAttribute(hash_key=True)
    taken_at = UnicodeAttribute(range_key=True)


class ByDue(GlobalSecondaryIndex["RedemptionItem"]):
    """Vouchers still open, by shard and deadline; sparse."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class RedemptionItem(Model):
    """A voucher (later also a charge): its state and the exact lot draws behind it."""

    class Meta(_Meta):
        table_name = config().table("redemptions")

    redemption_id = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    taken_at = UnicodeAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    body = UnicodeAttribute()
    by_resident = ByResident()
    by_due = ByDue()


class CatalogueItem(Model):
    """Published things: partners, merchants, stores, offers, and the counters of offers. `body` is canonical JSON."""

    class Meta(_Meta):
        table_name = config().table("catalogue")

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()
    version = IntegerAttribute(null=True)


class PersonItem(Model):
    """People and what hangs on them: logins, profiles, consents, card bindings."""

    class Meta(_Meta):
        table_name = config().table("people")

    person_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute(default="{}")


class ByKind(GlobalSecondaryIndex["RunItem"]):
    """Runs of one kind (`import#partner`, `job#name`, `backfill`), newest last."""

    class Meta:
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    started_at = UnicodeAttribute(range_key=True)


class RunItem(Model):
    """A file import, a job run or an approved backfill: its progress and result."""

    class Meta(_Meta):
        table_name = config().table("runs")

    run_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    started_at = UnicodeAttribute()
    state = UnicodeAttribute()
    body = UnicodeAttribute()
    by_kind = ByKind()


class ByStateDue(GlobalSecondaryIndex["CaseItem"]):
    """Cases of one kind in one state (`appeal#open`), the first deadline first."""

    class Meta:
        index_name = "by_state_due"
        projection = AllProjection()

    state_key = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class BySubject(GlobalSecondaryIndex["CaseItem"]):
    """Cases of one kind about one subject (`appeal#res_…`), newest last."""

    class Meta:
        index_name = "by_subject"
        projection = AllProjection()

    subject_key = UnicodeAttribute(hash_key=True)
    opened_at = UnicodeAttribute(range_key=True)


class CaseItem(Model):
    """Something that waits for a decision: a review, an application, an appeal; with its deadline.

    Most are kept for ever; those with a TTL are cleaned up by it.
    """

    class Meta(_Meta):
        table_name = config().table("cases")

    case_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    subject = UnicodeAttribute()
    state_key = UnicodeAttribute()
    subject_key = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    due_at = UnicodeAttribute()
    version = IntegerAttribute()
    body = UnicodeAttribute()
    purge_at_epoch_s = TTLAttribute(null=True)
    by_state_due = ByStateDue()
    by_subject = BySubject()


class ByUnread(LocalSecondaryIndex["MessageItem"]):
    """A resident's messages that nobody has read, oldest first; sparse, and as fresh as the table."""

    class Meta:
        index_name = "by_unread"
        projection = KeysOnlyProjection()

    account_id = UnicodeAttribute(hash_key=True)
    unread = UnicodeAttribute(range_key=True)


class ByDueSending(GlobalSecondaryIndex["MessageItem"]):
    """Sendings that have not ended, by shard and the instant of their next attempt; sparse."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class MessageItem(Model):
    """A resident's inbox, and beside each message its sendings. The TTL only cleans up, after 400 days."""

    class Meta(_Meta):
        table_name = config().table("messages")

    account_id = UnicodeAttribute(hash_key=True)
    message_id = UnicodeAttribute(range_key=True)
    unread = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    purge_at_epoch_s = TTLAttribute()
    by_unread = ByUnread()
    by_due = ByDueSending()


class StandingItem(Model):
    """What boards are made of: rows of residents by community, pages by board, notes of what has changed."""

    class Meta(_Meta):
        table_name = config().table("standings")

    board = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)


class IdempotencyItem(Model):
    """A request already answered: its digest and the answer. The TTL only cleans up."""

    class Meta(_Meta):
        table_name = config().table("idempotency")

    idempotency_key = UnicodeAttribute(hash_key=True)
    request_digest = UnicodeAttribute()
    answer = UnicodeAttribute()
    purge_at_epoch_s = TTLAttribute()


MODELS: tuple[type[Model], ...] = (
    AccountItem, EntryItem, RedemptionItem, CatalogueItem, PersonItem, RunItem, CaseItem, MessageItem, StandingItem,
    IdempotencyItem,
)  # fmt: skip
