"""The table of the SDK's examples: what each needs, and how its effect is known."""

from collections.abc import Mapping

from tests.conformance.examples.case import Case
from tests.conformance.examples.sdk import access, disks, entities, hosts, reading, transfers, vms

CASES: Mapping[str, Case] = {
    case.name: case for module in (access, disks, entities, hosts, reading, transfers, vms) for case in module.CASES
}
