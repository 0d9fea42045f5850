"""The `hectis` command: collects the commands of `hectis_flow.commands`, one file a noun.

Settings are read when a command needs them, so that `--help` and `hectis send` work anywhere.
"""

import sys

import click
from sqlalchemy.exc import OperationalError

from config.feeds import FeedsFault
from config.keys import KeyFault
from config.settings import SettingsFault
from hectis_flow.commands.audit import audit
from hectis_flow.commands.briefs import briefs
from hectis_flow.commands.case import case
from hectis_flow.commands.committee import committee
from hectis_flow.commands.countdown import countdown
from hectis_flow.commands.database import database
from hectis_flow.commands.escalations import escalations
from hectis_flow.commands.keys import keys
from hectis_flow.commands.ledger import ledger
from hectis_flow.commands.load import load
from hectis_flow.commands.messages import messages
from hectis_flow.commands.policy import policy
from hectis_flow.commands.practice import practice
from hectis_flow.commands.reference import reference
from hectis_flow.commands.road import road
from hectis_flow.commands.send import send
from hectis_flow.commands.staff import staff
from hectis_flow.commands.token import token
from hectis_flow.commands.workflow import workflow
from hectis_flow.domain.errors import HectisError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Hectis Flow: from the hospital record to the court, on one road.

    Commands find a system started with `make run` by its data folder (HECTIS_DATA_DIR, else .data);
    otherwise they need DATABASE_URL, REDIS_URL and keys, as config/example.env says.
    """


for one in (
    audit,
    briefs,
    case,
    countdown,
    committee,
    database,
    escalations,
    keys,
    ledger,
    load,
    messages,
    policy,
    practice,
    reference,
    road,
    send,
    staff,
    token,
    workflow,
):
    cli.add_command(one)


def main() -> None:
    """Run a command; a fault of the settings or the house is a sentence, not a traceback."""
    try:
        cli.main(prog_name="hectis")
    except (SettingsFault, KeyFault, FeedsFault, HectisError) as fault:
        click.echo(f"hectis: {fault}", err=True)
        sys.exit(2)
    except OperationalError as fault:
        said = str(fault.orig).partition("\n")[0]
        click.echo(f"hectis: the database (DATABASE_URL) says: {said}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
