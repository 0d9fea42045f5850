"""`hectis database`: bring the schema up, and say where it stands."""

import re
from pathlib import Path
from typing import Final

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool, text

from config.settings import ROOT, load

MIGRATIONS = ROOT / "migrations"

ROLE: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
GRANTS: Final = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
)
# Tables whose every row is fixed: a trigger without a condition refuses change and removal to everybody.
FIXED: Final = """
    SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'refuse_change' AND t.tgqual IS NULL AND t.tgtype & 24 = 24 ORDER BY 1
"""


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


@database.command()
@click.argument("role", metavar="ROLE")
def grant(role: str) -> None:
    """Let ROLE run the service, and no more: what is written down for good it may neither change nor remove.

    Run it as the owner of the tables, again after each upgrade; then give the service the address of ROLE. The role
    itself, with its password, is made by whoever runs the server: CREATE ROLE ... LOGIN.
    """
    if not ROLE.fullmatch(role):
        raise click.BadParameter("a role is named with a-z, 0-9 and _ only", param_hint="ROLE")
    fixed = grant_role(load().database_url, role)
    click.echo(
        f"database: {role} may run the service; {len(fixed)} tables it may only add to: {', '.join(fixed)}"
    )


def grant_role(url: str, role: str) -> list[str]:
    """Give a role what the service needs; the tables that it may only read and add to."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        fixed = list(connection.scalars(text(FIXED)))
        for statement in GRANTS:
            connection.execute(text(statement.format(role=role)))
        for table in fixed:
            connection.execute(text(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {role}'))
    return fixed


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
