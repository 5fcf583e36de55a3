"""Owns the methodologies of the city over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import PUBLIC
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import whole_number

bp = Blueprint(__name__)
_CACHE_S = 60
_VERSION = {"version": whole_number(1, 10_000, "The one that counts today if absent.")}


@endpoint(
    bp,
    "GET",
    "/v1/methodologies",
    roles={PUBLIC},
    answers={200: "Methodologies"},
    summary="本市采用的方法学",
    cache_s=_CACHE_S,
)
def list_methodologies(call: Call) -> dict[str, object]:
    """Answer with every methodology of the city."""
    from chalicelib.services import methodologies

    return {"items": methodologies.list_methodologies(call.now)}


@endpoint(
    bp,
    "GET",
    "/v1/methodologies/{methodology_id}",
    roles={PUBLIC},
    query=_VERSION,
    answers={200: "Methodology"},
    problems=("methodology-unknown",),
    summary="一个方法学版本：公式、因子、来源、等级",
    cache_s=_CACHE_S,
)
def get_methodology(call: Call) -> dict[str, object]:
    """Answer with one version."""
    from chalicelib.services import methodologies

    return methodologies.get_methodology(call.path["methodology_id"], call.query.get("version"), call.now)


@endpoint(
    bp,
    "GET",
    "/v1/methodologies/{methodology_id}/versions",
    roles={PUBLIC},
    answers={200: "Methodologies"},
    problems=("methodology-unknown",),
    summary="一个方法学的全部版本，新的在前：何时生效、被哪一版取代、专家评审意见",
    cache_s=_CACHE_S,
)
def list_methodology_versions(call: Call) -> dict[str, object]:
    """Answer with every version of one methodology."""
    from chalicelib.services import methodologies

    return {"items": methodologies.list_versions(call.path["methodology_id"], call.now)}
