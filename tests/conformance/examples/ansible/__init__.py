"""The tasks that the modules of ovirt.ovirt document, each by check mode, run, and run again."""
