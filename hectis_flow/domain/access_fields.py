"""Every field that the policy table can open, by record and group; part of `access.py`, which alone imports it.

Frozen data and nothing else. A message's raw bytes are no field at all.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_log import KINDS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Every field that can ever be served, by record and group. A dot means "inside".
FIELDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "message": {
        "envelope": _words(
            "id received_at message_type event state reason facility control_id application_ack"
        ),
        "transport": _words(
            "channel peer source_app source_facility size ack_code control_id_reused attempts done_at"
        ),
        "links": _words("incident_id case_ref"),
    },
    "incident": {
        "road": _words("id recorded_at changed_at voided_at case_ref"),
        "source": _words("facility"),
        "what": _words("intent mechanism weapon_class place_type activity"),
        "when": _words("happened_at happened_precision time_basis"),
        "where": _words("station precinct_basis location_basis"),
        "person": _words("patients.role patients.sex patients.age_years"),
        "clinical": _words(
            """
            patients.arrived_at patients.left_at patients.sats_colour patients.tews patients.codes
            patients.disposition patients.admitted patients.died patients.police_notified
            """
        ),
        "quality": _words("patients.quality"),
        "identity": _words(
            "patients.name patients.numbers patients.born patients.residence patients.visit_number"
        ),
        "narrative": _words(
            "patients.complaint patients.brought_in_by patients.place_text patients.place_address patients.stays"
        ),
    },
    "case": {
        "road": _words("ref stage phase version since owner_office"),
        # When the hospital first spoke of it, and whether it now says otherwise.
        "origin": _words("opened_at conflict"),
        "source": _words("incident_id facility"),
        "what": _words("incident.intent incident.mechanism incident.weapon_class incident.place_type"),
        "when": _words("incident.happened_at incident.happened_precision incident.time_basis"),
        "where": _words("station incident.precinct_basis incident.location_basis"),
        "docket": _words("docket"),
        # The laws and the consent on record now: the hospital's own.
        "ground": _words("grounds"),
        # Of anything medical its state alone.
        "j88": _words("j88"),
        "court": _words("court"),
        "charges": _words("charges postponements"),
        "removals": _words("removals"),
        "brief": _words("brief"),
        "awaited": _words("awaited"),
        "countdown": _words("countdown"),
        "snoozes": _words("snoozes"),
        # The same up to an opened CAS: nothing else that was put off is for health.
        "put_off": _words("put_off"),
        # How the climbs of a case read beside what its owner carries: for who can hand work on.
        "climbed": _words("climbed"),
        # Never for health: the policy table opens it line by line.
        "gang": _words("gang_flag"),
        "history": _words("history"),
        "proof": _words("ledger_seq ledger_head sealed"),
    },
    "task": {
        "task": _words(
            "id kind status opened_by office role opened_at claimed_at due_at snoozed_until overdue by_stage subject_id"
        ),
        "case": _words("case_ref stage station"),
    },
    "escalation": {
        "road": _words("id case_ref stage clock level"),
        "told": _words("office role opened_at raised_at cleared_at"),
        "owner": _words("owner_office due_at snoozed snoozed_until"),
        "load": _words("capacity carries carried_by benchmark"),
    },
    "office": {
        "directory": _words("code kind name sub_district town valid_from valid_to"),
        "tree": _words("parents"),
        "duty": _words("on_duty"),
    },
    # How the parts stand, and the policy: nothing of a case. Of staff: codes, never a name or an address.
    "system": {"system": _words("parts queues notices findings gaps parked policy")},
    "staff": {
        "register": _words("code language posts deputies stands_in_for leave ways enrolled_at"),
        "link": _words("link"),
    },
    # What an office carries beside the benchmark, and what each of its officers does.
    "load": {"load": _words("office kind open heads each benchmark capacity officers")},
    # Counts of the whole province by name, and numbers of rows; nothing of any case.
    "balance": {"balance": _words("number date as_of clean hash lines open")},
    "links": {"count": _words("revoked")},
    # Of many writes at once: what came of each, which is what the single write would have shown.
    "bulk": {"verdicts": _words("rows done refused not_visible")},
    "brief": {
        "road": _words(
            "id case_ref court opened_at taken_up_at acknowledged_at closed_at closed_reason next_date"
        ),
        # One of the reasons is a gang flag, so these are for those alone who may see that.
        "why": _words("triggers"),
        "matter": _words("stage cas_number court_case_no unit"),
        "official": _words("official"),
        "following": _words("off_roll_since look_due_at"),
        "seats": _words("seats"),
        "observed": _words("observations"),
        "letters": _words("letters"),
    },
    # What a referral and a disclosure hold is decided field by field, by the ground each stands on.
    "referral": {"referral": _words("referral")},
    "disclosure": {"disclosure": _words("disclosures")},
    # Of either, those of the offices of one agency; what a line of them holds, `storage.case_log` says.
    "notice": {name: (f"{name}_told",) for name in KINDS},
    "read": {name: (f"{name}_read",) for name in KINDS},
    # The committee's own: no field of these names a person.
    "meeting": {
        "meeting": _words("id held_on state opened_at closed_at minutes_hash"),
        "sitting": _words("follow_up attendance lines decisions"),
    },
    "agenda": {"agenda": _words("agenda")},
    "digest": {
        "digest": _words(
            """
            id window_on window_at late office role composed_at opened_at acknowledged_at figures pack_sha256 content
            """
        )
    },
    "decision": {
        "decision": _words(
            """
            id meeting held_on kind case_ref office role due_on state recorded_at confirmed_at ended_at
            reports
            """
        )
    },
}

# Groups that name a person: kept as ciphertext, and never part of a list.
NAMED_GROUPS: Final = ("identity", "narrative")
