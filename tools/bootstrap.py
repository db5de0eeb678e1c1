"""Make the working environment, `.venv`, from nothing but Python and the network.

    python3 tools/bootstrap.py run|dev|docs|tools

`run` is what `headwater demo` needs, `dev` adds what the tests and the linters need, `docs` adds the site builder;
`tools` only fetches uv, for `make lock`.
Standard library only. A Debian Python has neither pip nor ensurepip, so this fetches one pip wheel by hash, runs it as
a zip file to install the pinned uv, and lets uv install what uv.lock says. Where uv has no binary for the machine, the
same pip installs the same versions from the hashed files in requirements/. When nothing has changed it does nothing,
in about a tenth of a second.

Settings it honours: UV_DEFAULT_INDEX, PIP_INDEX_URL and pip's own configuration files for the package index;
SSL_CERT_FILE and PIP_CERT for a certificate authority of your own; HEADWATER_BOOTSTRAP=pip to do without uv.
"""

from __future__ import annotations

import base64
import compileall
import configparser
import hashlib
import html.parser
import os
import platform
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
REQUIREMENTS = ROOT / "requirements"
PYPI = "https://pypi.org/simple"
OLDEST_PYTHON = (3, 11)

# Each mode holds the ones before it, so an environment made for a later one serves the earlier ones too.
MODES = {
    "run": ["--group", "build"],
    "dev": ["--group", "dev"],
    "docs": ["--group", "dev", "--group", "docs"],
}


class BootstrapError(Exception):
    """What went wrong and what to do, in one line."""


def main(arguments: list[str]) -> int:
    """Bring `.venv` to the asked mode, or say in one line why not."""
    if len(arguments) != 1 or arguments[0] not in (*MODES, "tools"):
        print("usage: python3 tools/bootstrap.py " + "|".join((*MODES, "tools")), file=sys.stderr)
        return 2
    try:
        refuse_old_python()
        if arguments[0] == "tools":
            bring_tools()
        else:
            bring(arguments[0])
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bootstrap: interrupted; run it again and it goes on", file=sys.stderr)
        return 130
    return 0


def refuse_old_python() -> None:
    """Say which Python is needed, before anything fails for want of it."""
    if sys.version_info < OLDEST_PYTHON:
        raise BootstrapError(
            f"headwater needs Python 3.11 or newer and this is {platform.python_version()}; "
            "name a newer one, for example: make PYTHON=python3.12 demo"
        )


def bring(mode: str) -> None:
    """Make and fill `.venv`, unless it already holds what the lock file says."""
    digest = state_digest()
    if any(is_stamped(name, digest) for name in serving(mode)):
        compile_source()
        return
    began = time.monotonic()
    for stamp in VENV.glob(".headwater-*"):
        stamp.unlink()  # what follows may stop half way
    make_venv()
    install(mode)
    compile_source()
    (VENV / f".headwater-{mode}").write_text(digest, encoding="ascii")
    say(f"done in {time.monotonic() - began:.0f} s")


def compile_source() -> None:
    """Compile what has changed of headwater's own source, as an installed wheel is compiled.

    Where Python writes no bytecode of its own (PYTHONDONTWRITEBYTECODE), each command would take twice its time.
    """
    compileall.compile_dir(ROOT / "src", quiet=2)


def bring_tools() -> None:
    """Make `.venv` and fetch uv, and leave what is installed as it is."""
    make_venv()
    index = package_index()
    if install_uv(fetch_pip(index), tool_environment(index)) is None:
        raise BootstrapError("the lock file can only be renewed on a machine that uv runs on")


def serving(mode: str) -> list[str]:
    """The modes whose environment holds what `mode` needs."""
    names = list(MODES)
    return names[names.index(mode) :]


def is_stamped(mode: str, digest: str) -> bool:
    """Whether `.venv` was last filled for this mode, from these very files."""
    try:
        return (VENV / f".headwater-{mode}").read_text(encoding="ascii") == digest and PYTHON.exists()
    except OSError:
        return False


def state_digest() -> str:
    """A hash over all that decides what `.venv` holds: lock, metadata, this file, the interpreter, the place."""
    digest = hashlib.sha256(f"{sys.version}\0{sys.executable}\0{ROOT}".encode())
    for path in [ROOT / "uv.lock", ROOT / "pyproject.toml", Path(__file__), *sorted(REQUIREMENTS.glob("*.txt"))]:
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise BootstrapError(f"cannot read {path.name}: {error.strerror}; the clone is not complete") from error
    return digest.hexdigest()


