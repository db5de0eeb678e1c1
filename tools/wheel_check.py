"""Build the wheel, install it in empty environments without the network, and hold it to its budget.

    python -m tools.wheel_check [--without-demo]

The core alone: at most 12 distributions, 40 MB, and 0.3 CPU seconds for `headwater --version`. With [all]: the demo runs
from the wheel, far from the source tree. uv takes the packages from its cache, which `make test` has filled.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

from tools import sbom

ROOT = Path(__file__).resolve().parent.parent
MOST_DISTRIBUTIONS = 12
MOST_MEGABYTES = 40
MOST_CPU_S = 0.3
MUST_HOLD = ("headwater/__init__.py", "headwater/py.typed", "licenses/LICENSE")


def main() -> int:
    """Check the wheel; 1 with a line for each thing that is not as promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--without-demo", action="store_true", help="leave out the exercise, which takes two minutes")
    with_demo = not parser.parse_args().without_demo
    uvs = sorted(ROOT.glob(".tools/uv-*/bin/uv"))
    if not uvs:
        print("wheel: needs uv; run make check first", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="headwater-wheel-") as folder:
        problems = check(Path(folder), str(uvs[-1]), with_demo=with_demo)
    for problem in problems:
        print(f"wheel: {problem}", file=sys.stderr)
    return 1 if problems else 0


def check(folder: Path, uv: str, *, with_demo: bool) -> list[str]:
    """Everything about the wheel that breaks a promise."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")], cwd=ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    problems = wrong_content(wheel) + not_reproducible(folder, wheel)
    sbom.main(["--out", str(ROOT / "dist" / "headwater.cdx.json")])
    core = installed(folder / "core", uv, wheel)
    problems += over_budget(core, uv) + silent(core)
    full = installed(folder / "full", uv, wheel, "all")
    problems += pageless(full)
    if not with_demo:
        return problems
    demo = [str(full / "bin" / "headwater"), "demo", "--json"]
    done = run(demo, cwd=folder, env=bare_environment(folder))
    if json.loads(done.stdout).get("ok") is not True:
        problems.append("headwater demo from the wheel does not say ok")
    return problems


def wrong_content(wheel: Path) -> list[str]:
    """What is missing from the wheel, and what should not be in it."""
    names = zipfile.ZipFile(wheel).namelist()
    problems = [f"{end} is not in it" for end in MUST_HOLD if not any(name.endswith(end) for name in names)]
    problems += [f"{name} is in it" for name in names if not name.startswith("headwater")]
    print(f"wheel: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB, {len(names)} files")
    return problems


def not_reproducible(folder: Path, wheel: Path) -> list[str]:
    """Where a wheel built from a copy of the tree, elsewhere and with other times, differs by a byte."""
    copy = folder / "copy"
    left = shutil.ignore_patterns(".git", ".venv", ".tools", "site", "dist", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, ignore=left, copy_function=shutil.copy)  # files get the time of now
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "again")], cwd=copy)
    again = folder / "again" / wheel.name
    one, other = (sha256(path.read_bytes()).hexdigest() for path in (wheel, again))
    print(f"wheel: sha256 {one}, {'the same' if one == other else 'another'} when built elsewhere")
    return [] if one == other else ["two builds of one source differ"]


def installed(place: Path, uv: str, wheel: Path, *extras: str) -> Path:
    """An environment that holds the wheel, and of the locked versions only what it asks for with these extras."""
    run([uv, "venv", "--quiet", "--python", sys.executable, str(place)])
    wanted = [option for extra in extras for option in ("--extra", extra)]
    sync = [uv, "sync", "--quiet", "--offline", "--locked", "--no-install-project", "--no-default-groups", *wanted]
    run(sync, cwd=ROOT, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(place)})
    python = ["--python", str(place / "bin" / "python")]
    run([uv, "pip", "install", "--quiet", "--offline", "--no-deps", *python, str(wheel)])
    run([uv, "pip", "check", *python])  # what the wheel itself says it needs is there
    return place


def silent(core: Path) -> list[str]:
    """Which languages the core install does not speak."""
    problems = []
    for locale in ("sr_RS.UTF-8", "sq_XK.UTF-8"):
        command = [str(core / "bin" / "headwater"), "--help"]
        said = run(command, env={**os.environ, "LC_ALL": locale}).stdout
        if "Usage:" in said:
            problems.append(f"headwater --help in {locale} is English")
    return problems


def pageless(full: Path) -> list[str]:
    """Which of the page's templates no page can be made of: they lie pressed in the wheel."""
    command = (
        "import sys; from headwater.web.templating import Templates;"
        " made = Templates()._environment; [made.get_template(name) for name in sys.argv[1:]]"
    )
    names = sorted(file.name for file in (ROOT / "src" / "headwater" / "web" / "templates").glob("*.html"))
    done = subprocess.run(
        [str(full / "bin" / "python"), "-I", "-c", command, *names], capture_output=True, text=True, check=False
    )
    return [f"a template of the page: {done.stderr.strip().splitlines()[-1]}"] if done.returncode else []


def over_budget(core: Path, uv: str) -> list[str]:
    """Where the core install is larger or slower than promised."""
    listed = run([uv, "pip", "list", "--format", "json", "--python", str(core / "bin" / "python")]).stdout
    count = len(json.loads(listed))
    # without bytecode: how much of that there is depends on what ran before
    files = [path for path in (core / "lib").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    size = sum(path.stat().st_size for path in files) / 1e6
    command = [str(core / "bin" / "headwater"), "--version"]
    said = run(command).stdout  # the first run writes bytecode
    cpu = min(cpu_seconds(command) for _ in range(5))
    print(
        f"wheel: core is {count} distributions, {size:.1f} MB; --version takes {cpu:.2f} CPU s and says {said.strip()}"
    )
    problems = [] if re.search(r"\d+\.\d+\.\d+", said) else ["--version says no version"]
    if count > MOST_DISTRIBUTIONS:
        problems.append(f"core is {count} distributions, more than {MOST_DISTRIBUTIONS}")
    if size > MOST_MEGABYTES:
        problems.append(f"core is {size:.1f} MB, more than {MOST_MEGABYTES}")
    if cpu > MOST_CPU_S:
        problems.append(f"--version takes {cpu:.2f} CPU s, more than {MOST_CPU_S}")
    return problems


def cpu_seconds(command: list[str]) -> float:
    """CPU time of one run, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare_environment(home: Path) -> dict[str, str]:
    """An environment that knows nothing of the source tree or of the user's own node."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HEADWATER", "PYTHON", "VIRTUAL"))
    }
    return {**kept, "HOME": str(home)}


def run(
    command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its good end, or stop with its own words."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"wheel: {' '.join(command)} exited {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done


if __name__ == "__main__":
    raise SystemExit(main())
