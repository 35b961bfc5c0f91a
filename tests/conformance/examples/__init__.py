"""Others' documented examples, unmodified, each held to what it has done outside the API."""
