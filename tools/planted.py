"""A planted fault, and those that were made up blind: written down before any suite was run, and let through by the nearest.

Each has a test of its own since. They show what sort of fault the suites did not see: the second condition of two, the list
that is new, the piece that is not the last, the word that was taken back.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Patch:
    """One bad change.

    Attributes:
        name: what it does, in a few words.
        file: below src/headwater.
        old, new: what stands there and what is put in its place; the old text stands there once.
        suites: the tests that ought to notice.
    """

    name: str
    file: str
    old: str
    new: str
    suites: tuple[str, ...]


BLIND: Final = (
    Patch("exchange: the long signature of a checkpoint need only be there", "exchange/checkpoint.py",
          "and _has(checkpoint, name, _key_id(name, MLDSA65, pair.mldsa65), _MlDsa65(pair.mldsa65, text))",
          "and bool(_lines(checkpoint, name, _key_id(name, MLDSA65, pair.mldsa65)))", ("tests/unit/exchange/test_checkpoint.py",)),
    Patch("exchange: a supplier consents in its own name to facts of others", "exchange/consents.py",
          "is_its = each.given.origin == consent.giver",
          "is_its = consent.giver in (each.given.origin, state_of(sender))", ("tests/unit/exchange/test_words.py",)),
    Patch("exchange: an originator's later no is not heard", "exchange/consents.py",
          'if not last or last[-1].decision != "yes":',
          'if all(each.decision != "yes" for each in last):', ("tests/unit/exchange/test_consents.py",)),
    Patch("exchange: a file whose fact was recalled while it was fetched stays", "exchange/files.py",
          "    if message is None or ref.fact not in message.facts:\n        tx.forget",
          "    if message is None:\n        tx.forget", ("tests/unit/exchange/test_files.py",)),
    Patch("store: a store found damaged goes on taking", "store/writer.py",
          "            if isinstance(error, StoreCorruptError):",
          "            if isinstance(error, StoreCorruptError) and False:", ("tests/unit/store/test_writer.py",)),
    Patch("case: the paper for the defence names whence sensitive items came", "case/schedule.py",
          "        if exhibit.origin is not None and item_key(exhibit.ref) not in secret\n",
          "        if exhibit.origin is not None\n", ("tests/unit/case/test_schedule.py",)),
    Patch("case: a copy of what is withheld is shown", "case/view_bundle.py",
          "told_twice = set() if view.audience is Audience.PROSECUTOR else _told_twice(paths, shown)",
          "told_twice: set[str] = set()", ("tests/unit/case/test_views.py",)),
    Patch("case: an item released to one partner is shown to another", "node/releasing.py",
          "or one.view != str(view) or",
          "or not one.view.startswith(view.audience.value) or", ("tests/unit/node/test_case_release.py",)),
    Patch("case: the last object of a PDF is not looked at", "case/looking.py",
          "for number in range(1, _objects(reader)):",
          "for number in range(1, _objects(reader) - 1):", ("tests/unit/case/test_gate.py",)),
    Patch("victims: a guardian's linking sees protected persons", "node/linking.py",
          "replace(session, roles=session.roles - {Role.SAFEGUARDING})",
          "replace(session, roles=session.roles)", ("tests/unit/node/test_linking.py",)),
    Patch("page: a hidden message is refused, an unknown page is not there", "web/errors.py",
          'error.what.startswith(("no such", "no message"))',
          'error.what.startswith("no such")', ("tests/unit/web/test_frame.py",)),
    Patch("lists: a new list is never screened against", "node/customers.py",
          "first = not held.keys() <= file.screened.keys()",
          "first = not file.screened", ("tests/unit/node/test_list_changes.py",)),
    Patch("lists: a pair told apart stays silent when the query says more", "node/judged.py",
          "for field in sorted({*was, *asked})",
          "for field in sorted(was)", ("tests/unit/node/test_list_changes.py",)),
    Patch("trace: the payer stands as receiver where money comes back", "engines/trace/trail.py",
          "receiver = pseudonym if hop.receiver == payer else hop.receiver",
          "receiver = hop.receiver", ("tests/unit/node/test_tables.py",)),
    Patch("trace: two records of one table: the handling of the first", "engines/trace/engine.py",
          "held[ref] = held[ref].join(record.handling) if ref in held else record.handling",
          "held.setdefault(ref, record.handling)", ("tests/unit/engines/trace/test_engine.py",)),
    Patch("scan: alarms by strength alone, a person after a weapon", "engines/scan/assess.py",
          'return sorted(made, key=lambda alarm: (alarm.queue != "rescue", -alarm.unusual))',
          "return sorted(made, key=lambda alarm: -alarm.unusual)", ("tests/unit/engines/scan/test_assess.py",)),
    Patch("figures: a count of one is not attacked", "engines/figures/attack.py",
          "if 0 < one < threshold]",
          "if 1 < one < threshold]", ("tests/unit/engines/figures/test_publish.py",)),
    Patch("node: a partner that proves nothing is well while it answers", "node/doctor.py",
          "ok = silent <= limit and (",
          "ok = silent <= limit or (", ("tests/unit/node/test_doctor.py",)),
    Patch("node: a backup holds other files than its proof says", "node/backup.py",
          "if proof is None or dict(proof.files) != found or",
          "if proof is None or", ("tests/unit/node/test_backup.py",)),
    Patch("exchange: the quarantine has no end in bytes", "exchange/quarantine.py",
          " or size > MOST_BYTES:",
          ":", ("tests/unit/exchange/test_inbox.py",)),
    Patch("case: a receipt for a bundle under any key", "node/case_sealing.py",
          "found = demand(bundle, trust or card_of(node, bundle))",
          "found = demand(bundle, trust)", ("tests/unit/node/test_case_flow.py",)),
    Patch("case: only the last piece says whether a file must be opened", "case/gate.py",
          "self._opens = self._opens or is_opened(piece)",
          "self._opens = is_opened(piece)", ("tests/unit/case/test_gate.py",)),
    Patch("victims: a victim is accused by an offence alone", "node/safeguarding.py",
          "if person.category in _ACCUSED or person.id in accused:",
          "if person.category in _ACCUSED:", ("tests/unit/node/test_safeguarding.py",)),
    Patch("page: everybody sees who looked at a thing", "node/pages/entity.py",
          "if allowed(session, Act.LEDGER_SHOW) else None",
          "if allowed(session, Act.RECORD_LOOK) else None", ("tests/unit/web/test_entity_tabs.py",)),
    Patch("page: rescue alerts stand among the others in the list", "node/pages/map.py",
          'made.sort(key=lambda mark: (mark.lane != RESCUE_LANE, mark.state == "dismiss"))',
          'made.sort(key=lambda mark: mark.state == "dismiss")', ("tests/unit/node/pages/test_map.py",)),
    Patch("page: recovery codes outlive a reset", "node/authenticators.py",
          "        keep(transaction, Held(user))\n",
          "        keep(transaction, Held(user, recovery=held.recovery))\n", ("tests/unit/node/test_codes.py",)),
    Patch("lists: a fetched list makes another edition current", "node/lists.py",
          "if fetched is not None and fetched.sha256 == edition.sha256:",
          "if fetched is not None:", ("tests/unit/node/test_lists_and_screening.py",)),
    Patch("trace: a pattern that began before is not told though it goes on", "engines/trace/engine.py",
          'int(draft.group["last_s"] or 0) >= since_s]',
          'int(draft.group["first_s"] or 0) >= since_s]', ("tests/unit/engines/trace/test_engine.py",)),
    Patch("watch: persons in the water near the bank raise nothing", "engines/watch/post.py",
          "            row[Y], -3.0\n",
          "            row[Y], 3.0\n", ("tests/unit/engines/watch/test_post.py",)),
    Patch("figures: a kept edition of figures is not on the disk", "node/figures_shelf.py",
          "                    file.flush()\n                    os.fsync(file.fileno())\n",
          "                    file.flush()\n", ("tests/unit/node/test_figures.py",)),
    Patch("TAXII: what names persons goes out as less than RED", "formats/stix_marking.py",
          '    if handling.addressees is not None:\n        found.append("RED")\n',
          "", ("tests/unit/formats/test_stix.py",)),
    Patch("node: keys that a group may read are well", "node/doctor.py",
          "& 0o077]",
          "& 0o007]", ("tests/unit/node/test_doctor.py",)),
    Patch("case: one indicator that was dismissed closes all others", "case/check.py",
          "is_open = any(all(at < indicator.seen_at",
          "is_open = all(all(at < indicator.seen_at", ("tests/unit/case/test_check.py",)),
    Patch("case: who is convicted may have had the exhibit", "case/check.py",
          "    accused = {person.id for person in case.persons if person.category in _ACCUSED}\n",
          "    accused = {person.id for person in case.persons if person.category is PersonCategory.SUSPECT}\n", ("tests/unit/case/test_check.py",)),
    Patch("victims: a person gets another pseudonym when the case is taken in again", "node/protected.py",
          "known.pseudonym if known is not None else draw_pseudonym(node.chance)",
          "draw_pseudonym(node.chance)", ("tests/unit/node/test_safeguarding.py",)),
    Patch("findings: what may never go on is told on one person's word", "node/second.py",
          "record.handling.never_onward or any(mention.protected",
          "any(mention.protected", ("tests/unit/node/test_findings.py",)),
    Patch("case: custody of a time that has not come", "node/cases.py",
          "    if moment > node.clock.now():",
          "    if at and at.tzinfo is None:", ("tests/unit/node/test_case_flow.py",)),
    Patch("case: inputs are sealed that give something else", "node/replaying.py",
          "return made if replay_in(folder, finding.id, node.settings.plugin_names).identical else ()",
          "return made", ("tests/unit/node/test_case_flow.py",)),
    Patch("page: the same number at another provider is the same person", "node/oidc.py",
          "if (held.issuer, held.sub) != (issuer, sub):",
          "if held.sub != sub:", ("tests/unit/web/test_oidc.py",)),
    Patch("page: a provider that says who it is need not", "node/oidc.py",
          'answer.get("iss", "" if provider.says_who else provider.issuer)',
          'answer.get("iss", provider.issuer)', ("tests/unit/web/test_oidc.py",)),
    Patch("watch: an alert is told before it is on the disk", "node/watch_alerts.py",
          "                handle.flush()\n                os.fsync(handle.fileno())\n",
          "                handle.flush()\n", ("tests/unit/node/test_watch.py",)),
)  # fmt: skip
