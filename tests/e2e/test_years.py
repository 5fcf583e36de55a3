"""Three years of residents in both cities, on the local stack's database: a few here, a thousand by `make years`."""

import json
import os
import subprocess
import sys

import pytest

from infra.environment import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RESIDENTS = int(os.environ.get("TANHUI_YEARS_RESIDENTS", "30"))
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
