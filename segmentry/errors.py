"""Errors that you can act on. Each has an exit code and, where there is one, a remedy."""


class SegmentryError(Exception):
    """Base of every expected failure: `message` says what and where, `remedy` says what to do about it."""

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        """Keep message and remedy apart, so that each front end can show both."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(SegmentryError):
    """The command line or a setting is wrong."""

    exit_code = 2


class InputRefusedError(SegmentryError):
    """A file in the inbox was refused; none of it landed."""

    exit_code = 3


class BuildFailedError(SegmentryError):
    """A model or a test failed; nothing was published."""

    exit_code = 4


class DefinitionsFailedError(SegmentryError):
    """A definition of a segment is wrong, or changed without a new version."""

    exit_code = 4


class AuditFailedError(SegmentryError):
    """The build was green but the marts did not pass the audit; nothing was published."""

    exit_code = 4

    def __init__(self, check: str, message: str, remedy: str = "") -> None:
        """Name the check that failed."""
        super().__init__(f"audit check '{check}' failed: {message}", remedy)
        self.check = check


class LockedError(SegmentryError):
    """Another run writes to the same home."""

    exit_code = 5


class EnvironmentProblemError(SegmentryError):
    """A problem with the machine: disk full, folder not writable, a tool missing."""

    exit_code = 6
