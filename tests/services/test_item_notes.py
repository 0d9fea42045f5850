"""Items that whoever was asked says are done: once, whoever else says so at the same moment."""

from threading import Thread

from sqlalchemy import Engine

from hectis_flow.services.docket_notes import NoteRefused
from hectis_flow.services.house import House
from hectis_flow.services.item_notes import settle_of_task
from hectis_flow.storage.tokens import Bearer
from tests.road import roads
from tests.tables import one
from tests.waiting import until


def test_of_two_who_end_the_same_task_at_once_the_second_hears_that_it_is_done(
    house: House, clean: Engine
) -> None:
    (road,) = roads(house, clean)
    road.investigated()
    item = one(clean, "SELECT id FROM item WHERE kind = 'docket_inspection'")
    office = one(clean, "SELECT office_id FROM item WHERE id = :id", id=item)
    bearer = Bearer(0, "kd-1", "detective_commander", office, None, "kd-1")
    heard: list[str] = []

    def second() -> None:
        try:
            with house.transaction() as session:
                settle_of_task(house, session, bearer, item)
        except NoteRefused as refusal:
            heard.append(refusal.code)

    racer = Thread(target=second)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with house.transaction() as session:
        settle_of_task(house, session, bearer, item)
        racer.start()
        until(lambda: one(clean, waits), "waiting for the case")
    racer.join()

    assert heard == ["already_done"]
    assert one(clean, "SELECT count(*) FROM ledger_entry WHERE kind = 'note'") == 1
