"""The words of notices, by language; what a language lacks is said in English.

Read by `render.notices` and `render.notice_times`. No sentence has room for a name, a clinical word or a reason: a notice says
what is wanted of an office, and the case's number. Facts and the next step; no blame.
"""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
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
    # what is wanted, by the task of the stage
    "acknowledge_referral.title": "Acknowledge a referral",
    "acknowledge_referral.wanted": (
        "This case has been referred to {office}. Please acknowledge it, so that the hospital knows that "
        "you have it. Opening a CAS is a later step."
    ),
    "acknowledge_referral.missing": "{silent} has not acknowledged the referral of this case.",
    "open_cas.title": "Open a CAS, or say why not",
    "open_cas.wanted": (
        "{office} has acknowledged this case. The next step is a CAS number, a link to a CAS that exists, "
        "or a coded reason why no case is opened."
    ),
    "open_cas.missing": "{silent} has acknowledged this case and not yet opened a CAS or said why not.",
    "answer_info.title": "Answer a question about a referral",
    "answer_info.wanted": (
        "The station has sent this referral back to {office}: something in it is missing or unclear. "
        "Please put it right and refer the case again."
    ),
    "answer_info.missing": "{silent} has not yet answered the station's question about this case.",
    "review_no_case.title": "Look at a case that was not opened",
    "review_no_case.wanted": (
        "The station has decided not to open a case. {office} may appeal with a coded reason, or let the "
        "decision stand."
    ),
    "review_no_case.missing": "{silent} has not yet looked at the station's decision on this case.",
    "record_basis.title": "Record a legal basis",
    "record_basis.wanted": (
        "This case waits at {office} for a legal basis: record one, or that it stays anonymous."
    ),
    "record_basis.missing": "{silent} has not yet recorded a legal basis for this case.",
    "choose_precinct.title": "Choose the precinct",
    "choose_precinct.wanted": "The precinct of this case is not known. Please choose it at {office}.",
    "choose_precinct.missing": "{silent} has not yet chosen the precinct of this case.",
    "other.title": "A case waits",
    "other.wanted": "This case waits for its next step at {office}.",
    "other.missing": "This case waits for its next step at {silent}.",
    "reminder.title": "Reminder: {title}",
    "climbed.title": "No answer yet: {title}",
    "climbed.wanted": "{missing} Please see that it is done, or that somebody else does it.",
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
    "no_time": "As soon as you can",
    "button.acknowledge": "Open and acknowledge",
    "button.other": "Open the case",
    "link_hint": (
        "The link is for you alone, works once and signs nobody in. Please do not pass it on. It opens a "
        "page with a button; nothing happens before you press it."
    ),
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
