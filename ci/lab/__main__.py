"""`python -m ci.lab`, which ./trivet lab calls."""

from ci.lab.cli import main

if __name__ == "__main__":
    main(prog_name="./trivet lab")
