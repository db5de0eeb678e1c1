"""Settings come from a file, the environment and flags; whatever no node could work with is refused by name."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import Place, SettingsError
from headwater.model.ids import AuthorityId
from headwater.model.map_view import Boundary, MapView, Style
from headwater.settings import FILE_NAME, MOST_DAYS, Settings, load, to_toml


def home(folder: Path, text: str = 'authority = "UK-NCA"\n') -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, text: str = "", env: dict[str, str] | None = None, **flags: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(home(folder, text), env or {}, flags)
    return caught.value


def test_the_file_is_stronger_than_the_default(tmp_path: Path) -> None:
    assert load(home(tmp_path, "min_score = 0.8\n"), {}).settings.min_score == 0.8


def test_the_environment_is_stronger_than_the_file(tmp_path: Path) -> None:
    loaded = load(home(tmp_path, "min_score = 0.8\n"), {"HEADWATER_MIN_SCORE": "0.9"})
    assert loaded.settings.min_score == 0.9


def test_a_flag_is_stronger_than_the_environment(tmp_path: Path) -> None:
    env = {"HEADWATER_LISTEN": "127.0.0.1:2"}
    loaded = load(home(tmp_path, 'listen = "127.0.0.1:1"\n'), env, {"listen": "127.0.0.1:3"})
    assert loaded.settings.listen == "127.0.0.1:3"


def test_a_flag_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    assert load(home(tmp_path, 'listen = "127.0.0.1:1"\n'), {}, {"listen": None}).settings.listen == "127.0.0.1:1"


def test_each_value_names_its_origin_and_its_meaning(tmp_path: Path) -> None:
    env = {"HEADWATER_ZONE": "Europe/London"}
    shown = {one.name: one for one in load(home(tmp_path), env, {"listen": "127.0.0.1:3"}).origins}
    assert shown["authority"].origin == FILE_NAME
    assert shown["zone"].origin == "environment"
    assert shown["listen"].origin == "flag"
    assert shown["name"].origin == "default"
    assert shown["listen"].value == "127.0.0.1:3"
    assert all(one.doc.endswith(".") for one in shown.values())
    assert list(shown) == [one.name for one in dataclasses.fields(Settings)]


@pytest.mark.parametrize("variable", ["HOME", "USER", "PURPOSE", "SHARED", "REQUIRE_SHARED", "TRACEBACK", "BOOTSTRAP"])
def test_a_variable_that_is_no_setting_is_left_alone(tmp_path: Path, variable: str) -> None:
    assert load(home(tmp_path), {f"HEADWATER_{variable}": "x"}).settings == Settings(authority=AuthorityId("UK-NCA"))


def test_variables_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    assert load(home(tmp_path), {"PATH": "x", "LISTEN": "y"}).settings == Settings(authority=AuthorityId("UK-NCA"))


def test_an_unknown_key_of_the_file_is_refused_by_name(tmp_path: Path) -> None:
    assert refused(tmp_path, "colour = 1\n").where == Place(file=FILE_NAME, field="colour")


def test_an_unknown_variable_is_refused_by_name(tmp_path: Path) -> None:
    error = refused(tmp_path, env={"HEADWATER_COLOUR": "1"})
    assert error.where == Place(file="environment", field="colour")


def test_an_unknown_flag_is_refused_by_name(tmp_path: Path) -> None:
    assert refused(tmp_path, colour=1).where == Place(file="flag", field="colour")


@pytest.mark.parametrize(
    "text",
    [
        'message_days = "seven"',
        'message_days = "7"',
        "message_days = 5.7",
        "message_days = true",
        "message_days = [7]",
        "message_days = 2026-11-25",
        "min_score = '0.8'",
        "min_score = nan",
        "busy_wait_s = inf",
        "listen = 8800",
        "name = 5",
        "name = {}",
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_never_rounded(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, text)
    assert error.where == Place(file=FILE_NAME, field=text.partition(" ")[0])
    assert error.what.startswith("not ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MESSAGE_DAYS", "5.7"),
        ("MESSAGE_DAYS", ""),
        ("MIN_SCORE", "high"),
        ("BUSY_WAIT_S", "nan"),
        ("MIN_SCORE", "0,8"),
    ],
)
def test_a_variable_that_cannot_be_read_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    assert refused(tmp_path, env={f"HEADWATER_{variable}": value}).where.file == "environment"


def test_a_whole_number_is_taken_where_a_fraction_may_stand(tmp_path: Path) -> None:
    assert load(home(tmp_path, "busy_wait_s = 3\n"), {}).settings.busy_wait_s == 3.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authority", ""),
        ("authority", "uk-nca"),
        ("authority", "UK"),
        ("zone", "Europe/Atlantis"),
        ("zone", "Europe"),
        ("zone", ""),
        ("zone", "../etc/passwd"),
        ("listen", "8800"),
        ("listen", ":8800"),
        ("listen", "127.0.0.1:"),
        ("listen", "127.0.0.1:0"),
        ("listen", "127.0.0.1:65536"),
        ("listen", "127.0.0.1:-1"),
        ("listen", "127.0.0.1:٣"),
        ("endpoint", "node.example"),
        ("endpoint", "ftp://node.example:1"),
        ("endpoint", "http://node.example"),
        ("endpoint", "http://user@node.example:1"),
        ("endpoint", "http://node.example:1/path"),
        ("endpoint", "http://node.example:port"),
        ("endpoint", "http://[::1:1"),
        ("min_score", 0.0),
        ("min_score", 1.0),
        ("message_days", 0),
        ("message_days", -1),
        ("message_days", MOST_DAYS + 1),
        ("list_stale_days", 0),
        ("busy_wait_s", 0.0),
        ("name", "\ud800"),
        *(
            ("database", text)
            for text in (
                "mysql://host/name",
                "sqlite:///node",
                "host/name",
                "postgresql:/host",
                "xpostgres://host/name",
            )
        ),
        *(
            ("database", f"{scheme}://user:{word}@host/name")
            for scheme in ("postgresql", "postgres")
            for word in ("", "word")
        ),
    ],
)
def test_an_impossible_value_is_refused_by_the_name_of_its_setting(name: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**{name: value})
    assert caught.value.where == Place(field=name)


def test_an_impossible_value_names_where_it_comes_from(tmp_path: Path) -> None:
    error = refused(tmp_path, "min_score = 0.5\n", {"HEADWATER_MIN_SCORE": "1.5"})
    assert error.where == Place(file="environment", field="min_score")


def test_a_folder_without_settings_is_no_node_and_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no node is set up here") as caught:
        load(tmp_path, {})
    assert "headwater node init" in caught.value.fix


@pytest.mark.parametrize("data", [b"authority = ", b"\xff\xfe", b"a = 1\na = 2\n", b"[authority]\nx = 1\n"])
def test_a_file_that_cannot_be_read_as_settings_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    with pytest.raises(SettingsError):
        load(tmp_path, {})


def test_settings_that_are_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})


@pytest.mark.parametrize(
    "name",
    [
        "Plain",
        'He said "halt"',
        "back\\slash",
        "line\nfeed, tab\t, bell\x07, delete\x7f",
        "Ђорђе · Shqipëri · محمد · \U0001f6a2",
        '"""',
        "\u2028 and \u0085",
    ],
)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    settings = Settings(
        authority=AuthorityId("XK-KP"),
        name=name,
        listen="[::1]:8801",
        endpoint="https://node.example:443",
        zone="Europe/Belgrade",
        message_days=9,
        list_stale_days=2,
        min_score=0.123456789,
        busy_wait_s=1.5,
    )
    assert load(home(tmp_path, to_toml(settings)), {}).settings == settings


