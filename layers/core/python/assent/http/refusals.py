"""What only HTTP can refuse: bodies and headers that never become a request of the trade.

They are kept from `assent/errors.py` because no workflow and no domain code ever meets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping


class MalformedRequestError(InputError):
    """The request has the wrong shape. `fields` maps a field's path to what is wrong with it."""

    code = "malformed_request"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class PayloadTooLargeError(InputError):
    """The body is larger than any request of this API needs."""

    code = "payload_too_large"


class UnsupportedMediaTypeError(InputError):
    """The body is declared as something other than JSON."""

    code = "unsupported_media_type"


class RouteNotFoundError(NotFoundError):
    """No operation has this method and path."""

    code = "route_not_found"
