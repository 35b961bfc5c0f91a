"""The whole engine over three fake nodes, natively: `python -m tests.fakes.serve` prints how to reach it.

The process is the real one (hosted_engine.main.serve); only the way to the nodes is another.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import msgspec

from hosted_engine import site
from hosted_engine.authority import make_authority, make_pair
from hosted_engine.config import Config
from hosted_engine.main import serve
from node.api.messages.identity import Role
from tests.fakes.engine import PASSWORD, fake_nodes, fake_site
from tests.fakes.node.fake import FakeNode

HEARTBEAT_S = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="the engine over fake nodes")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--state", type=Path, help="keeps database and certificates; a temporary folder without it")
    parser.add_argument("--database-url", default="", help="another database than SQLite in the state folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trivet-fake-") as folder:
        state = given.state or Path(folder)
        settings = Config(state=str(state), address="127.0.0.1", port=given.port, database_url=given.database_url)
        _fill(state, given.nodes)
        print(f"export TRIVET_URL=https://localhost:{given.port}/ovirt-engine/api")
        print("export TRIVET_USER=admin@internal")
        print(f"export TRIVET_PASSWORD_FILE={state / 'admin-password'}")
        print(f"export TRIVET_CA={settings.authority}", flush=True)
        asyncio.run(_run(settings, given.nodes))


def _fill(state: Path, nodes: int) -> None:
    """What the seed disk would have brought."""
    if (state / site.SITE_FILE).exists():
        return
    state.mkdir(parents=True, exist_ok=True)
    authority = make_authority("fake")
    pair = make_pair(authority, Role.ENGINE, "localhost", names=("127.0.0.1",))
    files = {
        site.AUTHORITY_CERTIFICATE_FILE: authority.certificate,
        site.AUTHORITY_KEY_FILE: authority.key,
        site.ENGINE_CERTIFICATE_FILE: pair.certificate,
        site.ENGINE_KEY_FILE: pair.key,
        "admin-password": PASSWORD,
        site.SITE_FILE: msgspec.json.encode(fake_site(nodes)).decode(),
    }
    for name, text in files.items():
        (state / name).touch(mode=0o600)
        (state / name).write_text(text)


async def _run(settings: Config, count: int) -> None:
    nodes = fake_nodes(count, now=time.time)
    beats = asyncio.create_task(_beat(list(nodes.values())))
    try:
        await serve(settings, connect=lambda node: nodes[node.id])
    finally:
        beats.cancel()


async def _beat(nodes: list[FakeNode]) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        for node in nodes:
            node.heartbeat()


if __name__ == "__main__":
    main()
