"""The table of the documented tasks whose effect an oracle knows; the others are run to find out what is missing."""

from collections.abc import Mapping

from tests.conformance.examples.ansible.task import Task
from tests.conformance.examples.ansible.tasks import disks, entities, information, others, pools, storage, vms

TASKS: Mapping[str, Task] = {
    task.name: task for module in (disks, entities, information, others, pools, storage, vms) for task in module.TASKS
}
