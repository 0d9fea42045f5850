"""How much of what there is in the made-up province, in one place, each figure with where it comes from.

[S..] is a source of docs/practice.md, [K] common knowledge that nobody has verified, [D] a choice made for
this province. Change a figure here and nowhere else. Tables only: no drawing, no dates.
"""

from typing import Final

from hectis_flow.practice.chance import Odds

# 51,014 incidents of violence were counted from January to November 2022 [S10], which is 334 days: 152.7 a
# day in the whole province. Counted means coded as violence in the end.
COUNTED_A_DAY: Final = 51_014 / 334
# One violent visit in ten never counts: uncoded, coded wrongly or taken back (`FATES` below) [D].
COUNTED_SHARE: Final = 0.90
VIOLENT_A_DAY: Final = COUNTED_A_DAY / COUNTED_SHARE
# Interpersonal violence is 9.4 % of the headcount, injuries a quarter [S9]. The source's denominator is
# unclear; read like this, 38 % of the injured were hurt by others (another count says 44 % [S13]).
HEADCOUNT_A_DAY: Final = COUNTED_A_DAY / 0.094
INJURED_A_DAY: Final = HEADCOUNT_A_DAY * 0.25
ILL_A_DAY: Final = HEADCOUNT_A_DAY - INJURED_A_DAY

# Monday to Sunday: a weekend day has more than twice a weekday's violence [S13], Sunday the most arrivals
# [S15]. Only the ratios count: a week always adds up to seven average days.
WEEKDAYS: Final = (0.78, 0.62, 0.62, 0.66, 1.05, 1.85, 1.75)
VIOLENT_WEEK: Final = tuple(7 * share / sum(WEEKDAYS) for share in WEEKDAYS)
# The hour of the act, from midnight: mostly at night [S13]; the shape is [D].
_HOURS = (7, 6, 5, 4, 2.5, 1.5, 1, 1, 1, 1.2, 1.5, 2, 2.2, 2.4, 2.6, 3, 3.4, 4, 5.5, 7, 8.5, 9.5, 9.5, 8.5)
VIOLENT_HOURS: Final = Odds(dict(enumerate(_HOURS)))
_CALM = (2, 1.5, 1.2, 1, 1, 1.5, 3, 5, 6.5, 7, 7, 6.5, 6, 6, 6, 6, 6, 6, 5.5, 5, 4.5, 4, 3.3, 2.6)
CALM_HOURS: Final = Odds(dict(enumerate(_CALM)))  # of accidents and illness [D]

# How many of one brawl come to an emergency centre [D].
TOGETHER: Final = Odds({1: 88.0, 2: 8.6, 3: 2.2, 4: 0.8, 6: 0.4})
# The mean of the table above, so that the visits add up.
TOGETHER_MEAN: Final = (88 + 2 * 8.6 + 3 * 2.2 + 4 * 0.8 + 6 * 0.4) / 100
PERPETRATOR_ALONE: Final = 0.04  # hurt by the one they went for, and came alone [D]
PERPETRATOR_AMONG: Final = 0.5  # one of several who were brought in [D]

MALE_OF_VIOLENT: Final = 0.72  # [S13]
MALE_OF_OTHERS: Final = {"injured": 0.60, "ill": 0.46}  # [D]
# Ages by span: mostly 20 to 40 [S13]; the shares are [D].
VIOLENT_AGES: Final = Odds(
    {(1, 12): 2.0, (13, 19): 11.0, (20, 29): 38.0, (30, 39): 28.0, (40, 54): 14.0, (55, 80): 7.0}
)
OTHER_AGES: Final = Odds({(0, 12): 22.0, (13, 19): 8.0, (20, 39): 28.0, (40, 59): 22.0, (60, 92): 20.0})

# Khayelitsha: 11.0 % of presentations were by 522 people who came 2.15 times in two years [S14]; so many
# people, at scale 1, share that part of two years' visits in the province.
REPEAT_SHARE: Final = 0.11
REPEATERS: Final = round(VIOLENT_A_DAY * 731 * REPEAT_SHARE / 2.15)
RETURNING_SHARE: Final = 0.15  # of the others: the chronically ill [D]
RETURNING: Final = 20_000  # people [D]
SA_ID_SHARE: Final = 0.28  # a South African ID number stands in under 30 % of records [S20]

