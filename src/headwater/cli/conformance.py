"""`headwater conformance`: the node's own rules, answered one document a line."""

import sys
from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options

TOPICS = ["deadlines", "envelope", "merkle", "policy", "stix"]


@click.command(epilog="Example: headwater conformance policy questions.jsonl > answers.jsonl")
@click.argument("topic", type=click.Choice(TOPICS))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@options.as_json
def conformance(*, topic: str, file: Path, as_json: bool) -> None:
    """Answer questions from FILE (JSON lines, each with an id) on a TOPIC, one line each, with the node's own functions.

    With --json, all answers stand in one document. Any nation's software can be compared with it. policy: {op, now, agreements, message, held} to {outcome, rule,
    removed, obligations}. merkle: {kind, …proof} to {valid}. deadlines: {received_at, zone, urgency, access, pauses: [[from, to]]} to {alarm_50, alarm_80, due_at}. envelope: {envelope, keys, me, peer, now} to {result, body}. stix: {text} to {result: ok, hold or an error's code}.
    """
    import orjson

    from headwater.errors import FormatError, InputError
    from headwater.formats.safe import parse_json_lines
    from headwater.node import conformance as node_conformance

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(file)) from error
    answers: list[dict[str, Any]] = []
    for number, question in parse_json_lines(data, file=str(file)):
        if isinstance(question, InputError):
            raise question
        try:
            answer = node_conformance.answer(topic, question)
        except InputError as error:
            raise error.located(file=str(file), line=number) from error
        if as_json:
            answers.append(answer)
        else:
            door.say(orjson.dumps(answer).decode())
    if as_json:
        door.answer({"ok": True, "topic": topic, "answers": answers}, [], as_json=True)
