"""How a run goes, for people: the summary files in the run folder and the artifacts on Prefect's page."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from protfold.runs.report import write_run_page
from protfold.runs.summary import RunSummary, TargetRow, read_rows, write_rows
from protfold.runs.targets import RejectedTarget, Target

MARKUP = {ord(character): f"&#{ord(character)};" for character in "&\\`*_{}[]<>|#"}


class Scoreboard:
    """Rows as targets end; in the order of the input wherever they are shown."""

    def __init__(self, targets: Sequence[Target | RejectedTarget], output: Path) -> None:
        self.output, self.earlier = output, read_rows(output)
        self.order = [target.folder for target in targets]
        self.rows: dict[str, TargetRow] = {}
        progress = create_progress_artifact(progress=0.0, key="fold-progress", description=f"targets of {output}")
        assert isinstance(progress, UUID)  # a coroutine only when called from one
        self.progress = progress

    def enter(self, row: TargetRow) -> None:
        """Takes the row of a target that has ended, and shows it."""
        self.rows[row.folder] = row
        write_rows(self.output, self.summary.rows, self.earlier)
        update_progress_artifact(self.progress, progress=100.0 * len(self.rows) / len(self.order))

    @property
    def summary(self) -> RunSummary:
        """Of the targets that have ended."""
        return RunSummary(rows=tuple(self.rows[folder] for folder in self.order if folder in self.rows), output=self.output)

    def close(self) -> RunSummary:
        """Leaves the run's page, the table of targets, a text, and links to the page and the folder; returns the summary."""
        summary, page = self.summary, write_run_page(self.output)
        columns = (
            "target",
            "status",
            "length",
            "msa_depth",
            "mean_plddt",
            "ptm",
            "predict_seconds",
            "relax_seconds",
            "peak_memory_mib",
            "reason",
        )
        table = [{column: getattr(row, column) for column in columns} for row in summary.rows]
        create_table_artifact(table=table, key="fold-targets", description=f"targets of {self.output}")
        create_markdown_artifact(markdown=report(summary), key="fold-report")
        create_link_artifact(link=page.resolve().as_uri(), link_text=f"report of {self.output}", key="fold-page")
        create_link_artifact(link=self.output.resolve().as_uri(), link_text=str(self.output), key="fold-folder")
        return summary


def report(summary: RunSummary) -> str:
    """The run in Markdown."""
    counts = {status: sum(row.status == status for row in summary.rows) for status in ("done", "skipped", "failed")}
    lines = [
        f"# {counts['done']} folded, {counts['skipped']} complete already, {counts['failed']} failed",
        "",
        f"Results are in `{summary.output}`.",
    ]
    if problems := (*summary.failed, *summary.unrelaxed):
        lines += ["", "| target | reason |", "|---|---|"]
        lines += [f"| {_cell(row.target)} | {_cell(row.reason)} |" for row in problems]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot leave its table cell or become markup."""
    return "".join(character if character.isprintable() else " " for character in text).translate(MARKUP)
