"""Who may do what in the admin: two groups, each with the least that its work needs."""

from django.contrib.auth.models import Group, Permission

STAFF = "staff"
OPERATORS = "operators"

# Staff read conversations, what they were taken for and what they cost, by which policy and what
# another threshold would do, and take one over.
_STAFF = {
    "answer_tests.add_case",
    "answer_tests.change_case",
    "answer_tests.view_case",
    "answer_tests.view_caseset",
    "alerts.acknowledge_alert",
    "alerts.view_alert",
    "alerts.view_attempt",
    "alerts.view_delivery",
    "billing.view_pacingchange",
    "billing.view_budget",
    "billing.view_budgetperiod",
    "billing.view_ledgerentry",
    "bills.view_billedday",
    "chat.take_over",
    "chat.view_conversation",
    "business_hours.view_dayoff",
    "business_hours.view_openinghours",
    "business_hours.view_teamcalendar",
    "inbox.view_cannedreply",
    "inbox.view_notice",
    "inbox.view_tag",
    "customer_mail.view_receivedmail",
    "customer_mail.view_sentanswer",
    "knowledge.view_article",
    "monitor.grade",
    "quality.view_proposal",
    "quality.view_qualitylabel",
    "quality.view_rubric",
    "provider.view_providermodel",
    "routing.view_policy",
    "routing.view_routedecision",
    "routing.view_hazard",
    "widget.view_customer",
    "routing.view_tasktype",
    "routing.view_answercheck",
}
# Operators also tune what is answered, how, and for how much, and delete a conversation whose
# customer asks for it. Prices and policies are never edited: a change is a new row.
_OPERATORS = _STAFF | {
    "api.add_accesstoken",
    "api.change_accesstoken",
    "api.view_accesstoken",
    "answer_tests.add_caseset",
    "answer_tests.change_caseset",
    "answer_tests.delete_case",
    "answer_tests.delete_caseset",
    "answer_tests.start_run",
    "alerts.test_alert",
    "billing.add_budget",
    "billing.add_price",
    "billing.change_budget",
    "billing.view_price",
    "chat.add_conversation",
    "chat.delete_conversation",
    "chat.delete_savedanswer",
    "chat.view_savedanswer",
    "business_hours.add_dayoff",
    "business_hours.add_openinghours",
    "business_hours.add_teamcalendar",
    "business_hours.change_dayoff",
    "business_hours.change_openinghours",
    "business_hours.change_teamcalendar",
    "business_hours.delete_dayoff",
    "business_hours.delete_openinghours",
    "inbox.add_cannedreply",
    "inbox.add_teamnotifications",
    "inbox.change_teamnotifications",
    "inbox.view_teamnotifications",
    "inbox.add_tag",
    "inbox.change_cannedreply",
    "inbox.change_tag",
    "inbox.delete_tag",
    "inbox.delete_cannedreply",
    "knowledge.add_article",
    "knowledge.change_article",
    "knowledge.delete_article",
    "offline.view_batch",
    "offline.view_item",
    "provider.add_providermodel",
    "provider.change_providermodel",
    "quality.add_rubric",
    "quality.decide_proposal",
    "shop.add_firstquestion",
    "shop.add_shop",
    "shop.change_firstquestion",
    "shop.change_shop",
    "shop.delete_firstquestion",
    "shop.move_configuration",
    "shop.remove_sample",
    "shop.view_firstquestion",
    "shop.view_shop",
    "staff.view_auditentry",
    "summaries.change_summarising",
    "summaries.view_summarising",
    "routing.add_hazard",
    "webhooks.add_endpoint",
    "webhooks.change_endpoint",
    "webhooks.delete_endpoint",
    "webhooks.view_endpoint",
    "webhooks.view_eventdelivery",
    "widget.add_widget",
    "widget.change_widget",
    "widget.delete_widget",
    "widget.view_customer",
    "widget.view_widget",
    "routing.add_policy",
    "routing.add_tasktype",
    "routing.add_trial",
    "routing.change_hazard",
    "routing.change_tasktype",
    "routing.change_trial",
    "routing.delete_hazard",
    "routing.delete_tasktype",
    "routing.view_trial",
}
PERMISSIONS = {STAFF: frozenset(_STAFF), OPERATORS: frozenset(_OPERATORS)}


def grant() -> None:
    """Make the groups, and give them whatever they lack of their permissions.

    What a site gave them beyond stays; to give less, it makes a group of its own.
    Raises KeyError for a permission that no table has.
    """
    held = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, labels in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(held[label] for label in labels))
