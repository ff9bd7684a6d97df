"""From the results of a run to ``docs/performance.md``: the table of goals, and pictures."""

from __future__ import annotations

import json
import os
import platform
from html import escape
from typing import Any, Final

import psycopg

from benchmarks.common import RESULTS, ROOT, Scale

PAGE: Final = ROOT / "docs" / "performance.md"
PICTURES: Final = ROOT / "docs" / "images"
ORDER: Final = (
    "imports", "lists", "search", "entry", "exports", "history", "rowsecurity", "history_pages", "access", "inbox",
    "clerks",
)  # fmt: skip
TITLES: Final = {
    "imports": "Import",
    "lists": "The list of records",
    "search": "Search",
    "entry": "Entry",
    "exports": "Export",
    "history": "History",
    "rowsecurity": "Row security",
    "history_pages": "Pages and proof of the history",
    "access": "The access log",
    "inbox": "The inbox of the credit centre",
    "clerks": "Fifty clerks at once",
}
_COLOURS: Final = {"ours": "#2563eb", "peer": "#94a3b8", "limit": "#16a34a"}
_BAR, _LEFT, _WIDTH = 16, 330, 860

Results = dict[str, list[dict[str, Any]]]


def about(server: psycopg.Connection, city: str, scale: Scale) -> dict[str, Any]:
    """What was measured on what, for the head of the page. ``city``: address of the database with the records."""
    with psycopg.connect(city) as connection:
        rows: dict[str, int] = dict(
            connection.execute(
                "SELECT relname, reltuples::bigint FROM pg_class WHERE oid IN"
                " ('records_record'::regclass, 'subjects_subject'::regclass)"
            ).fetchall()
        )
    version = server.execute("SHOW server_version").fetchone()
    buffers = server.execute("SHOW shared_buffers").fetchone()
    fsync = server.execute("SHOW fsync").fetchone()
    return {
        "scale": scale.name,
        "records": float(f"{rows['records_record']:.2g}"),
        "subjects": float(f"{rows['subjects_subject']:.2g}"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
        "python": platform.python_version(),
        "postgresql": str(version[0]).split()[0] if version else "",
        "shared_buffers": buffers[0] if buffers else "",
        "fsync": fsync[0] if fsync else "",
    }


def results() -> Results:
    """Lines of the last run by script, in the order of the page."""
    return {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in ORDER
        if (RESULTS / f"{name}.json").exists()
    }


def write(facts: dict[str, Any]) -> None:
    """Write the page and its pictures."""
    found = results()
    lines = [
        "# What it costs",
        "",
        f"One run of `make bench SCALE={facts['scale']}`, {facts['minutes']} minutes: {facts['records']:,.0f} records"
        f" about {facts['subjects']:,.0f} subjects at the end, {facts['cores']} cores (load {facts['load']}),"
        f" PostgreSQL {facts['postgresql']} (shared_buffers {facts['shared_buffers']}, fsync {facts['fsync']}), Python"
        f" {facts['python']}. Each ratio is taken within this run; `benchmarks/README.md` tells how each number is"
        " measured and why the peer is a fair one.",
        "",
        "“Peer” is a small Django project with the same libraries in its best-tuned form, “limit” the bare work of the"
        " database or the page that a line is compared with.",
        "",
    ]
    for name, entries in found.items():
        lines += [f"## {TITLES[name]}", "", f"![{TITLES[name]}](images/bench-{name}.svg)", "", *_table(entries), ""]
        (PICTURES / f"bench-{name}.svg").write_text(_picture(entries))
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


def _table(entries: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| work | ours | peer | limit | ratio | goal | met |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for each in entries:
        numbers = " | ".join(_number(each[column], each["unit"]) for column in ("ours", "peer", "limit"))
        met = "yes" if each["met"] else "**no**"
        row = f"| {each['work']} | {numbers} | {each['ratio']:.2f} | {each['goal']} | {met} |"
        lines.append(row.replace("<", "&lt;"))
    details = {key: value for each in entries for key, value in each["detail"].items()}
    if details:
        shown = "; ".join(f"{key}: {_plain(value)}" for key, value in details.items())
        lines += ["", f"Further: {shown}."]
    return lines


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{_plain(value)} {unit}"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _picture(entries: list[dict[str, Any]]) -> str:
    """Bars, one group for each line; each group has its own scale, for the units differ."""
    parts: list[str] = []
    top = 8
    for each in entries:
        bars = {name: each[name] for name in _COLOURS if each[name] is not None}
        most = max(bars.values()) or 1
        middle = top + len(bars) * _BAR / 2 + 4
        parts.append(f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(each["work"])}</text>')
        for name, value in bars.items():
            width = max(1, (_WIDTH - _LEFT - 150) * value / most)
            parts.append(
                f'<rect x="{_LEFT}" y="{top}" width="{width:.0f}" height="{_BAR - 3}" rx="2" fill="{_COLOURS[name]}"/>'
                f'<text x="{_LEFT + width + 6:.0f}" y="{top + _BAR - 5}" fill="#475569">'
                f"{name} {escape(_number(value, each['unit']))}</text>"
            )
            top += _BAR
        top += 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
        ' font-family="sans-serif" font-size="12" fill="#0f172a">\n'
        f'<rect width="{_WIDTH}" height="{top}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
