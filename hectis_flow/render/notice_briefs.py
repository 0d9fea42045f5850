"""The English words of what is wanted about a watching brief, as in `notice_duties`, which alone imports it."""

from collections.abc import Mapping
from typing import Final

_WATCHED = "This case is watched by the Court Watching Briefs."

BRIEFS: Final[Mapping[str, str]] = {
    "acknowledge_brief.title": "Acknowledge a watching brief",
    "acknowledge_brief.wanted": (
        "This case is to be watched. Please acknowledge the watching brief at {office}; you are told when a case "
        "that left the roll is back on it."
    ),
    "acknowledge_brief.missing": "{silent} has not yet acknowledged the watching brief in this case.",
    "acknowledge_brief_prosecutor.title": "Acknowledge that a case is watched",
    "acknowledge_brief_prosecutor.wanted": (
        f"{_WATCHED} Please acknowledge it at {{office}}, or decline with a coded reason; then somebody else is "
        "asked at once."
    ),
    "acknowledge_brief_prosecutor.missing": "{silent} has not yet said whether it has the brief in this case.",
    "acknowledge_brief_senior.title": "Acknowledge a brief that was declined",
    "acknowledge_brief_senior.wanted": (
        f"{_WATCHED} The prosecutor declined, so the question is now with {{office}}. Please acknowledge it, or "
        "decline with a coded reason."
    ),
    "acknowledge_brief_senior.missing": "{silent} has not yet said whether it takes the brief in this case.",
    "acknowledge_brief_chief.title": "Acknowledge a brief that a court's office declined",
    "acknowledge_brief_chief.wanted": (
        f"{_WATCHED} The prosecutors of its court declined, so the question is now with {{office}}. Please "
        "acknowledge it, name another office, or decline with a coded reason."
    ),
    "acknowledge_brief_chief.missing": "{silent} has not yet said whose the brief in this case is.",
    "acknowledge_brief_dpp.title": "Acknowledge a brief that was declined below",
    "acknowledge_brief_dpp.wanted": (
        f"{_WATCHED} Every office below declined, so the question is now with {{office}}. Please acknowledge it, "
        "name another office, or decline with a coded reason."
    ),
    "acknowledge_brief_dpp.missing": "{silent} has not yet said whose the brief in this case is.",
    "place_brief.title": "Find an office for a watching brief",
    "place_brief.wanted": (
        f"{_WATCHED} Everybody who was asked about it declined. Please name another office at {{office}}, or keep "
        "the brief for the committee."
    ),
    "place_brief.missing": "{silent} has not yet found an office for the watching brief in this case.",
    "monitor_brief.title": "Look again at a watched case",
    "monitor_brief.wanted": (
        "This case is watched by {office}. Please look whether it is back on the roll or has its ending, and note "
        "that you have looked."
    ),
    "monitor_brief.missing": "{silent} has not yet looked at this watched case again.",
    "answer_letter_saps.title": "Reply to a letter of the watching briefs",
    "answer_letter_saps.wanted": (
        "The Court Watching Briefs have written to {office} about this case. Please read the letter and reply: "
        "done, disciplinary steps, or disputed."
    ),
    "answer_letter_saps.missing": "{silent} has not yet replied to the letter about this case.",
    "answer_letter_npa.title": "Reply to a letter of the watching briefs",
    "answer_letter_npa.wanted": (
        "The Court Watching Briefs have written to {office} about this case. Please read the letter and reply: "
        "done, disciplinary steps, or disputed."
    ),
    "answer_letter_npa.missing": "{silent} has not yet replied to the letter about this case.",
}
