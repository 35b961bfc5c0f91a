"""Where the engine keeps what it knows and where it listens; /etc/trivet/engine.toml can say otherwise."""

import os
import tomllib
from pathlib import Path

import msgspec

from hosted_engine import site
from node.api.problems import Refused

CONFIG_FILE = Path("/etc/trivet/engine.toml")


class ConfigWrong(Refused):
    what = "Cannot use {path}"
    why = "{reason}"
    mend = "Correct it, or remove it: the engine works without one"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state` is the folder of database, site, keys and certificates; no `database_url` means SQLite in there."""

    state: str = "/var/lib/trivet-engine"
    address: str = "0.0.0.0"
    port: int = 443
    database_url: str = ""

    def file(self, name: str) -> Path:
        return Path(self.state) / name

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.file('engine.db')}"

    @property
    def certificate(self) -> Path:
        return self.file(site.ENGINE_CERTIFICATE_FILE)

    @property
    def key(self) -> Path:
        return self.file(site.ENGINE_KEY_FILE)

    @property
    def authority_key(self) -> Path:
        return self.file(site.AUTHORITY_KEY_FILE)

    @property
    def authority(self) -> Path:
        return self.file(site.AUTHORITY_CERTIFICATE_FILE)


def load(path: Path = CONFIG_FILE) -> Config:
    """The file at `path`, all defaults where there is none. TRIVET_DATABASE_URL in the environment wins: a database
    password belongs into a unit's credentials, not into a file that everybody reads. Raises ConfigWrong."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), Config) if path.exists() else Config()
    except (OSError, ValueError, msgspec.ValidationError) as err:
        raise ConfigWrong(path=path, reason=str(err)) from err
    url = os.environ.get("TRIVET_DATABASE_URL", "")
    return msgspec.structs.replace(found, database_url=url) if url else found
