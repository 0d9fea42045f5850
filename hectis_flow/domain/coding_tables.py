"""The ICD-10 (WHO) tables of violence: what each category and each further character means.

`domain.coding` reads codes with them and nothing else does. Tables only: no reading, no choosing.
Titles are WHO's in short; the South African Master Industry Table uses WHO's codes, never the
American clinical modification (CM), whose X92-Y09 mean other things.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Intent = Literal[
    "assault",
    "legal_intervention",
    "undetermined",
    "accident",
    "self_harm",
    "sequela",
    "supporting",
    "injury",
    "other",
]


class Means(NamedTuple):
    """How harm was done, and with which class of weapon (None where the table has no such thing)."""

    mechanism: str
    weapon_class: str | None


# X85-Y09, assault. Every category of the block stands here: a gap would lose an incident.
ASSAULT: Final[Mapping[str, Means]] = {
    "X85": Means("poisoning", "chemical"),  # drugs, medicaments, biological substances
    "X86": Means("corrosive", "chemical"),
    "X87": Means("poisoning", "chemical"),  # pesticides
    "X88": Means("poisoning", "chemical"),  # gases and vapours
    "X89": Means("poisoning", "chemical"),  # other specified chemicals
    "X90": Means("poisoning", "chemical"),  # unspecified chemical
    "X91": Means("strangulation", "none_or_ligature"),
    "X92": Means("drowning", "none"),
    "X93": Means("firearm", "handgun"),
    "X94": Means("firearm", "long_gun"),
    "X95": Means("firearm", "firearm_unspecified"),
    "X96": Means("explosive", "explosive"),
    "X97": Means("burn", "fire"),
    "X98": Means("burn", "hot_liquid_or_object"),
    "X99": Means("sharp", "sharp"),
    "Y00": Means("blunt", "blunt"),
    "Y01": Means("fall_pushed", "none"),
    "Y02": Means("moving_object", "vehicle_or_train"),
    "Y03": Means("vehicle", "vehicle"),
    "Y04": Means("bodily_force", "none"),
    "Y05": Means("sexual", "none"),
    "Y06": Means("neglect", "none"),
    "Y07": Means("maltreatment", "none"),
    "Y08": Means("other", "other"),
    "Y09": Means("unspecified", "unknown"),
}

# Y20-Y34, undetermined intent: the same words for the same means, so the two can be laid side by side.
UNDETERMINED: Final[Mapping[str, Means]] = {
    "Y20": Means("strangulation", "none_or_ligature"),
    "Y21": Means("drowning", "none"),
    "Y22": Means("firearm", "handgun"),
    "Y23": Means("firearm", "long_gun"),
    "Y24": Means("firearm", "firearm_unspecified"),
    "Y25": Means("explosive", "explosive"),
    "Y26": Means("burn", "fire"),
    "Y27": Means("burn", "hot_liquid_or_object"),
    "Y28": Means("sharp", "sharp"),
    "Y29": Means("blunt", "blunt"),
    "Y30": Means("fall_pushed", "none"),  # falling, jumping or pushed from a high place
    "Y31": Means("moving_object", "vehicle_or_train"),
    "Y32": Means("vehicle", "vehicle"),
    "Y33": Means("other", "other"),
    "Y34": Means("unspecified", "unknown"),
}

# First and last category of a block, both included. Y10-Y19 (poisoning of undetermined intent) stays
# "other": nearly all of it is overdose, and nothing in it says that another person was there.
BLOCKS: Final[tuple[tuple[str, str, Intent], ...]] = (
    ("S00", "T98", "injury"),
    ("V01", "X59", "accident"),
    ("X60", "X84", "self_harm"),
    ("X85", "Y09", "assault"),
    ("Y20", "Y34", "undetermined"),
    ("Y35", "Y35", "legal_intervention"),
)

# An injury needs one of these beside it. Y90-Y98 (alcohol level, lifestyle) name no cause.
CAUSES: Final = ("V01", "Y89")
INJURIES: Final = ("S00", "T98")

SEQUELAE: Final = frozenset({"Y87.1", "Y89.0"})  # of assault, of legal intervention

# Codes that stand beside a cause and never replace one. Those in VIOLENCE_SIGNS point to another
# person's act without saying how; T71 (asphyxiation) and T14.9 (injury, unspecified) do not.
SUPPORTING: Final = frozenset({"T14.9", "T71", "T74", "Z04.4", "Z04.5"})
VIOLENCE_SIGNS: Final = frozenset({"T74", "Z04.4", "Z04.5"})

# The place digit belongs to W00-Y34, but for categories whose 4th character says something else.
PLACES_STAND_IN: Final = ("W00", "Y34")
NO_PLACE_DIGIT: Final = frozenset({"X34", "X59", "Y06", "Y07"})
PLACES: Final[Mapping[str, str]] = {
    "0": "home",
    "1": "residential_institution",
    "2": "school_public_area",
    "3": "sports_area",
    "4": "street",
    "5": "trade_service",
    "6": "industrial",
    "7": "farm",
    "8": "other",
    "9": "unspecified",
}

ACTIVITIES_STAND_IN: Final = ("V01", "Y34")
ACTIVITIES: Final[Mapping[str, str]] = {
    "0": "sports",
    "1": "leisure",
    "2": "paid_work",
    "3": "other_work",
    "4": "resting_sleeping_eating",
    "8": "other",
    "9": "unspecified",
}

# The 4th character of Y06 and Y07; official authorities exist in Y07 alone.
_NEGLECT_BY: Final[Mapping[str, str]] = {
    "0": "spouse_or_partner",
    "1": "parent",
    "2": "acquaintance_or_friend",
    "8": "other",
    "9": "unspecified",
}
PERPETRATORS: Final[Mapping[str, Mapping[str, str]]] = {
    "Y06": _NEGLECT_BY,
    "Y07": {**_NEGLECT_BY, "3": "official_authority"},
}
CM_ONLY: Final = frozenset({"Y07.4", "Y07.5", "Y07.6"})  # perpetrators that only CM knows

LEGAL_MEANS: Final[Mapping[str, str]] = {  # 4th character of Y35
    "0": "firearm",
    "1": "explosives",
    "2": "gas",
    "3": "blunt",
    "4": "sharp",
    "5": "legal_execution",
    "6": "other",
    "7": "unspecified",
}

MALTREATMENT: Final[Mapping[str, str]] = {  # 4th character of T74
    "0": "neglect",
    "1": "physical",
    "2": "sexual",
    "3": "psychological",
    "8": "other",
    "9": "unspecified",
}

# Provisional SAPS headings. Every word that leaves us says "suggested": the police decide on intent.
HEADINGS: Final[Mapping[str, str]] = {
    "suggested_murder_or_inquest": "Suggested: murder, or an inquest",
    "suggested_attempted_murder_or_gbh": "Suggested: attempted murder, or assault GBH",
    "suggested_assault_gbh": "Suggested: assault with intent to do grievous bodily harm",
    "suggested_common_assault": "Suggested: common assault",
    "suggested_sexual_offence": "Suggested: sexual offence",
    "suggested_protection_path": "Suggested: the path for children and older persons",
}
HEADING_OF: Final[Mapping[str, str]] = {  # by mechanism, the patient having survived
    "firearm": "suggested_attempted_murder_or_gbh",
    "sharp": "suggested_attempted_murder_or_gbh",
    "explosive": "suggested_attempted_murder_or_gbh",
    "strangulation": "suggested_attempted_murder_or_gbh",
    "drowning": "suggested_attempted_murder_or_gbh",
    "blunt": "suggested_assault_gbh",
    "burn": "suggested_assault_gbh",
    "corrosive": "suggested_assault_gbh",
    "bodily_force": "suggested_common_assault",
    "sexual": "suggested_sexual_offence",
    "neglect": "suggested_protection_path",
    "maltreatment": "suggested_protection_path",
}
