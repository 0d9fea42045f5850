"""`hectis workflow`: draw the declaration into docs/workflow.md."""

from pathlib import Path

import click

from config.policy import read_policy
from config.settings import ROOT
from hectis_flow.commands.policy import POLICY
from hectis_flow.render.workflow_doc import workflow_markdown

DOCUMENT = ROOT / "docs" / "workflow.md"


@click.group()
def workflow() -> None:
    """Draw the road that a case walks."""


@workflow.command()
@click.option(
    "--to", "path", type=click.Path(path_type=Path), default=DOCUMENT, show_default="docs/workflow.md"
)
def draw(path: Path) -> None:
    """Write the diagram and the tables from the declaration (a test fails when they are stale).

    The times are those of the newest edition of config/policy.toml.
    """
    path.write_text(workflow_markdown(read_policy(POLICY).editions[-1]), encoding="utf-8")
    click.echo(f"wrote {path}")
