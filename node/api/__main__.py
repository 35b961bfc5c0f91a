"""`python -m node.api` prints the documentation of all operations of a node."""

from node.api.documentation import page

if __name__ == "__main__":
    print(page())  # noqa: T201
