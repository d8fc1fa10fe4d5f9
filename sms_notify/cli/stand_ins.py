"""The overrides of the store, for commands that say who is on call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sms_notify.cli.output import complain
from sms_notify.cli.ownership import become_owner, require_store, sqlite_file
from sms_notify.errors import SmsNotifyError

if TYPE_CHECKING:
    from sms_notify.config import Config
    from sms_notify.config.schedules import Override
    from sms_notify.model import Micros


def stored(config: Config, since: Micros) -> tuple[Override, ...]:
    """Those that end after `since`; none where there is no store yet.

    Where the store cannot be read it is said that they are not counted.
    """
    path = sqlite_file(config.store)
    if not config.schedules or (path is not None and not path.exists()):
        return ()
    from sms_notify.store import Store, prepare
    from sms_notify.store.overrides import overrides
    from sms_notify.store.schema import look

    try:
        become_owner(config.store)
        require_store(config.store)
        store = Store(config.store)
        try:
            _schema, empty = look(store)
            if empty:
                return ()
            prepare(store)
            return overrides(store, since)
        finally:
            store.close()
    except SmsNotifyError as error:
        complain(f"the overrides of the store are not counted: {error}")
        return ()
