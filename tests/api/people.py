"""Staff for the tests of the daily work: posts at the offices of the small province, and tokens of theirs."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from hectis_flow.domain.access import OFFICE_KINDS
from hectis_flow.services import tokens
from hectis_flow.services.house import House
from tests.api.province import (
    DPP,
    FACILITY_A,
    FACILITY_B,
    NPA,
    OTHER_NPA,
    POCS,
    STATION_S,
    STATION_T,
)

# Code, role, office.
STAFF = (
    ("ks-1", "saps_liaison", STATION_S),
    ("ks-2", "saps_liaison", STATION_S),
    ("ks-9", "station_commander", STATION_S),
    ("df-1", "saps_liaison", STATION_T),
    ("gsh-1", "facility_liaison", FACILITY_A),
    ("tbh-1", "facility_liaison", FACILITY_B),
)
# Whoever takes a case on from an opened CAS.
COURT_STAFF = (
    ("kd-1", "detective_commander", STATION_S),
    ("dd-1", "detective_commander", STATION_T),
    ("kp-1", "prosecutor", NPA),
    ("kspp-1", "senior_public_prosecutor", NPA),
    ("bp-1", "prosecutor", OTHER_NPA),
    ("dpp-1", "dpp_office", DPP),
    ("cwb-1", "watching_brief_official", POCS),
)


@dataclass(frozen=True)
class People:
    """Whoever works in the small province, each with a token."""

    secrets: dict[str, str]

    def header(self, code: str, key: str | None = None) -> dict[str, str]:
        header = {"Authorization": f"Bearer {self.secrets[code]}"}
        return header if key is None else header | {"Idempotency-Key": key}

    def get(self, client: FlaskClient, code: str, path: str) -> TestResponse:
        return client.get(f"/api/v1/{path}", headers=self.header(code))

    def post(
        self, client: FlaskClient, code: str, path: str, body: Any = None, key: str | None = None
    ) -> TestResponse:
        return client.post(f"/api/v1/{path}", headers=self.header(code, key), json=body)


def hire(house: House, engine: Engine, staff: tuple[tuple[str, str, str], ...] = STAFF) -> People:
    """Everybody of `staff` with a post since ever, and a token."""
    with engine.begin() as connection:
        for code, role, office in staff:
            connection.execute(
                text("INSERT INTO staff (code, key_id, person_enc) VALUES (:code, 'k1', '\\x00')"),
                {"code": code},
            )
            connection.execute(
                text(
                    "INSERT INTO staff_post (staff_id, office_id, role) SELECT s.id, o.id, :role "
                    "FROM staff s, office o WHERE s.code = :code AND o.code = :office"
                ),
                {"code": code, "role": role, "office": office},
            )
    made = {
        code: tokens.create(house, role, office if role in OFFICE_KINDS else None, code, 1, code)
        for code, role, office in staff
    }
    return People({code: token.secret for code, token in made.items()})
