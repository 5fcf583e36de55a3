"""Pictures: a key in the merchant's own folder that follows from the content."""

from hashlib import sha256

import pytest

from chalicelib.errors import Refused
from chalicelib.services.pictures import SIZE_MAX_BYTES, ask_for_upload, keep_checked, picture_link
from chalicelib.store import files
from tests.services.delivering import add_bucket

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture" * 9


def test_the_same_picture_has_the_same_key_in_its_merchants_folder():
    asked = [ask_for_upload("mer_1", "a" * 64, "image/png", 1000) for _ in range(2)]
    assert asked[0]["picture"] == asked[1]["picture"] == f"pictures/mer_1/{'a' * 64}.png"
    assert asked[0]["picture"] in asked[0]["upload_url"]
    assert asked[0]["picture"] in picture_link(asked[0]["picture"])


@pytest.fixture
def bucket(tables):
    add_bucket()


def uploaded(content, media="image/png", said=PNG, ending="png"):
    """Put `content` where a picture that was said to be `said` belongs, as the merchant's link allows."""
    key = f"pictures/mer_1/{sha256(said).hexdigest()}.{ending}"
    files.write_bytes(key, content, media)
    return key


def test_what_was_uploaded_as_announced_is_kept_where_no_link_leads(bucket):
    key = uploaded(PNG)
    kept = keep_checked(key)
    assert kept == key.replace("mer_1/", "mer_1/checked/")
    assert (files.read_bytes(kept), files.find_head(kept, 8).content_type) == (PNG, "image/png")
    uploaded(PNG[:-1] + b"!")
    assert files.read_bytes(kept) == PNG, "what is uploaded later does not change it"
    assert keep_checked(kept) == kept


def test_a_picture_that_was_never_uploaded_is_missing(bucket):
    for key in ("pictures/mer_1/" + "a" * 64 + ".png", "pictures/mer_1/checked/x.png"):
        with pytest.raises(Refused, match="picture-missing"):
            keep_checked(key)


@pytest.mark.parametrize(
    ("content", "media", "ending"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png", "png"),
        (b"\xff\xd8\xff" + PNG, "image/png", "png"),
        (PNG, "text/html", "png"),
        (PNG, "image/png", "jpg"),
        (PNG + bytes(SIZE_MAX_BYTES), "image/png", "png"),
    ],
    ids=["no image", "another type", "sent as another", "named another", "too big"],
)
def test_what_is_not_the_picture_it_claims_to_be_is_refused(bucket, content, media, ending):
    with pytest.raises(Refused, match="picture-invalid"):
        keep_checked(uploaded(content, media, content, ending))


def test_other_content_than_was_announced_is_refused(bucket):
    with pytest.raises(Refused, match="picture-invalid"):
        keep_checked(uploaded(PNG + b"another"))
