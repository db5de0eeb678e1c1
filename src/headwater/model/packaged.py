"""Files that lie in a package: as text in the source, for people to read, and pressed in a wheel (tools/catalogues.py)."""


def packaged(package: str, *path: str) -> bytes:
    """Return a file of a package, whether it is pressed or not.

    Args:
        package: dotted name.
        path: folders below it and the file's name, without the ending that a pressed one has.
    """
    from gzip import decompress  # neither is needed by a command that reads nothing
    from importlib.resources import files

    *folders, name = path
    folder = files(package).joinpath(*folders)
    plain = folder / name
    return plain.read_bytes() if plain.is_file() else decompress((folder / f"{name}.gz").read_bytes())
