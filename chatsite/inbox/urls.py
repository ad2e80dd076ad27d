"""Where the inbox's addresses lead."""

from django.urls import path

from chatsite.inbox import pages, staff_actions

app_name = "inbox"

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("queue/", pages.queue, name="queue"),
    path("canned/", pages.canned, name="canned"),
    path("view/", staff_actions.view, name="view"),
    path("preview/", pages.preview, name="preview"),
    path("files/<uuid:public_id>/", pages.file, name="file"),
    path("<int:conversation_id>/", pages.inbox, name="conversation"),
    path("<int:conversation_id>/live/", pages.conversation, name="live"),
    path("<int:conversation_id>/reply/", staff_actions.reply, name="reply"),
    path("<int:conversation_id>/draft/", staff_actions.draft, name="draft"),
    path("<int:conversation_id>/draft/<int:draft_id>/", pages.drafted, name="drafted"),
    path("<int:conversation_id>/summary/", pages.summary, name="summary"),
    path("<int:conversation_id>/tag/", staff_actions.tag, name="tag"),
    path("<int:conversation_id>/note/", staff_actions.note, name="note"),
    path("<int:conversation_id>/<slug:verb>/", staff_actions.act, name="act"),
]
