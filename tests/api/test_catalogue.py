"""What is published: methodologies with their factors, offers."""

from tests.gateway import Gateway, assert_problem


def test_every_methodology_shows_factors_with_source_and_grade(gateway: Gateway) -> None:
    items = gateway.send("GET", "/v1/methodologies").json["items"]
    assert {item["id"] for item in items} >= {"szt-bus-ride", "szt-metro-trip", "yc-electric-bus", "own-cup"}
    for item in items:
        for factor in item["factors"].values():
            assert {"value", "unit", "kind", "place", "year", "source", "grade"} <= set(factor)


def test_one_version_is_found_and_others_are_unknown(gateway: Gateway) -> None:
    found = gateway.send("GET", "/v1/methodologies/own-cup?version=1").json
    assert found == gateway.send("GET", "/v1/methodologies/own-cup").json
    assert_problem(gateway.send("GET", "/v1/methodologies/own-cup?version=9"), 404, "methodology-unknown")
    assert_problem(gateway.send("GET", "/v1/methodologies/none"), 404, "methodology-unknown")
    assert_problem(
        gateway.send("GET", "/v1/methodologies/own-cup?version=x"), 400, "invalid-input", "/query/version"
    )


def test_public_lists_may_be_kept_for_a_minute(gateway: Gateway) -> None:
    assert gateway.send("GET", "/v1/methodologies").headers["Cache-Control"] == "public, max-age=60"
