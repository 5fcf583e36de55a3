"""Fixtures of the service tests: the files bucket beside the tables."""

import pytest

from tests.services import delivering


@pytest.fixture
def inbox(tables: None) -> None:
    """Every table and the files bucket, empty, with the demo partner registered."""
    delivering.add_bucket()
    delivering.add_partner()
