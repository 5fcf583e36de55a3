"""Owns the bodies about boards."""

from pydantic import Field

from chalicelib.api.schemas.fields import Id
from chalicelib.services.strict import Clean, Strict


class PublishCommunity(Strict):
    """Name and district of a community; the city is that of the deployment."""

    name: Clean = Field(min_length=2, max_length=40, examples=["解放西街社区"])
    district_id: Id = Field(examples=["xingqing"])
    district: Clean = Field(min_length=2, max_length=40, examples=["兴庆区"])


class ChooseCommunity(Strict):
    """The community to belong to."""

    community_id: Id = Field(examples=["com_jiefang"])


class JoinBoards(Strict):
    """Nickname, year of birth (not kept) and the version of the consent's text that was shown."""

    nickname: Clean = Field(min_length=2, max_length=10, examples=["贺兰山下的风"])
    birth_year: int = Field(ge=1900, le=2100, examples=[1990])
    text_version: Clean = Field(min_length=1, max_length=20, examples=["2026-11-25"])
