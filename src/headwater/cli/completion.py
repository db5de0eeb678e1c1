"""`headwater completion`: shell completion."""

import click

from headwater.cli import options


@click.command(epilog='Example: eval "$(headwater completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@options.as_json
def completion(*, shell: str, as_json: bool) -> None:
    """Print the completion script of a shell; put it into the shell's start file."""
    from click.shell_completion import get_completion_class

    from headwater.cli import door, main

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    script = kind(main, {}, "headwater", "_HEADWATER_COMPLETE").source()
    door.answer({"ok": True, "shell": shell, "script": script}, [script], as_json=as_json)
