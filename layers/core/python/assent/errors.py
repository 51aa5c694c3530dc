"""Every error this code raises on purpose, as a fact with a stable code.

HTTP statuses are given to them in one place, `http/problems.py`; Step Functions matches on the
class names, so a class is never renamed. Messages are for people and carry no personal data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from assent.phone import PhoneNumber


class AssentError(Exception):
    """The root: `code` is stable and documented, `str(error)` is a sentence for a person."""

    code: ClassVar[str] = "internal_error"


class InputError(AssentError):
    """Somebody gave a value that cannot be used; `field` says which, where there is one."""

    code = "invalid_input"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(AssentError):
    """What was named does not exist."""

    code = "not_found"


class ConflictError(AssentError):
    """The request is well formed and today's state refuses it."""

    code = "conflict"


class TryAgainError(AssentError):
    """Nothing was done; the same request may succeed after `retry_after_seconds`."""

    code = "try_again"

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class InvalidPhoneError(InputError):
    """The text is no phone number that can receive a text message; `reason` says why."""

    code = "invalid_phone"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, field="phone")
        self.reason = reason


class InvalidTextError(InputError):
    """A message text cannot be used: unknown placeholder, forbidden construct, too long."""

    code = "invalid_text"


class LinkNotAllowedError(InvalidTextError):
    """A link that carriers filter or readers cannot check: a public shortener, `http:`, a host in
    look-alike letters."""

    code = "link_not_allowed"


class PlaceholderInLinkError(InvalidTextError):
    """A value that a stranger typed would become part of a link, or a link would run into words."""

    code = "placeholder_in_link"


class OnlyKeywordError(InvalidTextError):
    """A marketing text that says nothing but a word which phones text to us, such as STOP."""

    code = "only_keyword"


class InvalidSegmentError(InputError):
    """A segment rule is malformed; the message names the faulty node's path."""

    code = "invalid_segment"


class InvalidCursorError(InputError):
    """A page cursor was not issued by this service or has been altered."""

    code = "invalid_cursor"


class ConsentNotGivenError(InputError):
    """The consent box was not ticked, so there is nothing to record."""

    code = "consent_not_given"


class UnknownDisclosureError(InputError):
    """The disclosure version shown to the person is not one this programme has published."""

    code = "unknown_disclosure"


class UnreadableFileError(InputError):
    """An uploaded file is no table of text; the message says what to do."""

    code = "unreadable_file"


class FileTooLargeError(InputError):
    """An uploaded file is larger than what is gone through."""

    code = "file_too_large"


class InvalidFormTokenError(InputError):
    """A form token was altered, is too old, or was used by another programme."""

    code = "invalid_form_token"


class IdempotencyKeyReusedError(InputError):
    """The same Idempotency-Key came with a different request."""

    code = "idempotency_key_reused"


class WrongCodeError(InputError):
    """The code confirms nothing: wrong, used, expired or never issued; which is never said."""

    code = "wrong_code"


class ProgrammeNotFoundError(NotFoundError):
    code = "programme_not_found"


class DisclosureNotFoundError(NotFoundError):
    code = "disclosure_not_found"


class TemplateNotFoundError(NotFoundError):
    """There is no template of this id and version."""

    code = "template_not_found"


class SegmentNotFoundError(NotFoundError):
    code = "segment_not_found"


class CampaignNotFoundError(NotFoundError):
    code = "campaign_not_found"


class RehearsalNotFoundError(NotFoundError):
    code = "rehearsal_not_found"


class DigestNotFoundError(NotFoundError):
    code = "digest_not_found"


class ExportNotFoundError(NotFoundError):
    code = "export_not_found"


class ReportNotFoundError(NotFoundError):
    code = "report_not_found"


class ImportNotFoundError(NotFoundError):
    code = "import_not_found"


class FlowNotFoundError(NotFoundError):
    """There is no flow of this id."""

    code = "flow_not_found"


class SubscriberNotFoundError(NotFoundError):
    code = "subscriber_not_found"


class InboxItemNotFoundError(NotFoundError):
    code = "inbox_item_not_found"


class LinkNotFoundError(NotFoundError):
    """No link of this purpose has this token; which of the two is wrong is never said."""

    code = "link_not_found"


class IllegalTransitionError(ConflictError):
    """A status change that the status machine does not permit."""

    code = "illegal_transition"


class ChangedMeanwhileError(ConflictError):
    """Another writer was first; read again and decide again."""

    code = "changed_meanwhile"


class AlreadyAppliedError(ConflictError):
    """This very input was applied before; the state already shows it."""

    code = "already_applied"


class AlreadyExistsError(ConflictError):
    """The id is taken."""

    code = "already_exists"


class RequestInProgressError(ConflictError):
    """The first request with this Idempotency-Key has not finished."""

    code = "request_in_progress"


class FileNotUploadedError(ConflictError):
    """An import has no file yet."""

    code = "file_not_uploaded"


class RehearsalNeededError(ConflictError):
    """A campaign is launched only on a rehearsal that is done."""

    code = "rehearsal_needed"


class RehearsalStaleError(ConflictError):
    """What the rehearsal rests on has changed: definition, segment, programme or wording."""

    code = "rehearsal_stale"


class RuleBrokenError(ConflictError):
    """The rehearsal found a rule broken; the message names it."""

    code = "rule_broken"


class AudienceEmptyError(ConflictError):
    """The rehearsal found nobody to text, and nobody said that this is meant."""

    code = "audience_empty"


class ApprovalNeededError(ConflictError):
    """So large a campaign needs a second person's approval of what was rehearsed."""

    code = "approval_needed"


class SamePersonError(ConflictError):
    """Whoever wrote or launches a campaign cannot be its second person."""

    code = "same_person"


class SendingStoppedError(ConflictError):
    """Everything has been stopped; nothing starts before that is released."""

    code = "sending_stopped"


class ForbiddenError(AssentError):
    """The caller's group may not do this."""

    code = "forbidden"


class TooManyRequestsError(TryAgainError):
    """A limit was met; nothing was recorded."""

    code = "too_many_requests"


class SettingsError(AssentError):
    """An environment variable is missing or unusable; the message names it."""

    code = "settings_error"


class UnreadableInboundError(AssentError):
    """An inbound event is not one of ours or lacks a part; it goes to quarantine. `phone` is the
    sender where one can be read, so that its marketing is stopped as a precaution."""

    code = "unreadable_inbound"

    def __init__(self, message: str, *, phone: PhoneNumber | None = None) -> None:
        super().__init__(message)
        self.phone = phone


class UnreadableStatusError(AssentError):
    """A carrier's report about a text lacks what identifies it; it goes to quarantine."""

    code = "unreadable_status"


class CountsDoNotAddUpError(AssentError):
    """At close, a campaign's outcomes do not sum to what was planned."""

    code = "counts_do_not_add_up"


class HistoryCutOffError(AssentError):
    """A number's events are gone although its standing names a last one; somebody removed them."""

    code = "history_cut_off"
