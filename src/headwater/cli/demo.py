"""`headwater demo`: the exercise."""

import threading
from contextlib import suppress
from pathlib import Path

import click

from headwater.cli import door, options


@click.command(epilog="Example: headwater demo --dir demo --list un:consolidated.xml")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder to play in; kept.")
@click.option("--list", "lists", multiple=True, metavar="FORMAT:FILE", help="A real sanctions list to use as well.")
@click.option("--serve", is_flag=True, help="Keep the nodes up until Ctrl-C.")
@click.option(
    "--plant", metavar="STEP", help="Break a step's room on purpose, to see the exercise notice.", hidden=True
)
@options.as_json
def demo(*, folder: Path | None, lists: tuple[str, ...], serve: bool, plant: str | None, as_json: bool) -> int:
    """Play the exercise: three nodes on this machine, from official files to a sealed case, in about a minute.

    Everything in it is invented. Three authorities run as three processes that talk over real HTTP; each step prints
    what happened and how long it took, and at the end where to look.
    """
    from headwater.exercise import demo as exercise

    def tell(line: str) -> None:
        if serve or not as_json:
            door.say(line, err=True)

    def finish(outcome: exercise.Outcome) -> None:
        """Answer while the nodes are still up; with --serve, keep them up until Ctrl-C."""
        door.answer(outcome.document(), exercise.where_to_look(outcome), as_json=as_json)
        if serve:
            tell("The nodes are up; stop them with Ctrl-C.")
            with suppress(KeyboardInterrupt):
                threading.Event().wait()

    with exercise.prepared(folder, keep=folder is not None or not serve) as made:
        tell(f"headwater exercise in {made}: every person, company and event is invented")
        outcome = exercise.play(made, lists=lists, plant=plant, tell=tell, finish=finish)
    return 0 if outcome.ok else 1
