"""Owns the filling of the demo city (`infra.demo_city`): its shops and staff, a bus company as data partner, one
resident, and a real morning of taps imported for her; a neighbour whose sorted waste waits for the verifier.

Must not invent what counts: what the resident has comes from the delivered file, what the neighbour has is worth
nothing until it is verified. Everything is entered once; a second run finds it there.
"""

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra import demo_city
from infra.environment import ROOT, StackError, use_running_stack
from infra.sandbox import enter_sandbox

IMPORT_STALLED_AFTER_S = 90
TAPS = ROOT / "infra" / "demo" / "szt_taps_2018-09-01.csv.gz"
BY = "seed"
PROPOSAL_ID = "prp-demo-bicycle-2"
FACTOR_OF_2025 = {"value": "93.3", "year": 2025, "source": "武汉市碳普惠公开数值（2025 年）"}
RESIDENT, CARDS = "xiaoman", ("FIABFHDBC", "HHABAFFGC", "CBCCACECJ")
NEIGHBOUR, NEIGHBOUR_CARD = "xiaohe", "FENLEI0001"
WASTE_POINT, WASTE_SORTING = "fenlei", "waste-sorting"


def seed(now: datetime, with_resident: bool = True) -> None:
    """Enter everything the demo city has that is not there yet; without the resident, also without her taps."""
    _publish(now)
    _enter_people(now)
    enter_sandbox(now)
    _hang_posters(now)

    _propose_version(now)
    if with_resident:
        _import_taps(_resident(RESIDENT, CARDS, now), now)
        _leave_for_the_verifier(_resident(NEIGHBOUR, (NEIGHBOUR_CARD,), now), now)


def _publish(now: datetime) -> None:
    from chalicelib.profiles.adapters import shipped_adapter
    from chalicelib.services import audiences, communities, partners, publishing

    for community in demo_city.communities():
        fields = {name: community[name] for name in ("name", "district_id", "district")}
        communities.publish_community(community["id"], fields, BY, now)
    for merchant in demo_city.merchants(now):
        _once(lambda document: publishing.publish_merchant(document, BY, now), merchant)
    for store in demo_city.shops()["stores"]:
        _once(lambda document: publishing.publish_store(document, BY, now), store)
    for audience in demo_city.shops()["audiences"]:
        audiences.make_audience(audience["id"], audience["title"], BY, now)
    for offer in demo_city.offers(now):
        _once(lambda document: publishing.publish_offer(document, BY, now), offer)
    szt = shipped_adapter("szt")
    partner = {
        "id": "szt",
        "name": "深圳通（开放数据演示）",
        "accreditation": "开放数据，仅用于演示",
        "methodologies": ["szt-bus-ride", "szt-metro-trip"],
        "adapter": szt,
    }
    waste_point = {
        "id": WASTE_POINT,
        "name": "垃圾分类投放点（演示）",
        "accreditation": "演示数据，核证后才计入",
        "methodologies": [WASTE_SORTING],
        "adapter": {
            **{name: szt[name] for name in szt if name not in ("trip", "date_shift")},
            "id": "waste-points",
            "kinds": {"投放": {"as": "ride", "methodology_id": WASTE_SORTING}},
        },
    }
    for document in (partner, waste_point):
        _once(lambda document: partners.register_partner(document, now), document)
        _accredit(str(document["id"]), list(document["methodologies"]), now)


def _accredit(partner_id: str, methodologies: list[str], now: datetime) -> None:
    """Let the demo's verifier accredit a demo's source, unless that is so already."""
    from chalicelib.services import accreditations

    if accreditations.list_accreditations(partner_id, 1, None, now).items:
        return
    asked = {
        "source": partner_id,
        "methodologies": methodologies,
        "evidence": "operator-signed",
        "valid_from": f"{now.year - 1}-01-01",
        "valid_to": f"{now.year + 1}-12-31",
        "document_ref": "演示核证 1 号",
        "statement": "仅用于演示。",
    }
    accreditations.accredit_source(asked, _verifier(), now)


def _verifier() -> Any:
    """Return the demo's verifier, entered with the organisation that vouches."""
    from chalicelib.services.accreditations import Verifier
    from chalicelib.store.people import put_staff

    sun = next(one for one in demo_city.shops()["officials"] if one["role"] == "verifier")
    return Verifier(
        put_staff(sun["subject"], "verifier", sun["organisation"], [], sun["name"]), sun["organisation"]
    )


def _enter_people(now: datetime) -> None:
    from chalicelib.services.staff import enter_staff
    from chalicelib.store.people import put_staff

    for official in demo_city.shops()["officials"]:
        organisation = official.get("organisation", "")
        put_staff(official["subject"], official["role"], organisation, [], official["name"])
    for member in demo_city.shops()["staff"]:
        enter_staff(member["merchant_id"], member, BY, now)


def _hang_posters(now: datetime) -> None:
    """Give every store of the demo city one merchant code for its poster."""
    from chalicelib.services import merchant_codes

    for store in demo_city.shops()["stores"]:
        if not merchant_codes.list_codes(store["id"]):
            merchant_codes.add_code(store, "1 号收银台", now)


