"""A report as one HTML file without network and script, as Markdown, and as CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.safe_html import markdown_to_html, page, plain
from slmdesk.base.spreadsheet_cells import harmless_in_csv
from slmdesk.base.words import say
from slmdesk.engines.plain import timings_to_plain
from slmdesk.features.compare.fairness import Fairness
from slmdesk.features.compare.report import Report, ReportLane, ReportRow

_CSV_TIMINGS = ("load_s", "prompt_tokens", "prompt_tokens_cached", "output_tokens", "ttft_s", "total_s")
_CSV_TEXTS = ("prompt", "column", "model", "settings", "state", "answer", "thinking", "error")
_CSV_HEADER = (*_CSV_TEXTS, "tokens_per_s", *_CSV_TIMINGS, "vote")


def exporter(path: Path) -> Callable[[Report], str]:
    """The form that the file's ending asks for; raises BadInput for others."""
    forms = {".html": to_html, ".htm": to_html, ".md": to_markdown, ".csv": _to_marked_csv}
    if path.suffix.lower() not in forms:
        raise BadInput(
            say("{name} ends in none of .html, .md and .csv.", name=path.name),
            next_step=say("Give it one of these endings."),
        )
    return forms[path.suffix.lower()]


def to_html(report: Report) -> str:
    """One page, light and dark: answers as formatted text, figures, settings, fairness and vote."""
    parts = [f"<h1>{plain(report.title)}</h1>"]
    if report.created_at is not None:
        parts.append(f'<p class="muted">{_moment(report.created_at)}</p>')
    parts += [_html_row(row) for row in report.rows]
    if report.fairness is not None:
        parts.append(_html_fairness(report.fairness))
    return page(report.title, "\n".join(parts))


def to_markdown(report: Report) -> str:
    """Headings for prompts and columns; the texts as they are."""
    parts = [f"# {_line(report.title)}"]
    if report.created_at is not None:
        parts.append(f"*{_moment(report.created_at)}*")
    for row in report.rows:
        parts += [f"## {say('Prompt')}", row.prompt.strip()]
        for lane in row.lanes:
            parts += _markdown_lane(lane)
        parts.append(f"**{_line(row.vote)}**" if row.vote else "")
    if report.fairness is not None:
        parts += [f"## {say('Fairness')}", report.fairness.words]
        parts.append("\n".join(f"- {each.topic}: {each.explanation}" for each in report.fairness.differences))
    return "\n\n".join(part for part in parts if part) + "\n"


def to_csv(report: Report) -> str:
    """One line an answer. Cells that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_CSV_HEADER)
    for row in report.rows:
        for lane in row.lanes:
            writer.writerow(_csv_cells(row, lane))
    return out.getvalue()


def _to_marked_csv(report: Report) -> str:
    """Excel takes a file for UTF-8 only behind this mark; else it shows other letters than were written."""
    return f"\ufeff{to_csv(report)}"


def _html_row(row: ReportRow) -> str:
    columns = "\n".join(_html_lane(lane) for lane in row.lanes)
    vote = f'<p class="good"><strong>{plain(row.vote)}</strong></p>\n' if row.vote else ""
    return (
        f'<section>\n<h2>{say("Prompt")}</h2>\n<div class="card">{markdown_to_html(row.prompt)}</div>\n'
        f'{vote}<div class="columns">\n{columns}\n</div>\n</section>'
    )


def _html_lane(lane: ReportLane) -> str:
    parts = [f'<article class="card">\n<h3>{plain(lane.name)}</h3>']
    small = " · ".join(part for part in (lane.model_ref, lane.settings) if part)
    parts.append(f'<p class="muted">{plain(small)}</p>' if small else "")
    for message in lane.history:
        who = say("Before, you") if message.role == "user" else say("Before, the answer")
        parts.append(f"<details><summary>{who}</summary>{markdown_to_html(message.text)}</details>")
    if lane.thinking:
        parts.append(
            f"<details><summary>{say('Thinking')}</summary>{markdown_to_html(lane.thinking)}</details>"
        )
    parts.append(markdown_to_html(lane.text))
    parts.append(f'<p class="bad">{plain(lane.error)}</p>' if lane.error else "")
    foot = lane.figures or ("" if lane.state == "done" else say(lane.state))
    parts.append(f'<p class="muted">{plain(foot)}</p>' if foot else "")
    return "\n".join(part for part in parts if part) + "\n</article>"


def _html_fairness(fairness: Fairness) -> str:
    rows = "".join(
        f"<tr><td>{plain(each.topic)}</td><td>{plain(each.words)}</td><td>{plain(each.explanation)}</td></tr>"
        for each in fairness.differences
    )
    heads = (say("What differed"), say("How"), say("Why it matters"))
    head = "".join(f"<th>{plain(each)}</th>" for each in heads)
    table = f"<table><tr>{head}</tr>{rows}</table>"
    return f"<h2>{say('Fairness')}</h2>\n<p>{plain(fairness.words)}</p>\n{table if rows else ''}"


def _markdown_lane(lane: ReportLane) -> list[str]:
    thinking = lane.thinking.strip().splitlines()
    told = [f"> *{message.role}*: {_line(message.text)}" for message in lane.history]
    return [
        f"### {_line(lane.name)}",
        _line(" · ".join(part for part in (lane.model_ref, lane.settings) if part)),
        "\n>\n".join(told),
        "\n".join([f"> *{say('Thinking')}*", ">", *(f"> {line}".rstrip() for line in thinking)])
        if thinking
        else "",
        lane.text.strip(),
        f"> {_line(lane.error)}" if lane.error else "",
        f"*{lane.figures}*" if lane.figures else "",
    ]


def _csv_cells(row: ReportRow, lane: ReportLane) -> Sequence[str]:
    timings = timings_to_plain(lane.timings)
    texts = (row.prompt, lane.name, lane.model_ref, lane.settings, lane.state, lane.text)
    numbers = (lane.timings.output_tokens_per_s, *(timings[name] for name in _CSV_TIMINGS))
    shown = ("" if number is None else f"{number:.6g}" for number in numbers)
    return [
        *map(harmless_in_csv, (*texts, lane.thinking, lane.error)),
        *shown,
        harmless_in_csv(row.vote),
    ]


def _line(text: str) -> str:
    return " ".join(text.split())


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
