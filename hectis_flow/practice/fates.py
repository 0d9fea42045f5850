"""What would become of a case of the made-up province, drawn once from the seed and the number of the case.

`conduct` asks it at every stage. A fate is what the people of the case would do if nothing went late; clocks and
ladders are the system's own. Pure: no clock, no database.
"""

from dataclasses import dataclass
from random import Random

from hectis_flow.domain.countdown import CAUSES
from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.chance import happens


@dataclass(frozen=True, slots=True)
class Fate:
    """How one case would go. `days` are those from the CAS number until the docket is closed or handed in."""

    consents: bool
    refused_outright: bool
    appeals: bool
    no_case: bool
    asked_back: bool
    closes: str | None  # the move by which the police close the docket; None: it goes to the prosecutor
    days: int
    arrested: bool
    decision: str  # of the prosecutor: decline_to_prosecute, divert or enrol
    sent_back: bool
    items: str
    charges: str
    postponements: int
    endangered: bool  # the matter leaves the roll on its day, unless what is missing is mended in time
    heeded: bool
    sign: str  # what the police say of it before: no, by_when (too late), silent, or wrong
    way_out: str
    cause: str
    comes_back: bool
    days_to_cure: int
    refused_once: bool
    guilty: bool
    convicted: bool
    sentence: str

    @property
    def removed(self) -> bool:
        """Whether it leaves the roll once."""
        return self.endangered and not (self.heeded and self.cause in CAUSES)


def of_case(seed: int, ref: str) -> Fate:
    """The fate of a case; the same seed and number, the same fate."""
    rng = Random(f"{seed}/{ref}")  # noqa: S311  (play, never a secret)
    closes = rates.CLOSED_AS.draw(rng) if happens(rng, rates.POLICE_CLOSE) else None
    days = rng.randint(*(rates.DAYS_TO_CLOSE if closes else rates.DAYS_TO_SUBMIT))
    return Fate(
        consents=happens(rng, rates.CONSENTS),
        refused_outright=happens(rng, rates.REFUSED_OUTRIGHT),
        appeals=happens(rng, rates.APPEALED),
        no_case=happens(rng, rates.OPENS_NO_CASE),
        asked_back=happens(rng, rates.RETURNED_FOR_INFORMATION),
        closes=closes,
        days=days,
        arrested=happens(rng, rates.ARRESTED) and closes is None,
        decision=_decision(rng),
        sent_back=happens(rng, rates.SENT_BACK),
        items=rates.ITEMS.draw(rng),
        charges=_charges(rng),
        postponements=rates.POSTPONEMENTS.draw(rng),
        endangered=happens(rng, rates.REMOVED / (1 - rates.HEEDED)),
        heeded=happens(rng, rates.HEEDED),
        sign=rates.SIGNS.draw(rng),
        way_out=rates.WAYS_OUT.draw(rng),
        cause=rates.CAUSES.draw(rng),
        comes_back=happens(rng, rates.COMES_BACK),
        days_to_cure=rng.randint(*rates.DAYS_TO_CURE),
        refused_once=happens(rng, rates.REENROLMENT_REFUSED),
        guilty=happens(rng, rates.GUILTY_PLEA),
        convicted=happens(rng, rates.CONVICTED),
        sentence=rates.SENTENCES.draw(rng),
    )


def _decision(rng: Random) -> str:
    if happens(rng, rates.DECLINED):
        return "decline_to_prosecute"
    return "divert" if happens(rng, rates.DIVERTED) else "enrol"


def _charges(rng: Random) -> str:
    """Of one accused, or of two."""
    accused = 2 if happens(rng, rates.TWO_ACCUSED) else 1
    return ";".join(f"{number}={rates.CHARGES.draw(rng)}" for number in range(1, accused + 1))
