"""How much of what happens on the road of the made-up province, in one place, each figure with where it comes from.

[S..] is a source of docs/practice.md, [K] common knowledge that nobody has verified, [D] a choice made for this
province. Change a figure here and nowhere else. Tables only: no drawing, no dates.
"""

from typing import Final

from hectis_flow.practice.chance import Odds

# 14.7 % of what an emergency centre saw was found at the police [S28]. The law sends 16 % there by itself, so of
# the others so many agree to a referral that together as many get a CAS number [D].
CONSENTS: Final = 0.02
REFUSED_OUTRIGHT: Final = 0.4  # of those who do not; the others were never asked in time [D]
OPENS_NO_CASE: Final = 0.08  # [D]
RETURNED_FOR_INFORMATION: Final = 0.04  # [D]
APPEALED: Final = 0.1  # [D]

# Rape cases reported in 2012: 35 % closed by the police, 31 % declined by a prosecutor, 16 % enrolled and then
# removed, 19 % tried [S119]. Nobody has followed other violence as far, so all of it is taken to go that way [D].
POLICE_CLOSE: Final = 0.35
CLOSED_AS: Final = Odds(
    {"close_undetected": 78.0, "close_complainant_withdrew": 14.0, "close_unfounded": 8.0}
)
REOPENED: Final = 0.12  # of closed dockets, at each look [D]
DECLINED: Final = 31 / 65  # of the dockets that a prosecutor gets
# Of 933,933 dockets a year 35 % were sent back [S121].
SENT_BACK: Final = 0.35
DIVERTED: Final = 0.04  # [D]
NOLLE_REVIEWED: Final = 0.04  # of what was declined, at each look [D]
REMOVED: Final = 16 / 35  # of what was enrolled
HEEDED: Final = 0.2  # so many more would leave it, had nobody mended what was red in time [D]
# What is said before the day of what will be missing then [D].
SIGNS: Final = Odds({"no": 48.0, "silent": 34.0, "by_when": 8.0, "wrong": 10.0})
# How the list of a day is answered on which nothing is missing [D].
LISTS: Final = Odds({"well": 86.0, "late": 10.0, "never": 4.0})
FORENSIC_NEEDED: Final = 0.4  # of days in court [D]
HOURS_LATE: Final = (2, 30)  # after what is missing turned red: a list that is answered late [D]
HOURS_TO_MEND: Final = (4, 30)  # and what is mended in time [D]
CONVICTED: Final = 9 / 19  # of what was tried
DISCHARGED: Final = 0.3  # under s174: of what was tried and not convicted [D]
ARRESTED: Final = 0.45  # of the dockets that are not closed: before they are submitted [D]

DAYS_TO_SUBMIT: Final = (9, 75)  # [D]
DAYS_TO_CLOSE: Final = (20, 100)  # [D]
DAYS_BETWEEN_APPEARANCES: Final = (14, 42)  # [D]
POSTPONEMENTS: Final = Odds({0: 10.0, 1: 25.0, 2: 30.0, 3: 20.0, 4: 10.0, 5: 5.0})  # before a plea [D]
GUILTY_PLEA: Final = 0.35  # [D]
WARRANT: Final = 0.04  # of appearances [D]
TWO_ACCUSED: Final = 1 / 6  # of matters; the others have one [D]
MONTHS: Final = (6, 180)  # of imprisonment [D]

# Why a matter leaves the roll: 46 docket, 36 incomplete, 3 witnesses of 85 in one quarter [S89]; the others are
# the rest of the five official categories and what is not the police's [D].
CAUSES: Final = Odds(
    {"docket_not_at_court": 46.0, "investigation_incomplete": 36.0, "witnesses_not_subpoenaed": 3.0,
     "forensic_report_outstanding": 6.0, "accused_not_brought": 3.0, "police_witness_absent": 2.0,
     "complainant_withdrew": 6.0, "insufficient_evidence": 3.0}
)  # fmt: skip
WHOSE: Final = {
    "docket_not_at_court": "SAPS",
    "investigation_incomplete": "SAPS",
    "witnesses_not_subpoenaed": "SAPS",
    "forensic_report_outstanding": "FSL",
    "accused_not_brought": "SAPS",
    "police_witness_absent": "SAPS",
    "complainant_withdrew": "witness",
    "insufficient_evidence": "NPA",
}
WAYS_OUT: Final = Odds({"withdraw_6a": 45.0, "strike_informal": 40.0, "strike_342a": 15.0})  # [D]
# How many come back nobody has published [S73]; here a third, so that there is something to see [D].
COMES_BACK: Final = 0.34
DAYS_TO_CURE: Final = (25, 110)  # [D]
REENROLMENT_REFUSED: Final = 0.15  # [D]

POSTPONED_FOR: Final = Odds(
    {"further_investigation": 34.0, "forensic_outstanding": 14.0, "docket_not_at_court": 12.0,
     "witness_absent": 10.0, "legal_representation": 14.0, "accused_absent": 4.0,
     "regional_court_decision": 6.0, "interpreter": 2.0, "plea_negotiation": 4.0}
)  # fmt: skip
CHARGES: Final = Odds(
    {"assault_gbh": 46.0, "common_assault": 12.0, "attempted_murder": 16.0, "robbery_aggravating": 8.0,
     "murder": 4.0, "rape": 6.0, "attempted_murder,firearm_possession": 5.0, "protection_order_breach": 3.0}
)  # fmt: skip
SENTENCES: Final = Odds(
    {"imprisonment": 52.0, "suspended": 30.0, "correctional_supervision": 10.0, "fine": 8.0}
)
ITEMS: Final = Odds(
    {"witness_statement": 30.0, "ballistic_report": 14.0, "j88": 14.0, "dna_report": 10.0,
     "complainant_statement": 12.0, "identification": 10.0, "cell_phone_records": 6.0, "photographs": 4.0}
)  # fmt: skip

# How an office answers what it is asked [D]: in time, late, only after somebody two levels up has asked, never.
MANNERS: Final = Odds({"well": 68.0, "late": 20.0, "pressed": 9.0, "never": 3.0})
# When in time and when late, in shares of the time that was given [D].
IN_TIME: Final = (0.1, 0.9)
LATE: Final = (1.05, 2.2)
