"""One slapd for all that only reads; what takes it away starts another one."""

from collections.abc import Iterator

import pytest

from tests.integration.ldap.server import Slapd, slapd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd"), "127.0.0.21") as there:
        yield there
