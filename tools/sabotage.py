"""Planted faults: plausible bad patches, one at a time in a copy of the source, of which the suites must catch nine in ten.

    python -m tools.sabotage                    every patch
    python -m tools.sabotage --only receipt     those whose name holds a word
    python -m tools.sabotage --file mine.json   those of a file: a list of {name, file, old, new}, with suites or without

Each patch is what somebody could hand in as a small improvement, by mistake or on purpose. It names the suites that `make
check` or `make merge` runs and that ought to notice; they run until one test fails. A patch that they let through is printed,
and the exit status is 1 where more than one in ten are.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tools.nearest import tests_of
from tools.parts import add_part, dealt
from tools.planted import BLIND, Patch
from tools.planted_chance import CHANCE_FAULTS
from tools.planted_desk import DESK_FAULTS
from tools.planted_engines import ENGINE_FAULTS
from tools.planted_liar import LIAR_FAULTS
from tools.planted_node import NODE_FAULTS
from tools.planted_outward import OUTWARD_FAULTS
from tools.planted_page import PAGE_FAULTS
from tools.planted_plays import PLAY_FAULTS
from tools.planted_promises import PROMISE_FAULTS

ROOT: Final = Path(__file__).resolve().parent.parent
LEAST_SHARE: Final = 0.9
MOST_S: Final = 900
_NAMED: Final = re.compile(r"(?:FAILED|ERROR) (.*?)(?: - .*)?$")
MODEL: Final = ("tests/unit/model", "tests/property/test_handling.py")
POLICY: Final = ("tests/unit/policy", "tests/property/test_view.py")
EXCHANGE: Final = (
    "tests/unit/exchange",
    "tests/vectors",
    "tests/property/test_envelope_tampering.py",
    "tests/property/test_witness.py",
)
STORE: Final = ("tests/unit/store", "tests/contract/test_store_contract.py", "tests/property/test_ledger_tampering.py")
CRASH: Final = (*STORE, "tests/crash/test_full_disk.py", "tests/crash/test_kill.py", "tests/crash/test_powercut.py")
PAGE: Final = ("tests/unit/web/test_frame.py", "tests/unit/web/test_signing.py", "tests/authz")
SIGNING: Final = ("tests/unit/node/test_codes.py", "tests/unit/node/test_passkeys.py", *PAGE)
FILES: Final = (
    "tests/unit/formats/test_safe.py",
    "tests/unit/formats/test_safe_archive.py",
    "tests/hostile/test_formats.py",
)

VICTIMS: Final = ("tests/unit/policy", "tests/unit/node/test_safeguarding.py", "tests/unit/node/test_case_release.py")
DOORS: Final = (
    "tests/unit/web/test_frame.py",
    "tests/unit/web/test_limits.py",
    "tests/unit/web/test_search.py",
    "tests/unit/web/test_list_exports.py",
)
BACKUP: Final = ("tests/unit/node/test_backup.py",)
GATE: Final = ("tests/unit/case/test_gate.py", "tests/unit/case/test_protected.py")
TAXII: Final = ("tests/unit/node/test_taxii.py", "tests/unit/formats/test_misp.py", "tests/authz/test_taxii.py")


PATCHES: Final = (
    Patch("handling: purposes of two records add up", "model/handling.py",
          "return left if right is None else left & right", "return left if right is None else left | right", MODEL),
    Patch("handling: a ban on passing on is forgotten in a join", "model/handling.py",
          "never_onward=self.never_onward or other.never_onward", "never_onward=self.never_onward", MODEL),
    Patch("handling: the longer retention wins", "model/handling.py", "retain_until=min(", "retain_until=max(", MODEL),
    Patch("handling: codes of the second record are lost", "model/handling.py", "codes=self.codes | other.codes", "codes=self.codes", MODEL),
    Patch("seal: two texts under one key and nonce", "exchange/suite.py", "if info in self._infos or len", "if len", EXCHANGE),
    Patch("seal: one secret for a day's messages", "exchange/suite.py", "MAX_TOGETHER: Final = 64", "MAX_TOGETHER: Final = 1 << 20", EXCHANGE),
    Patch("seal: the info of a message is not in its key", "exchange/hpke.py",
        'context = _CONTEXT + _extract(b"", b"info_hash", info)', 'context = _CONTEXT + _extract(b"", b"info_hash", b"")', EXCHANGE),
    Patch("seal: the elliptic half alone makes the secret", "exchange/hpke.py",
        "_combined(mlkem_secret, ephemeral", "_combined(x25519_text, ephemeral", EXCHANGE),
    Patch("view: a restricted record is shown by name", "policy/view.py",
          "return self._shown(record) if record is not None and self._permits(record.handling) else None",
          "return self._shown(record) if record is not None else None", POLICY),
    Patch("view: looks at findings leave no trace", "policy/view.py", 'self._note("finding", ref)', "pass", POLICY),
    Patch("view: one sight for all purposes", "policy/view.py",
          "(self._session.purpose, self._session.user, self._today.isoformat(), self._cleared)",
          "(self._session.user, self._today.isoformat(), self._cleared)", POLICY),
    Patch("view: a finding is seen where any of its evidence is", "policy/view.py",
          "self._permits(finding.handling) and all(", "self._permits(finding.handling) and any(", POLICY),
    Patch("view: a hidden record protects and so betrays", "policy/view.py",
          "self._permits(record.handling) and _is_protected_by(record, key) for record in about",
          "_is_protected_by(record, key) for record in about", POLICY),
    Patch("view: a hidden record protects where several are opened", "policy/view.py",
          "if record is not None and self._permits(record.handling) and _is_protected_by(record, key):",
          "if record is not None and _is_protected_by(record, key):", POLICY),
    Patch("session: own work may be approved", "policy/session.py",
          "if author is not None and author == session.user:", "if author is not None and author == session.authority:", POLICY),
    Patch("session: purpose is not asked", "policy/session.py",
          "if purposes is not None and session.purpose not in purposes:", "if purposes and session.purpose not in purposes and False:", POLICY),
    Patch("retention: a day too early", "policy/retention.py", "last is not None and last < day", "last is not None and last <= day", POLICY),
    Patch("rules: an agreement counts after its end", "policy/rules/message.py",
          "not terms.valid_from <= case.day <= terms.valid_until", "not terms.valid_from <= case.day", POLICY),
    Patch("rules: a suspended agreement counts", "policy/rules/message.py",
          "case.agreement.state is not AgreementState.LIVE", "case.agreement.state is AgreementState.DRAFT", POLICY),
    Patch("rules: a witness is named with any approval", "policy/rules/fact.py",
          'if "witness-protection" in case.approvals:', "if case.approvals:", POLICY),
    Patch("rules: special categories pass without necessity", "policy/rules/fact.py",
          "case.agreement.sensitive and case.message.strict_necessity", "case.agreement.sensitive", POLICY),
    Patch("rules: retention is not shortened", "policy/rules/judge.py",
          "fact.retain_until is None or fact.retain_until > limit", "fact.retain_until is not None and fact.retain_until > limit", POLICY),
    Patch("redaction: facts keep the names of protected persons", "policy/redaction.py",
          "if not (fact.entity in persons and fact.prop in IDENTITY_PROPERTIES) and fact.entity not in belongings",
          "if fact.entity not in belongings", POLICY),
    Patch("envelope: the signature does not cover who it is for", "exchange/envelope.py",
          "hashlib.sha256(body).digest() + bytes.fromhex(rkid)", "hashlib.sha256(body).digest()", EXCHANGE),
    Patch("envelope: expiry is not looked at", "exchange/envelope.py", "if now >= header.expires_at:", "if now > header.sent_at + (header.expires_at - header.sent_at) * 2:", EXCHANGE),
    Patch("envelope: a revoked key counts", "exchange/envelope.py",
          "if sender.revoked_from is not None and now >= sender.revoked_from:", "if sender.revoked_from is not None and now < sender.revoked_from:", EXCHANGE),
    Patch("envelope: any sender's key will do", "exchange/envelope.py",
          "known = sender if header.sender == peer and header.skid == key_id(sender.public_key) else None", "known = sender", EXCHANGE),
    Patch("receipt: for somebody else it counts too", "exchange/receipt.py",
          "if receipt.sender != giver.authority or receipt.to not in {me, None}:", "if receipt.sender != giver.authority:", EXCHANGE),
    Patch("receipt: its signature is not checked", "exchange/receipt.py",
          "if not is_signed(key.public_key, signature, _message(payload)):", "if not signature:", EXCHANGE),
    Patch("taking: other bytes under a known name are a duplicate", "exchange/taking.py",
          "if there.sha256 == each.sealed.sha256:", "if True:", EXCHANGE),
    Patch("card: an older version is taken", "exchange/card.py", "if new.version < old.version:", "if new.version < old.version - 1:", EXCHANGE),
    Patch("card: the old roots need not sign", "exchange/card.py", "    _check_threshold(given.paper, old)\n    return True", "    return True", EXCHANGE),
    Patch("witness: a log that shrank is a late one", "exchange/witness.py",
          "return Word.SHRUNK if said.seq > known.seq else Word.LATE", "return Word.LATE", EXCHANGE),
    Patch("witness: a fork of the same size is the same", "exchange/witness.py",
          "if said.size == known.size:\n        return Word.SAME if said.root == held else Word.FORKED", "if said.size == known.size:\n        return Word.SAME", EXCHANGE),
    Patch("back-off: no jitter", "exchange/backoff.py", "return max(FIRST_S, bound * (1 + part) / 2)", "return max(FIRST_S, bound)", EXCHANGE),
    Patch("writer: answers before the sync", "store/writer.py", "        self._link.commit()\n        self._head, self._edge = head, edge",
          "        for job in group:\n            job.answer()\n        self._link.commit()\n        self._head, self._edge = head, edge", CRASH),
    Patch("writer: a change that raised is half kept", "store/writer.py", '            self._link.run("ROLLBACK TO change")\n', "", STORE),
    Patch("ledger: a shortened one is opened", "store/ledger.py",
          'if link.number("SELECT MAX(number) + 1 FROM ledger") != head.size:', "if head.size < 0:", STORE),
    Patch("audit: truncation is not compared with kept heads", "store/audit.py",
          'problems += [Problem(head.size, "truncated") for head in heads if head.size > stored.size]', "pass", STORE),
    Patch("audit: silent erasure is no problem", "store/audit.py",
          'problems += [Problem(index, "erased-unannounced") for index in sorted(walk.erased - walk.announced)]', "pass", STORE),
    Patch("merkle: leaves and nodes hash alike", "model/merkle.py", 'b"\\x01"', 'b"\\x00"', (*MODEL, "tests/vectors")),
    Patch("vault: an erased key is only unlinked", "store/vault.py", "file.write(bytes(path.stat().st_size))", 'file.write(b"")', STORE),
    Patch("page: a used ticket opens another session", "node/signin.py", "if held is None or held.used or transaction.now >= held.until:", "if held is None or transaction.now >= held.until:", PAGE),
    Patch("page: a ticket lets in who was switched off", "node/signin.py",
          "    users.session(transaction, node.authority, kept.user, kept.purpose)\n    transaction.put_document(SESSION",
          "    transaction.put_document(SESSION", SIGNING),
    Patch("page: anybody who looks at cases may open one", "web/authz.py", '("POST", "/cases"): Act.CASE_OPEN', '("POST", "/cases"): Act.CASE_LOOK', PAGE),
    Patch("page: the way back may lead elsewhere", "web/pages/signing.py", ' and "\\\\" not in path', "", PAGE),
    Patch("codes: a code counts twice", "node/codes.py", "if step <= held.codes.last_step:", "if step < held.codes.last_step:", SIGNING),
    Patch("codes: a wrong passphrase with a right code lets in", "node/codes.py",
          "fits = now.codes is None or hmac.compare_digest(guess, now.codes.passphrase)", "fits = now.codes is None or bool(guess)", SIGNING),
    Patch("safe JSON: a key twice is taken", "formats/safe.py", 'if _STRINGS.findall(data).count(b":") != pairs:', 'if _STRINGS.findall(data).count(b":") < pairs:', FILES),
    Patch("archives: a link is a file", "formats/safe_archive.py", "if stat.S_IFMT(info.external_attr >> 16) not in _PLAIN_KINDS:", "if stat.S_ISDIR(info.external_attr >> 16):", FILES),
    Patch("archives: the ratio is not looked at", "formats/safe.py", "MAX_ARCHIVE_RATIO: Final = 100\n", "MAX_ARCHIVE_RATIO: Final = 100_000\n", FILES),
    Patch("backup: two keys for one piece", "node/strongbox.py", "        self._number += 1\n\n\nclass BoxReader", "\n\nclass BoxReader", ("tests/unit/node/test_backup.py",)),
    Patch("vault: a grant for one person opens another", "policy/safeguarding.py",
          "grant.reader == reader and grant.pseudonym == pseudonym",
          "grant.reader == reader", VICTIMS),
    Patch("minors: named without the approval of safeguarding", "policy/rules/fact.py",
          'return "safeguarding" in case.approvals and consented and abroad',
          'return ("safeguarding" in case.approvals or fact.minor) and consented and abroad', VICTIMS),
    Patch("victims: who comes from nobody knows where may go anywhere", "policy/safeguarding.py",
          "any(len(origin) != _STATE_LETTERS or origin.upper() == self.state for origin in origins)",
          "any(origin.upper() == self.state for origin in origins)", VICTIMS),
    Patch("victims: approved for one offence, charged with another", "node/safeguarding.py",
          " or wish.offence not in charged:",
          ":", VICTIMS),
    Patch("consent: a supplier's yes needs no word of the originator", "exchange/consents.py",
          "or spoken.is_consented(each.given, consent)",
          "or bool(consent.words)", EXCHANGE),
    Patch("consent: those for other states go along", "exchange/consents.py",
          "consents = tuple(each.consent for each in found if each.consent.receiver == receiver)",
          "consents = tuple(each.consent for each in found if receiver)", EXCHANGE),
    Patch("consent: a yes for one purpose is passed on for another", "exchange/consents.py",
          "            and request.purpose in each.consent.purposes\n",
          "", EXCHANGE),
    Patch("receipt: a line about other bytes counts", "exchange/receipt.py",
          "return self.id == sealed.header.id and self.sha256 == sealed.sha256.hex()",
          "return self.id == sealed.header.id", EXCHANGE),
    Patch("recall: a proof in another holder's name counts", "exchange/amends.py",
          "(asked.holder, first.holder) != (message.sender, message.sender)",
          "asked.holder != message.sender", EXCHANGE),
    Patch("recall: an answer that is late takes back what is known", "exchange/amends.py",
          "if held is None or decode(held, Answer).seq <= seq:",
          "if held is None or seq:", EXCHANGE),
    Patch("recall: drafts keep what was erased", "exchange/erasing.py",
          "        self._strip_drafts({record_of(fact) for fact in gone}, gone)\n",
          "", EXCHANGE),
    Patch("recall: the key of a recalled file stays", "exchange/erasing.py",
          "files = tuple(each for each in message.files if each.fact in facts)",
          "files = message.files", EXCHANGE),
    Patch("retention: findings outlive the detections they rest on", "node/watch_keep.py",
          "for found in list(transaction.findings()) if gone else ():",
          "for found in list(transaction.findings()) if not gone else ():", ("tests/unit/node/test_watch_widen.py",)),
    Patch("retention: an erased person stays on the list of those due", "node/safeguarding.py",
          "if not one.erased and one.retain_until < day.isoformat()",
          "if one.retain_until < day.isoformat()", VICTIMS),
    Patch("search: what is hidden takes a place", "node/pages/search.py",
          "fits = self._known[handling] = permits(_read(handling), self.session, self.day)",
          "fits = self._known[handling] = _read(handling).purposes is None or self.session.purpose != ''", DOORS),
    Patch("search: saved ones of colleagues are shown", "node/pages/search.py",
          "return [search for search in found if search.saved and search.user == session.user]",
          "return [search for search in found if search.saved]", DOORS),
    Patch("news: a stream outlives its session", "web/pages/news.py",
          "signed = signin.signed_in(ctx.node, ctx.token)",
          "signed = ctx.signed", DOORS),
    Patch("news: one beat for all purposes of a user", "web/live.py",
          "            held = self._beats.get(session)\n",
          "            held = next((beat for one, beat in self._beats.items() if one.user == session.user), None)\n", DOORS),
    Patch("export: a list takes protected persons along", "node/pages/sharing.py",
          "    if any(mention.protected for mention in record.mentions):\n        return False\n",
          "", DOORS),
    Patch("backup: the vault's master key goes along", "node/backup.py",
          ' and path != f"{VAULT}/{MASTER}":',
          ":", BACKUP),
    Patch("backup: another ledger of the same size is the same", "node/backup.py",
          "if (head.size, head.root.hex()) != (proof.size, proof.root):",
          "if head.size != proof.size:", BACKUP),
    Patch("backup: a member may name any place", "node/backup.py",
          'not {"", ".", ".."} & set(parts)',
          'not {".", ".."} & set(parts)', BACKUP),
    Patch("leak gate: a name across two pieces", "case/gate.py",
          "self._tail = piece[-OVERLAP:]",
          'self._tail = b""', GATE),
    Patch("leak gate: what cannot be opened may leave", "case/gate.py",
          "        return Look(UNREAD)\n",
          "        return CLEAR\n", GATE),
    Patch("scan: one false alarm more than declared", "engines/scan/site.py",
          "rank = math.ceil((count + 1) * (1.0 - declared_fa))",
          "rank = math.floor((count + 1) * (1.0 - declared_fa))", ("tests/unit/engines/scan/test_site.py",)),
    Patch("OFSI: what was valued later need not be valued again", "node/ofsi.py",
          "if one.valued_on != valued]",
          "if one.valued_on < valued]", ("tests/unit/node/test_list_changes.py",)),
    Patch("OFSI: sums over all currencies", "node/ofsi.py",
          "sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor",
          "sums[one.currency] = sum(sums.values()) + one.amount_minor", ("tests/unit/node/test_list_changes.py",)),
    Patch("figures: the last attempt is not attacked", "engines/figures/publish.py",
          "    refuse_if_exposed(tried[-1], threshold, progress)\n",
          "", ("tests/unit/engines/figures/test_publish.py",)),
    Patch("TAXII: what bears no marking is for the community", "formats/stix_marking.py",
          'UNMARKED: Final = "AMBER"',
          'UNMARKED: Final = "GREEN"', TAXII),
    Patch("TAXII: anybody may read anybody's status", "node/taxii.py",
          'if not found or found.get("who", caller.user) != caller.user:',
          "if not found:", TAXII),
    Patch("TAXII: an unknown tag of MISP is AMBER", "formats/stix_marking.py",
          '_MISP_WORDS.get(name, "RED")',
          '_MISP_WORDS.get(name, "AMBER")', TAXII),
    Patch("TAXII: one salt for a user's passwords", "node/taxii_users.py",
          "salt = node.chance.draw(_SALT_BYTES).hex()",
          "salt = hashlib.sha256(user.encode()).hexdigest()[: 2 * _SALT_BYTES]", TAXII),
    Patch("ledger: events of one draw share a salt", "store/ledger.py",
          "        salt, self._salts = self._salts[:SALT_BYTES], self._salts[SALT_BYTES:]\n",
          "        salt = self._salts[:SALT_BYTES]\n", STORE),
    Patch("card: an old one that comes again is a late one", "exchange/cards.py",
          " and sent_at < held.card.issued_at:",
          ":", EXCHANGE),
    Patch("limits: sign-ins are counted for each name", "web/app.py",
          'self._limits.take(f"in {client}", limits.SIGN_INS)',
          'self._limits.take(f"in {client} {ctx.form.text(\'user\')}", limits.SIGN_INS)', DOORS),
    Patch("limits: a new name begins when there are many", "web/limits.py",
          "level = min(float(most), level + (now - at) * most / seconds)",
          "level = level + (now - at) * most / seconds", DOORS),
    Patch("page: a form without an origin is ours", "web/app.py",
          'if request.headers.get("origin") not in self.site.origins:',
          'if request.headers.get("origin", next(iter(self.site.origins))) not in self.site.origins:', DOORS),
    Patch("page: an answer of a provider counts twice", "node/oidc.py",
          "held = asked is not None and not asked.used and transaction.now < asked.until",
          "held = asked is not None and transaction.now < asked.until", ("tests/unit/web/test_oidc.py",)),
    Patch("files: any blob can be fetched by its hash", "exchange/files.py",
          "return snapshot.blob_bytes(name) if snapshot.document(CHUNK, name) is not None else None",
          "return snapshot.blob_bytes(name)", EXCHANGE),
    Patch("deadline: the second of two equal hours", "exchange/deadlines.py",
          "return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)",
          "return wall.replace(tzinfo=zone, fold=1).astimezone(UTC)", EXCHANGE),
    *BLIND,
    *NODE_FAULTS,
    *DESK_FAULTS,
    *PAGE_FAULTS,
    *PLAY_FAULTS,
    *LIAR_FAULTS,
    *ENGINE_FAULTS,
    *OUTWARD_FAULTS,
    *CHANCE_FAULTS,
    *PROMISE_FAULTS,
)  # fmt: skip


def planted(patch: Patch, copy: Path) -> str:
    """Put a patch into the copy and return the text that was there."""
    path = copy / "src" / "headwater" / patch.file
    text = path.read_text(encoding="utf-8")
    if text.count(patch.old) != 1:
        raise SystemExit(f"{patch.name}: what it replaces stands {text.count(patch.old)} times in {patch.file}")
    path.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
    return text


def caught(patch: Patch, copy: Path) -> tuple[bool, str]:
    """Whether the suites notice a patch, and which test does; that test must pass without the patch."""
    before = planted(patch, copy)
    failed = None
    try:
        for suites in (nearest(patch, copy), patch.suites):
            done = run(suites, copy) if suites else None
            if done is not None and done.returncode in {1, 2}:
                named = (_NAMED.match(line) for line in done.stdout.splitlines())
                failed = next((found[1] for found in named if found), "")
                break
    except subprocess.TimeoutExpired:
        return True, "a test that does not end"
    finally:
        (copy / "src" / "headwater" / patch.file).write_text(before, encoding="utf-8")
    if not failed:
        return False, "no test fails"
    if run([failed], copy).returncode:
        return False, f"{failed} fails without the patch as well"
    return True, failed


def nearest(patch: Patch, copy: Path) -> list[str]:
    """Return the tests that bear the name of the patched file, which are quick and most often enough."""
    word = Path(patch.file).stem
    found = (path for suite in patch.suites for path in (copy / suite).rglob(f"test_*{word}*.py"))
    return sorted({str(path.relative_to(copy)) for path in found})


def run(suites: Sequence[str], copy: Path) -> "subprocess.CompletedProcess[str]":
    """Run suites in the copy until a test fails; `tools.mutants` lets Hypothesis draw alike and take its time."""
    env = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tools.mutants", "-p", "no:cacheprovider"]
    words += ["-m", "not deep and not e2e and not shared", *suites]
    return subprocess.run(words, cwd=copy, env=env, capture_output=True, text=True, timeout=MOST_S, check=False)


def read(path: Path) -> tuple[Patch, ...]:
    """Return the patches of a file; one that names no suites is held to the tests nearest to its room (`tools/nearest.py`)."""
    given: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Patch(**{**each, "suites": tuple(each.get("suites") or tests_of(each["file"].partition("/")[0]))})
        for each in given
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the patches; 1 where more than one in ten get through."""
    parser = argparse.ArgumentParser(description="Plant faults and see that a test fails.")
    parser.add_argument("--only", default="", help="patches whose name holds this")
    parser.add_argument("--file", type=Path, help="patches of a file in JSON, in place of those planted here")
    parser.add_argument("--first", type=int, default=1, help="number of the first patch")
    add_part(parser)
    parser.add_argument("--list", action="store_true", help="name the patches and check that each still fits")
    parser.add_argument("--json", type=Path, help="write what was found to a file")
    given = parser.parse_args(arguments)
    patches = read(given.file) if given.file else PATCHES
    chosen = dealt([patch for patch in patches[given.first - 1 :] if given.only in patch.name], given.part)
    through: list[str] = []
    with tempfile.TemporaryDirectory(prefix="headwater-sabotage-") as folder:
        copy = Path(folder) / "copy"
        left = shutil.ignore_patterns(
            ".git", ".venv", ".tools", "site", "dist", "__pycache__", ".hypothesis", ".mypy_cache", "*.pyc"
        )
        shutil.copytree(ROOT, copy, ignore=left, symlinks=True)
        for patch in chosen:
            if given.list:
                (copy / "src" / "headwater" / patch.file).write_text(planted(patch, copy), encoding="utf-8")
                print(f"{patch.file}: {patch.name}")
                continue
            begun = time.monotonic()
            good, said = caught(patch, copy)
            print(
                f"{'caught ' if good else 'THROUGH'} {time.monotonic() - begun:5.0f} s  {patch.name}: {said}",
                flush=True,
            )
            through += [] if good else [patch.name]
    print(f"planted faults: {len(chosen)} patches, {len(chosen) - len(through)} caught")
    if given.json:
        given.json.write_text(json.dumps({"patches": len(chosen), "through": through}, indent=1) + "\n", "utf-8")
    return int(len(through) > len(chosen) * (1 - LEAST_SHARE))


if __name__ == "__main__":
    sys.exit(main())
