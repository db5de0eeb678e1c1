"""An officer's day in Debian's Chromium, on the three nodes of the exercise with real processes."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.exercise.river_night import river_night, write_night
from headwater.exercise.scenario import USERS
from tests.e2e.conftest import Played
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens

pytestmark = [pytest.mark.e2e, needs_chromium]
Desk = Callable[..., Reader]
LONDON, BELGRADE = USERS["uk"], USERS["rs"]


@pytest.fixture(scope="module")
def nodes(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    assert played.code == 0, played.out + played.err
    with houses(played.folder, tmp_path_factory.mktemp("pages") / "homes") as made:
        yield made


@pytest.fixture
def desk(chromium: Any, nodes: Houses, tmp_path: Path) -> Iterator[Desk]:
    opened = []
    complaints: list[str] = []

    def sit(key: str, user: str, purpose: str = "oic", **options: Any) -> Reader:
        context = chromium.new_context(locale="en-GB", **options)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Reader(page, screens(tmp_path), complaints).sign_in(nodes.link(key, user), purpose)

    yield sit
    for context in opened:
        context.close()
    expected = ("status of 403", "status of 404", "status of 409")
    assert [one for one in complaints if not one.endswith(")") or not any(word in one for word in expected)] == []


def test_a_rescue_alert_stands_first_and_is_decided_by_keyboard(desk: Desk) -> None:
    reader = desk("rs", BELGRADE[0])
    page = reader.page
    reader.show("start")
    page.goto(page.url.rstrip("/") + "/queue")
    reader.at("queue")
    first = page.locator("[data-finding]").first
    assert "Life in danger" in first.inner_text()
    reader.show("queue")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.dataset.finding") == first.get_attribute("data-finding")
    page.keyboard.press("c")
    page.locator("main[data-page=findings]").wait_for()
    assert page.locator("#v-confirm").is_checked()
    assert page.evaluate("document.activeElement.id") == "f-reason"
    page.keyboard.type("Rescue called on channel 16; exercise.")
    reader.show("rescue")
    page.locator("form[data-form=decide] button[data-act=confirm]").click()
    page.locator("p.notice").wait_for()
    assert "confirmed" in page.locator("p.facts .tag").all_inner_texts()
    assert "Rescue called on channel 16; exercise." in page.locator("main").inner_text()


def test_a_rescue_alert_is_told_on_a_page_that_is_open_and_in_every_tab(desk: Desk, nodes: Houses) -> None:
    reader = desk("rs", BELGRADE[0])
    page = reader.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/exchange")
    with page.context.expect_page() as opened:
        page.locator("nav a[href='/cases']").first.click(modifiers=["Control"])
    other = opened.value
    other.locator("main[data-page=cases]").wait_for()
    page.locator("#live[data-heard]").wait_for(state="attached")
    other.locator("#live[data-heard]").wait_for(state="attached")
    files = write_night(nodes.folder, river_night(4711))
    words = [sys.executable, "-m", "headwater", "watch", "alert", str(files["sapient"]), "--as", "sapient"]
    words += ["--context", str(files["context"]), "--out", str(nodes.folder / "alerts.jsonl")]
    words += ["--home", str(nodes.home("rs")), "--user", BELGRADE[0], "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for tab in (page, other):
        tab.locator("#live", has_text="A rescue alert has come in.").wait_for(timeout=15_000)
    assert page.locator("main[data-page=exchange]").count() == 1, "nothing moves by itself"
    reader.show("live")
    page.locator("#live a").click()
    reader.at("queue")


def test_a_match_is_compared_decided_and_taken_back(desk: Desk) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/queue?state=open&kind=match.link")
    row = page.locator("[data-finding]").first
    ref = row.get_attribute("data-finding")
    row.locator("a").first.click()
    reader.at("compare")
    assert page.locator("table.lines tbody tr").count() > 0
    reader.show("compare")
    page.keyboard.press("x")
    page.keyboard.type("Another person: the years of birth differ.")
    page.locator("form[action$='/decide'] button").click()
    page.locator("p.notice").wait_for()
    assert page.locator("p.facts .tag").first.inner_text() == "dismissed"
    page.goto(f"{base}/findings/{ref}?act=undo")
    page.locator("#undo-reason").fill("Hit the wrong key.")
    page.locator("form[action$='/undo'] button").click()
    page.locator("p.notice").wait_for()
    assert page.locator("p.facts .tag").first.inner_text() == "open"
    history = page.locator("tr[data-decision]")
    assert history.count() == 2, "nothing is deleted"
    assert "taken back" in history.first.inner_text()


def test_a_name_is_found_in_another_script_and_stands_in_no_address(desk: Desk) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    page.locator("[name=q]").fill("Биљана Привидјоревић")
    page.keyboard.press("Enter")
    reader.at("search")
    assert "%D0" not in page.url
    assert page.locator("[data-entity]").count() >= 3
    reader.show("search")
    page.locator("[data-entity] a").first.click()
    reader.at("entities")
    reader.show("entity")
    assert page.locator("[data-fact]").count() > 0


def test_an_urgent_request_is_answered_after_a_preview_and_a_second_person(desk: Desk) -> None:
    asker = desk("uk", LONDON[0])
    base = asker.page.url.rstrip("/")
    asker.page.goto(f"{base}/exchange/new?to=RS-MOI@EX-UK-RS-OIC&kind=request")
    asker.page.locator("[name=text]").fill("Exercise. Was the lorry seen again?")
    asker.page.locator("[name=reason]").fill("Exercise: people may be in it")
    asker.page.locator("[name=urgency]").select_option("urgent")
    asker.page.locator("[name=why_urgent]").fill("Exercise: within hours")
    asker.page.locator("[data-act=preview]").click()
    asker.page.locator("[data-preview]").wait_for()
    assert "will see exactly this" in asker.page.locator("[data-preview]").inner_text()
    asker.show("request-preview")
    asker.page.locator("[data-act=send]").click()
    asker.page.locator("article[data-message]").wait_for()
    ref = asker.page.locator("article[data-message]").get_attribute("data-message")

    answerer = desk("rs", BELGRADE[0])
    page = answerer.page
    theirs = page.url.rstrip("/")
    _until(page, f"{theirs}/exchange/{ref}", "[data-act=answer]")
    answerer.show("request-received")
    page.locator("[data-act=answer]").click()
    page.locator("[data-preview]").wait_for()
    page.locator("[name=text]").fill("Vežba. Nije viđeno.")
    page.locator("[name=result]").select_option("none")
    page.locator("[data-act=preview]").click()
    page.locator("[data-preview]").wait_for()
    page.locator("[data-act=send]").click()
    page.locator("article[data-message]").wait_for()
    _until(asker.page, f"{base}/exchange/{ref}", "text=answered")
    asker.show("request-answered")


def test_a_form_that_was_not_shown_is_shown_before_it_is_sent(desk: Desk) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    page.goto(page.url.rstrip("/") + "/exchange/new?entity=lorry&to=RS-MOI@EX-UK-RS-OIC")
    page.locator("[name=text]").fill("Exercise, changed after the preview")
    page.locator("[data-act=send]").click()
    page.locator("[role=alert]").wait_for()
    assert "has changed" in page.locator("[role=alert]").inner_text()
    assert page.locator("[name=text]").input_value() == "Exercise, changed after the preview"


def test_a_fact_is_told_by_two_persons_recalled_and_every_holder_proves_it(desk: Desk) -> None:
    writer = desk("uk", LONDON[0])
    page = writer.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/exchange/new?entity=organiser&to=RS-MOI@EX-UK-RS-OIC")
    page.locator("[name=text]").fill("Exercise, to be recalled")
    page.locator("[data-act=preview]").click()
    page.locator("[data-preview]").wait_for()
    writer.show("preview")
    page.locator("[data-act=send]").click()
    page.locator("article[data-message]").wait_for()
    ref = page.locator("article[data-message]").get_attribute("data-message")
    assert page.locator("form[action$='/approve']").count() == 0, "nobody approves what they wrote"

    second = desk("uk", LONDON[1])
    second.page.goto(f"{base}/exchange/{ref}")
    second.page.locator("form[action$='/approve'] button").click()
    second.page.locator("p.notice").wait_for()
    _until(page, f"{base}/exchange/{ref}", "text=Signed by")
    writer.show("sent")
    page.locator("form[action$='/recall'] [name=fact]").first.check()
    page.locator("#recall-reason").fill("Exercise: another person")
    page.locator("[data-act=recall]").click()
    writer.at("exchange")
    _until(page, f"{base}/exchange", "text=signed proof")
    writer.show("recall")


def test_consent_is_asked_where_a_rule_holds_a_fact_back_and_given_by_its_originator(desk: Desk, nodes: Houses) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    base = page.url.rstrip("/")
    told = _tell_london(desk, nodes)
    _until(page, f"{base}/exchange/{told}", "article[data-message]")
    record = page.locator("article[data-message] code").filter(has_text="rec-").first.inner_text()
    page.goto(f"{base}/exchange/new?record={record}&to=RS-MOI@EX-UK-RS-OIC")
    page.locator("[data-preview=refuse]").wait_for()
    reader.show("held-back")
    page.locator("#consent-reason").fill("Exercise: joint operation")
    page.locator("[data-act=consent]").click()
    page.locator("article[data-message]").wait_for()
    ref = page.locator("article[data-message]").get_attribute("data-message")

    giver = desk("xk", USERS["xk"][1])
    theirs = giver.page.url.rstrip("/")
    _until(giver.page, f"{theirs}/exchange/{ref}", "#d-yes")
    giver.page.locator("#d-yes").check()
    giver.page.locator("[data-act=consent]").click()
    giver.page.locator("p.notice").first.wait_for()
    giver.show("consent")
    _until(
        page, f"{base}/exchange/new?record={record}&to=RS-MOI@EX-UK-RS-OIC", "[data-preview=hold], [data-preview=allow]"
    )
    reader.show("consented")


def test_a_case_is_built_sealed_checked_and_handed_out(desk: Desk, tmp_path: Path) -> None:
    builder = desk("uk", LONDON[1], "court")
    page = builder.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/cases")
    page.locator("[name=urn]").fill("00EX0000226")
    page.locator("[name=operation]").fill("OP PAGE EXERCISE")
    page.locator("form[data-form=decide] button").click()
    page.locator("h1", has_text="OP PAGE EXERCISE").wait_for()
    _add(page, "persons", {"id": "P1", "name": "Exercise Officer"}, {"category": "witness"})
    _add(
        page,
        "notes",
        {"ref": "PX/1", "description": "Note of a look", "captured_at": "2026-11-25T08:00:00Z", "text": "Seen."},
    )
    assert "PX/1" in page.locator("main").inner_text()
    builder.show("case")
    page.locator("[data-act=seal]").click()
    page.locator("[data-bundle]").wait_for()
    page.locator("[data-act=verify]").click()
    page.locator("[data-verified]").wait_for()
    assert page.locator("[data-verified=yes]").count() == 1, page.locator("[data-verified]").inner_text()
    builder.show("case-checked")
    page.locator("details:has(form[data-form=view]) summary").click()
    page.locator("#v-view").select_option("defence")
    with page.expect_download() as waiting:
        page.locator("[data-act=view]").click()
    assert waiting.value.suggested_filename == "00EX0000226-defence.zip"
    with zipfile.ZipFile(waiting.value.path()) as archive:
        archive.extractall(tmp_path)
    made = tmp_path / "00EX0000226-defence"
    checked = subprocess.run([sys.executable, "-I", made / "verify.py", made], capture_output=True, check=False)
    assert checked.returncode == 0, "whoever receives it can check it without us"


def test_the_auditor_sees_who_looked_and_that_the_log_holds(desk: Desk) -> None:
    reader = desk("uk", LONDON[2], "audit")
    page = reader.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/audit?kind=look")
    assert page.locator("[data-event]").count() > 0
    reader.show("audit")
    page.locator("[data-act=verify]").click()
    page.locator("[data-verified=yes]").wait_for()
    page.goto(f"{base}/queue")
    assert page.locator("[data-status='403']").count() == 1


@pytest.mark.parametrize("tag", ["sr-Cyrl", "sr-Latn", "sq"])
def test_the_pages_speak_the_language_and_lose_nothing_on_a_narrow_screen(desk: Desk, tag: str) -> None:
    reader = desk("uk", LONDON[0], viewport={"width": 320, "height": 640})
    page = reader.page
    base = page.url.rstrip("/")
    for path in ("/", "/queue", "/search", "/exchange", "/cases", "/admin", "/help"):
        page.goto(f"{base}{path}?lang={tag}")
        assert page.locator("html").get_attribute("lang") == tag
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, f"{path} is {width} px wide"
    page.goto(f"{base}/queue?lang={tag}")
    reader.show(f"queue-{tag}")


def _tell_london(desk: Desk, nodes: Houses) -> str:
    """Let Pristina tell London of a report of its own, with a second person, and return the message."""
    _read_report(nodes)
    writer = desk("xk", USERS["xk"][0])
    page = writer.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/exchange/new?entity=kamioni&to=UK-NCA@EX-UK-XK-OIC")
    page.locator("[data-act=send]").click()
    page.locator("article[data-message]").wait_for()
    ref = str(page.locator("article[data-message]").get_attribute("data-message"))
    second = desk("xk", USERS["xk"][1])
    second.page.goto(f"{second.page.url.rstrip('/')}/exchange/{ref}")
    approve = second.page.locator("form[action$='/approve'] button")
    if approve.count():
        approve.click()
        second.page.locator("p.notice").wait_for()
    return ref


def _read_report(nodes: Houses) -> None:
    """Read an invented report into Pristina's node, as its officer would."""
    report = {
        "schema": "headwater/intelligence-report/1",
        "reference": "USHTRIM/21",
        "originator": "XK-KP",
        "recorded_at": "2026-11-25T08:00:00Z",
        "purposes": ["oic", "trafficking", "court"],
        "grade": "4x4:B/2",
        "handling": {"codes": ["H2"]},
        "entities": [
            {
                "key": "kamioni",
                "schema": "Vehicle",
                "properties": {"registrationNumber": ["ZZ01EXR"], "type": ["lorry"]},
            }
        ],
    }
    path = nodes.folder / "ushtrim.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    words = [sys.executable, "-m", "headwater", "read", "report", str(path), "--home", str(nodes.home("xk"))]
    done = subprocess.run([*words, "--user", USERS["xk"][0], "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _add(page: Any, what: str, fields: dict[str, str], choices: dict[str, str] | None = None) -> None:
    form = page.locator(f"form[action$='/{what}']")
    page.locator("details", has=form).last.evaluate("one => { one.open = true }")
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    for name, value in (choices or {}).items():
        form.locator(f"[name={name}]").select_option(value)
    form.locator("button").click()
    page.locator("p.notice").first.wait_for()


def _until(page: Any, url: str, selector: str) -> None:
    """Load a page again until something stands on it: messages are on their way between real nodes."""
    for _ in range(60):
        page.goto(url)
        try:
            page.locator(selector).first.wait_for(timeout=500)
        except Exception as error:
            if "Timeout" not in type(error).__name__:
                raise
        else:
            return
    raise AssertionError(f"{selector} never came: {page.locator('main').inner_text()[:2000]}")
