"""The `hectis` command: collects the commands of `hectis_flow.commands`, one file a noun.

Settings are read when a command needs them, so that `--help` and `hectis send` work anywhere.
"""

import sys
from importlib import import_module
from typing import Final

import click
from sqlalchemy.exc import OperationalError

from config.feeds import FeedsFault
from config.keys import KeyFault
from config.settings import SettingsFault
from hectis_flow.domain.errors import HectisError

NOUNS: Final = (
    *(
        "audit",
        "balance",
        "briefs",
        "case",
        "channel",
        "committee",
        "countdown",
        "database",
        "digest",
        "escalations",
        "keys",
        "ledger",
        "links",
        "load",
    ),
    *("messages", "policy", "practice", "reference", "road", "send", "staff", "token", "words", "workflow"),
)


class Commands(click.Group):
    """The commands of these nouns, each read when it is asked for: reading all of them takes a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's own signature)
        """Every noun."""
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a noun; None where there is none."""
        if cmd_name not in NOUNS:
            return None
        found: click.Command = getattr(import_module(f"hectis_flow.commands.{cmd_name}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Hectis Flow: from the hospital record to the court, on one road.

    Commands find a system started with `make run` by its data folder (HECTIS_DATA_DIR, else .data);
    otherwise they need DATABASE_URL, REDIS_URL and keys, as config/example.env says.
    """


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
