"""`trivet` as it is on a node, but it dies when it is told to; arguments: the folder of the orders, then trivet's."""

import sys
from pathlib import Path

from installer.cli import main
from tests.integration.lockout import dying

if __name__ == "__main__":
    dying.obey(Path(sys.argv.pop(1)))
    main()
