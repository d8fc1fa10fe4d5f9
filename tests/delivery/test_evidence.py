"""What a balance proves, case by case."""

from __future__ import annotations

import pytest

from sms_notify.delivery.evidence import Doubt, Ledger, Proof, weigh

EXACT = Ledger(left=100, spent=10, exact=True)
FIRST = Ledger(left=100, spent=10)
ONE, TWO = Doubt(7, 3), Doubt(8, 2)


@pytest.mark.parametrize(
    ("was", "left", "doubts", "proof"),
    [
        (Ledger(), 90, [], Proof()),
        (FIRST, 90, [], Proof(exact=True)),
        (FIRST, 90, [ONE], Proof()),
        (EXACT, 90, [ONE], Proof(exact=True, not_taken=7)),
        (EXACT, 87, [ONE], Proof(exact=True, taken=7)),
        (EXACT, 88, [ONE], Proof()),
        (EXACT, 86, [ONE], Proof(shared=True)),
        (EXACT, 87, [ONE, TWO], Proof()),
        (EXACT, 90, [ONE, TWO], Proof()),
        (EXACT, 84, [ONE, TWO], Proof(shared=True)),
        (EXACT, 90, [Doubt(7, 3, whole=False)], Proof()),
        (EXACT, 89, [], Proof(shared=True)),
        (EXACT, 590, [ONE], Proof(topped_up=500)),
        (EXACT, 0, [], Proof(shared=True)),
    ],
)
def test_only_an_exact_ledger_and_a_single_doubt_prove_anything(
    was: Ledger, left: int, doubts: list[Doubt], proof: Proof
) -> None:
    assert weigh(was, left, doubts, quiet=True) == proof


@pytest.mark.parametrize("left", [84, 87, 90])
def test_a_reading_beside_a_send_proves_nothing(left: int) -> None:
    assert weigh(EXACT, left, [ONE], quiet=False) == Proof()