def make_venv() -> None:
    """Make `.venv` without pip; keep the one that is there when it runs the same Python."""
    probe = "import sys; print(sys.version)"
    if PYTHON.exists():
        found = subprocess.run([str(PYTHON), "-c", probe], capture_output=True, text=True, check=False)
        if found.returncode == 0 and found.stdout.strip() == sys.version.strip():
            return
    say(f"making .venv with Python {platform.python_version()}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise BootstrapError(
            f"python3 -m venv failed ({last_line(made.stderr or made.stdout)}); "
            "on Debian and Ubuntu: apt-get install python3-venv"
        )


def install(mode: str) -> None:
    """Install what the lock file says, with uv if this machine can have it, with pip if not."""
    index = package_index()
    environment = tool_environment(index)
    pip = fetch_pip(index)
    uv = None if os.environ.get("HEADWATER_BOOTSTRAP") == "pip" else install_uv(pip, environment)
    locked = REQUIREMENTS / ("all.txt" if mode == "run" else "dev.txt")
    if uv is None:
        if mode == "docs":
            raise BootstrapError("the docs are built with uv, which this machine cannot have; read them in docs/")
        say(f"installing from requirements/{locked.name} with pip")
        install_with([str(PYTHON), str(pip / "pip"), "install"], locked, ["--only-binary", ":all:"], environment)
    elif index == PYPI:
        say("installing what uv.lock says")
        sync = [str(uv), "sync", "--locked", "--inexact", "--no-build-isolation-package", "headwater"]
        run([*sync, "--no-default-groups", *MODES[mode], "--extra", "all"], environment)
    else:
        # uv.lock holds PyPI's own addresses. The same hashes can come from your index by way of the exported file.
        if mode == "docs":
            raise BootstrapError("the docs are built from PyPI only; unset the package index and try again")
        say(f"installing from requirements/{locked.name}, from {host(index)}")
        install_with([str(uv), "pip", "install", "--python", str(PYTHON)], locked, [], environment)


def install_with(command: list[str], locked: Path, options: list[str], environment: dict[str, str]) -> None:
    """Install a hashed requirements file, then headwater itself with the build backend that it brought."""
    run([*command, "--require-hashes", *options, "-r", str(locked)], environment)
    run([*command, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], environment)


