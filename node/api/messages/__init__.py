"""What a node and its callers say to each other, as frozen structs by subject; JSON on the wire, msgspec on both ends.

Names are the wire's names. Sizes are bytes, times are seconds since the epoch unless the name says otherwise.
A field that is unknown is None or UNKNOWN, never a guess.
"""
