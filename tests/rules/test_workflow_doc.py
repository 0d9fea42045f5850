"""docs/workflow.md is what the declaration and the newest times draw today."""

import re
from pathlib import Path

from click.testing import CliRunner

from config.policy import read_policy
from hectis_flow.commands.policy import POLICY
from hectis_flow.commands.workflow import workflow
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render.workflow_doc import workflow_markdown

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"
EDITION = read_policy(POLICY).editions[-1]


def part(title: str) -> str:
    """One section of the page, up to the next of its rank."""
    depth = title.partition(" ")[0]
    return re.split(rf"\n#{{1,{len(depth)}}} ", workflow_markdown(EDITION).partition(f"{title}\n")[2])[0]


def rows(title: str) -> dict[str, str]:
    """The rows of a section by the name in their first cell."""
    lines = [line for line in part(title).splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


def test_the_committed_page_is_fresh() -> None:
    drawn = workflow_markdown(EDITION)
    assert PAGE.read_text(encoding="utf-8") == drawn, "Run `hectis workflow draw` and commit."


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    result = CliRunner().invoke(workflow, ["draw", "--to", str(tmp_path / "page.md")])

    assert result.exit_code == 0, result.output
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == workflow_markdown(EDITION)


def test_the_page_names_every_stage_move_role_and_basis() -> None:
    page = workflow_markdown(EDITION)
    for name in (
        *(stage.name for stage in DECLARATION.stages),
        *(move.id for move in DECLARATION.transitions),
        *(role.name for role in DECLARATION.roles),
        *(basis.name for basis in DECLARATION.bases),
    ):
        assert f"`{name}`" in page


def test_each_section_has_a_row_for_each_of_its_own() -> None:
    assert list(rows("## Clocks")) == list(EDITION.clocks)
    assert list(rows("## Ladders")) == list(EDITION.ladders)
    assert list(rows("## What is awaited")) == [one.kind for one in DECLARATION.awaited]
    assert list(rows("## Exits")) == [one.code for one in DECLARATION.exits]
    assert len(rows("## Barriers")) == len(DECLARATION.barriers)
    moves = {move.id for move in DECLARATION.transitions}
    assert rows("## Moves").keys() == moves
    assert rows("## Who may make which move").keys() == moves | {role.name for role in DECLARATION.roles}
    assert set(rows("## Details")) >= {detail.name for detail in DECLARATION.details}


def test_charges_are_listed_in_the_order_in_which_they_speak() -> None:
    named = re.findall(r"\| `([a-z0-9_]+)` \|", part("## Which charge speaks for its case"))

    assert tuple(named) == DECLARATION.charge_stages


def test_the_matrix_says_yes_exactly_where_a_role_is_listed() -> None:
    for phase in DECLARATION.phases:
        lines = part(f"### Who moves: {phase.title}").splitlines()
        table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
        heads = [cell.strip("`") for cell in table[0]]
        for move, *cells in table[2:]:
            said = {role for role, cell in zip(heads[1:], cells, strict=True) if cell == "yes"}
            assert said == set(workflow_rules.transition(move.strip("`")).roles)


def test_every_edge_is_drawn_or_named_under_its_picture() -> None:
    picture = part("## The picture")
    arrows = {
        (move, source, target)
        for source, target, moves in re.findall(r"^    (\S+) --> (\S+): (.+)$", picture, re.MULTILINE)
        for move in moves.split(", ")
    }
    undrawn = set(re.findall(r"^\* `([a-z0-9_]+)`", picture, re.MULTILINE))
    for move, source, target in workflow_rules.edges():
        assert (move, source or "[*]", target) in arrows or move in undrawn


def test_a_move_of_return_and_a_clock_say_all_their_places() -> None:
    assert "back to `on_roll`, `pleaded`, `trial`, `judgment`" in rows("## Moves")["call_again"]
    assert "awaited: `j88`" in rows("## Clocks")["j88_collection"]
    assert "`enrolled`, `on_roll`, `postponed`" in rows("## Clocks")["roll_date"]
    assert "| 4wh; urgent: 1h | 1wd; urgent: 2h |" in rows("## Clocks")["saps_acknowledge"]


def test_links_within_the_page_lead_to_a_heading() -> None:
    page = workflow_markdown(EDITION)
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", page)) <= headings


def test_every_table_of_the_page_has_as_many_cells_in_each_row() -> None:
    for block in workflow_markdown(EDITION).split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1
