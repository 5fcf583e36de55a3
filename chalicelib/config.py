"""Owns what differs between deployments: read once from the environment, checked, immutable.

Must not hold policy: whatever two cities differ in is a profile (`chalicelib/profiles`), not a setting.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Config:
    """One deployment. `master_secret` is empty when it has to be fetched from the secret store.

    `channels` are the ways outside the app that are on, `logins` the identity providers; the streams' ARNs are known
    to whoever deploys only.
    """

    stage: str
    profile_id: str
    demo: bool
    region: str
    endpoint_url: str | None
    master_secret: str
    files_bucket: str
    channels: tuple[str, ...]
    logins: tuple[str, ...]
    entries_stream_arn: str
    accounts_stream_arn: str

    def table(self, name: str) -> str:
        """Return the full name of table `name` on this stage."""
        return f"tanhui-{self.stage}-{name}"

    def queue(self, name: str) -> str:
        """Return the full name of queue `name` on this stage."""
        return f"tanhui-{self.stage}-{name}"


def read_config(env: Mapping[str, str]) -> Config:
    """Return the configuration in `env`; raise ValueError naming the variable that is wrong.

    >>> read_config({"TANHUI_STAGE": "dev"}).table("accounts")
    'tanhui-dev-accounts'
    >>> read_config({"TANHUI_STAGE": "Dev!"})
    Traceback (most recent call last):
    ValueError: TANHUI_STAGE must be lower-case letters and digits, got 'Dev!'
    """
    stage = env.get("TANHUI_STAGE", "local")
    if not (stage.isascii() and stage.isalnum() and stage == stage.lower()):
        raise ValueError(f"TANHUI_STAGE must be lower-case letters and digits, got {stage!r}")
    secret = env.get("TANHUI_MASTER_SECRET", "")
    if secret and len(secret) < 32:
        raise ValueError("TANHUI_MASTER_SECRET must have at least 32 characters")
    return Config(
        stage=stage,
        profile_id=env.get("TANHUI_PROFILE", "yinchuan"),
        demo=env.get("TANHUI_DEMO") == "1",
        region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "cn-northwest-1",
        endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
        master_secret=secret,
        files_bucket=env.get("TANHUI_FILES_BUCKET", f"tanhui-{stage}-files"),
        channels=_names(env.get("TANHUI_CHANNELS", "")),
        logins=_names(env.get("TANHUI_LOGINS", "")),
        entries_stream_arn=env.get("TANHUI_ENTRIES_STREAM_ARN", ""),
        accounts_stream_arn=env.get("TANHUI_ACCOUNTS_STREAM_ARN", ""),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


@lru_cache(maxsize=1)
def config() -> Config:
    """Return this process's configuration."""
    return read_config(os.environ)
