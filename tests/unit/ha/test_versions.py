"""A host that runs an older Trivet than a living one loses its points for that, and says so."""

import pytest

from hosted_engine.ha.versions import why_outdated


@pytest.mark.parametrize(
    ("own", "others", "why"),
    [
        ("0.1.0", (("node2", "0.1.0"), ("node3", "0.0.9")), ""),
        ("0.9.0", (("node2", "0.10.0"),), "it runs Trivet 0.9.0, node2 runs 0.10.0"),
        ("1.0", (("node2", "1.0.1"), ("node3", "1.0")), "it runs Trivet 1.0, node2 runs 1.0.1"),
        ("1.0+lab.7", (("node2", "1.0+lab.8"),), ""),
        ("1.0", (("node2", ""),), ""),
        ("unknown", (("node2", "1.0"),), ""),
        ("1.0", (), ""),
    ],
)
def test_why_a_host_is_out_of_date(own: str, others: tuple[tuple[str, str], ...], why: str) -> None:
    assert why_outdated(own, others) == why
