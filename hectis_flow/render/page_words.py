"""The words of the pages, in English; other languages have theirs in a catalogue each (`render.languages`).

Read by `web.page`. What a task wants is said in the words of its notice (`notice_words`), and a code by its own letters
until it has words, so that page, letter and API speak of one thing alike.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from hectis_flow.render import (
    notice_words,
    words_admin,
    words_balance,
    words_briefs,
    words_case,
    words_committee,
    words_court,
    words_digest,
    words_facility,
    words_late,
    words_liaison,
    words_live,
)
from hectis_flow.render.languages import Section

_FRAME: Final[Mapping[str, str]] = {
    "practice.banner": "Practice province: everybody and everything here is made up.",
    "nav.queue": "Queue",
    "nav.find": "Find a case",
    "nav.account": "Account",
    "nav.rooms": "Rooms",
    "nav.skip": "Skip to the content",
    "sign_in.title": "Sign in",
    "sign_in.code": "Staff code",
    "sign_in.password": "Password",
    "sign_in.digits": "Six digits from your phone",
    "sign_in.button": "Sign in",
    "sign_in.no_account": "No account yet, or a new phone? Your administrator sends you a link, which sets both anew.",
    "sign_in.practice": "Sign in as somebody of the practice province",
    "sign_in.practice_hint": "One press, no password: this is a practice province, and nobody here is real.",
    "sign_in.real": "Or as it is done for real",
    "sign_in.office": "Part of an office’s name",
    "sign_in.search": "Search",
    "sign_in.nobody": "No office of the practice province has this in its name.",
    "sign_out": "Sign out",
    "enrol.title": "Set your password and your phone",
    "enrol.for": "For {code}. It takes two minutes; you need a phone with an authenticator app.",
    "enrol.step1": "1. Add Hectis Flow to the app on your phone",
    "enrol.scan": "Point the app’s camera at this code.",
    "enrol.type": "Or type this into the app:",
    "enrol.step2": "2. Choose a password",
    "enrol.hint": "At least {least} characters; a password manager may fill it in. Three or four words that do not belong together do well.",
    "enrol.again": "The same password again",
    "enrol.step3": "3. Type the six digits that the app shows now",
    "enrol.button": "Set both",
    "enrolled.title": "Done: both are set",
    "enrolled.next": "Sign in with the password and the next six digits. Wherever you were signed in before, that has ended.",
    "account.title": "Your account",
    "account.you": "You are signed in as {code}, {role}, {office}.",
    "account.posts": "Act for another post",
    "account.own": "yours",
    "account.stands_in": "you stand in",
    "account.go": "Act for this post",
    "account.sessions": "Where you are signed in",
    "account.since": "since {moment}",
    "account.until": "ends {moment} at the latest",
    "account.this": "this browser",
    "account.end": "End",
    "account.end_all": "Sign out everywhere",
    "account.password": "Change your password",
    "account.language": "Language",
    "account.language_hint": "Of notices, letters and pages, from the next one on. What is not translated yet is said in English.",
    "account.language_review": "Still waiting for somebody who speaks it to review it: {names}.",
    "account.language_done": "Your language is set.",
    "password.title": "Change your password",
    "password.how": "You need the password that you have now, and your phone. Wherever else you are signed in, that ends.",
    "password.now": "The password that you have now",
    "password.wanted": "The new password",
    "password.differ": "The two new passwords are not the same, so nothing was changed. Type both once more.",
    "password.button": "Change it",
    "password.done": "Your password is changed. Wherever else you were signed in, that has ended.",
    "password.by_press": "You are signed in by one press, as in a practice province: there is no password to change.",
    "password.back": "Back to your account",
    "queue.title": "Your queue",
    "queue.of": "{role}, {office}",
    "queue.none": "Nothing waits for you.",
    "queue.none_next": "What comes in is told to you by message, and stands here at once. You can look at cases meanwhile.",
    "queue.more": "The next {count}",
    "queue.first": "Back to the first",
    "queue.open": "Open",
    "queue.overdue": "overdue since {moment}",
    "queue.due": "due {moment}",
    "queue.held": "opened by {code}, not finished",
    "queue.problem": "The hospital says otherwise now: look first",
    "queue.put_off": "put off until {day}",
    "queue.precinct": "precinct {station}",
    "queue.no_precinct": "precinct not known yet",
    "queue.done": "Mark as done",
    "queue.refused": "You have no queue: this role hears of no tasks.",
    "case.next": "What is next",
    "case.wanted": "What is wanted of you",
    "case.waits": "It waits for {office}",
    "case.waits_role": "It waits for {office}, {role}",
    "case.at_end": "Nothing is next: this is an end of the road.",
    "case.when": "By when",
    "case.was_due": "Was due",
    "case.otherwise": "If nothing happens",
    "case.climbs": "{role}, {office}, is told {moment}",
    "case.held": "Opened by",
    "case.others": "What others can do, and why you cannot",
    "case.theirs": "only for: {roles}",
    "case.do": "What you can do",
    "case.cannot": "There is nothing that you can do with this case as it stands.",
    "case.lacks": "Cannot start yet: {what}.",
    "case.second": "A second person must confirm it",
    "case.optional": "(if known)",
    "case.choose": "Choose …",
    "case.done": "Done: {move}.",
    "case.undo": "Take it back",
    "case.undo_hint": "You can take your last step back for 10 minutes; what was not yet sent will not be.",
    "case.undone": "Taken back.",
    "case.removals": "Off the roll",
    "case.removed": "{way}, {cause}",
    "case.awaits": "awaits {item}",
    "case.ended": "ended: {ending}",
    "case.numbers": "Numbers",
    "case.cas": "CAS",
    "case.court": "Court",
    "case.next_date": "Next in court",
    "case.officer": "Investigating officer",
    "case.j88": "J88",
    "case.awaited": "What is outstanding",
    "case.by": "by {moment}",
    "case.at": "since",
    "case.charges": "Accused and charges",
    "case.accused": "Accused",
    "case.charge": "Charge",
    "case.stands": "Stands at",
    "case.history": "What happened",
    "find.title": "Find a case",
    "find.label": "The case’s number, its CAS number, or the court’s",
    "find.button": "Find",
    "find.hint": "WC-2026-000123, 123/4/2026, or as the court writes its own.",
    "find.none": "No case that you may see has this number. Check it against the docket or the letter.",
    "find.hits": "Cases with this number",
    "find.closed": "Your role sees no cases: what you must do stands in your queue.",
    "find.recent": "The newest cases that you may see",
    "find.no_cases": "There is no case that you may see yet.",
    "trouble.404": "There is nothing here",
    "trouble.other": "That was not done",
    "trouble.405": "This address takes what a form sends. Open the page that the form is on.",
    "trouble.ask": "If it stays so, say this when you ask for help: {id}",
    "trouble.back": "Go to your first page",
    "working_day": "1 working day",
    "working_days": "{n} working days",
    "today": "today",
    "short_day": "{short_day} {date} {short_month}",
    "short_moment": "{short_day} {date} {short_month}, {time}",
}

# Each room has words of its own, in a file of its own.
_ROOMS: Final[tuple[Mapping[str, str], ...]] = (
    words_admin.WORDS,
    words_balance.WORDS,
    words_briefs.WORDS,
    words_case.WORDS,
    words_committee.WORDS,
    words_court.WORDS,
    words_digest.WORDS,
    words_facility.WORDS,
    words_late.WORDS,
    words_liaison.WORDS,
    words_live.WORDS,
)
ENGLISH: Final[Mapping[str, str]] = {key: said for table in (_FRAME, *_ROOMS) for key, said in table.items()}

WORDS: Final = Section("pages", ENGLISH)

# Abbreviations that stay as they are written.
_CAPITALS: Final = {
    "saps": "SAPS",
    "npa": "NPA",
    "dpp": "DPP",
    "cas": "CAS",
    "j88": "J88",
    "j534": "J534",
    "dna": "DNA",
    "pocs": "POCS",
}


def say(language: str, key: str, **values: object) -> str:
    """One sentence of a page, or of what a notice says. What is put into it is never read as a pattern itself."""
    return _filled(language, key, **values) if values else _plain(language, key)


@lru_cache(maxsize=4096)
def _plain(language: str, key: str) -> str:
    """A sentence that nothing is put into, which most are."""
    return _filled(language, key)


def _filled(language: str, key: str, **values: object) -> str:
    section = WORDS if key in ENGLISH else notice_words.WORDS
    return section.say(language, key, **values)


def of_code(code: str) -> str:
    """A code as words: docket_not_at_court is said Docket not at court."""
    words = [_CAPITALS.get(word, word) for word in code.split("_")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]
