"""Does each promise have a test that fails without its guard? `python -m tests.guards` finds out.

In a copy of the tree every guard is taken out by itself and the tests that stand for it are run:
they have to fail. Prints a table; exits with 1 where a guard is not missed, or is not found.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import django

from tests import constraints
from tests.tables import show

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
PATIENCE = 300  # seconds for the tests of one guard

ANSWERS, SOCKETS, PAGES = (f"tests/chat/test_{name}.py" for name in ("answers", "sockets", "pages"))
LEDGER = "tests/billing/test_ledger.py"
SCORING, FAILING = "tests/chat/test_scoring.py", "tests/chat/test_failing_models.py"
HEALTH, LISTING, SUCCESSION = (
    f"tests/provider/test_{name}.py" for name in ("health", "listing", "succession")
)
TIERS = "tests/routing/test_tiers.py"
TYPES, TAUGHT = "tests/chat/test_task_types.py", "tests/routing/test_task_types.py"
PRICES = "tests/billing/test_import_prices.py"
DELIVERIES = "tests/billing/alerts/test_deliveries.py"
ADJUSTMENTS = "tests/billing/test_adjustments.py"
JOBS = "tests/offline/test_jobs.py"
RATINGS, WISHES = "tests/chat/test_ratings.py", "tests/chat/test_wishes.py"
PREPARED = "tests/chat/test_canned_answers.py"
BUDGETS, AFFORDING = "tests/billing/test_budgets.py", "tests/chat/test_affording.py"
BILL = "tests/provider/test_bill.py"
COLLECTING = "tests/quality/test_collect_labels.py"
SUMMARIES = "tests/summaries/test_night.py"
PROPOSALS = "tests/quality/test_proposals.py"
VISITORS = "tests/billing/test_visitors.py"


@dataclass(frozen=True, slots=True)
class Guard:
    """Of this promise, the guard is the text `old` of a file; `new` is the code without it."""

    promise: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


GUARDS = (
    Guard(
        "P1",
        "a message is acknowledged after its commit alone",
        "chatsite/chat/live/consumer.py",
        '            logger.exception("A message was not stored")\n',
        '            self._send(fragments.notice("Stored.", client_id))\n',
        (f"{SOCKETS}::test_a_message_that_cannot_be_stored_is_not_acknowledged",),
    ),
    Guard(
        "P2",
        "what is overdue ends",
        "chatsite/chat/actions/end_reply.py",
        "    for reply in overdue[:200]:\n",
        "    for reply in overdue[:0]:\n",
        (f"{ANSWERS}::test_nothing_stays_open_when_no_worker_is_there",),
    ),
    Guard(
        "P2",
        "a hint whose connection is gone is not acknowledged",
        "chatsite/runtime/broker.py",
        "        if self._delivered and delivery_tag in self._delivered:\n",
        "        if delivery_tag:\n",
        ("tests/test_worker.py",),
    ),
    Guard(
        "P2",
        "the sweep takes back what a dead worker held",
        "chatsite/answering/queue.py",
        "    Message.objects.filter(state=State.WRITING, lease_until__lt=Now()).update(",
        "    Message.objects.none().update(",
        (f"{ANSWERS}::test_a_dead_workers_answer_is_written_by_the_next",),
    ),
    Guard(
        "P3",
        "one client id is one message",
        "chatsite/chat/actions/ask.py",
        "        if said:\n            return Change(",
        "        if False:\n            return Change(",
        (
            f"{ANSWERS}::test_one_client_id_is_one_message_and_one_answer",
            f"{PAGES}::test_a_form_sent_twice_asks_once",
        ),
    ),
    Guard(
        "P3",
        "a worker that lost its lease writes nothing",
        "chatsite/chat/sql.py",
        "WHERE id = %s AND attempt = %s AND state IN",
        "WHERE id = %s AND attempt <> -%s AND state IN",
        (f"{ANSWERS}::test_a_worker_that_lost_its_lease_changes_nothing",),
    ),
    Guard(
        "P2",
        "what is said between a worker's look and its claim is answered too",
        "chatsite/chat/sql.py",
        "WHERE id = %s AND attempt = %s AND position = %s\n",
        "WHERE id = %s AND attempt = %s AND position <> -%s\n",
        (f"{ANSWERS}::test_what_is_said_between_look_and_claim_is_answered_too",),
    ),
    Guard(
        "P3",
        "an attempt between a worker's look and its claim is counted",
        "chatsite/chat/sql.py",
        "WHERE id = %s AND attempt = %s AND position = %s\n",
        "WHERE id = %s AND attempt <> -%s AND position = %s\n",
        (f"{ANSWERS}::test_an_attempt_between_look_and_claim_is_counted",),
    ),
    Guard(
        "P4",
        "a reservation fits into what is left",
        "billing/windows.py",
        'WHERE id IN ({ids}) AND spent + reserved + %s <= "limit"',
        "WHERE id IN ({ids}) AND %s > 0",
        (
            "tests/billing/test_budgets.py",
            f"{ANSWERS}::test_without_room_in_the_budget_the_customer_is_told_politely",
        ),
    ),
    Guard(
        "P4",
        "a charged reference is not reserved again",
        "billing/ledger.py",
        "        if charged:\n",
        "        if False:\n",
        (f"{LEDGER}::test_a_charged_reference_is_not_reserved_again",),
    ),
    Guard(
        "P4",
        "a call that nobody settles is charged",
        "billing/ledger.py",
        "[:MOST_EXPIRED]",
        "[:0]",
        (f"{LEDGER}::test_a_call_that_nobody_settles_is_charged_what_was_reserved",),
    ),
    Guard(
        "P4",
        "no usage is no free call",
        "billing/ledger.py",
        "amount = held if usage is None else",
        "amount = 0 if usage is None else",
        (f"{LEDGER}::test_a_call_without_usage_is_charged_what_was_reserved",),
    ),
    Guard(
        "P5",
        "a tab that lost frames looks into the database",
        "chatsite/chat/live/consumer.py",
        "        if frame.before != self.revision:\n            self.resynchronise()\n",
        "        if frame.before != self.revision:\n",
        (f"{SOCKETS}::test_frames_that_were_lost_are_made_good_from_the_database",),
    ),
    Guard(
        "P5",
        "what no frame told is looked for",
        "chatsite/chat/live/watch.py",
        "            here.expect(conversation, revision)\n",
        "            continue\n",
        (f"{SOCKETS}::test_what_no_frame_told_is_found_by_looking",),
    ),
    Guard(
        "P6",
        "only a seen finish is an end",
        "chatsite/llm/answer.py",
        "        end = self.ending\n",
        "        end = self.ending or FinishReason.STOP\n",
        (
            "tests/llm/test_breaks.py",
            f"{ANSWERS}::test_a_broken_stream_is_asked_again_and_never_shown_as_complete",
        ),
    ),
    Guard(
        "P6",
        "a cut answer is not complete",
        "chatsite/answering/queue.py",
        "FinishReason.LENGTH: (State.CUT, Failure.LENGTH)",
        'FinishReason.LENGTH: (State.COMPLETE, "")',
        (f"{ANSWERS}::test_an_answer_that_grew_too_long_says_so_and_can_be_retried",),
    ),
    Guard(
        "P7",
        "a conversation is its visitor's (reading)",
        "chatsite/chat/history.py",
        "    if conversation.visitor != visitor:\n",
        "    if False:\n",
        (f"{SOCKETS}::test_nobody_reads_another_visitors_conversation",),
    ),
    Guard(
        "P7",
        "a conversation is its visitor's (writing)",
        "chatsite/chat/actions/ask.py",
        "    if conversation.visitor != visitor:\n",
        "    if False:\n",
        (f"{SOCKETS}::test_nobody_writes_into_another_visitors_conversation",),
    ),
    Guard(
        "P7",
        "no socket for a page of another origin",
        "chatsite/asgi.py",
        '"websocket": OriginValidator(\n            sockets, [*settings.ALLOWED_HOSTS, '
        "*settings.CSRF_TRUSTED_ORIGINS]\n        ),",
        '"websocket": sockets,',
        (f"{SOCKETS}::test_a_page_of_another_origin_gets_no_socket",),
    ),
    Guard(
        "P8",
        "raw HTML is shown as text and cleaned",
        "chatsite/markdown.py",
        "    clean = nh3.clean(\n"
        "        html,\n        tags=TAGS,\n        attributes=ATTRIBUTES,\n"
        '        url_schemes=SCHEMES,\n        link_rel="noopener noreferrer nofollow",\n    )\n'
        "    return mark_safe(clean)",
        "    return mark_safe(html)",
        ("tests/test_markdown.py",),
    ),
    Guard(
        "P9",
        "a message that comes before the answer joins it",
        "chatsite/chat/actions/ask.py",
        "        else:\n            reply = message\n",
        "        else:\n            reply = None\n",
        (f"{ANSWERS}::test_a_burst_of_messages_is_answered_once",),
    ),
    Guard(
        "P9",
        "a person who takes over stops the answer",
        "chatsite/chat/actions/handover.py",
        "        cancelled = endings.cancel(conversation)\n        conversation.advance()",
        "        cancelled = None\n        conversation.advance()",
        ("tests/chat/test_admin.py", "-k", "taking_over"),
    ),
    Guard(
        "",
        "who asks too often waits",
        "chatsite/chat/web/rate_limits.py",
        "        if left < 1:\n",
        "        if False:\n",
        (
            f"{SOCKETS}::test_who_asks_too_often_is_told_to_wait",
            f"{PAGES}::test_forms_are_limited_too",
        ),
    ),
    Guard(
        "",
        "a reader who does not keep up is cut off",
        "chatsite/chat/live/consumer.py",
        "                if self.unread > MOST_UNREAD:\n",
        "                if False:\n",
        (f"{SOCKETS}::test_a_reader_who_does_not_keep_up_is_cut_off",),
    ),
    Guard(
        "",
        "an endless answer is stopped",
        "chatsite/llm/answer.py",
        "        if self._room < 0 and self.ending is None:\n",
        "        if False:\n",
        ("tests/llm/test_breaks.py::test_an_endless_answer_is_cut_and_counted",),
    ),
    Guard(
        "",
        "a drip is left at its deadline",
        "chatsite/llm/streaming.py",
        "                until = min(end, clock() + deadlines.idle)\n",
        "                until = clock() + deadlines.idle\n",
        ("tests/llm/test_deadlines.py::test_a_drip_is_left_in_time",),
    ),
    Guard(
        "",
        "a text cannot choose its own tier",
        "routing/analysis/difficulty.py",
        "    text = without_wishes(ends(whole, MOST_CHARACTERS))\n",
        "    text = ends(whole, MOST_CHARACTERS)\n",
        ("tests/routing/test_difficulty.py",),
    ),
    Guard(
        "",
        "what is at stake is found late in a long complaint",
        "routing/analysis/difficulty.py",
        "        stakes=at_stake(folded(whole)),\n",
        "        stakes=at_stake(plain),\n",
        ("tests/routing/test_difficulty.py::test_what_is_grave_is_found_late_in_a_long_complaint",),
    ),
    Guard(
        "",
        "learning: thumbs do not undo what judges taught",
        "chatsite/quality/training.py",
        "        if candidate.needs_comparing and not compared:\n            continue\n",
        "",
        ("tests/quality/test_night.py::test_thumbs_do_not_undo_what_judges_taught",),
    ),
    Guard(
        "",
        "learning: what nobody compared is called not measured",
        "chatsite/quality/proposal_summary.py",
        "    if better and not is_measured(proposal):\n",
        "    if False:\n",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "a kept answer's standing knows the policy in force",
        "chatsite/chat/admin/saved_answers.py",
        '"policy has changed" if vars(kept)["of_other_policy"] else "given"',
        '"given"',
        ("tests/chat/test_saved_answers.py",),
    ),
    Guard(
        "",
        "task types are learned once, in a process of its own",
        "routing/tasks.py",
        "    if not library.is_learned():\n",
        "    if True:\n",
        ("tests/routing/test_task_types.py",),
    ),
    Guard(
        "",
        "a subject is found whatever other words overlap its own",
        "routing/analysis/subjects.py",
        r'r"\W\b(?=(?:%s))"',
        r'r"\W\b(?:%s)"',
        ("tests/routing/test_vocabulary.py",),
    ),
    Guard(
        "",
        "learning: no ranking is proposed that wins by chance",
        "chatsite/quality/training.py",
        " and self.sureness >= SURE",
        "",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "learning: probabilities that are off by chance alone are no reason",
        "chatsite/quality/training.py",
        "in_force.miscalibration > in_force.by_chance and ",
        "",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "scoring: nobody waits longer than 0.3 s",
        "chatsite/answering/scoring.py",
        "PATIENCE = 0.25\n",
        "PATIENCE = 3.0\n",
        (f"{SCORING}::test_nobody_waits_for_a_slow_scorer_and_its_score_is_kept",),
    ),
    Guard(
        "P4",
        "scoring: what a stopped worker asked for is paid",
        "chatsite/answering/scoring.py",
        '            await self._writes.run(partial(_settle, reference, None, "abandoned"))\n',
        "",
        (f"{SCORING}::test_a_worker_that_stops_pays_for_the_scores_it_asked_for",),
    ),
    Guard(
        "",
        "scoring: a scorer that keeps failing is left alone",
        "chatsite/answering/scoring.py",
        "        if self._silent >= MOST_SILENT:\n",
        "        if False:\n",
        (f"{SCORING}::test_a_scorer_that_keeps_failing_is_left_alone_for_a_while",),
    ),
    Guard(
        "",
        "scoring: where the budgets leave the cheap tier alone, none is asked",
        "chatsite/answering/scoring.py",
        "    if means.step >= Step.CHEAP_ONLY:\n        return NoScore(",
        "    if False:\n        return NoScore(",
        (
            f"{SCORING}::test_nothing_is_spent_on_scores_where_the_budgets_leave_the_cheap_tier"
            "_alone",
        ),
    ),
    Guard(
        "",
        "scoring: a shared call is in nobody's name",
        "chatsite/answering/scoring.py",
        "conversations.pop() if len(conversations) == 1 else None",
        "conversations.pop()",
        (f"{SCORING}::test_customers_who_wait_at_once_share_a_call",),
    ),
    Guard(
        "",
        "scoring: the parts of a call add up to it",
        "chatsite/chat/models/scoring_share.py",
        "amount * (self.part + 1) // self.parts - amount * self.part // self.parts",
        "amount // self.parts",
        (f"{SCORING}::test_parts_of_a_call_add_up_to_it",),
    ),
    Guard(
        "",
        "scoring: equal words are asked once",
        "chatsite/answering/scoring.py",
        "keys.setdefault(scores.key(each.claimed.turn, model, criteria), [])",
        "keys.setdefault(each.claimed.reply.reference, [])",
        (f"{SCORING}::test_customers_who_wait_at_once_share_a_call",),
    ),
    Guard(
        "",
        "scoring: combined asks near the threshold only",
        "routing/decisions.py",
        "        return _is_uncertain(score, seen, turn, policy, shift)\n",
        "        return True\n",
        (f"{SCORING}::test_combined_asks_where_the_local_score_is_uncertain",),
    ),
    Guard(
        "",
        "scoring: combined asks near the threshold that a budget has raised",
        "routing/decisions.py",
        "return shift.threshold if shift and shift.threshold <= HIGHEST else policy.threshold",
        "return policy.threshold",
        (
            f"{SCORING}::test_combined_asks_near_the_threshold_that_a_budget_has_raised",
            "tests/routing/test_decisions.py",
        ),
    ),
    Guard(
        "",
        "pacing: without enough history nothing is raised",
        "billing/pacing/threshold_increase.py",
        "    if not traffic.is_known:\n",
        "    if False:\n",
        ("tests/billing/test_steering.py",),
    ),
    Guard(
        "",
        "pacing: no more is raised than is allowed",
        "billing/pacing/threshold_increase.py",
        "[rise for rise in traffic.rises if rise.points <= most]",
        "list(traffic.rises)",
        (
            "tests/billing/test_steering.py",
            f"{ADJUSTMENTS}::test_no_more_is_raised_than_is_allowed",
        ),
    ),
    Guard(
        "",
        "pacing: of two looks at once one counts",
        "billing/pacing/adjust.py",
        "        paced_at=budget.paced_at,\n",
        "",
        (f"{ADJUSTMENTS}::test_of_two_looks_at_once_one_counts",),
    ),
    Guard(
        "",
        "pacing: an edit during a look counts",
        "billing/pacing/adjust.py",
        "        limit=budget.limit,\n        pace_at_most=budget.pace_at_most,\n",
        "",
        (f"{ADJUSTMENTS}::test_an_edit_during_a_look_counts",),
    ),
    Guard(
        "",
        "pacing: a look while the form is open is not undone",
        "billing/admin/budgets.py",
        "            adjustments.keep(obj, request.user, switched=switched)\n",
        "",
        (
            f"{ADJUSTMENTS}::test_a_look_while_the_form_is_open_is_not_undone",
            f"{ADJUSTMENTS}::test_without_its_mark_it_stops_at_once",
        ),
    ),
    Guard(
        "",
        "pacing: a page of before it was stopped does not start it again",
        "billing/pacing/adjust.py",
        "    if not switched:\n",
        "    if False:\n",
        (f"{ADJUSTMENTS}::test_a_page_of_before_it_was_stopped_does_not_start_it_again",),
    ),
    Guard(
        "",
        "pacing: the next month begins without",
        "billing/windows.py",
        "CASE WHEN b.paced_at >= s.starts_at THEN b.paced_points ELSE 0 END",
        "b.paced_points",
        (f"{ADJUSTMENTS}::test_the_next_month_begins_without",),
    ),
    Guard(
        "",
        "pacing: without a look for two hours, the ladder stands by again",
        "billing/windows.py",
        " AND b.paced_at >= %s",
        " AND %s IS NOT NULL",
        (f"{ADJUSTMENTS}::test_whether_it_lasts_so_is_known_to_its_ladder",),
    ),
    Guard(
        "",
        "pacing: what it raises and what the ladder raises are not added",
        "chatsite/answering/budget_allowance.py",
        "return step, max(use.paced_points, rise)",
        "return step, use.paced_points + rise",
        ("tests/chat/test_affording.py::test_a_budget_that_paces_itself_raises_the_threshold",),
    ),
    Guard(
        "",
        "pacing: what a budget raised is not raised twice",
        "chatsite/tuning/recent_traffic.py",
        '    return _read(moment, "d.analyzer", [], _as_counted).groups\n',
        '    own = dict(Policy.objects.values_list("pk", "threshold"))\n'
        '    return _read(moment, "d.analyzer", [], lambda row: _alike(row, own)).groups\n',
        ("tests/tuning/test_lasting.py::test_what_a_budget_raised_is_not_raised_twice",),
    ),
    Guard(
        "",
        "a trial's page looks at the newest replies alone",
        "chatsite/tuning/trial_results.py",
        "    since = cut[0] if cut else trial.started_at\n",
        "    since = trial.started_at\n",
        (
            "tests/tuning/test_trials.py::test_of_more_replies_than_can_be_looked_at_the_newest_are_and_it_is_said",
        ),
    ),
    Guard(
        "",
        "the threshold's page looks at the newest messages alone",
        "chatsite/tuning/considered_replies.py",
        'found["cut"] or begin',
        "begin",
        (
            "tests/tuning/test_threshold.py::test_of_more_messages_than_can_be_looked_at_the_newest_are_and_it_is_said",
        ),
    ),
    Guard(
        "",
        "pacing: staff stop nothing",
        "billing/admin/budgets.py",
        '        if request.method != "POST" or not self.has_change_permission(request):\n',
        '        if request.method != "POST":\n',
        (f"{ADJUSTMENTS}::test_staff_read_the_log_and_stop_nothing",),
    ),
    Guard(
        "",
        "alerts: a budget that sees to it by itself is no forecast",
        "billing/alerts/rules.py",
        "        if window.budget.points_since(window.starts_at):\n",
        "        if False:\n",
        (f"{ADJUSTMENTS}::test_that_it_raises_all_it_may_in_vain_is_told_once",),
    ),
    Guard(
        "",
        "models: a list that names none of ours is not believed",
        "chatsite/provider/model_list.py",
        "    elif not listed & used:\n",
        "    elif False:\n",
        (f"{LISTING}::test_an_odd_list_changes_nothing_and_says_so",),
    ),
    Guard(
        "",
        "models: a list that goes on is none",
        "chatsite/llm/model_list.py",
        "    if not whole:\n",
        "    if False:\n",
        ("tests/llm/test_models.py::test_what_is_no_list_is_an_error",),
    ),
    Guard(
        "",
        "task types: none makes cheap what is grave",
        "routing/choice.py",
        "if task.tier is Tier.CHEAP and least >= threshold:",
        "if False:",
        (f"{TYPES}::test_a_task_type_decides_unless_the_stakes_do",),
    ),
    Guard(
        "",
        "task types: no points take off what is at stake",
        "routing/choice.py",
        "max(least, score.value + task.points)",
        "max(LOWEST, score.value + task.points)",
        (f"{TYPES}::test_a_task_type_decides_unless_the_stakes_do",),
    ),
    Guard(
        "",
        "task types: what is new to the examples speaks against one",
        "routing/task_types/recognition.py",
        "self.probability - DOUBT * self.strangeness >= LIKELY",
        "self.probability >= LIKELY",
        ("tests/routing/test_recognition.py",),
    ),
    Guard(
        "",
        "task types: an example is taught once",
        "routing/admin/task_types.py",
        "{normalised(line): line for line",
        "{line: line for line",
        (f"{TAUGHT}::test_an_example_is_kept_once_whatever_its_capitals",),
    ),
    Guard(
        "",
        "task types: an example has a word",
        "routing/admin/task_types.py",
        " if recognition.phrase(line)}",
        "}",
        (f"{TAUGHT}::test_what_makes_no_sense_is_refused_in_words",),
    ),
    Guard(
        "",
        "task types: what stands in two is named",
        "routing/admin/task_types.py",
        "    found += [\n",
        "    _ = [\n",
        (f"{TAUGHT}::test_what_stands_in_two_types_is_named",),
    ),
    Guard(
        "",
        "task types: a lost hint loses no change",
        "routing/admin/task_types.py",
        "    except OperationalError as error:\n",
        "    except ZeroDivisionError as error:\n",
        (f"{TAUGHT}::test_a_type_is_saved_while_no_worker_can_be_told",),
    ),
    Guard(
        "",
        "task types: trying one needs a permission",
        "routing/admin/task_types.py",
        "        if not self.has_view_permission(request):\n",
        "        if False:\n",
        (f"{TAUGHT}::test_task_types_need_a_permission",),
    ),
    Guard(
        "",
        "kept answers: nobody writes one",
        "chatsite/chat/admin/saved_answers.py",
        "    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:\n"
        "        return False\n",
        "",
        ("tests/chat/test_saved_answers.py",),
    ),
    Guard(
        "",
        "models: a short list takes no tier down",
        "routing/tiers.py",
        "    if successor in missing:\n",
        "    if False:\n",
        (f"{TIERS}::test_the_best_that_stands_answers",),
    ),
    Guard(
        "",
        "models: what one worker was refused, none asks",
        "chatsite/provider/model_health.py",
        "            row.update(refused_until=now + REFUSED_FOR)\n",
        "            pass\n",
        (f"{FAILING}::test_a_model_that_is_gone_is_gone_for_all_workers",),
    ),
    Guard(
        "",
        "models: failures at once are one event",
        "chatsite/provider/model_health.py",
        "failures__gte=MOST_FAILURES, failing_since__lte=now - FAILING_FOR",
        "failures__gte=MOST_FAILURES",
        (f"{HEALTH}::test_many_failures_at_once_are_one_event",),
    ),
    Guard(
        "",
        "models: a success ends the pause",
        "chatsite/provider/model_health.py",
        "        if model in self._suspects:\n",
        "        if False:\n",
        (f"{FAILING}::test_a_probe_that_is_answered_ends_the_pause",),
    ),
    Guard(
        "",
        "models: one call is the probe",
        "routing/tiers.py",
        "            self.probes.discard(model)\n",
        "",
        (f"{TIERS}::test_one_call_is_the_probe_and_the_others_go_round_it",),
    ),
    Guard(
        "",
        "models: a worker probes once a pause",
        "chatsite/provider/model_health.py",
        "            if clock - self._probed_at.get(name, -PROBED_FOR) >= PROBED_FOR:\n",
        "            if True:\n",
        (f"{HEALTH}::test_after_the_pause_each_worker_makes_one_probe",),
    ),
    Guard(
        "",
        "models: the question's fault pauses none",
        "chatsite/provider/model_health.py",
        "        elif kind not in NOT_ITS_FAULT:\n",
        "        else:\n",
        (f"{FAILING}::test_what_is_the_questions_fault_pauses_no_model",),
    ),
    Guard(
        "",
        "models: no room for the other tier is no refusal",
        "chatsite/answering/model_call.py",
        "        with suppress(NoRoom, NoPrice):\n",
        "        with suppress():\n",
        (
            f"{FAILING}::test_a_dearer_model_stands_in_within_the_budget_only",
            f"{FAILING}::test_a_successor_without_a_price_leaves_the_model_to_be_asked",
        ),
    ),
    Guard(
        "",
        "models: where the budgets leave the cheap tier only, it is asked",
        "chatsite/answering/budget_allowance.py",
        "    rises = shift is None or shift.threshold < HIGHEST_THRESHOLD\n",
        "    rises = True\n",
        (f"{FAILING}::test_nothing_dearer_stands_in_where_the_budgets_allow_the_cheap_tier_only",),
    ),
    Guard(
        "",
        "models: who may not change the policy is not asked to",
        "templates/admin/provider/_banner.html",
        "{% if notice.successor and perms.routing.add_policy %}",
        "{% if notice.successor %}",
        (f"{SUCCESSION}::test_the_banner_is_on_every_page_and_proposes_the_change",),
    ),
    Guard(
        "",
        "models: who may not see them sees no banner",
        "chatsite/context.py",
        "    return succession.banner(timezone.now(), in_force) if may_see else None\n",
        "    return succession.banner(timezone.now(), in_force)\n",
        (f"{SUCCESSION}::test_who_may_not_see_models_sees_no_banner",),
    ),
    Guard(
        "",
        "prices that look like slips are not imported unasked",
        "billing/management/commands/import_prices.py",
        'if any(change.doubts for change in changes) and not options["as_listed"]:',
        "if False:",
        (f"{PRICES}::test_a_price_that_looks_like_a_slip_is_asked_about",),
    ),
    Guard(
        "",
        "prices are imported once that is confirmed",
        "billing/management/commands/import_prices.py",
        'if not options["yes"] and not self._confirmed():',
        "if False:",
        (f"{PRICES}::test_nothing_is_changed_before_it_is_confirmed",),
    ),
    Guard(
        "P4",
        "only calls of ours are corrected",
        "billing/bills/reconciliation.py",
        "ours = self.recorded.calls > 0 and self.billed is not None",
        "ours = True",
        ("tests/test_reconcile.py",),
    ),
    Guard(
        "P4",
        "a correction counts in the budgets",
        "billing/ledger.py",
        'windows=list(counting.values_list("id", flat=True)),',
        "windows=[],",
        ("tests/test_reconcile.py",),
    ),
    Guard(
        "",
        "a difference of the bill that nothing explains is told",
        "billing/alerts/rules.py",
        "    odd = BilledDay.objects.exclude(unexplained=0)",
        "    odd = BilledDay.objects.none()",
        (BILL,),
    ),
    Guard(
        "",
        "a bill that is read a little later raises no alert",
        "billing/alerts/rules.py",
        "    if not read.exists():\n",
        "    if True:\n",
        (BILL,),
    ),
    Guard(
        "",
        "summaries: the switch turns them off",
        "chatsite/summaries/nightly_summaries.py",
        "    if not summarising.is_on:\n",
        "    if False:\n",
        (SUMMARIES,),
    ),
    Guard(
        "",
        "summaries: what was sent takes no place of another",
        "chatsite/summaries/nightly_summaries.py",
        "if _reference(each) not in sent)",
        "if sent is not None)",
        (SUMMARIES,),
    ),
    Guard(
        "",
        "summaries: a later one stays",
        "chatsite/summaries/nightly_summaries.py",
        "    if newer.exists() or not",
        "    if not",
        (SUMMARIES,),
    ),
    Guard(
        "P8",
        "summaries: a model's words are text",
        "templates/admin/chat/_transcript.html",
        "{{ transcript.overview.summary }}",
        "{{ transcript.overview.summary|safe }}",
        (SUMMARIES,),
    ),
    Guard(
        "",
        "summaries: none of a conversation's words stay in the batch",
        "chatsite/summaries/nightly_summaries.py",
        'failure=failure, text="") or not text:',
        "failure=failure) or not text:",
        (SUMMARIES,),
    ),
    Guard(
        "",
        "windows: a budget of one key is for that key",
        "billing/windows.py",
        "AND b.key IN ('', c.key)",
        "AND b.key IN (b.key)",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: a budget that is not active limits nothing",
        "billing/windows.py",
        "WHERE b.active AND (c.key",
        "WHERE (c.key",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: what has no name in a scope is in no budget of it",
        "billing/windows.py",
        "(c.key <> '' OR b.scope = 'site')",
        "(c.key = c.key)",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: each period has its own",
        "billing/windows.py",
        "w.budget_id = b.id AND w.starts_at = s.starts_at AND",
        "w.budget_id = b.id AND",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: each key has its own",
        "billing/windows.py",
        "AND w.starts_at = s.starts_at AND w.key = c.key",
        "AND w.starts_at = s.starts_at",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: a changed limit counts at once",
        "billing/windows.py",
        "if any(place.window_limit != place.limit for place in places):",
        "if False:",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: a lower limit takes nothing back",
        "billing/windows.py",
        "limit=Greatest(Subquery(limit), used)",
        "limit=Subquery(limit)",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: an overrun leaves less room",
        "billing/windows.py",
        "[held, amount, max(0, amount - held), *ids]",
        "[held, amount, amount, *ids]",
        (BUDGETS,),
    ),
    Guard(
        "",
        "windows: room in one budget is not room in all",
        "billing/windows.py",
        "    if taken < len(places):\n",
        "    if not taken:\n",
        (BUDGETS,),
    ),
    Guard(
        "",
        "people: where none answer, nobody is told that one will",
        "chatsite/answering/budget_allowance.py",
        "    if not settings.PEOPLE_ANSWER:\n",
        "    if False:\n",
        (AFFORDING,),
    ),
    Guard(
        "",
        "people: where they answer, the conversation waits for one",
        "chatsite/answering/budget_allowance.py",
        "    if not settings.PEOPLE_ANSWER:\n",
        "    if True:\n",
        (AFFORDING,),
    ),
    Guard(
        "",
        "people: who has waited keeps the place",
        "chatsite/answering/budget_allowance.py",
        "conversation.wants_person_since or timezone.now()",
        "timezone.now()",
        (AFFORDING,),
    ),
    Guard(
        "",
        "addresses: a call counts for the one that it is from",
        "chatsite/answering/model_call.py",
        "        address=reply.conversation.address,\n",
        "",
        (AFFORDING,),
    ),
    Guard(
        "",
        "addresses: the ladder looks at their budgets",
        "chatsite/answering/budget_allowance.py",
        "        address=reply.conversation.address,\n",
        "",
        (AFFORDING,),
    ),
    Guard(
        "",
        "addresses: what anybody can write is not believed",
        "chatsite/chat/web/visitors.py",
        "return last if settings.BEHIND_HTTPS and last else peer",
        "return last or peer",
        (AFFORDING, PAGES),
    ),
    Guard(
        "",
        "addresses: only the proxy's own word is",
        "chatsite/chat/web/visitors.py",
        'forwarded.rpartition(",")[2]',
        'forwarded.partition(",")[0]',
        (AFFORDING, PAGES),
    ),
    Guard(
        "",
        "addresses: a household of IPv6 is one",
        "chatsite/chat/web/visitors.py",
        "mapped or ipaddress.IPv6Network((known, NETWORK), strict=False).network_address",
        "mapped or known",
        (AFFORDING,),
    ),
    Guard(
        "",
        "addresses: they ask at a rate by the socket",
        "chatsite/chat/live/consumer.py",
        "            limits.asks_per_address.take(self.address)\n",
        "",
        (SOCKETS,),
    ),
    Guard(
        "",
        "addresses: they hold so many sockets",
        "chatsite/chat/web/rate_limits.py",
        "        if self._taken[key] >= self.most:\n",
        "        if not self.most:\n",
        (SOCKETS,),
    ),
    Guard(
        "",
        "addresses: a socket that was never opened gives its place back",
        "chatsite/chat/web/rate_limits.py",
        "            self._taken[key] -= 1\n",
        "            pass\n",
        (SOCKETS,),
    ),
    Guard(
        "",
        "addresses: they ask at a rate by the form",
        "chatsite/chat/web/views.py",
        "        limits.asks_per_address.take(address)\n",
        "",
        (PAGES,),
    ),
    Guard(
        "",
        "kept answers: the articles are part of the key",
        "chatsite/answering/canned/saved.py",
        "        claimed.found.edition,\n        policy.version,",
        "        policy.version,",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: the policy is part of the key",
        "chatsite/answering/canned/saved.py",
        "        policy.version,\n        task.name,",
        "        task.name,",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: the task type's tier is part of the key",
        "chatsite/answering/canned/saved.py",
        "        task.tier,\n        task.points,\n",
        "",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: the site's name is part of the key",
        "chatsite/answering/canned/saved.py",
        "        settings.SITE_NAME,\n",
        "",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: the whole question is part of the key",
        "chatsite/answering/canned/saved.py",
        '" ".join(tidy(turn.text).casefold().split()).rstrip(" ?!."),',
        '"",',
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: the same words otherwise written are the same",
        "chatsite/answering/canned/saved.py",
        '" ".join(tidy(turn.text).casefold().split()).rstrip(" ?!."),',
        "turn.text,",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: a later turn is no first one",
        "chatsite/answering/canned/saved.py",
        "or not prepared.is_first(claimed):",
        "or False:",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: a task type has to allow it",
        "chatsite/answering/canned/saved.py",
        "if task is None or not task.is_cacheable or not",
        "if task is None or not",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: one that is rated down is given to nobody",
        "chatsite/chat/actions/rate.py",
        "            KeptAnswer.objects.of(reply).delete()\n",
        "            pass\n",
        (PREPARED,),
    ),
    Guard(
        "",
        "kept answers: one grows old",
        "chatsite/answering/canned/saved.py",
        "key=key, kept_at__gt=timezone.now() - KEPT)",
        "key=key)",
        (PREPARED,),
    ),
    Guard(
        "",
        "a quiet alert is not on top of every page",
        "billing/alerts/models.py",
        "        return self.open().filter(quiet=False)\n",
        "        return self.open()\n",
        ("tests/billing/alerts/test_admin.py::test_a_quiet_alert_is_in_the_list_alone",),
    ),
    Guard(
        "",
        "an alert that is sent to nobody is stored as quiet",
        "billing/alerts/raise_alerts.py",
        '                    "quiet": finding.quiet,\n',
        "",
        ("tests/billing/alerts/test_watch.py::test_a_share_of_many_is_for_the_list_alone",),
    ),
    Guard(
        "",
        "who may only read a budget reads dollars",
        "billing/admin/budgets.py",
        '"limit_dollars" if name == "limit" else name',
        "name",
        ("tests/billing/test_admin.py::test_who_may_only_read_a_budget_reads_dollars",),
    ),
    Guard(
        "",
        "a label's row leads somewhere: no link in a link",
        "chatsite/quality/admin.py",
        '    list_display_links = ["source"]\n',
        "",
        ("tests/quality/test_labels.py::test_a_label_in_the_list_leads_to_its_answer",),
    ),
    Guard(
        "",
        "dates and headings of lists: dates as on the pages",
        "chatsite/settings.py",
        'FORMAT_MODULE_PATH = "chatsite.staff.formats"\n',
        "",
        ("tests/billing/test_admin.py::test_dates_and_headings_are_written_as_on_the_pages",),
    ),
    Guard(
        "",
        "dates and headings of lists: what is listed",
        "chatsite/staff/paging.py",
        "        self.title = capfirst(str(self.opts.verbose_name_plural))\n",
        "",
        ("tests/billing/test_admin.py::test_dates_and_headings_are_written_as_on_the_pages",),
    ),
    Guard(
        "",
        "the question in three parts that the page suggests is covered",
        "templates/chat/_welcome.html",
        "3. It was a cross-border purchase, from outside the EU.",
        "3. I bought from outside the EU.",
        (
            "tests/demo/test_sample.py::"
            "test_each_part_of_a_question_that_the_page_suggests_finds_its_article",
        ),
    ),
    Guard(
        "",
        "an alert is raised once",
        "billing/alerts/raise_alerts.py",
        "            if not new:\n",
        "            if False:\n",
        ("tests/billing/alerts/test_watch.py",),
    ),
    Guard(
        "",
        "an alert is sent by one worker",
        "billing/alerts/deliveries.py",
        "filter(pk=delivery.pk, state=State.DUE, tries=delivery.tries)\n    if not mine.filter("
        "due_at__lte=now)",
        "filter(pk=delivery.pk)\n    if not mine",
        (f"{DELIVERIES}::test_two_workers_send_it_once",),
    ),
    Guard(
        "",
        "a webhook follows no redirect",
        "billing/alerts/webhook.py",
        "follow_redirects=False",
        "follow_redirects=True",
        (f"{DELIVERIES}::test_what_is_not_taken_is_tried_again_later",),
    ),
    Guard(
        "",
        "a webhook does not hang",
        "billing/alerts/webhook.py",
        "timeout=TIMEOUT",
        "timeout=None",
        (f"{DELIVERIES}::test_a_receiver_that_does_not_answer_in_time_is_left",),
    ),
    Guard(
        "P4",
        "a batch is one worker's",
        "chatsite/offline/jobs.py",
        "filter(pk=batch.pk, turn=batch.turn, due_at__lte=now)",
        "filter(pk=batch.pk)",
        (f"{JOBS}::test_two_workers_that_see_a_batch_due_take_it_once",),
    ),
    Guard(
        "P4",
        "a worker that lost its turn at a batch writes nothing",
        "chatsite/offline/jobs.py",
        "Batch.objects.filter(pk=batch.pk, turn=batch.turn).update(",
        "Batch.objects.filter(pk=batch.pk).update(",
        (f"{JOBS}::test_a_worker_that_lost_its_turn_writes_nothing",),
    ),
    Guard(
        "P4",
        "a batch that is there is not created again",
        "chatsite/offline/jobs.py",
        "batches.find(batch.file) or ",
        "",
        (
            f"{JOBS}::test_after_a_death_at_any_step_the_next_worker_goes_on",
            f"{JOBS}::test_what_breaks_on_the_way_is_tried_again",
        ),
    ),
    Guard(
        "P4",
        "a call whose end nobody knows is charged",
        "chatsite/offline/jobs.py",
        "NOTHING if refused else None",
        "NOTHING",
        (f"{JOBS}::test_what_fails_by_itself_costs_nothing_and_the_rest_counts",),
    ),
    Guard(
        "",
        "customers' words leave a batch once it is sent",
        "chatsite/offline/jobs.py",
        "        items.update(request={})\n",
        "",
        (f"{JOBS}::test_customers_words_are_kept_only_until_they_are_sent",),
    ),
    Guard(
        "",
        "nothing is judged until it is asked for",
        "chatsite/quality/judging.py",
        "if not settings.JUDGED_PER_NIGHT or judged.exists():",
        "if judged.exists():",
        ("tests/quality/test_judging.py",),
    ),
    Guard(
        "",
        "collecting: what is there is not asked again",
        "chatsite/quality/label_collection.py",
        "return item is None or (again and item.state == Failed)",
        "return item is None or again",
        (COLLECTING,),
    ),
    Guard(
        "",
        "collecting: a verdict that is none is no label",
        "chatsite/quality/label_collection.py",
        "item.state == Answered and not _is_verdict(item.text):",
        "item.state == Answered and False:",
        (COLLECTING,),
    ),
    Guard(
        "",
        "collecting: another round asks anew",
        "chatsite/quality/label_collection.py",
        "basis = [self.round, models.cheap,",
        "basis = [models.cheap,",
        (COLLECTING,),
    ),
    Guard(
        "P4",
        "a model that is not sold in batches is not asked",
        "chatsite/offline/kinds.py",
        'if Price.objects.in_force(model, "batch", now).exists():',
        "if model:",
        (COLLECTING,),
    ),
    Guard(
        "",
        "judging: a strong answer without room for its verdict waits",
        "chatsite/quality/judging.py",
        "if not KIND.queue([wanted], timezone.now()) and not _is_queued(wanted):",
        "if not KIND.queue([wanted], timezone.now()) and False:",
        ("tests/quality/test_judging.py",),
    ),
    Guard(
        "",
        "judging: a strong answer's verdict is no label of the cheap one",
        "chatsite/quality/judging.py",
        '    if item.reference.startswith(f"{STRONG}:"):\n',
        "    if False:\n",
        ("tests/quality/test_judging.py",),
    ),
    Guard(
        "",
        "a night has one sample",
        "chatsite/quality/judging.py",
        "if not settings.JUDGED_PER_NIGHT or judged.exists():",
        "if not settings.JUDGED_PER_NIGHT:",
        ("tests/quality/test_judging.py",),
    ),
    Guard(
        "P7",
        "only whoever holds a conversation rates in it",
        "chatsite/chat/actions/rate.py",
        "        held = Conversation.objects.held_by(visitor).filter(public_id=public_id)\n",
        "        held = Conversation.objects.filter(public_id=public_id)\n",
        (RATINGS,),
    ),
    Guard(
        "P7",
        "an answer is rated from its own conversation",
        "chatsite/chat/actions/rate.py",
        "        reply = conversation.messages.filter(id=reply_id).first()\n",
        "        reply = Message.objects.filter(id=reply_id).first()\n",
        (RATINGS,),
    ),
    Guard(
        "",
        "only a complete answer is rated",
        "chatsite/chat/actions/rate.py",
        "if reply is None or not reply.can_be_rated:",
        "if reply is None:",
        (RATINGS,),
    ),
    Guard(
        "",
        "the same rating twice is one change",
        "chatsite/chat/actions/rate.py",
        "        if reply.rating == rating and reply.rating_note == note:\n",
        "        if False:\n",
        (RATINGS,),
    ),
    Guard(
        "",
        "ratings have a rate",
        "chatsite/chat/web/views.py",
        "        limits.clicks_per_visitor.take(visitor)\n        reply_id, rating, note",
        "        reply_id, rating, note",
        (RATINGS,),
    ),
    Guard(
        "P7",
        "only whoever holds a conversation asks for a person",
        "chatsite/chat/actions/handover.py",
        "        held = Conversation.objects.held_by(visitor).filter(public_id=public_id)\n",
        "        held = Conversation.objects.filter(public_id=public_id)\n",
        (WISHES,),
    ),
    Guard(
        "",
        "a wish ends with the person's visit",
        "chatsite/chat/actions/handover.py",
        "        conversation.handled_by = conversation.wants_person_since = None\n",
        "        conversation.handled_by = None\n",
        (WISHES,),
    ),
    Guard(
        "",
        "a rating that is taken back is no label",
        "chatsite/quality/answer_outcomes.py",
        "        stale.exclude(source=Source.JUDGED).delete()\n",
        "",
        ("tests/quality/test_events.py",),
    ),
    Guard(
        "",
        "a strong answer's rating is no label of the cheap one",
        "chatsite/quality/answer_outcomes.py",
        "    rated = _replies(since, tier=Tier.CHEAP, rating__isnull=False)\n",
        "    rated = _replies(since, rating__isnull=False)\n",
        ("tests/quality/test_events.py",),
    ),
    Guard(
        "",
        "what judges said outlives the night",
        "chatsite/quality/answer_outcomes.py",
        "        stale.exclude(source=Source.JUDGED).delete()\n",
        "        stale.delete()\n",
        ("tests/quality/test_events.py",),
    ),
    Guard(
        "",
        "the newest week is held back",
        "chatsite/quality/training.py",
        "    before = [example for example in found if example.asked_at <= since]\n",
        "    before = list(found)\n",
        ("tests/quality/test_night.py",),
    ),
    Guard(
        "",
        "few labels propose nothing",
        "chatsite/quality/training.py",
        "    if firm < ENOUGH:\n",
        "    if firm < 0:\n",
        ("tests/quality/test_night.py",),
    ),
    Guard(
        "",
        "what is not better is not open",
        "chatsite/quality/proposals.py",
        "            state=State.OPEN if learned.is_better else State.NO_BETTER,\n",
        "            state=State.OPEN,\n",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "a decided proposal is not decided again",
        "chatsite/quality/proposals.py",
        "    if proposal.state != State.OPEN:\n",
        "    if False:\n",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "a proposal measured beside another policy is refused",
        "chatsite/quality/proposals.py",
        "        if in_force is None or is_stale(proposal, in_force):\n",
        "        if in_force is None:\n",
        (PROPOSALS,),
    ),
    Guard(
        "",
        "only who may decides a proposal",
        "chatsite/quality/admin.py",
        "            raise PermissionDenied\n        try:\n            policy",
        "            pass\n        try:\n            policy",
        (PROPOSALS,),
    ),
    Guard(
        "billing",
        "a list sorts by no column that has no index",
        "chatsite/staff/paging.py",
        "        may = field_name in (self.sortable_by or ())\n",
        "        may = True\n",
        (f"{VISITORS}::test_entries_are_sorted_by_what_has_an_index",),
    ),
    Guard(
        "billing",
        "how long customers wait is read from answers",
        "billing/dashboard/tables.py",
        "                total(answers(own)),\n",
        "                total(own),\n",
        ("tests/billing/test_dashboard.py::test_only_answers_say_how_long_customers_wait",),
    ),
    Guard(
        "billing",
        "visitors are listed for who may see costs",
        "billing/dashboard/visitor_list.py",
        '        if not request.user.has_perm("billing.view_ledgerentry"):\n'
        "            raise PermissionDenied\n",
        "",
        (f"{VISITORS}::test_who_may_not_see_the_ledger_sees_no_visitors",),
    ),
    Guard(
        "billing",
        "entries are exported for who may see them",
        "billing/admin/entries.py",
        "        if not self.has_view_permission(request):\n            raise PermissionDenied\n",
        "",
        (f"{VISITORS}::test_who_may_not_see_the_ledger_sees_no_visitors",),
    ),
    Guard(
        "billing",
        "a download is sent while it is read",
        "billing/dashboard/downloads.py",
        "_awaited(parts) if isinstance(request, ASGIRequest) else parts",
        "parts",
        (f"{VISITORS}::test_a_download_is_sent_while_it_is_read",),
    ),
    Guard(
        "chat",
        "a search reads the signs that its index leaves out",
        "chatsite/chat/admin/conversation_search.py",
        "    if are_words(terms):\n",
        "    if words:\n",
        ("tests/chat/test_search.py::test_words_are_found",),
    ),
    Guard(
        "chat",
        "what has no words is searched for by reading",
        "chatsite/chat/admin/conversation_search.py",
        " and not UNSPACED.search(term)",
        "",
        ("tests/chat/test_search.py::test_words_are_found",),
    ),
    Guard(
        "chat",
        "what is no word is looked for in the newest conversations",
        "chatsite/chat/admin/conversation_search.py",
        "_reading(rows.filter(id__in=newest), terms)",
        "_reading(rows, terms)",
        (
            "tests/chat/test_search.py::test_what_is_no_word_is_looked_for_in_the_newest_conversations",
        ),
    ),
)


# Where the constraints of an app's models are broken one by one.
BROKEN = {
    "routing": "tests/routing/test_constraints.py",
    "billing": "tests/billing/test_constraints.py",
    "alerts": "tests/billing/alerts/test_watch.py",
    "bills": BILL,
    "chat": "tests/chat/test_constraints.py",
    "summaries": "tests/summaries/test_constraints.py",
    "offline": JOBS,
}


def of_the_database() -> list[Guard]:
    """A guard for each constraint of these apps."""
    return [
        Guard("", f"constraint {name}", *constraints.removed(name), (tests,))
        for label, tests in BROKEN.items()
        for name in constraints.of(label)
    ]


def missed(guard: Guard, copy: Path) -> str:
    """The first test that fails without the guard; blank where none does.

    Raises LookupError where the guard does not stand where it should.
    """
    path = copy / guard.file
    whole = path.read_text()
    if whole.count(guard.old) != 1:
        raise LookupError(f"{guard.file} has {guard.old!r} {whole.count(guard.old)} times")
    path.write_text(whole.replace(guard.old, guard.new))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", *guard.tests],
            cwd=copy,
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            env=os.environ | {"VAR_DIR": str(copy / "var")},
        )
        lines = done.stdout.splitlines()
        failed = [line for line in lines if line.startswith(("FAILED tests/", "ERROR tests/"))]
        return failed[0].split(" - ")[0].split("::")[-1] if failed and done.returncode == 1 else ""
    except subprocess.TimeoutExpired:
        return "(the tests no longer end)"
    finally:
        path.write_text(whole)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.guards", description=__doc__)
    parser.add_argument("--only", default="", help="guards whose words hold this")
    only = parser.parse_args().only
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        os.environ.setdefault("VAR_DIR", folder)
        django.setup()
        # Beside a link to the labelled questions, as a checkout is.
        copy = Path(folder) / "main"
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
        if (ROOT.parent / "shared").exists():
            (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        for guard in (*GUARDS, *of_the_database()):
            if only not in guard.what:
                continue
            red = missed(guard, copy)
            sys.stderr.write(f"{guard.what}: {red or 'NOT MISSED'}\n")
            rows.append({"promise": guard.promise, "guard": guard.what, "red without it": red})
    show("Guards, each removed by itself", rows)
    sys.exit(not all(row["red without it"] for row in rows))


if __name__ == "__main__":
    main()
