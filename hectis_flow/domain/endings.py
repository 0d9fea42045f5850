"""How what is awaited ends: settled by whoever was asked, in a word, or with what it asks for and nothing else.

`services.item_notes` asks it, and refuses by it; the API takes the words. It must not settle anything.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain import briefs

INSTRUCTION: Final = "dpp_instruction"
#: How an item ends that whoever was asked settles. The others end by a note of their own, or by a move.
ENDINGS: Final[Mapping[str, str]] = {
    "outstanding_item": "cured",
    "docket_inspection": "inspected",
    "back_on_roll": "noted",
    "grave_answer": "confirmed",
    "removal_heard_saps": "noted",
    "removal_heard_npa": "noted",
    INSTRUCTION: "instructed",
    **briefs.ENDINGS,
}
_REVIEWS: Final = "a review (review_withdrawn, review_struck, review_struck_342a)"
#: What ends the others: moves, most of them.
ENDED_BY: Final[Mapping[str, str]] = {
    "removal_saps": f"{_REVIEWS}, reinvestigate, note_progress, submit_docket or request_reenrolment",
    "removal_npa": f"{_REVIEWS}, request_reenrolment, lapse, finalise_elsewhere or a decision on the docket",
    "reenrolment": "reenrol or refuse_reenrolment",
    "refusal": "request_reenrolment, lapse_refused or finalise_elsewhere",
    "docket_due": "submit_docket, or one that closes the docket",
    "first_appearance": "enrol, or one that closes the docket",
    "j88": "collecting it, at the J88 of the case",
    "committee_decision": "its report, at /api/v1/decisions",
    "gang_flag": "renewing or lifting the flag of the case",
    **briefs.ENDED_BY,
}