def install_uv(pip: Path, environment: dict[str, str]) -> Path | None:
    """The pinned uv, installed beside the environment; None where there is no binary for this machine."""
    version, _ = pin("uv")
    home = TOOLS / f"uv-{version}"
    uv = home / "bin" / "uv"
    if not uv.exists():
        say(f"installing uv {version}")
        command = [str(PYTHON), str(pip / "pip"), "install", "--quiet", "--target", str(home), "--upgrade"]
        command += ["--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(REQUIREMENTS / "uv.txt")]
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            say(f"no uv for this machine ({last_line(made.stderr)}); going on with pip")
            return None
    works = subprocess.run([str(uv), "--version"], env=environment, capture_output=True, text=True, check=False)
    if works.returncode != 0:
        say(f"uv does not run on this machine ({last_line(works.stderr)}); going on with pip")
        return None
    return uv


def fetch_pip(index: str) -> Path:
    """The pinned pip wheel, found on the index by its name and checked by its hash."""
    version, hashes = pin("pip")
    name = f"pip-{version}-py3-none-any.whl"
    wheel = TOOLS / name
    if wheel.exists() and hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes:
        return wheel
    say(f"fetching {name} from {host(index)}")
    page = f"{index.rstrip('/')}/pip/"
    body, page = fetch(page)
    links = Links()
    links.feed(body.decode("utf-8", errors="replace"))
    found = [link for link in links.links if urllib.parse.urlsplit(link).path.rsplit("/", 1)[-1] == name]
    if not found:
        raise BootstrapError(f"{host(index)} has no {name}; use an index that mirrors PyPI (PIP_INDEX_URL)")
    content, _ = fetch(urllib.parse.urljoin(page, found[0]))
    if hashlib.sha256(content).hexdigest() not in hashes:
        raise BootstrapError(f"{name} from {host(index)} is not the file that requirements/pip.txt names: not used")
    TOOLS.mkdir(exist_ok=True)
    part = wheel.with_suffix(f".part{os.getpid()}")
    part.write_bytes(content)
    part.replace(wheel)
    return wheel


class Links(html.parser.HTMLParser):
    """Collects the addresses on a page of a package index."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of each link."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def fetch(url: str) -> tuple[bytes, str]:
    """The bytes at a URL, and the URL they came from in the end; a network fault is tried three times."""
    split = urllib.parse.urlsplit(url)
    if split.scheme not in ("http", "https", "file"):
        raise BootstrapError(f"the package index is no web address: {split.scheme or 'no scheme'}")
    request = urllib.request.Request(
        url.replace(f"{split.netloc.rpartition('@')[0]}@", "", 1), headers={"Accept": "*/*"}
    )
    if split.username:
        user = urllib.parse.unquote(split.username) + ":" + urllib.parse.unquote(split.password or "")
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
    context = tls_context()
    for attempt in (1, 2, 3):
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.read(), answer.geturl()
        except urllib.error.HTTPError as error:
            raise BootstrapError(f"{host(url)} answered {error.code} {error.reason} for {split.path}") from error
        except OSError as error:  # URLError and time-outs among them
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise BootstrapError(
                    f"the certificate of {host(url)} could not be checked; "
                    "apt-get install ca-certificates, or name your authority's file in SSL_CERT_FILE"
                ) from error
            if attempt == 3:
                raise BootstrapError(
                    f"cannot reach {host(url)}: {reason}; check the network or PIP_INDEX_URL"
                ) from error
            time.sleep(attempt)
    raise AssertionError("unreachable")


def tls_context() -> ssl.SSLContext:
    """What certificates are checked against: the user's own authority, or the system's."""
    authority = own_authority()
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise BootstrapError(f"{authority} is no file of certificates; correct SSL_CERT_FILE") from error


def package_index() -> str:
    """The index that uv's or pip's own settings name, or PyPI."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        value = os.environ.get(variable, "").strip()
        if value:
            break
    else:
        value = pip_setting("index-url") or PYPI
    value = re.sub(r"^[A-Za-z0-9_-]+=", "", value)  # uv lets an index bear a name: name=https://...
    return PYPI if value.rstrip("/") == PYPI else value


def own_authority() -> str | None:
    """The certificate file that the user's settings name; None for the system's own."""
    named = [os.environ.get("SSL_CERT_FILE"), os.environ.get("PIP_CERT"), os.environ.get("REQUESTS_CA_BUNDLE")]
    return next((path for path in [*named, pip_setting("cert")] if path and Path(path).is_file()), None)


def pip_setting(key: str) -> str | None:
    """What pip's configuration files say, the most personal one first."""
    personal = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    places = [Path.home() / ".pip" / "pip.conf", personal, Path("/etc/pip.conf"), Path("/etc/xdg/pip/pip.conf")]
    if os.environ.get("PIP_CONFIG_FILE"):
        places.insert(0, Path(os.environ["PIP_CONFIG_FILE"]))
    for place in places:
        parser = configparser.RawConfigParser()
        try:
            parser.read(place, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself will complain of it, better than we could
        for section in ("install", "global"):
            value = parser.get(section, key, fallback=None)
            if value and value.split():
                return value.split()[0]
    return None


def pin(name: str) -> tuple[str, set[str]]:
    """The version and the SHA-256 hashes that requirements/NAME.txt pins."""
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    version = re.search(rf"^{name}==(\S+)", text, re.MULTILINE)
    if version is None:
        raise BootstrapError(f"requirements/{name}.txt pins no {name}; run git checkout requirements")
    return version.group(1), set(re.findall(r"sha256:([0-9a-f]{64})", text))


def tool_environment(index: str) -> dict[str, str]:
    """The environment for pip and uv: one index, one Python, no questions."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    environment.update(
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_NO_INPUT="1",
        PIP_ROOT_USER_ACTION="ignore",
        UV_COMPILE_BYTECODE="1",  # the first import is four times quicker
        UV_NO_PROGRESS="" if sys.stderr.isatty() else "1",
        UV_PROJECT_ENVIRONMENT=str(VENV),
        UV_PYTHON_DOWNLOADS="never",
    )
    if index != PYPI:
        environment.update(UV_DEFAULT_INDEX=index, PIP_INDEX_URL=index)
    authority = own_authority()
    if authority:
        environment.setdefault("SSL_CERT_FILE", authority)
    return {name: value for name, value in environment.items() if value}


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a tool in sight of the user; its own words come before ours when it fails."""
    done = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise BootstrapError(f"{Path(command[0]).name} {command[1]} failed with {done.returncode}: see the lines above")


def host(url: str) -> str:
    """The host of a URL, without the password that may stand in it."""
    return urllib.parse.urlsplit(url).hostname or url


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")


def say(text: str) -> None:
    """Tell the user what is being done."""
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
