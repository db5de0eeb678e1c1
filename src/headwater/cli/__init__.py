"""The command `headwater`: one file per verb, no logic. A verb's file is imported only when the verb is used."""

import sys
from functools import partial
from importlib import import_module
from typing import Any, Final

import click

from headwater import __version__
from headwater.cli import door
from headwater.cli.helping import dressed

__all__ = ["main"]

VERBS: Final = {
    "amend": "Recall or correct what was sent; see who has proved it.",
    "approve": "Approve a message that waits for a second person.",
    "audit": "Check and read the ledger of every look, change, decision and disclosure.",
    "case": "Build, check, seal, export and verify case files.",
    "completion": "Print the shell completion for bash, zsh or fish.",
    "conformance": "Put questions to the node's own rules, one JSON document a line.",
    "consent": "Ask originators before their facts go further, and answer them.",
    "customers": "Keep files of customers and screen them again when a list changes.",
    "demo": "Run the exercise: three nodes, from official files to a sealed case.",
    "figures": "Keep published figures by vintage; judge claims, forecast, find breaks, publish tables.",
    "findings": "List, show and decide what the engines claim.",
    "inbox": "Look at what partners sent, and answer for it.",
    "link": "Find which records of several states speak of one person, firm, vehicle or vessel.",
    "lists": "Make, show and keep sanctions lists.",
    "node": "Set up, serve, check and explain a node.",
    "ofsi": "Draft reports to OFSI from confirmed hits, and the annual frozen-asset review.",
    "partner": "Add, confirm, list, sync, suspend and revoke partners.",
    "prove": "Write a proof from the log that a stranger checks offline.",
    "read": "Read files of an official format into the node.",
    "request": "Ask a partner, with a clock.",
    "safeguard": "Protect people who may be victims.",
    "scan": "Look for what is hidden in vehicles on their X-ray images.",
    "screen": "Screen names against sanctions lists.",
    "send": "Send a message to a partner under an agreement.",
    "taxii": "Load, dump, release and match threat intelligence; TAXII 2.1 users.",
    "trace": "Find and follow illicit money, supplies and routes in tables.",
    "user": "Add, list and disable the users of a node.",
    "watch": "Follow objects from sensors, and call rescue first.",
}


class Verbs(click.Group):
    """A group that knows its verbs by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all verbs."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a verb, None where there is none of the name."""
        if cmd_name not in VERBS:
            return None
        command = getattr(import_module(f"headwater.cli.{cmd_name}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return dressed(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of verbs without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(sorted(VERBS.items()))

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run a verb behind the door that turns every declared error into one line and its exit code."""
        given = args[0] if args else kwargs.get("args")
        words = sys.argv[1:] if given is None else list(given)
        options = words[: words.index("--")] if "--" in words else words
        dressed(self)
        verb = partial(click.Group.main, self, *args, **{**kwargs, "standalone_mode": False})
        return door.run(verb, as_json="--json" in options)


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Try: headwater demo",
)
@click.version_option(__version__, prog_name="headwater", message="%(prog)s %(version)s")
def main() -> None:
    """Let authorities act upstream, together, against organised immigration crime.

    Every partner runs its own node. A node turns official files into records, engines turn records into findings, a
    person decides, and only a decision leaves the house: as a message to a partner or as a case file for a court.

    Every verb takes --json and shows an example with --help. A node's directory is named by --home or HEADWATER_HOME.
    """
