"""Why the ledger refuses what an agent says. The faces turn these into answers."""


class Refusal(Exception):
    """Base of every refusal; its text is fit for the agent's log."""


class UnknownToken(Refusal):
    """The token is not known, or was revoked."""


class Forged(Refusal):
    """The token is known, the message was not made with its key."""


class KeyRefused(Refusal):
    """The enrolment key is not known, has expired, was revoked or is used up."""


class AlreadyEnrolled(Refusal):
    """This installation is enrolled and has reported; it cannot be enrolled again."""


class ClonedHost(Refusal):
    """Two machines use one identity: the sequence of this one does not follow from what was received."""


class Disturbed(Refusal):
    """A person changed what the message is about while it was taken: it has to come again."""


class WrongShape(Refusal):
    """A body that is no delivery; ``field`` names the place ("facts.Engines[0].Key")."""

    def __init__(self, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.field = field


class TooLarge(Refusal):
    """A body beyond the limits."""
