"""Events that nobody listens to are settled; what was put aside for a person is not."""

from sqlalchemy import Engine, text

from hectis_flow.services import work
from hectis_flow.services.house import House
from tests.tables import rows


def test_a_parked_event_goes_on_waiting_though_nobody_listens_to_its_kind(
    clean: Engine, house: House
) -> None:
    with clean.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (event, subject_id, parked_at, reason) "
                "VALUES ('case.opened', 1, hectis_now(), 'unknown'), ('case.opened', 2, NULL, NULL)"
            )
        )

    assert work.close_unrouted_events(house, ["case.opened"]) == 1
    settled = "SELECT subject_id FROM outbox WHERE done_at IS NOT NULL"
    assert [tuple(row) for row in rows(clean, settled)] == [(2,)]
