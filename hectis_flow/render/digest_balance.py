"""The certificate of the balance as it stands on top of a digest: whether all is accounted for, and the figures of it.

Read by `render.digest`. The page `/balance` shows every line; a digest shows those that its readers answer for, and
each that has a difference.
"""

from collections.abc import Mapping
from typing import Any, Final

from hectis_flow.render import due
from hectis_flow.render.page_words import say

Told = Mapping[str, Any]
SHOWN: Final = ("messages", "cases", "escalations", "deliveries")


def said(language: str, told: Told) -> Told:
    """A title, and lines of a name and what is said of it."""
    key = "digest.balance_even" if told["clean"] else "digest.balance_uneven"
    return {
        "title": say(language, "digest.balance", number=told["number"]),
        "even": say(language, key, moment=due.moment(language, due.read(told["drawn_at"]))),
        "clean": told["clean"],
        "lines": tuple(
            (say(language, f"balance.line.{one['name']}"), _value(language, one))
            for one in told["lines"]
            if one["name"] in SHOWN or one["difference"]
        ),
    }


def _value(language: str, one: Told) -> str:
    came_in = f"{one['came_in']:,}"
    if not one["difference"]:
        return came_in
    return say(language, "digest.balance_difference", count=came_in, difference=f"{one['difference']:,}")
