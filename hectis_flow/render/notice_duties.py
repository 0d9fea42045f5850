"""The English words of what is wanted, three sentences for each kind of task that the workflow declares.

Part of `notice_words`, which alone imports it. `title` stands on locked screens, `wanted` says of which office it is
wanted and what the next step is, `missing` what its superiors are told. None has room for a name, a clinical word
or the cause of anything: what a case is about is shown after one signs in.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.render.notice_briefs import BRIEFS

REFERRAL: Final[Mapping[str, str]] = {
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
}

DOCKET: Final[Mapping[str, str]] = {
    "assign_investigator.title": "Give a docket to an investigating officer",
    "assign_investigator.wanted": (
        "The CAS of this case is open at {office}. Please give the docket to an investigating officer and "
        "record who has it; with that the investigation begins."
    ),
    "assign_investigator.missing": "{silent} has not yet given the docket of this case to an officer.",
    "note_progress.title": "Note how an investigation stands",
    "note_progress.wanted": (
        "{office} investigates this case. Please note how it stands, or take the next step: submit the "
        "docket for decision, or close it with a coded reason."
    ),
    "note_progress.missing": "{silent} has not yet noted how the investigation of this case stands.",
    "review_closed_docket.title": "Look again at a closed docket",
    "review_closed_docket.wanted": (
        "The docket of this case is closed at {office}. Please look at it again: reopen it if there is "
        "anything new, or record that there is nothing."
    ),
    "review_closed_docket.missing": "{silent} has not yet looked again at the closed docket of this case.",
    "decide_docket.title": "Decide on a docket",
    "decide_docket.wanted": (
        "The docket of this case is with {office} for decision. Please enrol the case, return the docket "
        "with what is outstanding, or record another decision with its coded reason."
    ),
    "decide_docket.missing": "{silent} has not yet decided on the docket of this case.",
    "cure_items.title": "Complete a docket that came back",
    "cure_items.wanted": (
        "The prosecutor has returned the docket of this case to {office}: something in it is outstanding. "
        "Please complete each item, then submit the docket again."
    ),
    "cure_items.missing": "{silent} has not yet submitted the docket of this case again.",
    "review_nolle.title": "Look again at a decision not to prosecute",
    "review_nolle.wanted": (
        "The decision was not to prosecute this case. Please look at it again at {office}: put the docket "
        "before a prosecutor once more, or let the decision stand."
    ),
    "review_nolle.missing": "{silent} has not yet looked again at the decision on this case.",
    "review_diversion.title": "Look at a diversion",
    "review_diversion.wanted": (
        "This case was diverted. Please record at {office} whether the order was complied with; if it was "
        "not, the case goes back to the prosecutor or to court."
    ),
    "review_diversion.missing": "{silent} has not yet recorded how the diversion of this case ended.",
}

COURT: Final[Mapping[str, str]] = {
    "place_on_roll.title": "Place a case on the roll",
    "place_on_roll.wanted": (
        "This case is to come before the court. Once it has, please record at {office} that it is on the "
        "roll, with its next date."
    ),
    "place_on_roll.missing": "{silent} has not yet recorded that this case is on the roll.",
    "record_appearance.title": "Record a day in court",
    "record_appearance.wanted": (
        "This case has a day in court. Please record at {office} what was decided on it, and the next date "
        "if there is one."
    ),
    "record_appearance.missing": "{silent} has not yet recorded the day in court of this case.",
    "record_judgment.title": "Record a judgment",
    "record_judgment.wanted": (
        "This case waits for judgment. Once it is given, please record it at {office}; if it is put off, "
        "record the next date."
    ),
    "record_judgment.missing": "{silent} has not yet recorded the judgment in this case.",
    "record_sentence.title": "Record a sentence",
    "record_sentence.wanted": (
        "This case waits for sentence. Once it is passed, please record it at {office}."
    ),
    "record_sentence.missing": "{silent} has not yet recorded the sentence in this case.",
    "execute_warrant.title": "Execute a warrant (J50)",
    "execute_warrant.wanted": (
        "The court has issued a warrant (J50) in this case. Please see at {office} that it is executed; the "
        "prosecutor then records the next date in court."
    ),
    "execute_warrant.missing": "There is no record yet that {silent} has executed the warrant in this case.",
    "follow_mental_report.title": "Follow a report to the court",
    "follow_mental_report.wanted": (
        "The court has asked for a report in this case, which {office} follows. Once the court has it, "
        "please record what was decided, and the next date."
    ),
    "follow_mental_report.missing": "{silent} has not yet recorded what came of the report in this case.",
    "follow_appeal.title": "Follow an appeal",
    "follow_appeal.wanted": (
        "An appeal was noted in this case, which {office} follows. Once it is decided, please record how."
    ),
    "follow_appeal.missing": "{silent} has not yet recorded how the appeal in this case was decided.",
}

WAY_BACK: Final[Mapping[str, str]] = {
    "cure_removal.title": "Complete a case that is off the roll",
    "cure_removal.wanted": (
        "This case is off the roll, and the next step is with {office}. Please complete what it still "
        "needs and ask for it to be put back; if it is not ready yet, record how it stands."
    ),
    "cure_removal.missing": "This case is off the roll, and {silent} has not yet recorded how it stands.",
    "review_removal.title": "Review a case that is off the roll",
    "review_removal.wanted": (
        "This case is off the roll, and the next step is with {office}. If it is ready, please ask for it "
        "to be put back; if it is not, record how it stands."
    ),
    "review_removal.missing": "This case is off the roll, and {silent} has not yet recorded how it stands.",
    "read_removal_saps.title": "A case was taken off the roll",
    "read_removal_saps.wanted": (
        "This case is off the roll; the prosecutors have the next step. Please note at {office} that you know of it."
    ),
    "read_removal_saps.missing": "{silent} has not yet noted that this case is off the roll.",
    "read_removal_npa.title": "A case was taken off the roll",
    "read_removal_npa.wanted": (
        "This case is off the roll; the station has the next step. Please note at {office} that you know of it."
    ),
    "read_removal_npa.missing": "{silent} has not yet noted that this case is off the roll.",
    "decide_reenrolment.title": "Decide on a re-enrolment",
    "decide_reenrolment.wanted": (
        "{office} is asked to put this case back on the roll. Please put it back with its next date, or "
        "refuse with a coded reason."
    ),
    "decide_reenrolment.missing": "{silent} has not yet decided whether this case goes back on the roll.",
    "answer_refusal.title": "Answer a refusal to re-enrol",
    "answer_refusal.wanted": (
        "The request to put this case back on the roll was refused, and the next step is with {office}. If "
        "there is anything new, please ask again; if not, say so to the senior public prosecutor."
    ),
    "answer_refusal.missing": "{silent} has not yet answered the refusal to put this case back on the roll.",
    "instruct_342a.title": "Decide on a written instruction",
    "instruct_342a.wanted": (
        "This case goes back on the roll only on the DPP's written instruction. Please decide on it at "
        "{office}, and let the senior public prosecutor have its reference and date."
    ),
    "instruct_342a.missing": "{silent} has not yet decided on the written instruction in this case.",
    "note_back_on_roll.title": "Note that a case is back on the roll",
    "note_back_on_roll.wanted": (
        "This case is back on the roll. Please note at {office} that you know of it; the next step is to "
        "watch it on its next day in court."
    ),
    "note_back_on_roll.missing": "{silent} has not yet noted that this case is back on the roll.",
}

BESIDE: Final[Mapping[str, str]] = {
    "cure_item.title": "Complete an item of a docket",
    "cure_item.wanted": (
        "The docket of this case lacks one item, which {office} is asked for. Please add it to the docket "
        "and record that it is there; which one it is, is shown after you sign in."
    ),
    "cure_item.missing": "{silent} has not yet recorded an outstanding item of this case's docket.",
    "inspect_docket.title": "Inspect a docket",
    "inspect_docket.wanted": (
        "A docket was opened for this case at {office}. Please inspect it, and record that you have."
    ),
    "inspect_docket.missing": "{silent} has not yet recorded an inspection of this case's docket.",
    "submit_docket.title": "Submit a docket to the prosecutor",
    "submit_docket.wanted": (
        "The prosecutor has not yet seen the docket of this case. Please submit it from {office} for decision."
    ),
    "submit_docket.missing": "{silent} has not yet submitted the docket of this case to the prosecutor.",
    "prepare_court_saps.title": "Prepare a day in court",
    "prepare_court_saps.wanted": (
        "This case is in court soon. Please say at {office}, of each thing that the day needs, whether it is there or by "
        "when; which day and which things, is shown after you sign in."
    ),
    "prepare_court_saps.missing": (
        "{silent} has not yet said that everything is ready for the next day in court of this case."
    ),
    "prepare_court_npa.title": "Prepare a day in court",
    "prepare_court_npa.wanted": (
        "This case is in court soon. Please say at {office}, of each thing that the day needs, whether it is there or by "
        "when; which day and which things, is shown after you sign in."
    ),
    "prepare_court_npa.missing": (
        "{silent} has not yet said that everything is ready for the next day in court of this case."
    ),
    "bring_to_court.title": "Bring a case to its first appearance",
    "bring_to_court.wanted": (
        "There was an arrest in this case. Please see at {office} that its first appearance in court is in "
        "time, and that the docket is there."
    ),
    "bring_to_court.missing": "There is no record yet that {silent} has brought this case to court.",
    "collect_j88.title": "Collect a J88",
    "collect_j88.wanted": (
        "The J88 of this case is complete and lies ready at the hospital. Please have it collected for "
        "{office}, and record that it was; then it goes into the docket."
    ),
    "collect_j88.missing": "{silent} has not yet recorded that the J88 of this case was collected.",
    "confirm_answer.title": "Confirm a grave answer, signed in",
    "confirm_answer.wanted": (
        "The referral of this case was acknowledged through the link of a notice. It is grave: please have somebody "
        "of {office} sign in and confirm it, or do what comes next."
    ),
    "confirm_answer.missing": "{silent} has not yet confirmed, signed in, that the referral of this case has arrived.",
    "answer_decision.title": "Answer a decision of the committee",
    "answer_decision.wanted": (
        "The committee has decided something that {office} is asked to do. Please do it and report it; what it "
        "is, is shown after you sign in."
    ),
    "answer_decision.missing": "{silent} has not yet reported on a decision of the committee.",
    "review_flag.title": "Look again at an entry of a docket",
    "review_flag.wanted": (
        "An entry that {office} made on this case ends soon. Please look at it again: a second person renews it, "
        "or it is taken off with a reason."
    ),
    "review_flag.missing": "{silent} has not yet looked again at an entry that it made on this case.",
}

DUTIES: Final[Mapping[str, str]] = {**REFERRAL, **DOCKET, **COURT, **WAY_BACK, **BESIDE, **BRIEFS}
