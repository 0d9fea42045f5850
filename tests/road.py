"""One case taken along the road by the people whose moves these are, through the one door."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.feeds.hl7v2_facts import LocalFields
from hectis_flow.services import casework
from hectis_flow.services.house import House, Sender
from hectis_flow.storage import cases
from hectis_flow.storage.cases import Locked
from tests.segments import CODED, adt, segment
from tests.tables import one, rows, take_in

STATION, COURT, OTHER_COURT = "khayelitsha-saps", "khayelitsha-court", "bellville-court"

FACILITY = Actor("facility_liaison", None, "kh-liaison-1")
POLICE = Actor("saps_liaison", None, "kh-saps-1")
DETECTIVE = Actor("detective_commander", None, "kh-det-1")
PROSECUTOR = Actor("prosecutor", None, "kh-npa-1")
SENIOR = Actor("senior_public_prosecutor", None, "kh-spp-1")
RULE = Actor("rule", None, "clock")

#: Who makes a move in these tests, by its name; the senior prosecutor and the detective where nobody else may.
BY_ROLE = {actor.role: actor for actor in (FACILITY, POLICE, DETECTIVE, PROSECUTOR, SENIOR)}


@dataclass
class Road:
    """A case and its house; every method is one move."""

    house: House
    engine: Engine
    ref: str

    def go(self, move: str, actor: Actor | None = None, second: str | None = None, **details: str) -> Locked:
        """Make a move as whoever may make it."""
        with self.house.transaction() as session:
            return self.go_in(session, move, actor, second, **details)

    def go_in(
        self,
        session: Session,
        move: str,
        actor: Actor | None = None,
        second: str | None = None,
        **details: str,
    ) -> Locked:
        """The same in a transaction of the caller's."""
        roles = workflow_rules.transition(move).roles
        by = actor or next(BY_ROLE[role] for role in roles if role in BY_ROLE)
        case = cases.lock_by_ref(session, self.ref)
        assert case is not None
        return casework.apply(self.house, session, case, move, by, details, second=second)

    def day(self, ahead: int) -> str:
        """A day from today on, as the road's clock has it."""
        today: date = rows(self.engine, "SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")[0][
            0
        ]
        return (today + timedelta(days=ahead)).isoformat()

    @property
    def stage(self) -> str:
        return str(one(self.engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=self.ref))

    def charges(self) -> list[tuple[int, int, str]]:
        query = """
            SELECT c.accused, c.count, c.stage FROM charge c JOIN "case" k ON k.id = c.case_id
            WHERE k.ref = :ref ORDER BY 1, 2
        """
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), {"ref": self.ref})]

    # --- stretches of the road ---

    def investigated(self) -> "Road":
        """From the hospital to a docket under investigation."""
        self.go("basis_recorded", disclosure_basis="consent_written")
        self.go("acknowledge")
        number = int(self.ref[-6:])
        self.go("open_cas", cas_number=f"{number}/01/2026")
        self.go("investigate", officer="kh-io-1")
        return self

    def enrolled(self, charges: str = "1=attempted_murder,firearm_possession", **more: str) -> "Road":
        """On to the prosecutor, and enrolled."""
        self.go("submit_docket", court=COURT)
        self.go(
            "enrol",
            court=COURT,
            court_case_no=f"B{self.ref[-6:]}/2026",
            next_date=self.day(2),
            charges=charges,
            **more,
        )
        return self

    def on_roll(self, charges: str = "1=attempted_murder,firearm_possession", **more: str) -> "Road":
        """From the hospital to a first appearance."""
        self.investigated().enrolled(charges, **more)
        self.go("place_on_roll", next_date=self.day(14))
        return self


def roads(house: House, engine: Engine, how_many: int = 1) -> list[Road]:
    """Cases of adults that wait for a legal basis, each with a precinct."""
    told = replace(
        house, senders=(Sender("kh", "", frozenset({"PAS"}), {}, local=LocalFields(station_field="ZVI-3")),)
    )
    names = [{"folder": f"F{n}", "visit": f"V{n}"} for n in range(how_many)]
    place = [segment("ZVI", {3: STATION})]
    take_in(
        told,
        *(adt("A08", f"r-{n}", CODED, codes=["X99.4"], more=place, **own) for n, own in enumerate(names)),
    )
    return [Road(house, engine, row[0]) for row in rows(engine, 'SELECT ref FROM "case" ORDER BY id')]