def _propose_version(now: datetime) -> None:
    """Leave one proposal waiting for its review: the shared bicycle at the value published in 2025, with its source."""
    from chalicelib.domain.days import local_day
    from chalicelib.domain.methodology_versions import earliest_start
    from chalicelib.errors import NotFound
    from chalicelib.profiles import current_profile
    from chalicelib.services.methodologies import versions_of
    from chalicelib.services.methodology_proposals import submit_proposal
    from chalicelib.services.proposal_views import read_proposal
    from chalicelib.store.people import put_staff

    try:
        read_proposal(PROPOSAL_ID)
    except NotFound:
        newest = versions_of("shared-bicycle")[0].document
        factor = {**newest["factors"]["grams_per_unit"], **FACTOR_OF_2025}
        starts_on = earliest_start(local_day(now, current_profile().tz)) + timedelta(days=7)
        changes = {"version": newest["version"] + 1, "valid_from": starts_on.isoformat()}
        document = {**newest, **changes, "factors": {"grams_per_unit": factor}}
        author = put_staff("zhao", "operator", "", [], "运营 赵工")
        submit_proposal(PROPOSAL_ID, document, author, now)


def _once(enter: Callable[[Mapping[str, Any]], Any], document: Mapping[str, Any]) -> None:
    from chalicelib.errors import Conflict

    try:
        enter(document)
    except Conflict as error:
        if not error.code.endswith("-exists"):
            raise


def _resident(name: str, cards: tuple[str, ...], now: datetime) -> str:
    from chalicelib import ids
    from chalicelib.profiles import current_profile
    from chalicelib.services.cards import bind_card
    from chalicelib.services.consents import give_consent
    from chalicelib.services.sessions import sign_in

    account_id = str(sign_in("dev", name, "resident", ids.new_id("res"), now)["subject"])
    version = current_profile().consents["transit-data"]["version"]
    give_consent(account_id, "transit-data", version, now)
    for card_no in cards:
        bind_card(account_id, card_no, now)
    return account_id


def _import_taps(account_id: str, now: datetime) -> None:
    """Deliver the real file the way the bus company would, unless the resident has activities already."""
    from chalicelib.services.activities import list_activities

    if list_activities(account_id, now, None, 1, None).items:
        return
    from infra.import_file import deliver

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TAPS.name.removesuffix(".gz")
        path.write_bytes(gzip.decompress(TAPS.read_bytes()))
        deliver(path, "szt", stalled_after_s=IMPORT_STALLED_AFTER_S)


def _leave_for_the_verifier(account_id: str, now: datetime) -> None:
    """Deliver sorted waste of three days, worth nothing until verified, and open a batch over it for the verifier."""
    from chalicelib.domain.days import local_day
    from chalicelib.profiles import current_profile
    from chalicelib.services.activities import list_activities
    from chalicelib.services.partner_deliveries import submit_activities
    from chalicelib.services.verifications import open_batch

    if not list_activities(account_id, now, None, 1, None).items:
        instants = [now.replace(microsecond=0) - timedelta(days=back) for back in (1, 2, 3)]
        rows = [
            {
                "event_id": f"{local_day(at, current_profile().tz):%Y%m%d}-demo-waste",
                "card_no": NEIGHBOUR_CARD,
                "methodology_id": WASTE_SORTING,
                "occurred_at": at.isoformat(),
                "inputs": {},
            }
            for at in instants
        ]
        submit_activities(WASTE_POINT, rows, f"seed-{now:%Y%m%dT%H%M%S}", now)
    days = sorted(one["on"] for one in list_activities(account_id, now, None, 10, None).items)
    asked = {
        "batch_id": "demo-waste-sorting",
        "methodology_id": WASTE_SORTING,
        "source": WASTE_POINT,
        "from_on": days[0],
        "to_on": days[-1],
        "sample_size": 2,
    }
    open_batch(asked, _verifier(), now)


def logins() -> str:
    """Return the demo logins as text."""
    rows = [f"  resident          {name}" for name in (RESIDENT, NEIGHBOUR)]
    rows += [f"  {one['role']:<18}{one['subject']}" for one in demo_city.shops()["staff"]]
    rows += [f"  {one['role']:<18}{one['subject']}" for one in demo_city.shops()["officials"]]
    example = json.dumps({"provider": "dev", "subject": RESIDENT, "role": "resident"})
    return "\n".join(["Demo logins (role, subject):", *rows, f"  POST /v1/sessions {example}"])


def main() -> int:
    """Seed the running local stack; a second run changes nothing."""
    parser = argparse.ArgumentParser(description="Fill the running local stack with the demo city.")
    parser.add_argument("--without-resident", action="store_true", help="shops, staff and partner only")
    arguments = parser.parse_args()
    try:
        use_running_stack()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print("Seeding the demo city …", flush=True)
    try:
        seed(datetime.now(UTC), with_resident=not arguments.without_resident)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(logins(), flush=True)
    key_id, secret = enter_sandbox(datetime.now(UTC))
    print(f"Sandbox terminal: KEY_ID={key_id} SECRET={secret}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
