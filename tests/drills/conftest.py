"""Drills run the whole system as processes."""

from tests.drills.fixtures import (
    breakables,
    broken_stack,
    broker,
    make_stack,
    nursery,
    pytest_terminal_summary,
    tell,
)

__all__ = [
    "breakables",
    "broken_stack",
    "broker",
    "make_stack",
    "nursery",
    "pytest_terminal_summary",
    "tell",
]
