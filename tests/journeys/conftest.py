"""Journeys run the whole system as processes."""

from tests.drills.fixtures import broker, make_stack, nursery, pytest_terminal_summary, tell
from tests.journeys.town import town

__all__ = ["broker", "make_stack", "nursery", "pytest_terminal_summary", "tell", "town"]
