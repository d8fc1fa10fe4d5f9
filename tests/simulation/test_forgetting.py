"""While a store full of old rows is cleared, what is urgent goes on."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from sms_notify.model import DAY, MINUTE, SECOND
from sms_notify.store.pruning import ROWS
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import MIDNIGHT, Storm, World

OLD = MIDNIGHT - 400 * DAY
FILL = f"""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {20 * ROWS})
    INSERT INTO event (at, about, about_id, what, detail) SELECT {OLD}, 'old', i, 'sent', '' FROM n
"""


def old_rows(world: World) -> int:
    found: int = world.sql("SELECT count(*) FROM event WHERE about = 'old'")[0][0]
    return found


def test_a_page_leaves_while_much_is_forgotten(tmp_path: Path) -> None:
    world = World(tmp_path, CONFIG, seed=5)
    with world.runner.store.engine.begin() as connection:
        connection.execute(text(FILL))
    world.run_to(MIDNIGHT)
    assert 10 * ROWS < old_rows(world) < 20 * ROWS
    for call in Storm(world, groups=1, each=1, level="critical").calls(MIDNIGHT):
        world.post(call)
    world.run_to(MIDNIGHT + SECOND // 2)
    assert world.arrived()
    assert old_rows(world) > 0
    world.run_to(MIDNIGHT + MINUTE)
    assert old_rows(world) == 0
    world.close()
