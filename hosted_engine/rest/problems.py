"""What the API itself refuses, in the words that clients of oVirt know; faults.py makes documents of all problems."""

from typing import ClassVar

from node.api.problems import Failed, Refused


class ApiRefused(Refused):
    """Refused before any command was asked. `reason` is the short phrase of the fault, the sentences its detail."""

    reason: ClassVar[str] = "Operation Failed"
    status = 400

    @property
    def detail(self) -> str:
        return self.text.why

    @property
    def headers(self) -> dict[str, str]:
        """That HTTP asks for with such a status."""
        return {}


class Malformed(ApiRefused):
    reason = "Request syntactically incorrect."
    what = "The request body cannot be read"
    why = "{problem}"
    mend = "Send what the API's description asks for"


class UnknownCharset(ApiRefused):
    status = 415
    reason = "Unsupported Media Type"
    what = "The request body cannot be read"
    why = "The character set '{charset}' is not known here; known are {known}"
    mend = "Send UTF-8"


class UnknownMediaType(ApiRefused):
    status = 415
    reason = "Unsupported Media Type"
    what = "The request body cannot be read"
    why = "The media type '{media_type}' is not known here; known are {known}"
    mend = "Send the body as one of them and say so in Content-Type"


class NotAcceptable(ApiRefused):
    status = 406
    reason = "Not Acceptable"
    what = "The request cannot be answered"
    why = "The header Accept, '{accept}', allows none of {known}"
    mend = "Accept one of them"


class TooLarge(ApiRefused):
    status = 413
    reason = "Request too large."
    what = "The request body cannot be read"
    why = "it is longer than {limit} bytes"
    mend = "Send less"


class TooManyElements(ApiRefused):
    status = 413
    reason = "Request too large."
    what = "The request body cannot be read"
    why = "it has more than {limit} elements"
    mend = "Send less"


class TooDeep(ApiRefused):
    reason = "Request syntactically incorrect."
    what = "The request body cannot be read"
    why = "more than {limit} elements lie within each other"
    mend = "Send what the API's description asks for"


class TooLong(ApiRefused):
    reason = "Invalid value"
    what = "{element} cannot be used"
    why = "{element} has {found} characters and may have {limit}"
    mend = "Send a shorter text"


class TooMany(ApiRefused):
    reason = "Invalid value"
    what = "{element} cannot be used"
    why = "{element} has {found} items and may have {limit}"
    mend = "Send fewer"


class BadCharacter(ApiRefused):
    reason = "Invalid value"
    what = "{element} cannot be used"
    why = "{element} holds the character {character}, which a database cannot keep"
    mend = "Send it without"


class UrlTooLong(ApiRefused):
    status = 414
    reason = "Request too large."
    what = "The request cannot be read"
    why = "its path and query have more than {limit} bytes"
    mend = "Ask for less at a time"


class HeaderTooLong(ApiRefused):
    status = 431
    reason = "Request too large."
    what = "The request cannot be read"
    why = "its header {name} has more than {limit} bytes"
    mend = "Send a shorter one"


class NotUtf8(ApiRefused):
    """`where` is "the path" or the name of a parameter; `position` counts characters from 1."""

    reason = "Invalid value"
    what = "The request cannot be read"
    why = "{where} is no UTF-8: byte 0x{byte:02X} at position {position} cannot be"
    mend = "Send UTF-8, percent-encoded"


class TooBroad(ApiRefused):
    """Of the parameters of a request, `follow` and `max` above all."""

    reason = "Invalid value"
    what = "The parameter {parameter} cannot be used"
    why = "{parameter} {problem}; the limit is {limit}"
    mend = "Ask for less at a time"


class BadValue(ApiRefused):
    """`element` is the path of what is wrong in a body, `vm.nics.nic[2].mac.address`."""

    reason = "Invalid value"
    what = "{element} cannot be used"
    why = "{element}: {problem}"
    mend = "Send what the API's description asks for"


class OtherId(ApiRefused):
    """An update of one object that gives another one's id."""

    status = 409
    what = "{element} cannot be updated"
    why = '{element}.id = "{given}" is not that of the path, "{there}", and no id can be changed'
    mend = "Leave the id out, or use the path of the object that is meant"


class Incomplete(ApiRefused):
    """`missing` as oVirt names it: "name", "cluster.id|name"."""

    reason = "Incomplete parameters"
    what = "{type} cannot be used by {method}"
    why = "{type} [{missing}] required for {method}"
    mend = "Send what is missing"


class NoSuchPath(ApiRefused):
    status = 404
    reason = "Not Found"
    what = "There is nothing at {path}"
    why = "There is nothing at {path}"
    mend = "Follow the links from the API's root"


class NoSuchMethod(ApiRefused):
    status = 405
    reason = "Method Not Allowed"
    what = "{path} does not answer {method}"
    why = "{path} does not answer {method}"
    mend = "Use one of {allowed}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": str(self.values["allowed"])}


class NotThereYet(Failed):
    """Failed only by name: nothing was done. The API of oVirt has it and this engine does not."""

    status = 501
    reason = "Not implemented"
    what = "{service}.{method} is not there yet"
    why = "this version of Trivet does not implement it"
    mend = "The coverage of the API is listed by `python -m hosted_engine.rest`"


class ElementNotSupported(ApiRefused):
    """Refused by name: the API of oVirt has the element, and this engine would do nothing with it."""

    status = 501
    reason = "Not implemented"
    what = "Cannot use {element}"
    why = "{element} = {value} is not there yet: this version of Trivet would do nothing with it"
    mend = "Leave the element out, or send what is shown"


class CannotBeSet(ApiRefused):
    """`when` says when it could be: "on add", "never"."""

    reason = "Invalid value"
    what = "Cannot set {element}"
    why = "{element} cannot be set to {value} here ({when})"
    mend = "Leave the element out, or send what is shown"


class UnknownElement(ApiRefused):
    reason = "Invalid value"
    what = "The request body cannot be used"
    why = "the API has no {elements}"
    mend = "Leave it out, or look its name up in the API's description"


class NotSignedIn(ApiRefused):
    status = 401
    reason = "Unauthorized"
    what = "The request has no valid credentials"
    why = "The request has no valid token, session, or user and password"
    mend = "Sign in"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Basic realm="ENGINE"'}
