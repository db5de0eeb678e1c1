"""What installs a node as a service says what the command line takes, and asks the machine for no more than it needs."""

import shlex
from pathlib import Path

from click.testing import CliRunner

from headwater.cli import main

UNIT = Path(__file__).parents[2] / "deploy" / "headwater@.service"


def directives() -> dict[str, str]:
    lines = [line for line in UNIT.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_unit_serves_a_node_with_words_that_the_command_knows() -> None:
    program, *words = shlex.split(directives()["ExecStart"].replace("%i", "uk"))
    assert program.endswith("/headwater")
    shown = CliRunner().invoke(main, [*words[:2], "--help"])
    assert shown.exit_code == 0
    assert all(word in shown.output for word in words if word.startswith("--"))


def test_the_service_may_neither_gain_rights_nor_write_outside_its_own_directory() -> None:
    said = directives()
    assert said["CapabilityBoundingSet"] == ""
    assert (said["NoNewPrivileges"], said["ProtectSystem"], said["ProtectHome"]) == ("yes", "strict", "yes")
    assert said["User"] != "root"
