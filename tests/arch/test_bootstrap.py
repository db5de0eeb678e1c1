"""The first command on a fresh machine: nothing unverified is run, and each failure is one clear line."""

import hashlib
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tools import bootstrap

WHEEL = b"the pinned wheel"
VERSION = "99.1"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose pip pin is our own wheel, without any setting of the machine."""
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    digest = hashlib.sha256(WHEEL).hexdigest()
    (requirements / "pip.txt").write_text(f"pip=={VERSION} \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    (tmp_path / "uv.lock").write_text("lock", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("project", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "TOOLS", tmp_path / ".tools")
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", requirements)
    for name in (
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "PIP_INDEX_URL",
        "SSL_CERT_FILE",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://index.example/simple\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    return tmp_path


def serve(monkeypatch: pytest.MonkeyPatch, page: str, wheel: bytes = WHEEL) -> list[str]:
    """Answer as an index would; the list of what was asked for."""
    asked: list[str] = []

    def fetch(url: str) -> tuple[bytes, str]:
        asked.append(url)
        return (wheel if url.endswith(".whl") else page.encode()), url

    monkeypatch.setattr(bootstrap, "fetch", fetch)
    return asked


def test_pip_is_found_on_the_index_by_its_name(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"pip-{VERSION}-py3-none-any.whl"
    asked = serve(monkeypatch, f'<a href="../../files/{name}#sha256=00">{name}</a>'.replace("#sha256=00", ""))
    assert bootstrap.fetch_pip("https://index.example/simple").read_bytes() == WHEEL
    assert asked == ["https://index.example/simple/pip/", f"https://index.example/files/{name}"]


def test_pip_is_not_fetched_twice(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"pip-{VERSION}-py3-none-any.whl"
    asked = serve(monkeypatch, f'<a href="{name}">x</a>')
    bootstrap.fetch_pip("https://index.example/simple")
    bootstrap.fetch_pip("https://index.example/simple")
    assert len(asked) == 2


def test_a_wheel_with_another_hash_is_not_kept(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, f'<a href="pip-{VERSION}-py3-none-any.whl">x</a>', wheel=b"something else")
    with pytest.raises(bootstrap.BootstrapError, match="not used"):
        bootstrap.fetch_pip("https://index.example/simple")
    assert not list(clone.rglob("*.whl"))


def test_a_wheel_that_was_changed_on_disk_is_fetched_again(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, f'<a href="pip-{VERSION}-py3-none-any.whl">x</a>')
    wheel = bootstrap.fetch_pip("https://index.example/simple")
    wheel.write_bytes(b"changed")
    assert bootstrap.fetch_pip("https://index.example/simple").read_bytes() == WHEEL


def test_an_index_without_the_wheel_is_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, '<a href="pip-1.0-py3-none-any.whl">x</a>')
    with pytest.raises(bootstrap.BootstrapError, match=r"index\.example has no pip-99\.1"):
        bootstrap.fetch_pip("https://user:secret@index.example/simple")


@pytest.mark.parametrize(
    ("variables", "index"),
    [
        ({}, "https://index.example/simple"),
        ({"PIP_INDEX_URL": "https://pip.example/simple"}, "https://pip.example/simple"),
        ({"PIP_INDEX_URL": "https://pip.example/", "UV_DEFAULT_INDEX": "https://uv.example/"}, "https://uv.example/"),
        ({"UV_DEFAULT_INDEX": "ours=https://uv.example/simple"}, "https://uv.example/simple"),
        ({"PIP_INDEX_URL": "https://pypi.org/simple/"}, bootstrap.PYPI),
    ],
)
def test_the_index_comes_from_the_users_own_settings(
    clone: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], index: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert bootstrap.package_index() == index


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (urllib.error.URLError(ssl.SSLCertVerificationError("self-signed")), "SSL_CERT_FILE"),
        (urllib.error.URLError(OSError("no route to host")), "no route to host"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_a_network_fault_is_one_line_without_the_password(
    clone: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise fault

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with pytest.raises(bootstrap.BootstrapError) as caught:
        bootstrap.fetch("https://user:secret@index.example/simple/pip/")
    told = str(caught.value)
    assert words in told
    assert "secret" not in told
    assert "\n" not in told


def test_a_certificate_file_that_is_none_is_named(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(clone / "uv.lock"))
    with pytest.raises(bootstrap.BootstrapError, match=r"uv\.lock is no file of certificates"):
        bootstrap.fetch("https://index.example/simple/pip/")


def test_the_password_of_an_index_goes_into_a_header_and_not_into_the_address(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[urllib.request.Request] = []

    def keep(request: urllib.request.Request, **_options: object) -> None:
        seen.append(request)
        raise urllib.error.HTTPError(request.full_url, 403, "Forbidden", {}, None)  # type: ignore[arg-type]

    monkeypatch.setattr(urllib.request, "urlopen", keep)
    with pytest.raises(bootstrap.BootstrapError, match="403"):
        bootstrap.fetch("https://user:s%40t@index.example/simple/pip/")
    assert seen[0].full_url == "https://index.example/simple/pip/"
    assert seen[0].unredirected_hdrs["Authorization"] == "Basic dXNlcjpzQHQ="


def stamp(clone: Path, mode: str) -> None:
    """Leave behind what a finished run leaves behind."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").touch()
    (clone / ".venv" / f".headwater-{mode}").write_text(bootstrap.state_digest(), encoding="ascii")


@pytest.mark.parametrize(("made_for", "asked"), [("run", "run"), ("dev", "run"), ("dev", "dev"), ("docs", "dev")])
def test_nothing_is_done_when_nothing_changed(
    clone: Path, monkeypatch: pytest.MonkeyPatch, made_for: str, asked: str
) -> None:
    stamp(clone, made_for)
    monkeypatch.setattr(bootstrap, "make_venv", lambda: pytest.fail("made it again"))
    bootstrap.bring(asked)


@pytest.mark.parametrize("changed", ["uv.lock", "pyproject.toml", "requirements/pip.txt"])
def test_a_changed_file_makes_the_environment_anew(clone: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    stamp(clone, "dev")
    (clone / changed).write_text("changed", encoding="utf-8")
    done: list[str] = []
    monkeypatch.setattr(bootstrap, "make_venv", lambda: done.append("venv"))
    monkeypatch.setattr(bootstrap, "install", done.append)
    bootstrap.bring("dev")
    assert done == ["venv", "dev"]


def test_a_run_that_stopped_half_way_leaves_no_stamp(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp(clone, "dev")
    (clone / "uv.lock").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "make_venv", lambda: None)

    def stop(mode: str) -> None:
        raise bootstrap.BootstrapError(mode)

    monkeypatch.setattr(bootstrap, "install", stop)
    with pytest.raises(bootstrap.BootstrapError):
        bootstrap.bring("dev")
    (clone / "uv.lock").write_text("lock", encoding="utf-8")
    assert not bootstrap.is_stamped("dev", bootstrap.state_digest())


def test_an_environment_for_the_demo_does_not_serve_the_tests(clone: Path) -> None:
    stamp(clone, "run")
    assert not any(bootstrap.is_stamped(name, bootstrap.state_digest()) for name in bootstrap.serving("dev"))


def test_an_old_python_is_told_which_one_is_needed(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    assert bootstrap.main(["run"]) == 1
    assert "3.11 or newer" in capsys.readouterr().err
