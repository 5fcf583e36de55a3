"""Photos: taken where they belong, looked at before they count as evidence, shown to few and not for long."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.config import config
from chalicelib.domain.photos import PHOTO_BYTES_MAX, type_of
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.services import photos
from chalicelib.store import files
from tests.services import delivering
from tests.services.delivering import NOW

EVENT = "20261120-cup-00000001"
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


@pytest.fixture(autouse=True)
def bucket(tables: None) -> None:
    delivering.add_bucket()


def request(event_id: str = EVENT, account_id: str = "res_a") -> dict:
    return photos.request_photo(account_id, event_id, "image/jpeg", len(JPEG), NOW)


def upload(
    photo: dict, content: bytes = JPEG, content_type: str = "image/jpeg", account_id: str = "res_a"
) -> None:
    """Put an object where the link would."""
    key = photos.photo_key(account_id, photo["photo_id"].removeprefix("pho_"))
    assert key in photo["upload_url"]
    files._s3().put_object(Bucket=config().files_bucket, Key=key, Body=content, ContentType=content_type)


def test_a_photo_that_was_uploaded_for_its_event_passes() -> None:
    photo = request()
    upload(photo)
    assert photos.photo_refusal("res_a", EVENT, photo["photo_id"], is_demanded=True) == ""


def test_a_photo_that_is_demanded_and_not_there_is_missing() -> None:
    photo = request()
    for photo_id in (None, photo["photo_id"], "pho_of_another"):
        assert photos.photo_refusal("res_a", EVENT, photo_id, is_demanded=True) == "evidence-missing"
    assert photos.photo_refusal("res_a", EVENT, None, is_demanded=False) == ""


@pytest.mark.parametrize(("event_id", "account_id"), [("20261120-cup-00000002", "res_a"), (EVENT, "res_b")])
def test_a_photo_stands_for_its_own_event_and_person_only(event_id: str, account_id: str) -> None:
    photo = request()
    upload(photo)
    assert (
        photos.photo_refusal(account_id, event_id, photo["photo_id"], is_demanded=False) == "evidence-missing"
    )


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "image/jpeg"),
        (JPEG, "text/html"),
        (JPEG + bytes(PHOTO_BYTES_MAX), "image/jpeg"),
        (b"\xff", "image/jpeg"),
    ],
)
def test_what_is_no_photo_of_its_type_or_too_big_is_invalid(content: bytes, content_type: str) -> None:
    photo = request()
    upload(photo, content, content_type)
    assert photos.photo_refusal("res_a", EVENT, photo["photo_id"], is_demanded=False) == "evidence-invalid"


def test_an_empty_object_is_missing() -> None:
    photo = request()
    upload(photo, b"")
    assert photos.photo_refusal("res_a", EVENT, photo["photo_id"], is_demanded=False) == "evidence-missing"


@pytest.mark.parametrize("event_id", ["20261112-cup-00000001", "20261122-cup-00000001", "cup-00000000001"])
def test_only_a_day_that_can_still_be_declared_takes_a_photo(event_id: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        request(event_id)
    assert refused.value.facts["errors"][0]["pointer"] == "/event_id"


def test_a_link_shows_the_photo_for_five_minutes_and_names_nobody() -> None:
    photo = request()
    event_key = photo["photo_id"].removeprefix("pho_")
    with pytest.raises(NotFound, match="photo-unknown"):
        photos.photo_link("res_a", event_key)
    upload(photo)
    link = photos.photo_link("res_a", event_key)
    assert link["valid_s"] == 300
    query = parse_qs(urlsplit(link["photo_url"]).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert "res_a" not in link["photo_url"]
    assert "res_a" not in photo["upload_url"]


def test_the_upload_link_is_good_for_one_type_and_size_only() -> None:
    query = parse_qs(urlsplit(request()["upload_url"]).query)
    assert set(query["X-Amz-SignedHeaders"][0].split(";")) >= {"content-length", "content-type"}
    assert query["X-Amz-Expires"] == ["900"]
    later = photos.request_photo("res_a", EVENT, "image/jpeg", 5, NOW + timedelta(minutes=5))
    assert later["photo_id"] == request()["photo_id"]


def test_types_are_told_by_the_first_bytes() -> None:
    assert [type_of(head) for head in (b"GIF89a", b"RIFF\x00\x00\x00\x00WAVE", b"")] == [None, None, None]
