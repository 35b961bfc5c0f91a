"""`trivet net`, as far as it goes without NetworkManager."""

import pytest
from click.testing import CliRunner

from netconf.command import net


def test_every_mistake_of_a_document_on_a_line_of_its_own() -> None:
    desired = "interfaces: [{name: eth0, mtu: 1}, {name: bond0, type: bond, link-aggregation: {mode: fast}}]"
    ended = CliRunner().invoke(net, ["plan"], input=desired)
    assert ended.exit_code == 1
    first, second = ended.output.splitlines()[1:]
    assert first.startswith("  interfaces[0].mtu: has to be a whole number")
    assert second.startswith("  interfaces[1].link-aggregation.mode: 'fast' is none of balance-rr")


@pytest.mark.parametrize("desired", ["interfaces: [", "[]"])
def test_what_is_no_document(desired: str) -> None:
    ended = CliRunner().invoke(net, ["plan"], input=desired)
    assert ended.exit_code == 1
    assert "Write it in YAML or JSON" in ended.output
