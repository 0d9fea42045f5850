"""How this deployment reaches people: its channels, and where the links of its notices lead.

Made once by the composition root, kept on the `House`, used by `services.notification`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.channels.making import channels_of


@dataclass(frozen=True, slots=True)
class Outward:
    """The channels by name, and the options they were made of."""

    options: ChannelOptions
    channels: Mapping[str, Channel]

    @classmethod
    def of(cls, options: ChannelOptions) -> "Outward":
        """The channels that these options describe; nothing is connected yet."""
        return cls(options, channels_of(options))
