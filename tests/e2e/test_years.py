"""Three years of a thousand residents, in both cities, on the local stack's database."""

import json
import os
import subprocess
import sys

import pytest

from infra.environment import ROOT
from tests.bench.harness import emulator

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
RESIDENTS = int(os.environ.get("TANHUI_YEARS_RESIDENTS", "1000"))


@pytest.mark.parametrize("profile", ["yinchuan", "nanjing"])
def test_three_years_of_a_thousand_residents_end_in_a_clean_audit(profile: str) -> None:
    kept = dict(os.environ)
    try:
        with emulator():
            asked = json.dumps({"residents": RESIDENTS, "profile": profile})
            command = [sys.executable, "-m", "tests.e2e.years", asked]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | {"TANHUI_DEMO": "1"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=3000,
            )
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stderr.splitlines()[-1])["seen"]
    expected = {
        "late",
        "outside-window",
        "redeemed",
        "voided",
        "left",
        "reverse_activity",
        "restore_activity",
    }
    assert expected | {"expired", "expired in grace"} <= set(seen), seen
