"""Templates."""

from tests.conformance.examples.case import Blocked, Site
from tests.conformance.examples.seeds.rows import renamed

TEMPLATE = "tiny"

my_template = renamed("templates", "tiny", "mytemplate")


def version_three(site: Site) -> None:
    row = site.state().one("templates", name="mytemplate")
    site.execute("UPDATE templates SET version_number = 3, base_template_id = ? WHERE id = ?", row["id"], row["id"])


def template_with_no_id(site: Site) -> None:
    """That id belongs to the Blank template, which may not be renamed."""
    raise Blocked("the documentation's id is that of the Blank template")
