"""Others' documented examples against an engine in one process; the cases are those of tests/conformance/examples."""
