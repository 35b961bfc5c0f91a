"""What is refused because somebody may not do or see it."""

from node.api.problems import Refused


class NotPermitted(Refused):
    what = "Cannot do that as {user}"
    why = "it takes a role with the permit {permit} on {object}"
    mend = "Ask an administrator for such a role"
    status = 403


class UserViewOnly(Refused):
    what = "Cannot show {path} to {user}"
    why = "without the header Filter: true only administrators are shown what there is"
    mend = "Send the header Filter: true, to be shown what you have a role on"
    status = 403


class AdministratorsOnly(Refused):
    what = "Cannot show {path} to {user}"
    why = "only administrators are shown it, and never with the header Filter: true"
    mend = "Ask without that header, as an administrator"
    status = 403
