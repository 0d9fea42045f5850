"""`hectis channel`: which ways out are set up, and a test of one.

`hectis_flow.cli` mounts it. It says what happened in plain words, and never repeats an address or a secret.
"""

import re
from typing import Final

import click

from hectis_flow.channels.making import NEEDED
from hectis_flow.commands.house import house
from hectis_flow.services import channels

SAID: Final = {
    "address_malformed": "this is no address of that channel",
    "host_not_allowed": "its host is not among those that the settings name (HECTIS_WEBHOOK_HOSTS, HECTIS_TEAMS_HOSTS)",
    "host_not_https": "it does not begin with https://",
    "host_not_public": "its host stands in a private network, where nothing of ours calls",
    "host_name_unknown": "no name server knows its host",
    "host_timed_out": "the host did not answer in time",
    "host_unreachable": "the host cannot be reached",
    "host_tls_failed": "the host's certificate is not trusted, or it speaks no TLS",
    "smtp_unreachable": "the mail server cannot be reached",
    "smtp_timed_out": "the mail server did not answer in time",
    "smtp_tls_failed": "the mail server offers no STARTTLS, or its certificate is not trusted",
    "smtp_sign_in_refused": "the mail server refuses HECTIS_SMTP_USER or HECTIS_SMTP_PASSWORD",
    "slack_invalid_auth": "Slack does not know the token in HECTIS_SLACK_TOKEN",
    "slack_not_in_channel": "the app is no member of that conversation: invite it",
    "slack_missing_scope": "the app lacks the scope chat:write",
    "slack_channel_not_found": "Slack knows no such member or conversation",
    "whatsapp_190": "WhatsApp does not know the token in HECTIS_WHATSAPP_TOKEN, or it is over",
    "whatsapp_131026": "nobody can be reached on WhatsApp by this number",
    "whatsapp_132001": "WhatsApp has approved no template of the name in HECTIS_WHATSAPP_TEMPLATE in that language",
}


@click.group()
def channel() -> None:
    """See the ways in which notices leave, and test one."""


@channel.command(name="list")
def listing() -> None:
    """Show every channel: offered, or which settings it lacks."""
    for name, lacks in channels.lacking(house()).items():
        click.echo(f"{name:<10}" + ("offered" if not lacks else f"not set up: set {', '.join(lacks)}"))


@channel.command()
@click.argument("name", type=click.Choice(tuple(NEEDED)))
@click.option("--to", "address", required=True, help="An address of that channel.")
@click.pass_context
def test(ctx: click.Context, name: str, address: str) -> None:
    """Send a notice that wants nothing to an address, and say how it went.

    \b
    Examples:
      hectis channel test email --to somebody@department.example
      hectis channel test slack --to U012AB3CD
      hectis channel test sms --to +27821234567

    \b
    Of two carriers of SMS each is tried. Ends with 0 when the other side took it, 1 when not, 2 when the channel is
    not set up.
    """  # noqa: D301 - click wants the character itself
    lacks = channels.lacking(house())[name]
    if lacks:
        click.echo(f"{name} is not set up: set {', '.join(lacks)} (docs/channels.md).", err=True)
        ctx.exit(2)
    receipts = channels.test(house(), name, address)
    for place, receipt in enumerate(receipts, start=1):
        which = f"Carrier {place}: " if len(receipts) > 1 else ""
        if receipt.code == "sent":
            click.echo(f"{which}Sent: the other side took it. Look whether it arrives.")
        else:
            click.echo(f"{which}Not sent: {why(receipt.fault)}.", err=True)
    ctx.exit(0 if all(one.code == "sent" for one in receipts) else 1)


def why(fault: str) -> str:
    """What stood in the way, in words."""
    answered = re.fullmatch(r"(http|smtp)_([0-9]{3})", fault)
    if answered:
        return f"the other side answered {answered.group(2)}"
    return SAID.get(fault, f"refused ({fault})")
