"""What leaves a node of a case: schedules, sealed bundles, views, receipts. Each is a person's act, and in the ledger."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from types import MappingProxyType
from typing import Any, Final

from headwater.case.bundle import MadeFile, Released, SealOptions, Stamper
from headwater.case.bundle import seal as write_bundle
from headwater.case.data.verify import SEAL_LIMIT, read_small, strict_json
from headwater.case.manifest import ManifestRow
from headwater.case.model import Schedule
from headwater.case.numbering import Numbering
from headwater.case.paper import Paper, pdf_of
from headwater.case.receipt import LogHead, make_receipt, put_receipt
from headwater.case.schedule import Disclosure, Form, Run, paper
from headwater.case.seal import Seal, Signer
from headwater.case.stamp import LocalAuthority, checked_reply, query
from headwater.case.verifier import Trust, demand
from headwater.case.view_bundle import Viewed, write_view
from headwater.case.views import Audience, View
from headwater.errors import (
    ForbiddenError,
    HeadwaterError,
    PolicyError,
    SchemaError,
    StoreIoError,
)
from headwater.exchange.keys import Keys
from headwater.exchange.partners import Partners
from headwater.exchange.stamping import ask_authority
from headwater.exchange.suite import sign, signing_public
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, authority_id
from headwater.model.times import format_instant
from headwater.node import cases, releasing, replaying
from headwater.node.case_intake import hidden_sums
from headwater.node.cases import Held
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

SEAL_KIND: Final = "case-seal"
NUMBERING_KIND: Final = "case-numbering"
_RUNS: Final = frozenset({"match.screened", "engine.run"})
NO_STAMP: Final = "none"
_LOCAL: Final = "local:"
_STAMP_WAIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Sealed:
    """What must be known of a case's last seal to make the next one, and to open what it withholds.

    Attributes:
        kept: rows of what was withheld at the sealing.
        draft: the case was not ready.
    """

    digest: str
    root: str
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[ManifestRow, ...] = ()
    kept: tuple[ManifestRow, ...] = ()
    draft: bool = False


def schedule(node: Node, session: Session, urn: str, form: Form) -> bytes:
    """Return one of the disclosure papers of a case; items that have no number yet get one, for good.

    Raises:
        PolicyError: the user is no disclosure officer, there is no such case, or a protected person's identity would
            stand in the paper.
        MissingExtraError: typst is not installed.
    """
    may(session, Act.CASE_SCHEDULE)
    held = cases.hold(node, urn)
    made = _paper(node, session, held, form, _numbered(node, held))
    node.store.note(Event("case.scheduled", session.user, urn, session.purpose, {"form": form.value}))
    return pdf_of(made, node.clock.now())


def schedule_read(node: Node, session: Session, urn: str, form: Form) -> tuple[Paper, int]:
    """Return one of the disclosure papers of a case to be read, and how many of its items have no number for good yet.

    Reading gives no numbers: what has none is shown with the one that it would get. The look is in the ledger.

    Raises:
        PolicyError: the user is no disclosure officer, there is no such case, or a protected person's identity would
            stand in the paper.
    """
    may(session, Act.CASE_SCHEDULE)
    held = cases.hold(node, urn)
    with node.store.snapshot() as snapshot:
        body = snapshot.document(NUMBERING_KIND, urn)
    before = decode(body, Numbering) if body else Numbering()
    after = before.extended(held.case)
    made = _paper(node, session, held, form, after)
    node.store.note(Event("case.schedule-read", session.user, urn, session.purpose, {"form": form.value}))
    return made, sum(len(after.of(one)) - len(before.of(one)) for one in Schedule)


def _paper(node: Node, session: Session, held: Held, form: Form, numbering: Numbering) -> Paper:
    given = _disclosure(node, session, held, numbering, draft=bool(cases.problems_of(node, held)))
    made = paper(form, given)
    if held.shield(node).says(made.said()):
        raise ForbiddenError("a protected person's identity stands in the paper", where=form.value, fix="cover it")
    return made


def seal(
    node: Node,
    session: Session,
    urn: str,
    out: Path,
    refs: Sequence[str] = (),
    *,
    withhold: bool = False,
    stamp: str = NO_STAMP,
) -> Seal:
    """Seal a case as it is now into a bundle: items, schedules, findings with what they can be run again from, the log.

    Args:
        node: the node.
        session: who seals.
        urn: the case.
        out: the folder to make.
        refs: findings that the case keeps from now on.
        withhold: leave out items that name a protected person, instead of refusing.
        stamp: ``none``, the URL of a time-stamp authority, or ``local:`` and the folder of a test authority.

    Raises:
        PolicyError: the user may not seal, nobody has decided a finding, or a protected person's identity stands in an
            item.
        PeerError: the time-stamp authority cannot be reached, or gives no stamp.
    """
    may(session, Act.CASE_SEAL)
    cases.keep_findings(node, session, urn, refs)
    return _seal(node, session, cases.hold(node, urn), out, withhold=withhold, stamp=stamp)


def export(
    node: Node,
    session: Session,
    ref: str,
    out: Path,
    view: View,
    *,
    draft: bool = False,
    withhold: bool = False,
) -> Viewed:
    """Write a view of a case, sealed now, or of a bundle that this node has sealed.

    Items of protected persons that were released into this view (`releasing`) stand in it where the case is sealed now;
    a bundle that was sealed before never holds them.

    Args:
        node: the node.
        session: who sends it.
        ref: the case's number, or the bundle's folder.
        out: the folder to make.
        view: for whom.
        draft: let the prosecutor have a file that is not ready; its papers say so.
        withhold: leave out what the gate stops, instead of refusing.

    Raises:
        PolicyError: the user may not export, or something that may not leave stands in what would be shown.
        SchemaError: a prosecutor's file is not ready.
        TrustError: the bundle is not as this node sealed it.
    """
    may(session, Act.CASE_EXPORT)
    bundle = Path(ref) if (Path(ref) / "seal.json").is_file() else None
    urn = _urn_of(bundle) if bundle is not None else ref
    held = cases.hold(node, urn)
    try:
        if view.audience is Audience.PROSECUTOR and not draft:
            _refuse_unready(node, held)
        made = _export(node, session, held, bundle, out, view, withhold=withhold)
    except (PolicyError, SchemaError) as error:
        detail: dict[str, str | int] = {"view": str(view), "code": error.code}
        node.store.note(Event("case.export-refused", session.user, urn, session.purpose, detail))
        raise
    detail = {"view": str(view), "shown": made.shown, "withheld": made.withheld, "draft": int(draft)}
    node.store.note(Event("case.exported", session.user, urn, session.purpose, detail))
    return made


def receipt(node: Node, session: Session, bundle: Path, trust: Trust | None = None) -> bytes:
    """Return this node's receipt for a bundle that it was given, after checking it against the sealer's key.

    Args:
        node: the receiving node.
        session: who received.
        bundle: the bundle.
        trust: the sealer's key; that of the partner's card where the sealer is a partner and none is given.

    Raises:
        TrustError: the bundle is not as it was sealed, or by another key.
    """
    may(session, Act.CASE_VERIFY)
    found = demand(bundle, trust or card_of(node, bundle))
    seal_json = (bundle / "seal.json").read_bytes()
    detail: dict[str, str | int] = {"seal": hashlib.sha256(seal_json).hexdigest(), "from": str(found.head["sealed_by"])}
    node.store.note(Event("case.receipted", session.user, str(found.head["case"]), session.purpose, detail))
    with node.store.snapshot() as snapshot:
        head = snapshot.head()
    return make_receipt(bundle, _signer(node), LogHead(head.size, head.root.hex()), node.clock.now())


def take_receipt(node: Node, session: Session, bundle: Path, file: Path) -> str:
    """Put a receipt that came back into a bundle, and its seal into the ledger; return where it lies in the bundle.

    Raises:
        SchemaError: it is no receipt for this bundle.
    """
    may(session, Act.CASE_VERIFY)
    place = put_receipt(bundle, file)
    detail: dict[str, str | int] = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "place": place}
    node.store.note(Event("case.receipt-kept", session.user, _urn_of(bundle), session.purpose, detail))
    return place


def _export(
    node: Node, session: Session, held: Held, bundle: Path | None, out: Path, view: View, *, withhold: bool
) -> Viewed:
    trust = Trust(_signer(node).public_key, node.authority)
    guard = held.shield(node)
    if bundle is not None:
        return write_view(bundle, out, view, held.case, guard, trust, withhold_blocked=withhold)
    try:
        beside = Path(mkdtemp(prefix=f".{out.name}.seal-", dir=out.parent))
    except OSError as error:
        raise StoreIoError(f"cannot be written: {error.strerror}", where=str(out)) from error
    try:
        given = releasing.released(node, session, held, view)
        files = {file: read for file, (_, read) in given.items()}
        _seal(node, session, held, beside / "bundle", withhold=withhold, stamp=NO_STAMP, released=files)
        paths = frozenset(path for path, _ in given.values())
        return write_view(
            beside / "bundle", out, view, held.case, guard, trust, withhold_blocked=withhold, released=paths
        )
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _seal(
    node: Node,
    session: Session,
    held: Held,
    out: Path,
    *,
    withhold: bool,
    stamp: str,
    released: Mapping[str, Released] = MappingProxyType({}),
) -> Seal:
    urn = held.case.matter.urn
    with node.store.snapshot() as snapshot:
        body = snapshot.document(SEAL_KIND, urn)
    before = decode(body, Sealed) if body else None
    problems = cases.problems_of(node, held)
    numbering = _numbered(node, held)
    given = _disclosure(node, session, held, numbering, draft=bool(problems))
    guard = held.shield(node)
    at = node.clock.now()
    papers = [_made(form, paper(form, given), at) for form in Form]
    again = [file for finding in held.findings for file in replaying.sealed_inputs(node, session, finding)]
    options = SealOptions(
        previous=before.digest if before else None,
        pseudonyms={person: subject.pseudonym for person, subject in held.subjects.items()},
        withhold_blocked=withhold,
        made=(*papers, *_once(again)),
        shield=guard,
        hidden=hidden_sums(held.hidden),
        released=released,
        stamper=stamper(node, stamp),
    )
    made = write_bundle(held.case, out, _signer(node), node.clock, node.chance, held.lines, held.findings, options)

    def change(transaction: Transaction) -> None:
        kept = Sealed(made.digest, made.head.root, made.pseudonyms, made.rows, made.kept, bool(problems))
        transaction.put_document(SEAL_KIND, urn, encode(kept))
        detail: dict[str, str | int] = {"root": made.head.root, "files": made.head.count, "ready": int(not problems)}
        transaction.note(Event("case.sealed", session.user, urn, session.purpose, detail))

    node.store.write(change)
    return made


def stamper(node: Node, stamp: str) -> Stamper | None:
    """Return what gets time stamps, by the words of the command line; None for a seal without one.

    Raises:
        SchemaError: it is none of the words.
    """
    if stamp == NO_STAMP:
        return None
    if stamp.startswith(_LOCAL):
        authority = LocalAuthority(Path(stamp.removeprefix(_LOCAL)))
        return lambda digest: checked_reply(
            authority.stamp(digest, node.clock.now(), node.chance), digest, str(authority.folder)
        )
    if stamp.startswith(("http://", "https://")):
        return lambda digest: checked_reply(
            ask_authority(stamp, query(digest, node.chance), timeout_s=_STAMP_WAIT_S), digest, stamp
        )
    raise SchemaError("no time-stamp authority", where="--stamp", fix="give none, a URL, or local:DIR")


def _refuse_unready(node: Node, held: Held) -> None:
    problems = cases.problems_of(node, held)
    if problems:
        codes = ", ".join(sorted({problem.code for problem in problems}))
        fix = "see: headwater case check; or give --draft, which its papers say"
        raise SchemaError(f"the file is not ready: {codes}", where=held.case.matter.urn, fix=fix)


def _numbered(node: Node, held: Held) -> Numbering:
    """Return the numbers of a case's unused material, after those without one got theirs."""
    urn = held.case.matter.urn

    def change(transaction: Transaction) -> Numbering:
        body = transaction.document(NUMBERING_KIND, urn)
        before = decode(body, Numbering) if body else Numbering()
        after = before.extended(held.case)
        if after != before:
            transaction.put_document(NUMBERING_KIND, urn, encode(after))
        return after

    return node.store.write(change)


