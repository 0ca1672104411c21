"""The kinds of entries of a journal, with the members of their data.

Every fact of a run is one of these. The fold of them is the state; nothing else is remembered.
Instants are RFC 3339 UTC texts, durations seconds, files digests of blobs in the run's folder.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What an entry says; the members of its data stand beside it."""

    # run, plan {name, digest, model}, files {name: digest}, engine, inputs {name: value | «set»},
    # by, follows, fixed, factor, is_signed, git {head, branch, is_clean},
    # secrets {name: set | unset}
    STARTED = "started"
    # is_late, switch {percent, is_applied, why}, readings [{probe, side, since, until,
    # measured_at, values, lists {field: digest}, why, offset}], is_due (`at` has come);
    # taken late: instant, and no switch
    TICK = "tick"
    # mark (s or null), is_end, verdicts {gate: {verdict, why, figures, is_waived}},
    # series {field: value}, diagnose {gate: probes}, clock {before_s, after_s, why, is_taken,
    # is_reset and the rest of a BakeClock} or null; taken late: instant, is_late
    JUDGED = "judged"
    # triggers {label: {verdict, why, figures}}: only what changed since the last entry
    WATCHED = "watched"
    STAGE_STARTED = "stage_started"  # stage
    STAGE_ENDED = "stage_ended"  # stage
    BASELINE = "baseline"  # stage, readings as in tick over the whole stage, is_whole
    # the checkpoint, what (stage, step, gate, trigger, amend, override), its stage, brief (a
    # digest), ask, by, quorum, identity, valid_s, basis, proposal {verb, by, data}
    CHECKPOINT_OPENED = "checkpoint_opened"
    # checkpoint, by, identity, value, note, brief
    APPROVED = "approved"
    DENIED = "denied"  # checkpoint, by, note
    LAPSED = "lapsed"  # checkpoint, why: approvals given so far no longer count
    CHECKPOINT_CLOSED = "checkpoint_closed"  # checkpoint, is_approved
    STEP_STARTING = "step_starting"  # stage, step, key, attempt, is_undo: the intent
    # stage, step, key, attempt, is_undo, exit_code, why, output, files
    STEP_ENDED = "step_ended"
    STEP_CUT_OFF = "step_cut_off"  # stage, step, key, attempt
    STEP_FOUND_DONE = "step_found_done"  # stage, step, key, why
    SWITCH_SETTING = "switch_setting"  # percent, why: the intent
    SWITCH_SET = "switch_set"  # percent, is_set, is_applied, why, output, seen
    CONFIRMED = "confirmed"  # percent, verdict, why, figures
    DRIFTED = "drifted"  # set, seen: lower or higher than the run put it
    PAUSED = "paused"  # reason (a stable word), why
    RESUMED = "resumed"  # reason or null for all, by
    EXTENDED = "extended"  # stage, by_s, why, by
    TRIGGER_FIRED = "trigger_fired"  # trigger, severity, do, why, is_else, is_blind, incident
    TRIGGER_CLEARED = "trigger_cleared"  # trigger, why
    DIAGNOSED = "diagnosed"  # why, readings as in tick
    DEVIATION = "deviation"  # what, why: listed first in the summary
    ABSENT = "absent"  # since, until
    CLOCK_WENT_BACK = "clock_went_back"  # by_s
    ROLLBACK_STARTED = "rollback_started"  # why, by, trigger, is_abort
    ROLLBACK_STATE = "rollback_state"  # state, why
    ROLLED_BACK = "rolled_back"  # why
    # by, reason, plan {digest, model}, difference [{path, before, after, is_looser}], restarts
    AMENDED = "amended"
    OVERRIDDEN = "overridden"  # what (gate, bake, trigger), name, until, reason, by [names]
    OVERRIDE_ENDED = "override_ended"  # what, name
    NOTED = "noted"  # by, text
    REPORTED = "reported"  # what, by, note
    # id, verb, by, data: a file of the inbox, taken once; and whether it was accepted
    MESSAGE = "message"
    TOLD = "told"  # event, why (of a failure, else empty)
    HEAD = "head"  # size, root, key_id, is_anchored, why
    REDACTED = "redacted"  # file, digest, reason, by
    KEY_ROTATED = "key_rotated"
    # manifest: a digest; outcome: complete, rolled back, aborted; PASS or FAIL in verdict
    CLOSED = "closed"
