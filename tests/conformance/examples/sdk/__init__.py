"""The table of the SDK's examples: what each needs, and how its effect is known."""

from tests.conformance.examples.case import Case
from tests.conformance.examples.sdk import access, disks, entities, hosts, reading, transfers, vms

CASES: dict[str, Case] = {
    case.name: case for module in (access, disks, entities, hosts, reading, transfers, vms) for case in module.CASES
}

# The same scripts with other arguments; they are no further examples.
VARIANTS: dict[str, Case] = {case.name: case for case in transfers.VARIANTS}
