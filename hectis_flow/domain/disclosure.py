"""THE table of what may leave a hospital: field by field, on which ground, for whom.

`services.disclosure` asks it when a referral is sent and each time one is read; docs/disclosure.md shows it
and a test holds the two together. Pure and closed by default: a field, a ground or an audience that no line
names gets nothing. The field drops, never the case: what remains is the de-identified form, and the
referral still goes.

Sources: domain.md 4.3 and 4.4. Which fields a law's report needs is this project's reading ([D]): no more
than the report's purpose, and of medical detail nothing, because that travels as the J88. A deployment's
information officer should check the lines.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hectis_flow.domain.moments import SAST

# What stays when every named field has dropped: it may leave on any ground, and on none.
DEIDENTIFIED: Final = ("age_band", "sex", "mechanism", "place_type", "precinct", "time_band")

# The named fields, in groups that a consent can be given for one by one (its scope).
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("name", "born", "age_years"),
    "home": ("residence",),
    "scene": ("happened_at", "time_basis", "place_text", "place_address", "weapon_class"),
    "household": ("perpetrator",),
    "care": ("facility", "arrived_at", "admitted", "died", "sats_colour", "police_notified"),
}
SCOPES: Final = tuple(GROUPS)

# Known to the hospital and sent to no station on any ground: medical detail (the J88's), who brought the
# patient, and every number of a person, because linking by numbers across agencies needs the Information
# Regulator's authorisation first (POPIA s57).
NEVER: Final = (
    "numbers",
    "visit_number",
    "complaint",
    "codes",
    "tews",
    "disposition",
    "stays",
    "brought_in_by",
    "patient_role",
)

_ALL_NAMED: Final = tuple(name for names in GROUPS.values() for name in names)
EVERY: Final = (*DEIDENTIFIED, *_ALL_NAMED, *NEVER)  # all that a record can hold
_WHO: Final = ("name", "born", "age_years")
_WHERE: Final = ("happened_at", "time_basis", "place_text", "place_address")

# ground -> the named fields that may reach the station of the precinct, besides DEIDENTIFIED.
STATION: Final[Mapping[str, tuple[str, ...]]] = {
    # Within what was signed for: see `scope`.
    "consent_written": _ALL_NAMED,
    # What the prescribed report of a child asks for (Form 22 [K]): who, where they live, what, by whom.
    "s110": (*_WHO, "residence", *_WHERE, "perpetrator", "facility", "arrived_at"),
    # Knowledge of the offence, at once; no form is prescribed, and where the victim lives is not asked.
    "s54": (*_WHO, *_WHERE, "perpetrator", "facility", "arrived_at"),
    # The report and its assessment of the risk at home.
    "s2A": (*_WHO, "residence", *_WHERE, "weapon_class", "perpetrator", "facility", "arrived_at"),
    "s2B": (*_WHO, "residence", *_WHERE, "perpetrator", "facility"),
    "s26": (*_WHO, "residence", *_WHERE, "perpetrator", "facility", "arrived_at"),
    # Who died, when, and where they and the scene are to be found.
    "inquest": (*_WHO, *_WHERE, "weapon_class", "facility", "arrived_at", "died"),
    # The least that lets an order be obeyed; what more it names, a person hands over under it.
    "court_order": (*_WHO, *_WHERE, "facility", "arrived_at"),
    # A threat lies in a place and a weapon: the patient's name does not lessen it.
    "serious_threat_public_health": (*_WHERE, "weapon_class", "facility"),
    "none": (),
}
TABLE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"station": STATION}

#: Which ground a field is said to stand on where several carry it: the order of the table's lines above,
#: but for consent, which can be taken back and so comes after the laws.
_LEADING: Final = ("s54", "s110", "s2A", "s2B", "s26", "inquest", "court_order", "consent_written")

_AGE_BANDS: Final = (18, 25, 35, 45, 60)
_BLOCK_HOURS: Final = 3
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What leaves (`fields`, with values), what stays (`withheld`, names only), and why each may leave.

    `grounds` names for each field the basis it stands on; `none` for the de-identified ones. A field
    without a value is in neither.
    """

    fields: Mapping[str, Any]
    withheld: tuple[str, ...]
    grounds: Mapping[str, str]


def fields_for(basis: str, audience: str, scope: Collection[str] | None = None) -> tuple[str, ...]:
    """The fields that may reach this audience on this ground; unknown words give none at all.

    `scope` are the GROUPS a written consent was given for, None where it was given for all; the laws have
    no scope.
    """
    named = TABLE.get(audience, {}).get(basis)
    if named is None:
        return ()
    if basis == "consent_written" and scope is not None:
        agreed = {name for group in scope for name in GROUPS.get(group, ())}
        named = tuple(name for name in named if name in agreed)
    return (*DEIDENTIFIED, *named)


def in_order(bases: Collection[str]) -> tuple[str, ...]:
    """Grounds with the leading one first; words that are no ground come last, where they open nothing."""
    return tuple(sorted(bases, key=lambda basis: (_place(basis), basis)))


def disclose(
    record: Mapping[str, Any],
    bases: Collection[str],
    scope: Collection[str] | None = None,
    audience: str = "station",
) -> Disclosed:
    """Sort a record field by field into what may leave on these grounds and what stays.

    Without any ground the de-identified fields remain, for an audience that has a table. A name that no
    table knows stays.
    """
    ground = dict.fromkeys(fields_for("none", audience), "none")
    for basis in in_order(bases):
        for name in fields_for(basis, audience, scope):
            ground.setdefault(name, basis)
    given = {name: value for name, value in record.items() if value is not None}
    return Disclosed(
        fields={name: value for name, value in given.items() if name in ground},
        withheld=tuple(name for name in given if name not in ground),
        grounds={name: ground[name] for name in given if name in ground},
    )


def age_band(age_years: int | None) -> str | None:
    """The band an age lies in: 0-17, 18-24, ..., 60+."""
    if age_years is None or age_years < 0:
        return None
    edges = (0, *_AGE_BANDS)
    low = max(edge for edge in edges if edge <= age_years)
    later = [edge for edge in edges if edge > low]
    return f"{low}-{later[0] - 1}" if later else f"{low}+"


def time_band(at: datetime | None, precision: str | None) -> str | None:
    """Month, day of the week and three hours of it (SAST), as far as the sender was that exact."""
    if at is None:
        return None
    local = at.astimezone(SAST)
    month = f"{local:%Y-%m}"
    if precision in ("year", "month"):
        return month if precision == "month" else f"{local:%Y}"
    day = f"{month} {_DAYS[local.weekday()]}"
    if precision == "day":
        return day
    start = local.hour // _BLOCK_HOURS * _BLOCK_HOURS
    return f"{day} {start:02}-{start + _BLOCK_HOURS:02}"


def _place(basis: str) -> int:
    return _LEADING.index(basis) if basis in _LEADING else len(_LEADING)
