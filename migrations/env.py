"""Runs the migrations: one transaction each, with time limits, and never two deployments at once.

Called by Alembic through `hectis database upgrade`. It must not import models: a migration has to
keep its meaning when the models move on.
"""

from alembic import context
from sqlalchemy import create_engine, pool, text

from config.settings import load

LOCK_NUMBER = 4_815_162_342  # any fixed number: the advisory lock all deployments agree on
# Whoever waits for a lock keeps everybody behind it waiting too, so this is also how long a deployment
# may hold up the running service; it is then tried again in a quieter moment.
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "300s"


def run() -> None:
    """Take the advisory lock, set the time limits, run what is asked for."""
    url = context.config.attributes.get("database_url") or load().database_url
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK_NUMBER})"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK_NUMBER})"))
        connection.commit()


run()
