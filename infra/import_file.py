"""Owns `make import`: deliver a partner's file the way the partner would, with a progress bar and a final table.

Must not import anything itself; the deployed application does. Exit code 0 when the import is done, 1 otherwise.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.environment import StackError, use_running_stack
from infra.partner_client import STALLED_AFTER_S, Import, Partner, deliver_file

_BAR_CHARS = 30
_PLAIN_EVERY_S = 5.0
OUTCOMES = {
    "accepted": "接受",
    "duplicate": "重复",
    "skipped": "跳过",
    "rejected": "退回",
    "unbound": "未绑定的卡",
}
REASONS = {
    "repeated-in-file": "文件内重复",
    "no-station": "没有站名",
    "exit-without-entry": "有出站无进站",
    "entry-without-exit": "有进站无出站",
    "before-consent": "早于授权范围",
    "cap-per-day": "超过每日上限",
    "filtered": "不在约定范围",
    "blank-line": "空行",
    "outside-window": "超出补录期限",
    "in-the-future": "时间在未来",
    "bad-time": "日期或时间有误",
    "bad-encoding": "编码有误",
    "bad-quoting": "引号不成对",
    "bad-card": "卡号有误",
    "bad-amount": "金额有误",
    "bad-quantity": "数量有误",
    "negative-amount": "金额为负",
    "nul-byte": "含 NUL 字节",
    "wrong-column-count": "列数不符",
    "line-too-long": "行过长",
    "unknown-kind": "未知的交易类型",
    "too-many-taps": "一张卡的记录过多",
    "sheet-full": "当日记录已满",
}


def deliver(
    path: Path,
    partner_id: str,
    backfill_id: str | None = None,
    show: Callable[[Import], object] = id,
    stalled_after_s: float = STALLED_AFTER_S,
) -> Import:
    """Deliver a file for a partner of the running stack; return the finished import.

    Raises StackError in a sentence: no such file, no such partner, no stack, or the import failed as a whole.
    """
    if not path.is_file():
        raise StackError(f"There is no file {path}.")
    found: Import = {}
    for found in deliver_file(_partner(partner_id), path, backfill_id, stalled_after_s):
        show(found)
    if found["state"] == "failed":
        failure = found["failure"]
        raise StackError(f"Import {found['import_id']} failed ({failure['code']}): {failure['detail']}")
    return found


def _partner(partner_id: str) -> Partner:
    """Return the partner with the key in the environment, else with one that the stack's own secret gives."""
    url = os.environ.get("TANHUI_URL", "").rstrip("/")
    if not url:
        raise StackError(
            "Set TANHUI_URL to the address of the API, or start the local stack with `make run`."
        )
    key_id, secret = os.environ.get("TANHUI_PARTNER_KEY"), os.environ.get("TANHUI_PARTNER_SECRET")
    if key_id and secret:
        return Partner(url, key_id, secret)
    from chalicelib.errors import NotFound
    from chalicelib.services import partners

    try:
        keys = partners.get_partner(partner_id)["keys"]
    except NotFound:
        known = ", ".join(str(one["id"]) for one in partners.list_partners().items) or "none yet"
        raise StackError(f"There is no partner {partner_id!r}. Registered: {known}.") from None
    live = [key["key_id"] for key in keys if key["revoked_at"] is None]
    if not live:
        raise StackError(f"Partner {partner_id!r} has no key in force; make one first.")
    return Partner(url, live[-1], partners.secret_of(live[-1]))


class Progress:
    """A bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._started_at_s = time.monotonic()
        self._shown_at_s = 0.0

    def show(self, found: Import) -> None:
        """Show how far the import is."""
        now_s = time.monotonic()
        is_over = found["state"] in ("done", "failed")
        if not self._is_terminal and not is_over and now_s - self._shown_at_s < _PLAIN_EVERY_S:
            return
        self._shown_at_s = now_s
        end = "\n" if is_over or not self._is_terminal else ""
        start = "\r\x1b[K" if self._is_terminal else ""
        sys.stderr.write(start + progress_line(found, now_s - self._started_at_s) + end)
        sys.stderr.flush()


def progress_line(found: Import, elapsed_s: float) -> str:
    """Return one line: bar, percent, rows a second, time left.

    >>> progress_line({"lines": None, "lines_done": 0}, 2.0)
    'waiting for the file to be read …'
    """
    if not found["lines"]:
        return "waiting for the file to be read …"
    share = found["lines_done"] / found["lines"]
    rate = found["lines_done"] / max(elapsed_s, 0.001)
    left_s = (found["lines"] - found["lines_done"]) / rate if rate else 0
    bar = "█" * int(share * _BAR_CHARS)
    return f"{bar:░<{_BAR_CHARS}} {share:4.0%}  {rate:,.0f} rows/s  {left_s:.0f} s left"


def table(found: Import) -> str:
    """Return the final table of an import."""
    rows: list[tuple[str, Any]] = [
        ("导入编号", found["import_id"]),
        ("文件", f"{found['file_name']}（{found['size_bytes']:,} 字节）"),
        ("适配文档", f"{found['adapter']['id']}  {found['adapter']['digest'][:12]}"),
    ]
    if found["date_shift"]:
        rows.append(("日期移动", f"{found['date_shift']['days']:+,} 天，移到昨天（演示数据）"))
    if found["backfill_id"]:
        rows.append(("补录申请", found["backfill_id"]))
    rows.append(("数据行", f"{found['lines']:,}"))
    for outcome, name in OUTCOMES.items():
        rows.append((f"  {name}", f"{found['outcomes'][outcome]:,}"))
        for key, count in found["reasons"].items():
            kind, _, reason = key.partition("/")
            if kind == outcome:
                rows.append((f"    {REASONS.get(reason, reason)}", f"{count:,}"))
    rows += [
        ("记入的行为", f"{found['activities']:,}"),
        ("减排量", f"{found['grams_co2e']:,} 克 CO2e"),
        ("积分", f"{found['millipoints'] // 1000:,}"),
        ("已绑定的卡", f"{found['cards_bound']:,}"),
        ("速度", f"{found['lines_per_s']:,} 行/秒"),
    ]
    return "\n".join(f"{_padded(name, 22)}{value}" for name, value in rows)


def _padded(text: str, cells: int) -> str:
    """Return `text` filled up to so many terminal cells."""
    return text + " " * max(cells - _cells(text), 1)


def _cells(text: str) -> int:
    """Return how many terminal cells `text` takes; a Chinese character takes two."""
    return sum(2 if character > "ÿ" else 1 for character in text)


def main() -> int:
    """Deliver the file named on the command line."""
    parser = argparse.ArgumentParser(description="Deliver a partner's file to the running stack.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--partner", required=True, help="id of the data partner, e.g. szt")
    parser.add_argument("--backfill", help="id of an approved backfill, for days past the window")
    arguments = parser.parse_args()
    try:
        use_running_stack()
        found = deliver(arguments.file, arguments.partner, arguments.backfill, Progress().show)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(table(found))
    link = f"GET {os.environ['TANHUI_URL']}/v1/partner/imports/{found['import_id']}/report"
    print(f"{_padded('逐行报告', 22)}{link}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
