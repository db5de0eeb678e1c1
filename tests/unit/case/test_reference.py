"""The tables of law are whole, and what nobody confirmed does not look confirmed."""

from headwater.case.reference import legal_bases, offences


def test_every_offence_has_a_statute_and_points_to_prove() -> None:
    table = offences()
    assert table["ia1971-s25"].elements == (
        "act-facilitates",
        "breach-of-immigration-law",
        "not-a-uk-national",
        "knowledge",
    )
    assert all(law.statute and len(set(law.elements)) == len(law.elements) > 1 for law in table.values())


def test_a_basis_that_is_not_known_is_not_confirmed() -> None:
    missing = [basis for basis in legal_bases() if not basis.basis]
    assert [(basis.asks, basis.asked, basis.confirmed) for basis in missing] == [("uk", "xk", False)]
    assert any(basis.confirmed for basis in legal_bases())
