"""What installs a node as a service says what the command line takes, and asks the machine for no more than it needs."""

import json
import shlex
from pathlib import Path

import yaml
from click.testing import CliRunner

from headwater.cli import main

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "headwater@.service"
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"


def directives() -> dict[str, str]:
    lines = [line for line in UNIT.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def assert_known(words: list[str]) -> None:
    shown = CliRunner().invoke(main, [*words[:2], "--help"])
    assert shown.exit_code == 0
    assert all(word in shown.output for word in words if word.startswith("--"))


def instructions() -> list[tuple[str, str]]:
    text = CONTAINERFILE.read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_unit_serves_a_node_with_words_that_the_command_knows() -> None:
    program, *words = shlex.split(directives()["ExecStart"].replace("%i", "uk"))
    assert program.endswith("/headwater")
    assert_known(words)


def test_the_service_may_neither_gain_rights_nor_write_outside_its_own_directory() -> None:
    said = directives()
    assert said["CapabilityBoundingSet"] == ""
    assert (said["NoNewPrivileges"], said["ProtectSystem"], said["ProtectHome"]) == ("yes", "strict", "yes")
    assert said["User"] != "root"


def test_the_image_serves_a_node_as_a_user_without_rights_from_what_the_lock_names() -> None:
    said = dict(instructions())
    assert json.loads(said["ENTRYPOINT"]) == ["headwater"]
    assert_known(json.loads(said["CMD"]))
    assert said["USER"] == "headwater"
    runs = [text for word, text in instructions() if word == "RUN" and "pip install" in text]
    assert all("--require-hashes" in text or "--no-deps --no-build-isolation" in text for text in runs)
    copied = [source for word, text in instructions() if word == "COPY" and "--from" not in text
              for source in text.split()[:-1]]  # fmt: skip
    assert all((ROOT / source).exists() for source in copied)


def test_what_the_compose_file_says_to_run_is_what_the_command_takes() -> None:
    said = yaml.safe_load(COMPOSE.read_text("utf-8"))
    services = said["services"]
    assert (ROOT / services["node"]["build"]["dockerfile"]).samefile(CONTAINERFILE)
    assert services["node"]["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in services["node"]["ports"])
    comment = "".join(
        line.removeprefix("#") for line in COMPOSE.read_text("utf-8").splitlines(keepends=True) if line.startswith("#")
    ).replace("\\\n", " ")
    (init,) = [line for line in comment.splitlines() if "node init" in line]
    assert_known(shlex.split(init.partition("run --rm node ")[2]))
