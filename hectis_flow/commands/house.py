"""How a command gets the parts it works with."""

from functools import cache

from config.settings import load
from hectis_flow.app import create_app, house_of
from hectis_flow.services.house import House


@cache
def house() -> House:
    """The house of this command, made on first use."""
    return house_of(create_app(load()))
