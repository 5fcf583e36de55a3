"""Pictures: a key in the merchant's own folder that follows from the content."""

from chalicelib.services.pictures import ask_for_upload, picture_link


def test_the_same_picture_has_the_same_key_in_its_merchants_folder():
    asked = [ask_for_upload("mer_1", "a" * 64, "image/png", 1000) for _ in range(2)]
    assert asked[0]["picture"] == asked[1]["picture"] == f"pictures/mer_1/{'a' * 64}.png"
    assert asked[0]["picture"] in asked[0]["upload_url"]
    assert asked[0]["picture"] in picture_link(asked[0]["picture"])
