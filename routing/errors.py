"""What can go wrong in routing.

RoutingError
  BadScore        a model's scores cannot be read
  BadClaims       a model's verdicts on claims cannot be read
  NoPolicy        no version of the policy is in force
  NothingChanged  a new version would equal the one in force
  TrialRuns       a trial is to start while another runs
  NotRunning      a trial is to end that has ended
  CannotBeShadow  a shadow would have to call a model
  Overtaken       somebody saved another version while a draft was edited
  BadGrades       a file of graded answers cannot be read
  BadLabelledData a file of labelled messages cannot be read
  BadRecogniser   a stored recogniser cannot be read
  AppendOnly      a stored version was about to be changed or deleted
"""

from collections.abc import Sequence


class RoutingError(Exception):
    """The base of all."""


class BadScore(RoutingError):
    """The reply is not the numbers that were asked for."""


class BadClaims(RoutingError):
    """The reply is not the verdicts that were asked for."""


class BadGrades(RoutingError):
    """Not the lines that were asked for; the text says which."""


class BadLabelledData(RoutingError):
    """Not the lines that were asked for; the text says which."""


class BadRecogniser(RoutingError):
    """Damaged, or written by another version; the task types are learned again."""


class NoPolicy(RoutingError):
    """The migrations have not run, or the table was emptied."""

    def __init__(self) -> None:
        super().__init__("No policy is in force. Has `manage.py migrate` run?")


class NothingChanged(RoutingError):
    def __init__(self, version: int) -> None:
        super().__init__(
            f"Nothing to save: version {version}, which is in force, has the same settings"
        )
        self.version = version


class TrialRuns(RoutingError):
    def __init__(self, trial: int) -> None:
        super().__init__(
            f"Trial {trial} is running. Stop it or adopt its version before you start another"
        )


class NotRunning(RoutingError):
    def __init__(self, trial: int) -> None:
        super().__init__(f"Trial {trial} has ended")


class CannotBeShadow(RoutingError):
    def __init__(self) -> None:
        super().__init__(
            "A silent test calls no model, but this analyzer has to. Run an A/B test instead"
        )


class Overtaken(RoutingError):
    def __init__(self, version: str, author: str, changes: Sequence[str]) -> None:
        super().__init__(
            f"{version} was saved by {author} while you were editing: {'; '.join(changes)}. "
            "Begin again from it."
        )


class AppendOnly(RoutingError):
    """Versions stay as they were decided; a change is another version."""


class NotAsked(RoutingError):
    """The model is gone or paused, and nobody is to ask it now."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model} is gone or paused")
        self.model = model
