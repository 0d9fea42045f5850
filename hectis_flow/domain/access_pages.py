"""Which page is which action of the policy table, and what is open without one.

Part of `domain.access`, frozen data as all of it. A page that no line names is closed to everybody.
"""

from collections.abc import Mapping
from typing import Final

# Open to anybody, each for its reason.
PUBLIC: Final[Mapping[str, str]] = {
    "health": "Says only that the process lives.",
    "ready": "Says which part of the system is down; no record is read.",
    "metrics": "Numbers by state, stage and part; nothing of a person or a place.",
    "openapi": "The description of the interface, the same for everybody.",
    "front": "What this is and whether it runs; no record is read.",
    "static": "Files of the pages, the same for everybody.",
    "link": "What a link in a notice asks for, to whoever holds it; it says no more than the notice did.",
    "link_answer": "The one move that such a link may make, once, for the person it was made for.",
    "sign_in": "The door; it says the same whether or not there is somebody of a code.",
    "sign_in_try": "A try to sign in, counted and bounded.",
    "enrol": "What a link of the administrator's is for, to whoever holds it; it names a staff code alone.",
    "enrol_set": "Password and second factor, once, for the person that the link was made for.",
    "practise": "One press into a practice province; in a database for real work it does not exist.",
    "mailbox": "The mail of a practice province; in a database for real work it does not exist.",
}

# Pages of somebody who is signed in, by the action that each is: the policy table speaks of that.
PAGES: Final[Mapping[str, str]] = {
    "queue": "tasks.list",
    "queue_claim": "tasks.claim",
    "queue_release": "tasks.release",
    "queue_complete": "tasks.complete",
    "find": "cases.list",
    "case": "cases.read",
    "case_move": "cases.move",
    "case_undo": "cases.undo",
}

# Open to whoever is signed in, and about themselves alone.
OWN_PAGES: Final[Mapping[str, str]] = {
    "home": "Leads to the first room that one's role may enter.",
    "sign_out": "Ends one's own session.",
    "account": "Where one is signed in, and for which posts one may act.",
    "account_post": "Acts for another of one's own posts.",
    "account_end": "Ends a session of one's own.",
}
