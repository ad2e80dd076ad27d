"""What decides which model answers, and what was decided."""

from routing.models.cached_score import CachedScore
from routing.models.decision import RouteDecision
from routing.models.learned import LearnedModel
from routing.models.library import Library
from routing.models.policy import CRITERIA, HIGHEST_THRESHOLD, LOWEST_THRESHOLD, Policy
from routing.models.task_type import TaskType
from routing.models.trial import Trial
from routing.models.verdict import Verdict

__all__ = [
    "CRITERIA",
    "HIGHEST_THRESHOLD",
    "LOWEST_THRESHOLD",
    "CachedScore",
    "LearnedModel",
    "Library",
    "Policy",
    "RouteDecision",
    "TaskType",
    "Trial",
    "Verdict",
]
