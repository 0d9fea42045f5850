"""`hectis database`: bring the schema up, and say where it stands."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool, text

from config.settings import ROOT, load

MIGRATIONS = ROOT / "migrations"


@click.group()
def database() -> None:
    """Bring the schema up to date, or say where it stands."""


def alembic_config(url: str, folder: Path = MIGRATIONS) -> Config:
    """Alembic's own configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["database_url"] = url
    return config


@database.command()
@click.option(
    "--practice", is_flag=True, help="Mark a new, empty database as one that may hold practice data."
)
@click.option("--to", "target", default="head", show_default=True, help="The migration to stop at.")
def upgrade(*, practice: bool, target: str) -> None:
    """Run every migration that is missing; safe to run twice and from two machines at once."""
    url = load().database_url
    config = alembic_config(url)
    before = current_revision(url)
    command.upgrade(config, target)
    found_deployment(url, practice=practice)
    after = current_revision(url)
    click.echo(f"database: at {after}" + ("" if before == after else f" (was {before or 'empty'})"))


@database.command()
@click.argument("target")
@click.confirmation_option(prompt="This removes tables and what is in them. Go on?")
def downgrade(target: str) -> None:
    """Step back to an earlier migration (for example 0003), dropping what came after it."""
    url = load().database_url
    command.downgrade(alembic_config(url), target)
    click.echo(f"database: at {current_revision(url) or 'empty'}")


@database.command()
def status() -> None:
    """Say which migration the database stands at, and which this release wants."""
    url = load().database_url
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    click.echo(f"database at {current_revision(url) or 'empty'}, this release wants {head}")


def current_revision(url: str) -> str | None:
    """The migration a database stands at; None for an empty one."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def found_deployment(url: str, *, practice: bool) -> None:
    """Say once what kind of database this is; afterwards it can never be changed."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        statement = text("INSERT INTO deployment (practice) VALUES (:practice) ON CONFLICT DO NOTHING")
        connection.execute(statement, {"practice": practice})
        stands = connection.scalar(text("SELECT practice FROM deployment"))
    if practice and not stands:
        raise click.ClickException(
            "this database was created for real work and can never hold practice data. Create another one."
        )
