"""Makes the channels of a deployment out of its options, and says what each lacks; called by the composition root.

`services.channels` asks what is lacking, for whoever sets a deployment up.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from hectis_flow.channels.base import Channel, ChannelOptions
from hectis_flow.channels.email import EmailChannel
from hectis_flow.channels.relayed import RelayedChannel
from hectis_flow.channels.slack import SlackChannel
from hectis_flow.channels.teams import TeamsChannel
from hectis_flow.channels.text_message import HttpSms, TextChannel, WhatsAppCloud
from hectis_flow.channels.webhook import WebhookChannel

#: Every channel there can be, and the settings without which it is not offered.
NEEDED: Final[Mapping[str, Mapping[str, Callable[[ChannelOptions], object]]]] = {
    "email": {"HECTIS_SMTP_HOST": lambda options: options.smtp_host},
    "webhook": {
        "HECTIS_WEBHOOK_SECRET": lambda options: options.webhook_secrets,
        "HECTIS_WEBHOOK_HOSTS": lambda options: options.webhook_hosts,
    },
    "slack": {"HECTIS_SLACK_TOKEN": lambda options: options.slack.token},
    "teams": {"HECTIS_TEAMS_HOSTS": lambda options: options.teams_hosts},
    "sms": {"HECTIS_SMS_URL": lambda options: options.sms},
    "whatsapp": {
        "HECTIS_WHATSAPP_TOKEN": lambda options: options.whatsapp.token,
        "HECTIS_WHATSAPP_NUMBER_ID": lambda options: options.whatsapp.number_id,
    },
}
#: Two providers of one channel, in the order of preference.
RELAYS: Final = ("first", "second")


def missing(options: ChannelOptions) -> Mapping[str, tuple[str, ...]]:
    """Of every channel the settings that it lacks; one that lacks nothing is offered."""
    return {
        name: tuple(setting for setting, value in needed.items() if not value(options))
        for name, needed in NEEDED.items()
    }


def channels_of(options: ChannelOptions) -> Mapping[str, Channel]:
    """The channels that are set up, by name; what is missing is offered to nobody."""
    return {name: MAKERS[name](options) for name, lacking in missing(options).items() if not lacking}


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
    return RelayedChannel(dict(zip(RELAYS, (first, EmailChannel(second)), strict=True)))


def _sms(options: ChannelOptions) -> Channel:
    carriers = [TextChannel(HttpSms(one, private=options.private_hosts)) for one in options.sms]
    return RelayedChannel(dict(zip(RELAYS, carriers, strict=False))) if len(carriers) > 1 else carriers[0]


def _whatsapp(options: ChannelOptions) -> Channel:
    return TextChannel(WhatsAppCloud(options))


MAKERS: Final[Mapping[str, Callable[[ChannelOptions], Channel]]] = {
    "email": _email,
    "webhook": WebhookChannel,
    "slack": SlackChannel,
    "teams": TeamsChannel,
    "sms": _sms,
    "whatsapp": _whatsapp,
}