# How: stab wounds 51.8 % and blunt assault 40.5 % among those who came again [S14]; among all, fewer stabs
# and more shots [D]. Blunt assault is an object or bare hands.
SHARES: Final = {
    "sharp": 41.0, "blunt": 22.0, "bodily_force": 19.0, "firearm": 9.5, "sexual": 3.5, "unspecified": 2.0,
    "burn": 0.9, "strangulation": 0.6, "maltreatment": 0.8, "neglect": 0.3, "poisoning": 0.2, "other": 0.2,
}  # fmt: skip
MEANS: Final = Odds(SHARES)
MEANS_OF_WOMEN: Final = Odds(SHARES | {"sharp": 24.0, "bodily_force": 34.0, "sexual": 12.0, "firearm": 4.0})
MEANS_AGAIN: Final = Odds({"sharp": 51.8, "blunt": 21.5, "bodily_force": 19.0, "firearm": 4.7, "other": 3.0})
MEANS_AT_CLINIC: Final = Odds(SHARES | {"sharp": 36.0, "blunt": 28.0, "bodily_force": 27.0, "firearm": 2.0})
MEANS_AT_CENTRE: Final = Odds(SHARES | {"sharp": 38.0, "blunt": 18.0, "bodily_force": 8.0, "firearm": 26.0})

# Where, as the fourth character says it [D]; one in eight is coded "unspecified".
PLACES: Final = Odds({"4": 43.0, "0": 22.0, "5": 14.0, "9": 12.5, "8": 5.0, "2": 1.5, "1": 1.0, "3": 1.0})
PLACES_OF_WOMEN: Final = Odds({"0": 52.0, "4": 22.0, "9": 12.5, "5": 8.0, "8": 4.0, "2": 1.5})

# Triage colour by how badly it usually ends [D]. Nobody works it out from anything: the centre sends it.
COLOURS: Final = {
    "grave": Odds({"red": 34.0, "orange": 44.0, "yellow": 19.0, "green": 2.0, "blue": 1.0}),
    "middling": Odds({"red": 8.0, "orange": 33.0, "yellow": 48.0, "green": 10.7, "blue": 0.3}),
    "light": Odds({"red": 1.0, "orange": 14.0, "yellow": 53.0, "green": 32.0}),
}
ADMITTED: Final = {"red": 0.55, "orange": 0.30, "yellow": 0.10, "green": 0.02, "blue": 0.0}  # [D]

# What becomes of the coding of a violent visit [D]; the last six never count, 10 % together.
FATES: Final = Odds(
    {"coded": 76.0, "late": 10.0, "corrected": 4.0, "never": 6.0, "american": 1.3, "undetermined": 1.2,
     "taken_back": 0.5, "as_accident": 0.5, "cancelled": 0.5}
)  # fmt: skip
CALM_FATES: Final = Odds({"coded": 86.6, "late": 4.0, "never": 8.5, "cancelled": 0.6, "wrongly_violent": 0.3})
# What the injured who were hurt by nobody, or by nobody knows whom, are coded as [D].
OTHER_CAUSES: Final = Odds(
    {"accident": 95.5, "self_harm": 2.0, "undetermined": 1.5, "legal_intervention": 1.0}
)

# The wire [D].
TRIAGE_SENT: Final = 0.92
RESENT: Final = 0.02
HELD_BACK: Final = 0.015  # one message waits while later ones pass it
LINE_DOWN: Final = 0.02  # a facility's line is down for some hours of a day, and then catches up
TRANSFERRED: Final = 0.04
DISCHARGED: Final = 0.97
DISCHARGE_CANCELLED: Final = 0.006
PERSON_UPDATED: Final = 0.02
MERGED: Final = 0.012  # two numbers turn out to be one person; duplicates were 9.6 % of the index [S20]
WITHOUT_VISIT_NUMBER: Final = 0.01
WITHOUT_PATIENT_NUMBER: Final = 0.001
SCENE_TOLD: Final = 0.35
TIME_OF_ACT_TOLD: Final = 0.45
POLICE_ASKED: Final = 0.40
POLICE_KNOW: Final = 0.23
