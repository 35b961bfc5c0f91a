"""Opens the database of this machine's engine, with the keys of what is secret in it."""

from hosted_engine.config import Config
from hosted_engine.secret_keys import FILE, MARK, KeyFile
from hosted_engine.store.store import SqlStore


def open_store(settings: Config) -> SqlStore:
    """Where there are several keys they were just changed: what the old ones sealed is sealed anew. Raises KeysWrong,
    StoreUnreachable."""
    keys = KeyFile(settings.file(FILE))
    store = SqlStore(settings.database, keys)
    if keys.has_old_ones:
        store.reseal(keys.reseal, MARK)
        keys.forget_old_ones()
    return store
