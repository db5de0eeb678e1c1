"""The JSON API behind the pages, described: every route with who may use it, what it takes and what it answers."""

import re
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from headwater import __version__
from headwater.policy.acts import GRANTS
from headwater.web import authz
from headwater.web.authz import Door
from headwater.web.page import Context, Page

OPENAPI: Final = "3.1.0"
_PARAM: Final = re.compile(r"\{(\w+)(?::path)?\}")
_TWIN: Final = {
    "type": "object",
    "required": ["page", "rows", "next"],
    "properties": {
        "page": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object"}},
        "next": {"type": ["string", "null"]},
    },
}
_ERROR: Final = {
    "type": "object",
    "required": ["page", "error"],
    "properties": {
        "page": {"const": "error"},
        "error": {
            "type": "object",
            "required": ["code", "what", "where", "fix"],
            "properties": {name: {"type": "string"} for name in ("code", "what", "where", "fix")},
        },
    },
}


def show(ctx: Context) -> Response:
    """Answer with the description of the API."""
    return JSONResponse(describe(ctx.node.authority))


def describe(authority: str) -> dict[str, Any]:
    """Return the API as OpenAPI 3.1, made from the authorisation table: what is not in it is no route."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), needs in sorted(authz.TABLE.items()):
        if not path.startswith("/static/"):
            paths.setdefault(_PARAM.sub(r"{\1}", path), {})[method.lower()] = _operation(method, path, needs)
    return {
        "openapi": OPENAPI,
        "info": {"title": f"headwater at {authority}", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {"Twin": _TWIN, "Error": _ERROR},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "__Host-headwater-…"}},
        },
    }


def _operation(method: str, path: str, needs: authz.Needs) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^a-z]+', '-', path).rstrip('-')}",
        "summary": str(needs) if not isinstance(needs, Door) else needs.value,
        "security": [] if needs is Door.OPEN else [{"session": []}],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PARAM.findall(path)
        ],
        "responses": {"default": _answer("what was refused: code, what, where, what to do", "Error")},
    }
    if not isinstance(needs, Door):
        told["x-roles"] = sorted(GRANTS[needs])
    if method == "GET":
        form = {"name": "format", "in": "query", "schema": {"enum": ["json"]}, "description": "the twin of the page"}
        told["parameters"].append(form)
        told["responses"]["200"] = _answer("the rows of the page", "Twin")
    else:
        fields = {"type": "object", "properties": {"form_token": {"type": "string"}}, "required": ["form_token"]}
        told["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": fields}}}
        told["responses"]["303"] = {"description": "done; the address says where to look"}
    return told


def _answer(words: str, schema: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


PAGES = (Page("/openapi.json", "openapi", show),)
