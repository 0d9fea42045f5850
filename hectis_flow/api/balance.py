"""The room of the balance: whether all that came in is accounted for, by the newest certificate or that of a day."""

from typing import Any

from hectis_flow.api.pages import answer_balance
from hectis_flow.api.queries import BalanceQuery
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_balance import Balance

rooms = Rooms("balance", "Whether all that came in is accounted for; drawn each morning, and sealed.")


@rooms.listing(BalanceQuery, Balance)
def list_balance(query: dict[str, Any]) -> dict[str, Any]:
    """The newest balance certificate, or the newest of a day; every figure is of one moment."""
    return answer_balance("balance.list", query)
