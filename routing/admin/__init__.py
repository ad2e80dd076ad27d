"""The policy's versions, trials of them, what was decided by them, and task types."""

from django.contrib import admin

from routing.admin.decided import RouteDecisionAdmin, VerdictAdmin
from routing.admin.policies import PolicyAdmin
from routing.admin.trials import TrialAdmin
from routing.admin.written import WrittenByCode
from routing.models import TaskType
from routing.task_types import TaskTypeAdmin

__all__ = ["PolicyAdmin", "RouteDecisionAdmin", "TrialAdmin", "VerdictAdmin", "WrittenByCode"]

admin.site.register(TaskType, TaskTypeAdmin)
