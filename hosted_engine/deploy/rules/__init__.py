"""What the answers are held to: one pure function per rule, for the deploy and for whoever asks for the answers.

A rule is `why_not_…(value) -> str | None`: why `value`, as it stands in the file, cannot be used, as the rest of a
sentence that begins with the value (`192.0.2.255/24` "is the broadcast address of …"); None when it can. What holds
between values that are good one by one is in `site`, which takes a draft that may have gaps.
"""
