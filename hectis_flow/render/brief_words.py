"""The English words of the codes that a watching brief uses, for letters and terminals.

Read by `brief_letter` and the command `hectis briefs`. Facts and the next step; no blame, and no word about anybody.
"""

from collections.abc import Mapping
from typing import Final

TRIGGERS: Final[Mapping[str, str]] = {
    "gang_flag": "flagged as gang-related",
    "removal": "removed from the roll",
    "repeat_postponement": "postponed again and again",
    "gbv": "gender-based violence, by the charges",
    "hotspot_murder": "murder in a hotspot precinct",
    "by_hand": "opened by hand",
}
CAUSES: Final[Mapping[str, str]] = {
    "docket_not_at_court": "The docket was not at court",
    "investigation_incomplete": "The investigation was not complete",
    "accused_not_brought": "The accused was not brought to court",
    "witnesses_not_subpoenaed": "Witnesses were not subpoenaed",
    "forensic_report_outstanding": "A forensic report was outstanding",
    "not_within_48h": "The first appearance was not within 48 hours",
    "defective_service": "A summons or subpoena was not properly served",
    "police_witness_absent": "A police witness was absent",
    "complainant_withdrew": "The complainant withdrew",
    "witness_untraceable": "A witness could not be traced",
    "insufficient_evidence": "The evidence was not sufficient",
    "accused_deceased": "The accused has died",
    "other": "Another cause",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "proceeded": "The matter proceeded",
    "postponed": "Postponed",
    "struck_off": "Struck off the roll",
    "withdrawn": "Withdrawn",
    "pleaded": "Plea recorded",
    "convicted": "Convicted",
    "acquitted": "Acquitted",
    "warrant_issued": "Warrant issued",
    "transferred": "Transferred to another court",
    "not_called": "Not called",
    "other_outcome": "Another outcome",
}
AT_COURT: Final[Mapping[str, str]] = {"yes": "at court", "no": "not at court", "not_seen": "not seen"}
RECOMMENDATIONS: Final[Mapping[str, str]] = {
    "none": "No step is recommended; the facts are for your information.",
    "docket_to_court": "Please see that the docket is at court on the next day.",
    "complete_investigation": "Please complete what the investigation lacks.",
    "subpoena_witnesses": "Please have the witnesses subpoenaed.",
    "obtain_report": "Please obtain the report that is outstanding.",
    "reenrol": "Please have the matter put back on the roll once it is ready.",
    "disciplinary_steps": "Please consider whether disciplinary steps are called for.",
    "training": "Please consider training in what the causes show.",
    "other_step": "Please take the step that the causes call for.",
}