def _disclosure(node: Node, session: Session, held: Held, numbering: Numbering, *, draft: bool) -> Disclosure:
    return Disclosure(
        case=held.case,
        numbering=numbering,
        authority=node.authority,
        officer=session.user,
        findings=held.findings,
        runs=tuple(_runs(held)),
        draft=draft,
    )


def _runs(held: Held) -> Iterable[Run]:
    for line in held.lines:
        if line.event.kind in _RUNS:
            detail = {key: value for key, value in line.event.detail.items() if key not in ("case", "hits", "lists")}
            hits = line.event.detail.get("hits")
            yield Run(
                tool=line.event.kind,
                terms="; ".join(f"{key}={value}" for key, value in sorted(detail.items())),
                over=str(line.event.detail.get("lists", line.event.subject)),
                hits=hits if isinstance(hits, int) else None,
                at=format_instant(line.at),
                by=line.event.who,
            )


def _made(form: Form, made: Paper, at: Any) -> MadeFile:  # noqa: ANN401 - a datetime
    return MadeFile(f"schedules/{form.value}.pdf", pdf_of(made, at), made.said().encode())


def _once(files: Iterable[MadeFile]) -> list[MadeFile]:
    """Return files, those that several findings share only once."""
    return list({file.path: file for file in files}.values())


