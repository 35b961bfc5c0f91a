"""Templates as they travel."""

from hosted_engine.engine.templates.model import Template
from hosted_engine.rest.mapping.hardware import hardware_to_wire
from hosted_engine.rest.mapping.refs import ref, ref_or_none
from hosted_engine.rest.media.wire import Wire


def template_to_wire(template: Template) -> Wire:
    return {
        **ref("templates", template.id),
        **hardware_to_wire(template),
        "status": template.status.value,
        "cluster": ref_or_none("clusters", template.cluster_id),
        "version": {
            "version_number": template.version_number,
            "version_name": template.version_name,
            "base_template": ref("templates", template.base_template_id or template.id),
        },
    }
