"""What the documentation knows and this version does not do is refused by name."""

from __future__ import annotations

import pytest

from .given import SOUND, changed, problems

BLOCKS = """\
heartbeats: []
checks: {look_ahead: 30d, proof_of_life: {}}
"""


@pytest.mark.parametrize(
    "name",
    [
        "heartbeats",
        "checks.look_ahead",
        "checks.proof_of_life",
    ],
)
def test_a_block_that_is_not_built_is_refused_by_its_name(name: str) -> None:
    rest = SOUND[SOUND.index("store:") :]
    told = problems(BLOCKS + rest)
    assert f"{name}: not available yet: {name}; take it out" in "".join(told)
    assert all("not available yet" in problem for problem in told)


@pytest.mark.parametrize(
    ("old", "new", "path", "called"),
    [("store:", "checks: {look_ahead: 30d}\nstore:", "checks.look_ahead", None)],
)
def test_a_part_that_is_not_built_is_one_problem_and_hides_what_follows_from_it(
    old: str, new: str, path: str, called: str | None
) -> None:
    told = problems(changed((old, new)))
    assert len(told) == 1, told
    spelled = called or path.replace("[0]", "[]")
    assert told[0].split(": ", 1)[1] == f"{path}: not available yet: {spelled}; take it out"
