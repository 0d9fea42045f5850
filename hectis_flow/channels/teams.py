"""Microsoft Teams: an adaptive card through a webhook of Workflows.

Made by `making`. The address of a contact point is the webhook's URL, which is a secret: whoever has it may post.
Only hosts that the deployment names are called. Such a card cannot be answered and is not drawn anew: it holds the
link of the notice and no more.
"""

from collections.abc import Iterator, Sequence

from hectis_flow.channels.base import ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.calls import Caller, each, receipt


class TeamsChannel:
    """Carries notices into a Teams chat."""

    chunk = 1

    def __init__(self, options: ChannelOptions) -> None:
        self._caller = Caller(options.teams_hosts, private=options.private_hosts)

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """One card after the other."""
        self._caller.begin()
        return each(batch, deadline, self._post)

    def _post(self, notice: Outgoing) -> Receipt:
        return receipt(notice.delivery_id, self._caller.post(notice.address, notice.body, {}))
