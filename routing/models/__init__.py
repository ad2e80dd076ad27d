"""What decides which model answers, and what was decided."""

from routing.models.answer_check import AnswerCheck
from routing.models.cached_score import CachedScore
from routing.models.decision import RouteDecision
from routing.models.hazard import Hazard, SiteKnowledge
from routing.models.learned_model import LearnedModel
from routing.models.policy import Policy
from routing.models.policy_limits import CRITERIA, HIGHEST_THRESHOLD, LOWEST_THRESHOLD
from routing.models.task_type import TaskType
from routing.models.task_type_library import Library
from routing.models.trial import Trial

__all__ = [
    "CRITERIA",
    "HIGHEST_THRESHOLD",
    "LOWEST_THRESHOLD",
    "AnswerCheck",
    "CachedScore",
    "Hazard",
    "LearnedModel",
    "Library",
    "Policy",
    "RouteDecision",
    "SiteKnowledge",
    "TaskType",
    "Trial",
]
