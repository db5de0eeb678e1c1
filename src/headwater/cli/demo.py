"""`headwater demo`: the exercise."""

import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli import door, options
from headwater.cli.words import recounted, warned

if TYPE_CHECKING:
    from headwater.exercise import demo as exercise


@click.command(epilog="Example: headwater demo --dir demo --list un:consolidated.xml")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder to play in; kept.")
@click.option("--list", "lists", multiple=True, metavar="FORMAT:FILE", help="A real sanctions list to use as well.")
@click.option("--serve", is_flag=True, help="Keep the nodes up until Ctrl-C, and print the pages of their officers.")
@click.option(
    "--plant", metavar="STEP", help="Break a step's room on purpose, to see the exercise notice.", hidden=True
)
@options.as_json
def demo(*, folder: Path | None, lists: tuple[str, ...], serve: bool, plant: str | None, as_json: bool) -> int:
    """Play the exercise: three nodes on this machine, from official files to a sealed case, in about two minutes.

    Everything in it is invented. Three authorities run as three processes that talk over real HTTP; each step prints
    what happened and how long it took, and at the end where to look.
    """
    from headwater.exercise import demo as exercise

    def tell(line: str) -> None:
        if serve or not as_json:
            door.say(line, err=True)

    def finish(outcome: exercise.Outcome) -> None:
        """Answer while the nodes are still up; with --serve, keep them up until Ctrl-C."""
        pages = _pages(outcome) if serve else []
        document = {**outcome.document(), **({"pages": pages} if serve else {})}
        lines = exercise.where_to_look(outcome, lambda text: recounted(text, sys.stdout))
        door.answer(document, lines, as_json=as_json)
        if serve:
            tell(warned("The pages, each with a link that signs one officer in once, within five minutes:"))
            for page in pages:
                tell(f"  {page['authority']:8} {page['user']:12} {page['url']}")
            command = "headwater user login NAME --home DIR"
            tell(warned("More links: {command}. The nodes are up; stop them with Ctrl-C.", command=command))
            with suppress(KeyboardInterrupt):
                threading.Event().wait()

    with exercise.prepared(folder, keep=folder is not None or not serve) as made:
        tell(warned("headwater exercise in {folder}: every person, company and event is invented", folder=made))
        narrator = exercise.Narrator(tell, lambda text: recounted(text, sys.stderr))
        outcome = exercise.play(made, lists=lists, plant=plant, narrator=narrator, finish=finish)
    return 0 if outcome.ok else 1


def _pages(outcome: "exercise.Outcome") -> list[dict[str, str]]:
    """Return a link for the writer, the supervisor and the auditor of each node that was set up."""
    from headwater.exercise.scenario import USERS
    from headwater.exercise.stage import AUTHORITIES
    from headwater.node import Node, signin

    users = {authority: USERS[key] for key, (authority, _, _) in AUTHORITIES.items()}
    found: list[dict[str, str]] = []
    for each in outcome.nodes:
        with Node.open(Path(each["home"]), {}) as node:
            for name in users[each["authority"]]:
                url = signin.address(node, signin.ticket(node, name))
                page = url.partition("/sign-in")[0]
                found.append({"authority": each["authority"], "user": name, "page": page, "url": url})
    return found
