"""Which tests are nearest to a room: `tools/mutants.py` holds each mutant of the room against these and no others.

A room is a folder below `src/headwater`, one inside another too (`engines/match`). Without a row here it is held to the unit
tests that mirror it. A row that says more names the suites without which the room's own promises are not looked at.
"""

from typing import Final

HELD: Final = ("model", "policy", "exchange", "store")
"""The rooms of which nineteen mutants in twenty must die (Q1); they are tried where no room is named."""
SUITES: Final = {
    "model": (
        "tests/unit/model",
        "tests/property/test_body.py",
        "tests/property/test_handling.py",
        "tests/property/test_proof_tampering.py",
        "tests/unit/policy",
        "tests/unit/exchange/test_card.py",
        "tests/unit/exchange/test_envelope.py",
        "tests/unit/exchange/test_inbox.py",
        "tests/unit/exchange/test_receipt.py",
        "tests/unit/exchange/test_search.py",
        "tests/unit/exchange/test_small_parts.py",
        "tests/vectors/test_log_vectors.py",
        # What the values of one room alone are held to by the readers and stores of that room.
        "tests/contract/test_store_contract.py",
        "tests/unit/formats/test_figures_readers.py",
        "tests/unit/formats/test_ftm.py",
        "tests/unit/formats/test_scan_files.py",
        "tests/unit/formats/test_stix.py",
        "tests/unit/formats/test_things_csv.py",
        "tests/unit/engines/watch/test_sightings.py",
    ),
    "policy": (
        "tests/unit/policy",
        "tests/property/test_handling.py",
        "tests/property/test_view.py",
        "tests/property/test_translation.py",
        "tests/unit/exchange/test_inbox.py",
        "tests/unit/exchange/test_amends.py",
        "tests/unit/exchange/test_outbox.py",
        "tests/unit/exchange/test_consents.py",
    ),
    "exchange": (
        "tests/unit/exchange",
        "tests/vectors",
        "tests/property/test_body.py",
        "tests/property/test_envelope_tampering.py",
        "tests/property/test_proof_tampering.py",
        "tests/property/test_witness.py",
        "tests/property/test_translation.py",
    ),
    "store": (
        "tests/unit/store",
        "tests/contract/test_holding_contract.py",
        "tests/contract/test_shelf_contract.py",
        "tests/contract/test_store_contract.py",
        "tests/property/test_ledger_tampering.py",
        "tests/hostile/test_damaged_stores.py",
        "tests/unit/node/test_backup.py",
        "tests/unit/node/test_safeguarding.py",
        "tests/unit/node/test_taxii.py",
        "tests/unit/exchange/test_amends.py",
        "tests/unit/exchange/test_files.py",
        "tests/unit/exchange/test_inbox.py",
        "tests/unit/exchange/test_outbox.py",
        "tests/unit/exchange/test_search.py",
        "tests/unit/web/test_search.py",
    ),
    "case": (
        "tests/unit/case",
        "tests/property/test_case_fields.py",
        "tests/property/test_case_hidden.py",
        "tests/property/test_case_schedules.py",
        "tests/property/test_case_tampering.py",
        "tests/vectors/test_case_bundle.py",
        "tests/unit/node/test_case_flow.py",
        "tests/unit/node/test_case_release.py",
        "tests/unit/node/test_cases.py",
    ),
    "node": ("tests/unit/node", "tests/authz/test_python.py"),
    "formats": (
        "tests/unit/formats",
        "tests/property/test_formats.py",
        "tests/hostile/test_formats.py",
        "tests/fuzz/test_formats.py",
    ),
}
"""Which tests a room is held to; of these, those run that enter the changed function."""


def tests_of(room: str) -> tuple[str, ...]:
    """Return the tests nearest to a room; without a row in the table, those that stand where the room does below `tests/unit`."""
    return SUITES.get(room, (f"tests/unit/{room}",))
