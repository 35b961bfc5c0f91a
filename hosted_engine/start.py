"""The engine's entry: loads it without what slows loading down. Measured natively: 0.46 s before, 0.33 s after.

Where the engine VM has to do with an emulated processor, this is several seconds of every failover.
"""

import gc
import sys


def main() -> None:
    gc.disable()  # loading makes only objects that stay: a fifth of the time went into looking for garbage
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # its command line, with rich and pygments
    from hosted_engine.main import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
