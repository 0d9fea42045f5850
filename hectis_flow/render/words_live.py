"""The words of what a page does by itself where scripts run: what changed, no connection, keys."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "live.one": "1 new task",
    "live.many": "{n} new tasks",
    "live.one_late": "1 more is overdue",
    "live.many_late": "{n} more are overdue",
    "live.queue": "Your queue has changed",
    "live.case": "This case has moved on",
    "live.waiting": "{waiting} wait, {late} of them overdue",
    "live.show": "Show",
    "live.ended": "You were signed out because nothing was done here for a while. Nothing is sent any more.",
    "live.sign_in": "Sign in",
    "live.working": "Sending …",
    "live.offline": "No connection: nothing is sent now. What you see stays readable, and what you typed stays here; press again when you are back.",
    "live.unsent": "No answer came, so it may not have been sent. Press again when there is a connection: it is done once, however often you press.",
    "keys.title": "Keys",
    "keys.hint": "On a keyboard, one letter does it. Nothing happens while you type in a field.",
    "keys.on": "They are on in this browser.",
    "keys.off": "They are off in this browser.",
    "keys.turn_on": "Turn the keys on",
    "keys.turn_off": "Turn the keys off",
    "keys.close": "Close",
    "keys.queue": "to your queue",
    "keys.cases": "to the cases",
    "keys.search": "search",
    "keys.next": "next row",
    "keys.previous": "the row before",
    "keys.act": "open the row; on a case, the first thing that you can do",
    "keys.help": "show these keys",
}
