"""Owns a pretended phone: registers itself for a demo resident and prints what its QR code says now.

`python -m infra.demo_phone` works on the running local stack; for integrators of tills and for trying out by hand. Must
not touch the database: it does what the mini-app does.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from chalicelib.domain.wallet_codes import STEP_S, wallet_code
from infra.environment import ROOT

KEPT_IN = ROOT / ".local" / "demo-phones"
_TIMEOUT_S = 30


def send(url: str, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    """Return the answer to a POST; SystemExit with the sentence of the problem that came back."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise SystemExit(json.load(error).get("title", str(error))) from None
    except OSError as error:
        raise SystemExit(f"nothing answers at {url}: {error}") from None


def the_phone(url: str, subject: str, folder: Path = KEPT_IN) -> dict[str, Any]:
    """Return the phone of a demo resident, registered the first time and kept in `folder` afterwards."""
    kept = folder / f"{subject}.json"
    if kept.exists():
        known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return known
    session = send(url, "/v1/sessions", {"provider": "dev", "subject": subject, "role": "resident"})
    device = {"device_id": f"demo-{int(time.time())}-{subject}"[:64], "name": "演示手机"}
    phone = send(url, "/v1/me/devices", device, session["access_token"])
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(phone), encoding="utf-8")
    return phone


def main() -> int:
    """Print the code of now and how long it is shown."""
    parser = argparse.ArgumentParser(description="Show the wallet code of a demo resident's phone.")
    parser.add_argument("--url", default="http://localhost:8080")
    parser.add_argument("--subject", default="xiaoman")
    parser.add_argument("--folder", type=Path, default=KEPT_IN, help="where the phone is kept")
    asked = parser.parse_args()
    phone = the_phone(asked.url, asked.subject, asked.folder)
    now_s = time.time()
    code = wallet_code(phone["secret"], phone["handle"], int(now_s) // STEP_S)
    print(code + phone.get("owner_seal", ""))
    print(f"{STEP_S - int(now_s) % STEP_S} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
