"""Makes the channels of a deployment out of its options; called once by the composition root."""

from collections.abc import Mapping

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.null import ClosedChannel
from hectis_flow.channels.webhook import WebhookChannel


def channels_of(options: ChannelOptions) -> Mapping[str, Channel]:
    """Every channel by its name; one that is not set up turns everything away, aloud."""
    return {
        "email": EmailChannel(options) if options.smtp_host else ClosedChannel(),
        "webhook": WebhookChannel(options) if options.webhook_secret else ClosedChannel(),
    }
