"""Where each address leads."""

from django.contrib import admin
from django.urls import include, path

from chatsite.operations import views as operations
from chatsite.staff.sign_in import SignIn

admin.autodiscover()

handler400 = "chatsite.runtime.error_pages.bad_request"
handler403 = "chatsite.runtime.error_pages.permission_denied"
handler404 = "chatsite.runtime.error_pages.not_found"
handler500 = "chatsite.runtime.error_pages.server_error"

urlpatterns = [
    path("healthz", operations.healthz),
    path("readyz", operations.readyz),
    path("metrics", operations.metrics),
    path("admin/response-quality/", include("chatsite.monitor.urls")),
    path("admin/routing-mistakes/", include("chatsite.routing_mistakes.urls")),
    path("admin/monthly-report/", include("chatsite.monthly_report.urls")),
    path("admin/tests/", include("chatsite.answer_tests.urls")),
    path("admin/threshold/", include("chatsite.tuning.urls")),
    path("admin/first-steps/", include("chatsite.first_steps.urls")),
    # Before the admin's own, of the same address.
    path("admin/login/", SignIn.as_view()),
    path("admin/account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("inbox/", include("chatsite.inbox.urls")),
    path("", include("chatsite.shop.urls")),
    path("widget/", include("chatsite.widget.urls")),
    path("api/", include("chatsite.api.urls")),
    path("", include("chatsite.knowledge.urls")),
    path("", include("chatsite.mail.urls")),
    path("", include("chatsite.chat.web.urls")),
]
