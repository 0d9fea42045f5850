"""Which law lets, or makes, a hospital tell the police of a visit, and which visits cannot wait.

`services.disclosure` asks it after every fold of a visit and when a referral is sent. Pure, and closed by
default: what a message does not say obliges nobody. It must not decide which fields leave; that is
`domain.disclosure`'s table.

Sources: domain.md 4.3. For an adult who is none of these no general duty was found, not for gunshots
either: there the patient's written consent decides. The law widens s54 (Act 13/2021) to further persons by
facts that no feed carries (a hostel, a students' residence): a deployment that knows better passes `WIDER`
groups; until then such an adult goes the way of consent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from hectis_flow.domain.facts import Consent, Moment
from hectis_flow.domain.moments import OLDEST_AGE, ends_before, local_day
from hectis_flow.domain.visit import VisitState

CHILD_BELOW: Final = 18  # years; Children's Act 38/2005 s1
OLDER_FROM: Final = 60  # years; Older Persons Act 13/2006 s1 (65 for men before 2009) [K]

# Codes that tell of a sexual offence whatever mechanism leads: Y05, T74.2, and the examination after one.
_SEXUAL: Final = ("Y05", "T74.2", "Z04.4")
# Neglect (Y06) and maltreatment (Y07) by a spouse, partner or parent: the 4th character tells of a household.
_AT_HOME: Final = ("Y06.0", "Y06.1", "Y07.0", "Y07.1")


@dataclass(frozen=True, slots=True)
class Group:
    """People of a sex (None: of any) below an age in years, for whom s54 binds beyond children."""

    sex: str | None
    below: int


WIDER: Final[tuple[Group, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisFacts:
    """What a visit tells that a ground may rest on. None means that nobody said it; it is never guessed.

    `vulnerable` is one configured field for two laws: a mental disability or another vulnerability (s54),
    a disability (s2A). `codes` is the code that speaks and all others kept. `age_years` at arrival.
    """

    intent: str | None
    codes: tuple[str, ...] = ()
    age_years: int | None = None
    sex: str | None = None
    died: bool | None = None
    dv: bool | None = None
    vulnerable: bool | None = None
    sats_colour: str | None = None
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a visit's messages say of a ground: the laws that oblige, and what the patient wants.

    `consent` is set only where it says something that the record does not know yet.
    """

    duties: tuple[str, ...] = ()
    consent: Literal["given", "refused", "withdrawn"] | None = None

    @property
    def mandatory(self) -> str | None:
        """The law that leads, if one obliges."""
        return self.duties[0] if self.duties else None


def facts_of(state: VisitState) -> BasisFacts:
    """The facts of a fold."""
    read = state.classification
    return BasisFacts(
        intent=read.intent,
        codes=tuple(code for code in (read.code, *read.also) if code),
        age_years=state.age_years if state.age_years is not None else _certain(state),
        sex=state.sex,
        died=state.died,
        dv=state.dv,
        vulnerable=state.vulnerable,
        sats_colour=state.sats_colour,
        consent=state.consent,
    )


def mandatory_bases(facts: BasisFacts, wider: Collection[Group] = WIDER) -> tuple[str, ...]:
    """Every law that obliges a report at once, the leading one first; empty unless it was an assault.

    Several can hold together, and all of them are put on record: each lets its own fields leave. s54 leads,
    because it alone names the police and "immediately"; then the child, the household, the older person;
    the inquest is last, for a death is reported whoever died. s2B binds the same persons as s2A, but as
    private persons: no rule records it. Whether the patient was victim or attacker changes nothing: the
    code speaks of the harm done to them.
    """
    if facts.intent != "assault":
        return ()
    age = facts.age_years
    child = age is not None and age < CHILD_BELOW
    older = age is not None and age >= OLDER_FROM
    vulnerable = facts.vulnerable is True
    held = {
        "s54": is_sexual(facts) and (child or vulnerable or _in_a_group(facts, wider)),
        "s110": child,
        "s2A": _at_home(facts) and (child or vulnerable or older),
        "s26": older,
        "inquest": facts.died is True,
    }
    return tuple(basis for basis, holds in held.items() if holds)


def is_sexual(facts: BasisFacts) -> bool:
    """Whether a code tells of a sexual offence."""
    return _any_of(facts.codes, _SEXUAL)


def is_urgent(facts: BasisFacts) -> bool:
    """Whether the station's clock runs through the night: red triage, a child, a sexual offence."""
    child = facts.age_years is not None and facts.age_years < CHILD_BELOW
    return facts.sats_colour == "red" or child or is_sexual(facts)


def heard(facts: BasisFacts, standing: Collection[str] = (), ever: Collection[str] = ()) -> Heard:
    """What the messages ask for. `standing` are the bases on record now, `ever` those that ever were.

    A consent that was on record and taken back is not brought back by a message that merely repeats it: a
    person records it anew. A limited one is a person's to record, with its limits. A duty cannot be
    withdrawn, so a withdrawal speaks only where consent alone stands.
    """
    if facts.intent != "assault":
        return Heard()
    duties = mandatory_bases(facts)
    if facts.consent == "granted" and "consent_written" not in ever:
        return Heard(duties, "given")
    if facts.consent == "refused" and "consent_written" not in ever:
        return Heard(duties, "refused")
    if facts.consent == "withdrawn" and set(standing) == {"consent_written"}:
        return Heard(duties, "withdrawn")
    return Heard(duties)


def _certain(state: VisitState) -> int | None:
    """An age that is certainly a child's or an older person's where only the month or year of birth was sent.

    A duty to a child of five does not wait for the day of their birth. Anything between stays unknown.
    """
    if state.born is None or state.arrived_at is None:
        return None
    oldest = _years(local_day(state.born), _last_day(state.arrived_at))
    youngest = _years(_last_day(state.born), local_day(state.arrived_at))
    if 0 <= oldest < CHILD_BELOW:
        return oldest
    return youngest if youngest >= OLDER_FROM and oldest <= OLDEST_AGE else None


def _last_day(moment: Moment) -> date:
    """The last day of the span that the sender stated; never too early."""
    return local_day(Moment(ends_before(moment) - timedelta(seconds=1), "second"))


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _at_home(facts: BasisFacts) -> bool:
    """Domestic violence: the configured field says so, or a code names spouse, partner or parent."""
    return facts.dv is True or _any_of(facts.codes, _AT_HOME)


def _in_a_group(facts: BasisFacts, groups: Collection[Group]) -> bool:
    age = facts.age_years
    return age is not None and any(
        age < group.below and group.sex in (None, (facts.sex or "").upper()) for group in groups
    )


def _any_of(codes: Collection[str], wanted: tuple[str, ...]) -> bool:
    """Codes of five or six characters (`Y07.09`) mean what their first five do."""
    return any(code.startswith(wanted) for code in codes)
