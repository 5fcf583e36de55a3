"""Owns the reading of secrets from the secret store: the master secret where it is not passed in, channels' keys.

Must not cache or log them; `chalicelib.keys` derives what is needed from the first.
"""

from typing import Any

import botocore.session

from chalicelib.config import config


def fetch_master_secret() -> str:
    """Return the secret `tanhui/{stage}/master`."""
    return _fetch(_client(), "master")


def fetch_channel_secret(channel: str) -> str:
    """Return the secret `tanhui/{stage}/channel-{channel}`; KeyError when nobody has entered one."""
    return _fetch_entered(f"channel-{channel}")


def fetch_login_secret(provider: str) -> str:
    """Return the secret `tanhui/{stage}/login-{provider}`; KeyError when nobody has entered one."""
    return _fetch_entered(f"login-{provider}")


def _fetch_entered(name: str) -> str:
    client = _client()
    try:
        return _fetch(client, name)
    except client.exceptions.ResourceNotFoundException:
        raise KeyError(name) from None


def _client() -> Any:
    settings = config()
    return botocore.session.get_session().create_client(
        "secretsmanager", region_name=settings.region, endpoint_url=settings.endpoint_url
    )


def _fetch(client: Any, name: str) -> str:
    answer = client.get_secret_value(SecretId=f"tanhui/{config().stage}/{name}")
    return str(answer["SecretString"])
