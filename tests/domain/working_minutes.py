"""The oracle of the working-time sums: every minute of 2024 to 2035 looked at one by one.

Written apart from the product: no function, no table and no package of it is used here. Its holidays were
written by hand from the Public Holidays Act 36/1994 (a Sunday's holiday is kept on the Monday) and from the
dates of Easter; days declared for one year stand apart.
"""

from array import array
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from itertools import accumulate

FIRST, LAST = date(2024, 1, 1), date(2035, 12, 31)
SOUTH_AFRICA = timezone(timedelta(hours=2))
MIDNIGHT = datetime(2024, 1, 1, tzinfo=SOUTH_AFRICA)

# Month and day. Where the Monday after a Sunday is kept, both stand here.
EVERY_YEAR = "0101 0321 0427 0501 0616 0809 0924 1216 1225 1226"
GOOD_FRIDAY_FAMILY_DAY = {
    2024: "0329 0401",
    2025: "0418 0421",
    2026: "0403 0406",
    2027: "0326 0329",
    2028: "0414 0417",
    2029: "0330 0402",
    2030: "0419 0422",
    2031: "0411 0414",
    2032: "0326 0329",
    2033: "0415 0418",
    2034: "0407 0410",
    2035: "0323 0326",
}
MONDAY_AFTER_A_SUNDAY = {
    2024: "0617",
    2025: "0428",
    2026: "0810",
    2027: "0322 1227",
    2028: "0925",
    2029: "1217",
    2030: "0617",
    2031: "0428",
    2032: "0322 1227",
    2033: "0502",  # Christmas is a Sunday too, but its Monday is a holiday already
    2034: "0102 0925",
    2035: "1217",
}
DECLARED = {2024: "0529", 2026: "1104"}  # elections


def holidays() -> frozenset[date]:
    return frozenset(
        date(year, int(word[:2]), int(word[2:]))
        for year in range(FIRST.year, LAST.year + 1)
        for words in (
            EVERY_YEAR,
            *(table.get(year, "") for table in (GOOD_FRIDAY_FAMILY_DAY, MONDAY_AFTER_A_SUNDAY, DECLARED)),
        )
        for word in words.split()
    )


class Minutes:
    """A calendar as one byte a minute; minutes are numbered from the first midnight of 2024."""

    def __init__(self, hours: Callable[[date], tuple[int, int]]) -> None:
        days = (LAST - FIRST).days + 1
        self.worked = bytes(
            opens <= minute < closes
            for opens, closes in (hours(FIRST + timedelta(days=number)) for number in range(days))
            for minute in range(1440)
        )
        self.before = array("I", accumulate(self.worked, initial=0))
        self.open = array("I", (number for number, one in enumerate(self.worked) if one))

    def after_minutes(self, start: int, count: int) -> int:
        """The moment when so many open minutes have passed."""
        return self.open[self.before[start] + count - 1] + 1

    def after_days(self, start: int, count: int) -> int:
        """The same time of day, so many days with an open minute later."""
        if not self.worked[start] and not self._just_closed(start):
            start = self.open[self.before[start]]
        day, minute = divmod(start, 1440)
        while count:
            day += 1
            count -= 1 in self._day(day)
        worked = self._day(day)
        return day * 1440 + min(max(minute, worked.find(1)), worked.rfind(1) + 1)

    def _just_closed(self, start: int) -> bool:
        return start % 1440 > 0 and self.worked[start - 1] == 1

    def _day(self, day: int) -> bytes:
        return self.worked[day * 1440 : (day + 1) * 1440]

    def before_minutes(self, end: int, count: int) -> int:
        """The last moment from which so many open minutes pass until the end."""
        return self.open[self.before[end] - count]

    def before_days(self, end: int, count: int) -> int:
        """The same time of day, so many days with an open minute earlier."""
        day, minute = divmod(end, 1440)
        last = self.open[self.before[end] - 1]
        if not self.worked[end]:
            # Closed: the last closing counts, whether of this day or of one before it.
            day, minute = last // 1440, last % 1440 + 1
        while count:
            day -= 1
            count -= 1 in self._day(day)
        worked = self._day(day)
        return day * 1440 + min(max(minute, worked.find(1)), worked.rfind(1) + 1)
