"""Three years of residents in both cities, on the local stack's database, by `make years`.

The suite lets a few residents live through the same years in `tests/services/test_calendar_years.py`.
"""

import json
import os
import subprocess
import sys

import pytest

from infra.environment import ROOT

RESIDENTS = int(os.environ.get("TANHUI_YEARS_RESIDENTS", "0"))
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(RESIDENTS == 0, reason="takes an hour: make years"),
]
SEEN = {
    *("late", "outside-window", "redeemed", "voided", "left"),
    *("reverse_activity", "restore_activity", "expired", "expired in grace"),
}


@pytest.mark.parametrize("profile", ["yinchuan", "nanjing"])
def test_three_years_of_residents_end_in_a_clean_audit(profile: str) -> None:
    asked = json.dumps({"residents": RESIDENTS, "profile": profile})
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TANHUI_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.years", asked],
        cwd=ROOT,
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stderr.splitlines()[-1])["seen"]
    assert set(seen) >= SEEN, seen
