"""What the answers of an installation are held to, in the manner of `hosted_engine.deploy.rules`, which are used too.

`machine`, `disks`, `network` and `role` have one function per field, for the file and for the screens alike; `together`
has what holds between them, asked of a draft that may have gaps. All pure.
"""
