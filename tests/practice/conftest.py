"""The practice tests that need a running system take the drills' processes."""

from tests.drills.fixtures import broker, make_stack, nursery, pytest_terminal_summary, tell

__all__ = ["broker", "make_stack", "nursery", "pytest_terminal_summary", "tell"]
