"""Judge sealed bundles by others' programs: roc-validator (RO-Crate 1.2) and case_validate (CASE 1.5.0).

    PYTHONPATH=$(python tools/peers.py case-judges) python tools/case_judges.py [--graphs-only] BUNDLE...

Both bring dozens of packages, so they have a folder of their own and are never installed. Prints one JSON line
for each bundle: what each judge said. roc-validator asks the web for the RO-Crate context; it is given the terms that our
crates use instead, and any other address is an error.
"""

# What the others' programs hand over has no types that are known here.
# ruff: noqa: ANN401
import email.message
import io
import json
import subprocess
import sys
import urllib.response
from pathlib import Path
from typing import Any

RUN = "from case_utils.case_validate import main; main()"
CONTEXT_URL = "https://w3id.org/ro/crate/1.2/context"
SCHEMA_ORG = (
    "CreativeWork", "Dataset", "Organization", "about", "contentSize", "datePublished", "description", "encodingFormat",
    "hasPart", "license", "name", "publisher",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@context": {
        **{term: f"http://schema.org/{term}" for term in SCHEMA_ORG},
        "File": "http://schema.org/MediaObject",
        "conformsTo": "http://purl.org/dc/terms/conformsTo",
    }
}


def offline() -> None:
    """Answer the one address that is asked for, without a network."""
    import rdflib._networking
    import rdflib.parser
    import requests.adapters
    import urllib3

    body = json.dumps(CONTEXT).encode()

    def send(adapter: Any, request: Any, **_: Any) -> Any:
        if request.url != CONTEXT_URL:
            raise AssertionError(request.url)
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(body), status=200, headers={"Content-Type": "application/ld+json"}, preload_content=False,
            request_url=CONTEXT_URL, request_method="GET",
        )  # fmt: skip
        return adapter.build_response(request, raw)

    def opened(request: Any, *_: Any, **__: Any) -> Any:
        url = request if isinstance(request, str) else request.full_url
        if url != CONTEXT_URL:
            raise AssertionError(url)
        headers = email.message.Message()
        headers["Content-Type"] = "application/ld+json"
        return urllib.response.addinfourl(io.BytesIO(body), headers, url, 200)

    requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign, assignment]
    rdflib._networking._urlopen = opened  # noqa: SLF001 - there is no other way to keep it off the network
    rdflib.parser._urlopen = opened  # noqa: SLF001 - same


def crate_faults(bundle: Path) -> list[str]:
    """What roc-validator finds that RO-Crate 1.2 requires."""
    from rocrate_validator import models, services

    settings = services.ValidationSettings(
        rocrate_uri=str(bundle / "data"),
        profile_identifier="ro-crate-1.2",
        requirement_severity=models.Severity.REQUIRED,
        abort_on_first=False,
    )
    found = services.validate(settings)
    return [] if found.passed() else [str(issue.message) for issue in found.get_issues()] or ["not passed"]


def graph_faults(path: Path) -> list[str]:
    """What case_validate finds."""
    command = [sys.executable, "-c", RUN, "--built-version", "case-1.5.0", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr)[-800:]]


def main(names: list[str]) -> int:
    """Judge each bundle, or each graph where only graphs are asked for."""
    graphs_only = "--graphs-only" in names
    paths = [Path(name) for name in names if not name.startswith("--")]
    if not graphs_only:
        offline()
    for path in paths:
        if graphs_only:
            told = {"path": str(path), "graph": graph_faults(path)}
        else:
            told = {
                "path": str(path),
                "crate": crate_faults(path),
                "graph": graph_faults(path / "data" / "case.jsonld"),
            }
        print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
