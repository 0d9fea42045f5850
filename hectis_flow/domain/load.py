"""How much an owner carries beside the benchmark, so that too much work and no answer read differently.

The sweep keeps on each escalation above the reminder what it counted; `services.load` shows the same counts. A
figure is that of one head: of the investigating officer who has the docket, else the mean of a station's officers
or of a court's prosecutors. It must not judge anybody: it says what there is to do.
"""

from typing import Final, Literal

from hectis_flow.domain.workflow_shapes import Stage

Capacity = Literal["overload", "response"]
OVERLOAD: Final[Capacity] = "overload"
RESPONSE: Final[Capacity] = "response"

#: Whose figure it is.
CARRIED_BY: Final = ("officer", "station", "npa_office")
#: No end, and yet nobody works on it: somebody looks again now and then.
LOOKED_AT_AGAIN: Final = frozenset(
    {
        "closed_undetected",
        "closed_unfounded",
        "closed_complainant_withdrew",
        "nolle_prosequi",
        "diverted",
    }
)


def docket_is_open(stage: Stage) -> bool:
    """Whether a docket whose case stands here is one that its officer carries."""
    return not stage.end and stage.name not in LOOKED_AT_AGAIN


def matter_is_open(stage: Stage) -> bool:
    """Whether a matter that stands here waits for its prosecutor."""
    return stage.owner == "npa_office" and stage.name not in LOOKED_AT_AGAIN


def each(open_: int, heads: int) -> int:
    """How many that is for one head, rounded up."""
    return -(-open_ // max(heads, 1))


def capacity(figure: int, benchmark: int) -> Capacity:
    """How a figure reads: too much to do, or within what can be done."""
    return OVERLOAD if figure > benchmark else RESPONSE
