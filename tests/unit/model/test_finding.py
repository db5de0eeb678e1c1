"""Findings as they are told."""

from headwater.model.finding import told_score


def test_what_is_not_certain_is_never_told_to_be() -> None:
    assert [told_score(score, 2) for score in (0.0, 1e-9, 0.5, 0.9997, 1.0)] == [0.0, 0.01, 0.5, 0.99, 1.0]
    assert f"{told_score(0.99999, 3):.3f}" == "0.999"