OTHERWISE: dict[str, Any] = {
    "authority": AuthorityId("XK-KP"), "name": "N", "listen": "127.0.0.1:9", "endpoint": "https://node.example:443",
    "page": "none", "page_url": "https://page.example", "oidc_issuer": "https://id.example/realm", "oidc_client": "c",
    "oidc_secret": "s", "oidc_claim": "upn", "zone": "Europe/Belgrade", "message_days": 9, "list_stale_days": 2, "min_score": 0.123456789,
    "sync_every_s": 61.5, "database": "postgresql://host/name", "busy_wait_s": 1.5, "first_responder": True, "task_h": 1.5,
    "notify_h": 2.5, "vault_days": 400, "plugins": "a,b",
    "map": MapView(
        {
            "RS-XK": Boundary(Style.SOLID, {"en": "A line", "sq": "Vijë"}, {"en": "* A note", "sr-Cyrl": "Напомена"}),
            "EH-MA": Boundary(Style.NONE, {}, {"en": "Another note"}),
        },
        {"XK": {"en": "Kosovo*", "sq": "Kosova"}, "MK": {"en": "North Macedonia"}},
    ),
}  # fmt: skip
"""A value that is not the default for each setting."""


def test_each_setting_that_is_not_its_default_is_written_and_read_back(tmp_path: Path) -> None:
    assert list(OTHERWISE) == [one.name for one in dataclasses.fields(Settings)]
    settings = Settings(**OTHERWISE)
    assert [name for name, value in OTHERWISE.items() if value == getattr(Settings(), name)] == []
    kept = load(home(tmp_path, to_toml(settings)), {}).settings
    assert {name: getattr(kept, name) for name in OTHERWISE} == OTHERWISE


def test_only_what_differs_from_the_defaults_is_written_with_its_meaning() -> None:
    text = to_toml(Settings(authority=AuthorityId("XK-KP")))
    assert "# The authority this node belongs to" in text
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == ['authority = "XK-KP"']


def test_the_endpoint_of_the_card_is_where_the_node_listens_unless_it_is_set() -> None:
    assert Settings(listen="127.0.0.1:9").public_endpoint == "http://127.0.0.1:9"
    assert Settings(endpoint="https://node.example:443").public_endpoint == "https://node.example:443"


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:9", ("127.0.0.1", 9)), ("[::1]:9", ("::1", 9)), ("localhost:1", ("localhost", 1))],
)
def test_the_address_to_listen_on_has_no_brackets(listen: str, address: tuple[str, int]) -> None:
    assert Settings(listen=listen).address == address


def test_the_table_of_the_map_is_read_from_the_file_and_written_back(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[map.boundaries."RS-XK"]\nstyle = "none"\n', encoding="utf-8")
    kept = load(tmp_path, {}).settings
    assert kept.map.boundary("RS-XK").style == "none"
    (tmp_path / FILE_NAME).write_text(to_toml(kept), encoding="utf-8")
    assert load(tmp_path, {}).settings == kept


def test_a_wrong_line_of_the_map_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[map.boundaries."RS-XK"]\nstyle = "wavy"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="style"):
        load(tmp_path, {})
