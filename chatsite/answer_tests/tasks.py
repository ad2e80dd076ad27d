"""Celery's part: runs go on, also after a restart."""

from celery import shared_task

from chatsite.answer_tests.runs import model_calls, run_worker


@shared_task
def go_on(run_id: int) -> None:
    """Work on a run to its end. Safe to lose and to repeat."""
    run_worker.advance(run_id)


@shared_task
def resume() -> None:
    """Find runs that a lost hint or a dead worker left behind."""
    for run_id in run_worker.abandoned():
        go_on.delay(run_id)


@shared_task
def forget() -> None:
    """Delete what has outlived its use."""
    model_calls.forget()
