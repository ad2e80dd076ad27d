"""Celery's part: the team is told who waits, and replies are drafted for staff."""

from celery import shared_task

from billing import clock
from chatsite.inbox import notify
from chatsite.inbox.drafts import reply_draft_call


@shared_task
def tell_team() -> None:
    """Owe what nobody has been told of, and send what is due. Safe to run twice."""
    notify.look(clock.now())
    notify.deliver(clock.now())


@shared_task
def write_reply_draft(draft_id: int) -> None:
    """Have the strong model draft a reply. Safe to repeat."""
    reply_draft_call.write(draft_id)


@shared_task
def resume_reply_drafts() -> None:
    """Find drafts that a lost hint left behind."""
    for draft_id in reply_draft_call.left_behind():
        write_reply_draft.delay(draft_id)
