"""Where the inbox's addresses lead."""

from django.urls import path

from chatsite.inbox import pages, posts

app_name = "inbox"

urlpatterns = [
    path("", pages.inbox, name="inbox"),
    path("queue/", pages.queue, name="queue"),
    path("canned/", pages.canned, name="canned"),
    path("view/", posts.view, name="view"),
    path("preview/", pages.preview, name="preview"),
    path("files/<uuid:public_id>/", pages.file, name="file"),
    path("<int:conversation_id>/", pages.inbox, name="conversation"),
    path("<int:conversation_id>/live/", pages.conversation, name="live"),
    path("<int:conversation_id>/reply/", posts.reply, name="reply"),
    path("<int:conversation_id>/draft/", posts.draft, name="draft"),
    path("<int:conversation_id>/draft/<int:draft_id>/", pages.drafted, name="drafted"),
    path("<int:conversation_id>/summary/", pages.summary, name="summary"),
    path("<int:conversation_id>/tag/", posts.tag, name="tag"),
    path("<int:conversation_id>/note/", posts.note, name="note"),
    path("<int:conversation_id>/<slug:verb>/", posts.act, name="act"),
]
