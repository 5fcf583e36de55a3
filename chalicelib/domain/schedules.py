"""Owns the table of scheduled jobs: which there are, when each is due, which instants passed since its last success.

Must not run anything. EventBridge, the operators' view, the catching up and the documentation read this one table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One job: due every day at `at_utc` (hour, minute), or every `every_min` minutes.

    `makes_up` says, for operators, what a run does about those that were missed. A job whose work is a sweep has
    succeeded when the sweep has.
    """

    job: str
    about: str
    makes_up: str
    at_utc: tuple[int, int] | None = None
    every_min: int = 0
    is_sweep: bool = False

    def __post_init__(self) -> None:
        assert (self.at_utc is None) == (self.every_min > 0), "a job is due daily or every so many minutes"

    @property
    def expression(self) -> str:
        """Return the schedule as EventBridge spells it.

        >>> SCHEDULES["settle"].expression, SCHEDULES["release"].expression
        ('cron(10 18 * * ? *)', 'rate(5 minutes)')
        """
        if self.at_utc is None:
            return f"rate({self.every_min} minutes)"
        hour, minute = self.at_utc
        return f"cron({minute} {hour} * * ? *)"

    @property
    def step(self) -> timedelta:
        """Return the time between two instants."""
        return _DAY if self.at_utc is not None else timedelta(minutes=self.every_min)

    def newest(self, now: datetime) -> datetime:
        """Return the newest instant that is not after `now`.

        >>> SCHEDULES["settle"].newest(datetime(2026, 11, 21, 18, 9, tzinfo=UTC)).isoformat()
        '2026-11-20T18:10:00+00:00'
        """
        hour, minute = self.at_utc or (0, 0)
        first = _EPOCH + timedelta(hours=hour, minutes=minute)
        return first + (now - first) // self.step * self.step

    def next(self, now: datetime) -> datetime:
        """Return the first instant after `now`."""
        return self.newest(now) + self.step

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many instants are later than `after` and not later than `until`."""
        return max((self.newest(until) - self.newest(after)) // self.step, 0)

    def instants(self, after: datetime, until: datetime, most: int) -> Iterator[datetime]:
        """Yield those instants, oldest first, at most so many.

        >>> after, until = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
        >>> [instant.day for instant in SCHEDULES["settle"].instants(after, until, 2)]
        [20, 21]
        """
        for number in range(min(self.count(after, until), most)):
            yield self.newest(after) + (number + 1) * self.step


_TABLE = (
    Schedule("pool", "把过期的减排量按年份转入城市池", "从上次转到的那天起逐日补转", (17, 30), is_sweep=True),
    Schedule("recheck", "查找重复计算的行为", "一次查完所有未入账的日期", (17, 50)),
    Schedule("settle", "把已记录的行为入账", "从最早的未入账日期起一次入完", (18, 10)),
    Schedule("expire", "到期积分入账", "从最早的到期日起一次入完", (18, 40), is_sweep=True),
    Schedule(
        "publish", "公布前一天的哈希根和合计", "从最早未公布的一天起逐日补公布", (19, 10), is_sweep=True
    ),
    Schedule("audit", "核对全部账目", "每次都核对全部，不必补", (19, 30), is_sweep=True),
    Schedule("close", "商户日结并核对结算单", "从最早未结的一天起逐日补结", (20, 0)),
    Schedule(
        "stars", "核对排行榜、到期结榜、发放低碳之星奖励", "结完所有到期的榜，发放所有到期的奖励", (20, 20)
    ),
    Schedule("remind", "提醒将到期的积分和兑换券", "补上错过的各天，每人每次到期只提醒一次", (1, 0)),
    Schedule("escalate", "申诉逾期督办和公示统计", "每次都看所有在办的申诉，统计重新计算", (1, 15)),
    Schedule("release", "释放过期未用的兑换券", "一次释放所有已过期的", every_min=5),
    Schedule("redeliver", "重新投递到时的消息", "一次投递所有到时的", every_min=5),
    Schedule("boards", "按变动更新排行榜", "一次更新所有有变动的榜", every_min=5),
    Schedule("catch_up", "让错过的任务补跑", "每次都看所有任务", every_min=5),
)
SCHEDULES = {schedule.job: schedule for schedule in _TABLE}
