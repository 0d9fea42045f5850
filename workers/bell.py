"""The clock's ear: whoever has stored messages may ring, and the clock hands them over without waiting for its tick.

`clock` starts one beside its timetable. Nothing rests on it: a ring that nobody hears, or a database that is
away, costs the time until the next tick.
"""

import threading
from collections.abc import Callable

from hectis_flow.services import work
from hectis_flow.services.house import House
from workers.pulse import Trouble

EAR_SECONDS = 1.0  # within which it notices that it was told to stop
RETRY_SECONDS = 1.0


class Bell:
    """Calls `act` whenever somebody rings, from a thread of its own."""

    def __init__(self, house: House, act: Callable[[], None]) -> None:
        self._ear = work.ear(house)
        self._act = act
        self._stop = threading.Event()
        self._trouble = Trouble("clock.bell")
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    def start(self) -> "Bell":
        """Begin to listen."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Listen no longer."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._ear.hears(EAR_SECONDS) and not self._stop.is_set():
                    self._act()
            except Exception as fault:  # noqa: BLE001 - a database that is away must not end it
                self._trouble.met(fault)
                self._stop.wait(RETRY_SECONDS)
            else:
                self._trouble.over()
        self._ear.close()
