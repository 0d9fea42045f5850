"""The words of notices, by language; what a language lacks is said in English.

Read by `render.notices` and `render.notice_times`; what each task wants is said in `notice_duties`. No sentence
has room for a name, a clinical word or a reason: a notice says what is wanted of an office, and the case's number.
Facts and the next step; no blame.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.render.notice_duties import DUTIES

ENGLISH: Final[Mapping[str, str]] = {
    **DUTIES,
    "days": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "months": "January|February|March|April|May|June|July|August|September|October|November|December",
    "moment": "{day} {date} {month} {year}, {time} SAST",
    "short_moment": "{day:.3} {date} {month:.3}, {time}",
    "in": "in {span}",
    "ago": "{span} ago",
    "minutes": "{n} minutes",
    "hours": "{n} hours",
    "days_long": "{n} days",
    "minute": "1 minute",
    "hour": "1 hour",
    "day_long": "1 day",
    # what is wanted, where no task of the workflow says it
    "other.title": "A case waits",
    "other.wanted": "This case waits for its next step at {office}.",
    "other.missing": "This case waits for its next step at {silent}.",
    # decisions of the committee that are about no case, and what they ask of its chair
    "chase_decision.title": "A decision of the committee waits",
    "chase_decision.wanted": (
        "A decision of the committee was not reported on in time. Please see at {office} that it is done, and "
        "that it is reported."
    ),
    "confirm_decision.title": "Confirm a decision of the committee",
    "confirm_decision.wanted": "A decision was recorded. Please confirm or drop it at {office}; then it is asked for.",
    "accept_report.title": "Answer a report to the committee",
    "accept_report.wanted": (
        "A decision of the committee was reported on. Please accept the report at {office}, or send it back."
    ),
    "reminder.title": "Reminder: {title}",
    "climbed.title": "No answer yet: {title}",
    "climbed.wanted": "{missing} Please see that it is done, or that somebody else does it.",
    # what whoever owes the answer carries
    "carries.officer": "open dockets of the officer: {carries}",
    "carries.station": "open dockets of each officer: {carries}",
    "carries.npa_office": "open matters of each prosecutor: {carries}",
    "capacity.overload": "Capacity: {figure}, beside a benchmark of {benchmark}; please hand some on.",
    "capacity.response": "Within capacity: {figure}, beside a benchmark of {benchmark}; an answer is due.",
    # a gap in a rota
    "gap.title": "Nobody on duty from {short}",
    "gap.wanted": (
        "From then on nobody answers for the post {post} at {office}. Please put somebody on the rota, or "
        "name a deputy."
    ),
    "gap.otherwise": "What comes in after that goes to whoever answers for the office above.",
    # the parts of every notice
    "case": "Case",
    "precinct": "Precinct",
    "unresolved": "not yet known",
    "office": "Office",
    "wanted": "What is wanted",
    "by": "By when",
    "was_due": "Was due",
    "otherwise": "If nothing happens",
    "climbs": "{role}, {next}, is told on {moment}.",
    "stays": "The case stays open and on the list of what is overdue.",
    "stays_decided": "It stays open, and the next agenda says so.",
    "no_time": "As soon as you can",
    "button.acknowledge": "Open and acknowledge",
    "button.acknowledge_brief": "Open and acknowledge",
    "button.other": "Open the case",
    "code": "Code",
    "link_hint": (
        "The link and the code are for you alone, work once and sign nobody in. Please do not pass them on. The link "
        "opens a page that asks for the first two signs of the code; nothing happens before you press them."
    ),
    "reply_hint": "You can also reply to this notice with the code.",
    "why": (
        "You get this because you are on duty as {role} at {office}, or stand in for whoever is. It is part "
        "of the duty, so it cannot be switched off. If somebody else should get it, ask whoever keeps the "
        "rota of {office}."
    ),
    "privacy": "It names no person and no injury. What you may see of the case is shown after you sign in.",
}

# Filled as translations are checked by people who speak the language; keys are those of English.
AFRIKAANS: Final[Mapping[str, str]] = {}
ISIXHOSA: Final[Mapping[str, str]] = {}

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH, "af": AFRIKAANS, "xh": ISIXHOSA}


def say(language: str, key: str, **values: object) -> str:
    """One sentence. What is put into it is never read as a pattern itself."""
    return LANGUAGES.get(language, ENGLISH).get(key, ENGLISH[key]).format(**values)


def knows(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in ENGLISH
