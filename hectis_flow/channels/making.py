"""Makes the channels of a deployment out of its options; called once by the composition root."""

from collections.abc import Mapping
from dataclasses import replace

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.null import ClosedChannel
from hectis_flow.channels.relayed import RelayedChannel
from hectis_flow.channels.webhook import WebhookChannel


def channels_of(options: ChannelOptions) -> Mapping[str, Channel]:
    """Every channel by its name; one that is not set up turns everything away, aloud."""
    return {
        "email": _email(options) if options.smtp_host else ClosedChannel(),
        "webhook": WebhookChannel(options) if options.webhook_secret else ClosedChannel(),
    }


def _email(options: ChannelOptions) -> Channel:
    """E-mail over one mail server, or over two of which one stands in for the other."""
    first = EmailChannel(options)
    if not options.second_smtp_host:
        return first
    second = replace(
        options,
        smtp_host=options.second_smtp_host,
        smtp_port=options.second_smtp_port,
        smtp_user=options.second_smtp_user,
        smtp_password=options.second_smtp_password,
        smtp_starttls=options.second_smtp_starttls,
    )
    return RelayedChannel({"first": first, "second": EmailChannel(second)})
