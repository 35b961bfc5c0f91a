"""What the operator of a console is told when an unattended installation ended before it was one."""

import re
from pathlib import Path

from installer.preflight import Finding, Severity

LOG = Path("/run/trivet/unattended.log")  # trivet-unattended.service writes it
_LAST_LINES = 6
_LONGEST = 400


def unattended_findings(log: Path = LOG) -> tuple[Finding, ...]:
    """None where no unattended installation was asked for, or it went well: the machine has restarted then."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ()
    plain = [re.sub(r"[^\x20-\x7e]", "?", line) for line in lines[-_LAST_LINES:]]
    return (
        Finding(
            Severity.WARNING,
            "The unattended installation was not carried out",
            " ".join(plain)[-_LONGEST:] or "it said nothing",
            "Answer the questions here, or mend the answers and start the machine again",
        ),
    )
