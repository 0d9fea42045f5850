"""docs/workflow.md is what the declaration draws today."""

from pathlib import Path

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render.workflow_doc import workflow_markdown

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"


def test_the_committed_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == workflow_markdown(), "Run `hectis workflow draw` and commit."


def test_the_page_names_every_stage_move_role_and_basis() -> None:
    page = workflow_markdown()
    for name in (
        *(stage.name for stage in DECLARATION.stages),
        *(move.id for move in DECLARATION.transitions),
        *(role.name for role in DECLARATION.roles),
        *(basis.name for basis in DECLARATION.bases),
    ):
        assert name in page


def test_every_table_of_the_page_has_as_many_cells_in_each_row() -> None:
    for part in workflow_markdown().split("\n\n"):
        rows = [line for line in part.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1
