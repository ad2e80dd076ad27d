"""The policy's versions, trials of them, what was decided by them, task types and hazards."""

from django.contrib import admin

from routing.admin.decisions import RouteDecisionAdmin, VerdictAdmin
from routing.admin.hazards import HazardAdmin
from routing.admin.policies import PolicyAdmin
from routing.admin.task_types import TaskTypeAdmin
from routing.admin.trials import TrialAdmin
from routing.admin.written_by_code_admin import WrittenByCode
from routing.models import Hazard, TaskType

__all__ = ["PolicyAdmin", "RouteDecisionAdmin", "TrialAdmin", "VerdictAdmin", "WrittenByCode"]

admin.site.register(Hazard, HazardAdmin)
admin.site.register(TaskType, TaskTypeAdmin)
