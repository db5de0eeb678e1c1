"""`headwater completion`: shell completion."""

import click


@click.command(epilog='Example: eval "$(headwater completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell; put it into the shell's start file."""
    from click.shell_completion import get_completion_class

    from headwater.cli import main

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    click.echo(kind(main, {}, "headwater", "_HEADWATER_COMPLETE").source())
