"""Planted faults at functions drawn by chance, made up from the code alone and let through by every test that runs the line.

Sixty functions were drawn over all rooms, and one bad patch was made up for each before a test was looked at; then every test
that a map of the suite names for the line was run. These got through and change something that somebody can see; each is seen
now by a test of what it breaks. The last four were left over from an earlier round.
"""

from typing import Final

from tools.planted import Patch

CHANCE_FAULTS: Final = (
    Patch("chance: carry_out: facts held as evidence are not spared", "exchange/amends.py",
          "        evidence.update(_facts_of(one for each in held.values() for one in each if one.given.hold == EVIDENCE))\n",
          "", ("tests/unit/exchange/test_missing.py",)),
    Patch("chance: _all_taken: doubts do not matter", "exchange/courier.py",
          "            and not doubts\n",
          "", ("tests/unit/exchange/test_courier.py",)),
    Patch("chance: _write_roots: folder not synced", "exchange/keys.py",
          '_write(folder / f"root-{number}.key", [chance.draw(SEED_BYTES) for _ in range(2)])\n    sync_folder(folder)\n',
          '_write(folder / f"root-{number}.key", [chance.draw(SEED_BYTES) for _ in range(2)])\n', ("tests/unit/exchange/test_keys.py",)),
    Patch("chance: _belongings: an address shared with a firm is not hidden", "policy/redaction.py",
          'elif types[thing] == "Address" and is_person(types.get(owner, "")):',
          'elif types[thing] == "Address":', ("tests/unit/policy/test_redaction.py",)),
    Patch("chance: _ranks: no marking passes where none is agreed", "policy/rules/judge.py",
          "    if NO_MARKING in ranks:\n        ranks[None] = ranks[NO_MARKING]\n",
          "    ranks[None] = ranks.get(NO_MARKING, 0)\n", ("tests/unit/policy/test_rules_fact.py",)),
    Patch("chance: _is_a: legal entity is not screened as entity", "node/list_filters.py",
          "    if kind.casefold() == \"entity\" and name == \"LegalEntity\":\n        return True  # lists that do not say more; a person is one too, and is no entity in the list's sense\n",
          "", ("tests/unit/node/test_list_filters.py",)),
    Patch("chance: add_exhibit: only the first letters of the hash", "node/pages/exhibits.py",
          "if expected and expected != file.sha256:",
          "if expected and expected[:8] != file.sha256[:8]:", ("tests/unit/web/test_exhibits.py",)),
    Patch("chance: row_of: two decisions of one person", "node/pages/queue.py",
          'second_wanted=two and shown.state == "confirm" and len(confirmers(shown.decisions)) < PERSONS',
          'second_wanted=two and shown.state == "confirm" and len(shown.decisions) < PERSONS', ("tests/unit/node/test_findings.py",)),
    Patch("chance: shelf records: parts of every collection", "store/shelf.py",
          " f\" JOIN record r ON r.number = p.record WHERE o.id IN {_LIST.format('?2')} AND o.collection = ?1\"",
          " f\" JOIN record r ON r.number = p.record WHERE o.id IN {_LIST.format('?2')} AND ?1 = ?1\"", ("tests/contract/test_shelf_contract.py",)),
    Patch("chance: fresh: withdrawn records come again", "store/shelf.py",
          "\" 'stix') AND marked = 0 AND NOT EXISTS",
          "\" 'stix') AND NOT EXISTS", ("tests/contract/test_shelf_contract.py",)),
    Patch("chance: subtree: a short one is handed out", "store/ledger.py",
          '        if len(part) != HASH_BYTES:\n            raise StoreCorruptError(f"the ledger lacks a subtree at leaf {last_leaf}", where=str(link.file))\n',
          "", ("tests/unit/store/test_opening.py",)),
    Patch("chance: refuse: asks for the act of accepting", "node/correspondence.py",
          "    may(session, Act.MESSAGE_REFUSE)\n    node.exchange.refuse(",
          "    may(session, Act.MESSAGE_ACCEPT)\n    node.exchange.refuse(", ("tests/authz/test_python.py",)),
)  # fmt: skip
