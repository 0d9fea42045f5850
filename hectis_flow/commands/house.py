"""How a command gets the parts it works with."""

from functools import cache

from config.settings import load
from hectis_flow.services.house import House
from hectis_flow.wiring import open_house


@cache
def house() -> House:
    """The house of this command, made on first use."""
    return open_house(load())
