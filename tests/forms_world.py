"""A reader who fills in the forms that a page shows: finds a field by the words beside it, and sends what a browser would send.

So a form is held together with what carries it out: a label that says something else than its field, a field under another
name, a hidden one that is lost or a box that is ticked already is sent as the page has it, and what comes of it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from tests.page_world import Answer, Browser

Given = str | bool
VOID = frozenset({"input", "meta", "link", "img", "br", "hr"})


@dataclass
class Field:
    """One field of a form.

    Attributes:
        kind: of an input its type; ``select`` or ``textarea``.
        choices: of a select its words and what each sends.
    """

    kind: str
    name: str
    value: str
    here: Mapping[str, str | None]
    label: str = ""
    choices: dict[str, str] = field(default_factory=dict)


@dataclass
class Button:
    """One button of a form, and what it changes about sending it."""

    here: Mapping[str, str | None]
    words: str = ""


@dataclass
class Form:
    """One form of a page."""

    here: Mapping[str, str | None]
    fields: list[Field] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._labels: dict[str, str] = {}
        self._text: list[str] | None = None
        self._open: Form | None = None
        self._for: str | None = None
        self._wrapped: Field | None = None
        self._in_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = dict(attrs)
        if tag == "form":
            self._open = Form(here)
            self.forms.append(self._open)
        elif tag == "label":
            self._text, self._for, self._wrapped, self._in_label = [], here.get("for"), None, True
        elif self._open is None:
            return
        elif tag in ("input", "select", "textarea"):
            kind = here.get("type") or "text" if tag == "input" else tag
            made = Field(kind, here.get("name") or "", here.get("value") or "", here)
            self._open.fields.append(made)
            if self._in_label:
                self._wrapped = made
            if tag == "textarea":
                self._text = []
        elif tag == "option":
            self._text, self._for = [], here.get("value")
            if "selected" in here:
                self._open.fields[-1].value = "\0"
        elif tag == "button":
            self._open.buttons.append(Button(here))
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: C901 - one question for each tag
        words = " ".join("".join(self._text or ()).split())
        if tag == "label":
            if self._for:
                self._labels[self._for] = words
            elif self._wrapped:
                self._wrapped.label = words
            self._in_label = False
        elif tag == "form" and self._open:
            for one in self._open.fields:
                one.label = one.label or self._labels.get(one.here.get("id") or "", "")
            self._open = None
        elif self._open is None:
            return
        elif tag == "option":
            last = self._open.fields[-1]
            value = words if self._for is None else self._for
            last.choices[words] = value
            if last.value == "\0" or len(last.choices) == 1:
                last.value = value
        elif tag == "textarea":
            self._open.fields[-1].value = "".join(self._text or ()).removeprefix("\n")
        elif tag == "button":
            self._open.buttons[-1].words = words
        else:
            return
        self._text = None


def forms_of(page: Answer) -> list[Form]:
    """The forms of a page."""
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms


def filled(page: Answer, button: str, given: Mapping[str, Given], *, nth: int = 0) -> tuple[str, list[tuple[str, str]]]:
    """Fill in the form that has a button and all the fields named by their words; return where it goes and what it sends."""
    found = [
        (form, one) for form in forms_of(page) for one in form.buttons
        if one.words == button and set(given) <= {each.label for each in form.fields}
    ]  # fmt: skip
    assert len(found) > nth, f"no form with the button {button!r} and the fields {sorted(given)}: {_said(page)}"
    form, pressed = found[nth]
    sends: list[tuple[str, str]] = []
    for one in form.fields:
        sends += _sent(one, given)
    if "formnovalidate" not in pressed.here:
        for one in form.fields:
            has = any(name == one.name and value.strip() for name, value in sends) or one.kind == "file"
            assert has or "required" not in one.here, f"{one.label!r} must be filled in"
    if name := pressed.here.get("name"):
        sends.append((name, pressed.here.get("value") or ""))
    where = pressed.here.get("formaction") or form.here.get("action") or ""
    return where, [(name, value) for name, value in sends if name]


def _sent(one: Field, given: Mapping[str, Given]) -> list[tuple[str, str]]:
    if "disabled" in one.here or one.kind == "file":
        return []
    said = given.get(one.label) if one.label else None
    if one.kind in ("checkbox", "radio"):
        others = {label for label, value in given.items() if value is True}
        ticked = ("checked" in one.here and not (one.kind == "radio" and others)) if said is None else said is True
        return [(one.name, one.value or "on")] if ticked else []
    if said is None:
        return [(one.name, one.value)]
    if one.kind == "select":
        assert said in one.choices, f"{one.label!r} has no {said!r}: {sorted(one.choices)}"
        return [(one.name, one.choices[str(said)])]
    assert one.kind != "hidden"
    return [(one.name, str(said))]


def _said(page: Answer) -> Any:
    forms = forms_of(page)
    return page.status, [[[one.words for one in form.buttons], [one.label for one in form.fields]] for form in forms]


def send(
    reader: Browser, path: str, button: str, given: Mapping[str, Given] | None = None, *, nth: int = 0, page: Answer | None = None
) -> tuple[list[Any], Answer]:  # fmt: skip
    """Open a page, fill in a form of it and press a button; return what was sent, without the token, and the answer."""
    where, pairs = filled(page or reader.get(path), button, given or {}, nth=nth)
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    [token] = form.pop("form_token", [""])
    told = [where, *(f"{name}={value}" for name, value in pairs if name not in ("form_token", "key", "no-key"))]
    return told, reader.post(where, form, token=token)
