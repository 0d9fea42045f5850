"""Makes the channels of a deployment out of its options; called once by the composition root."""

from collections.abc import Mapping
from typing import Final

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.slack import SlackChannel
from hectis_flow.channels.teams import TeamsChannel
from hectis_flow.channels.text_message import HttpSms, TextChannel, WhatsAppCloud
from hectis_flow.channels.webhook import WebhookChannel

#: Every channel there can be, and the settings without which it is not offered.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("HECTIS_SMTP_HOST",),
    "webhook": ("HECTIS_WEBHOOK_SECRET", "HECTIS_WEBHOOK_HOSTS"),
    "slack": ("HECTIS_SLACK_TOKEN",),
    "teams": ("HECTIS_TEAMS_HOSTS",),
    "sms": ("HECTIS_SMS_URL",),
    "whatsapp": ("HECTIS_WHATSAPP_TOKEN", "HECTIS_WHATSAPP_NUMBER_ID"),
}


def channels_of(options: ChannelOptions) -> Mapping[str, Channel]:
    """The channels that are set up, by name; what is missing is not offered to anybody."""
    made: dict[str, Channel] = {}
    if options.smtp_host:
        made["email"] = EmailChannel(options)
    if options.webhook_secrets and options.webhook_hosts:
        made["webhook"] = WebhookChannel(options)
    if options.slack.token:
        made["slack"] = SlackChannel(options)
    if options.teams_hosts:
        made["teams"] = TeamsChannel(options)
    if options.sms:
        made["sms"] = TextChannel([HttpSms(one, private=options.private_hosts) for one in options.sms])
    if options.whatsapp.token and options.whatsapp.number_id:
        made["whatsapp"] = TextChannel([WhatsAppCloud(options)])
    return made
