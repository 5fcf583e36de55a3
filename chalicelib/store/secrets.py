"""Owns the reading of the master secret from the secret store, for deployments that do not pass it in.

Must not cache or log it; `chalicelib.keys` derives what is needed.
"""

import botocore.session

from chalicelib.config import config


def fetch_master_secret() -> str:
    """Return the secret `tanhui/{stage}/master`."""
    settings = config()
    client = botocore.session.get_session().create_client(
        "secretsmanager", region_name=settings.region, endpoint_url=settings.endpoint_url
    )
    answer = client.get_secret_value(SecretId=f"tanhui/{settings.stage}/master")
    return str(answer["SecretString"])
