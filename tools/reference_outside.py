"""The reference pages of what stands outside: formats of files, and the HTTP doors; every line is the code's own."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path
from typing import Any

FORMATS_INTRODUCTION = (
    "What headwater reads and writes. A file that is refused is refused with its name, the line and the field; what came before "
    "stays as it was. The limits below hold for every reader."
)
HTTP_INTRODUCTION = (
    "What answers on a socket. Partners' nodes, clients of threat intelligence and tools for screening have a door each, and "
    "people have the page. `headwater node serve` opens the first two and the page, `headwater lists serve` the third. No door "
    "is open to anything that it does not name."
)
PAGE_INTRODUCTION = (
    "Each route with the act that its caller needs ([who may do what](../explain/policy.md)); a route that is not here keeps "
    "the node from starting. The same list as OpenAPI is at `GET /openapi.json`."
)
SENSORS = (
    "points_csv",
    "ais",
    "asterix",
    "cot",
    "klv",
    "sapient",
    "mot",
    "moving_features",
    "udp_capture",
    "eurosur",
)
SCANS = ("scan_tiff", "scan_sidecar", "scan_dicos", "scan_picture")
SHEETS = ("queries_csv", "things_csv", "stakes_csv", "assets_csv", "pairs")
DOORS = {"Partners' nodes": "partner", "Threat intelligence": "taxii", "Screening": "matching"}
_ROLE = re.compile(r"``([^`]+)``")


def formats_page(note: str) -> str:
    """The page of all formats."""
    from headwater.formats import figures, registry, table_sources

    parts = [f"# Formats\n\n{note}\n\n{FORMATS_INTRODUCTION}", *_limits()]
    named = {made.name: made for made in registry.sources().values() if not made.package}
    rows = [
        (f"`{name}`", made.title, _names(made.aliases), "a whole edition" if name in registry.LISTS else "")
        for name, made in named.items()
    ]
    parts += [
        "## Records",
        "`headwater read NAME FILE`:",
        _table(("name", "what it is", "also", "each file is"), rows),
    ]
    out = {made.name: made for made in registry.releases().values() if not made.package}
    parts += ["## Releases", _table(("name", "what it is"), [(f"`{name}`", made.title) for name, made in out.items()])]
    parts += [
        "## Bulk tables",
        "Times in UTC, amounts in the currency as given; what is kept is Parquet beside its record.",
    ]
    titles = [(f"`{name}`", title) for name, title in table_sources.names().items()]
    parts += [_table(("name", "what it is"), titles), *_columns()]
    parts += ["## Figures", *(_section(name.replace("-", "_"), name) for name in figures.FORMATS)]
    parts += ["## Sensors", *(_section(module, module) for module in SENSORS)]
    parts += ["## Scans", *(_section(module, module) for module in SCANS)]
    parts += ["## Sheets of the sanctions desk and the analyst", *(_section(module, module) for module in SHEETS)]
    return "\n\n".join(parts) + "\n"


def http_page(note: str) -> str:
    """The page of all doors: what each takes and answers, and who is let in."""
    from headwater.web import authz, matching, partner
    from headwater.web.authz import Door

    parts = [f"# HTTP\n\n{note}\n\n{HTTP_INTRODUCTION}"]
    for title, module in DOORS.items():
        parts += [f"## {title}", _told(f"headwater.web.{module}")]
        statuses = {"partner": partner.STATUS, "matching": matching.STATUS}.get(module)
        if statuses is not None:
            rows = [(f"`{kind.code}`", str(number)) for kind, number in statuses]
            parts += ["The first line that an error belongs to tells the status:", _table(("error", "status"), rows)]
    parts += ["## The page", PAGE_INTRODUCTION]
    rows = [
        (f"`{method} {path}`", needs.value if isinstance(needs, Door) else f"`{needs.value}`")
        for (method, path), needs in sorted(authz.TABLE.items(), key=lambda line: (line[0][1], line[0][0]))
    ]
    return "\n\n".join([*parts, _table(("route", "needs"), rows)]) + "\n"


def _limits() -> list[str]:
    """What every reader refuses to go beyond: the constants of `formats.safe` with what stands below them."""
    from headwater.formats import safe

    rows = []
    body = ast.parse(Path(str(safe.__file__)).read_text(encoding="utf-8")).body
    for line, said in pairwise(body):
        match line, said:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))) if (
                "MAX" in name
            ):
                rows.append((f"`{name}`", f"{getattr(safe, name):,}", cleandoc(text).replace("\n", " ")))
    return ["## Limits", _table(("limit", "most", "of what"), rows)]


def _columns() -> Iterator[str]:
    from headwater.model.tables import TABLES

    for table in TABLES.values():
        yield f"### `{table.name}`"
        yield f"A row is {table.title}." + (f" No two have the same `{table.key}`." if table.key else "")
        rows = [
            (f"`{column.heading}`", column.kind.value, "yes" if column.required else "", column.meaning)
            for column in table.columns
        ]
        yield _table(("column", "holds", "needed", "meaning"), rows)


def _section(module: str, name: str) -> str:
    return f"### `{name}`\n\n{_told(f'headwater.formats.{module}')}"


def _told(module: str) -> str:
    """What a module says of itself, as Markdown; its code is not run."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        sys.exit(f"reference: there is no module {module}")
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    parts = []
    for part in text.split("\n\n"):
        if part.startswith("    "):
            parts.append(f"```text\n{cleandoc(part)}\n```")
        elif part.strip() != "::":
            parts.append(_ROLE.sub(r"`\1`", part))
    return "\n\n".join(parts)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
