"""One run over one file: read, judge, match and, if it is to be kept, load. All in one transaction."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

import polars as pl
from django.db import transaction
from django.utils import timezone

from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_spec, item_specs
from apps.core.ahead import read_ahead
from apps.core.sheets import Limits, Source
from apps.departments.models import Department, User
from apps.records.entry import authority_codes

from ..models import Batch
from ..progress import CHECKING, LOADING, MATCHING, READING, Progress
from . import load, match, preview, same, stage
from .findings import Findings
from .people import People
from .proposals import Proposals
from .read import Table, open_table
from .staging import Stager
from .validate import Judged, accepted_codes, fill_defaults, judge


@dataclass
class Report:
    """What a run found. ``errors`` is a frame of ``findings.SCHEMA``; ``kept`` tells whether anything was stored."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    subjects_created: int = 0
    seconds: float = 0.0
    edition: str = ""
    kept: bool = False
    errors: pl.DataFrame = field(default_factory=pl.DataFrame)
    preview_headers: list[str] = field(default_factory=list)
    preview_rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """Whose file of which item; ``batch`` is None for a dry run from the command line."""

    item: InformationItem
    department: Department
    author: User
    batch: Batch | None = None
    limits: Limits | None = None


def run(job: Job, source: Source, *, keep: bool, partial: bool, progress: Progress | None = None) -> Report:
    """Do it. Rows are read, judged and staged piece by piece, so that memory stays flat.

    With ``keep`` false nothing but the report remains; so it does when a row is wrong and not ``partial``. The checks
    of a run that is kept and of one that is not are the same statements over the same staged rows; a run that is not
    kept ends before the inserts, so that it leaves no dead rows in the great tables. Raises FileRefused.
    """
    started = time.monotonic()
    progress = progress or Progress()
    spec = item_spec(job.item)
    progress.phase(READING)
    with open_table(source, spec, others=_other_specs(job.item), limits=job.limits) as table, transaction.atomic():
        mark = transaction.savepoint()
        report = _staged_run(job, spec, table, keep=keep, partial=partial, progress=progress)
        if report.kept:
            transaction.savepoint_commit(mark)
        else:
            transaction.savepoint_rollback(mark)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _other_specs(item: InformationItem) -> Sequence[ItemSpec]:
    others = InformationItem.objects.filter(state=InformationItem.State.ACTIVE).exclude(pk=item.pk)
    return list(item_specs(others).values())


def _staged_run(job: Job, spec: ItemSpec, table: Table, *, keep: bool, partial: bool, progress: Progress) -> Report:
    today = timezone.localdate()
    # A worker that was killed must not leave its statement running in the server.
    stage.execute("SET LOCAL client_connection_check_interval = '2s'")
    stage.create()
    findings = Findings(spec, table.headers)
    report = Report(edition=table.match.edition.name)
    _judge_all(job, spec, table, findings, report, today, progress)
    progress.phase(MATCHING, report.rows)
    stage.analyse()
    if keep:
        match.hold_subjects()
    else:
        match.find_subjects()
    fields = {role: each.code for role, each in spec.by_role.items()}
    match.judge_subjects(findings, fields, job.item.subject_kinds)
    number_field = fields.get("document_number", "")
    match.judge_duplicates(
        findings, item=job.item.pk, department=job.department.pk, number_field=number_field, compare=same.CONDITION
    )
    same.settle_confidential()
    match.settle(findings, number_field=number_field)
    report.accepted, report.duplicates = match.counts()
    report.rejected = findings.rows_wrong()
    report.errors = findings.frame()
    report.kept = keep and bool(partial or not report.rejected)
    if not report.kept:
        report.subjects_created = load.count_new_subjects()
        return report
    progress.phase(LOADING, report.accepted)
    load.insert_keys(job.batch)
    report.subjects_created = load.insert_subjects(job.batch)
    load.insert_records(
        job.batch, item=job.item, department=job.department, author=job.author, today=today, progress=progress
    )
    return report


def _judge_all(
    job: Job,
    spec: ItemSpec,
    table: Table,
    findings: Findings,
    report: Report,
    today: datetime.date,
    progress: Progress,
) -> None:
    def judged(raw: pl.DataFrame, accepted: frozenset[str] = frozenset()) -> tuple[Judged, Findings]:
        found = Findings(spec, table.headers)
        piece = fill_defaults(
            raw,
            spec,
            table.match.edition,
            department_name=job.department.name,
            department_uscc=job.department.uscc or "",
        )
        return judge(piece, spec, today, found, accepted_codes=accepted), found

    stager = Stager(job.item, spec, job.department, authority_codes(job.department), People(spec))
    proposals = Proposals(spec)
    progress.phase(CHECKING, table.lines)
    # While the database stages a piece, the next one is read and judged.
    with closing(read_ahead((raw, *judged(raw)) for raw in table.pieces())) as pieces:
        for raw, rows, found in pieces:
            report.rows += len(raw)
            if accepted := accepted_codes(spec, raw):
                rows, found = judged(raw, accepted)
            findings.take(found)
            stager.stage(rows, findings)
            proposals.add(findings, raw)
            findings.end_piece()
            if len(report.preview_rows) < preview.ROWS:
                report.preview_headers, shown = preview.lines(spec, rows, preview.ROWS - len(report.preview_rows))
                report.preview_rows += shown
            progress.done(report.rows)