def _signer(node: Node) -> Signer:
    seed = Keys(node.home).signing_seed()
    return Signer(node.authority, signing_public(seed), lambda data: sign(seed, data))


def _urn_of(bundle: Path) -> str:
    return str(_head_of(bundle)["case"])


def _head_of(bundle: Path) -> Mapping[str, Any]:
    """Return what a seal says of itself; nothing of it is checked yet."""
    try:
        head: Mapping[str, Any] = strict_json(read_small(str(bundle), "seal.json", SEAL_LIMIT))["head"]
        if not isinstance(head, dict) or not {"case", "sealed_by"} <= set(head):
            raise SchemaError("no seal in this folder", where=str(bundle), fix="name a bundle")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SchemaError("no seal in this folder", where=str(bundle), fix="name a bundle") from error
    return head


def card_of(node: Node, bundle: Path) -> Trust | None:
    """Return the key of the partner who sealed a bundle, None where the sealer is none of this node's partners."""
    try:
        named = authority_id(str(_head_of(bundle)["sealed_by"]))
    except HeadwaterError:
        return None  # the check of the bundle says what is wrong with it
    return _trust_in(node, named)


def _trust_in(node: Node, sealer: AuthorityId) -> Trust | None:
    with node.store.snapshot() as snapshot:
        partner = Partners(node.authority).get(snapshot, sealer)
    if partner is None:
        return None
    newest = max(partner.card.card.signing, key=lambda key: key.valid_from)
    return Trust(bytes.fromhex(newest.key), sealer)
