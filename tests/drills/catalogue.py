"""The drills, one a fault."""

from dataclasses import replace
from typing import Final

from tests.drills import places, releases
from tests.drills.arena import Drill
from tests.drills.backups import with_archive
from tests.drills.entries import command
from tests.drills.faults import (
    broker,
    broker_loss,
    changes,
    cluster,
    database,
    failover,
    mail,
    mail_refusals,
    odd_bytes,
    operator,
    points,
    poison,
    refusals,
    restore,
    services,
    unkept,
    upgrade,
    wires,
)
from tests.drills.load import LoadPlan

_QUICK_SMTP: Final = (("SMTP_TIMEOUT", "1s"), ("SMTP_END_OF_DATA_TIMEOUT", "1s"))
_QUICK_SQL: Final = (("DATABASE_TIMEOUT", "3s"),)
# nothing is found by its grace: a message that the broker must not lose has to come by itself
_ON_ITS_OWN: Final = (("LOST_GRACE", "1h"),)
# no worker is lost, so none may seem to be on a busy machine
_USUAL_LEASE: Final = (("LEASE", "30s"),)
# an API that stops is unready before it closes its port
_IN_ORDER: Final = (("SHUTDOWN_DELAY", "1s"), *_ON_ITS_OWN, *_USUAL_LEASE)
_PRODUCTIONS_GRACE: Final = (("LOST_GRACE", "30s"),)
_LONG: Final = LoadPlan(seconds=20)
_LONGER: Final = LoadPlan(seconds=30)
_AS_LONG: Final = LoadPlan(seconds=120, with_faults=True)

API_KILLED: Final = Drill("api-killed", services.api_killed)
NOTIFIER_KILLED: Final = Drill("notifier-killed", services.notifier_killed, settings=_ON_ITS_OWN, kills_workers=True)
NOTIFIER_STOPPED: Final = Drill(
    "notifier-stopped",
    services.notifier_stopped,
    settings=_QUICK_SMTP,
    afterwards=services.nothing_stale_was_committed,
)
BROKER_KILLED: Final = Drill("broker-killed", broker.killed, _LONG, settings=_ON_ITS_OWN)
OPERATOR: Final = Drill(
    "operator-in-the-ui",
    operator.in_the_ui,
    settings=(
        ("LOST_GRACE", "3s"),
        ("RETRY_STEPS", "2s,3s,3100ms,3200ms,3300ms,3400ms,3500ms,3600ms"),
        *_USUAL_LEASE,
    ),
)
REFUSING_ALL: Final = Drill(
    "mail-server-refusing-all",
    mail_refusals.for_everybody,
    _AS_LONG,
    settings=_QUICK_SMTP,
    afterwards=mail_refusals.no_retries_were_used,
)
CHANGES: Final = Drill("changes", changes.under_faults, _LONG, afterwards=changes.told_in_order, kills_workers=True)
CANCELS: Final = Drill("database-cancels", refusals.cancelling)
UPGRADE: Final = Drill(
    "upgrade",
    upgrade.forwards,
    LoadPlan(seconds=240, follows_readiness=True, with_faults=True),
    settings=_IN_ORDER,
    place=releases.with_its_schema,
    older_first=True,
    afterwards=upgrade.nobody_noticed,
    late=10.0,
    beyond=40,
)
RESTORED: Final = Drill(
    "database-restored",
    restore.restored,
    _AS_LONG,
    # only reconcile finds what the broker had; a retry that waits at the moment still waits at the loss
    settings=(*_ON_ITS_OWN, *_QUICK_SQL, ("RETRY_STEPS", "15s,15100ms,15200ms,15300ms")),
    place=with_archive,
)

_CLUSTERED: Final = (*_QUICK_SMTP, *_QUICK_SQL, ("SHARDS", "2"))
PRIMARY_LOST: Final = Drill(
    "cluster-primary-lost",
    cluster.primary_lost,
    LoadPlan(seconds=120, with_faults=True, balanced=True),
    settings=_CLUSTERED,
    place=places.on_machines,
    alone=True,
    beyond=60.0,
)
CLUSTER: Final = (
    Drill(
        "cluster",
        cluster.each_machine,
        LoadPlan(seconds=1200, per_second=10, with_faults=True, balanced=True),
        settings=_CLUSTERED,
        place=places.on_machines,
        afterwards=cluster.tell_recoveries,
        alone=True,
        beyond=60.0,
    ),
    PRIMARY_LOST,
)
"""Drills on twelve machines (make drill-cluster). They need root, and ten minutes; `make drill` leaves them out."""

DRILLS: Final = (
    API_KILLED,
    NOTIFIER_KILLED,
    Drill("both-killed", services.both_killed, _LONG, kills_workers=True),
    Drill(
        "killed-at-every-point",
        points.at_every_point,
        _LONGER,
        api=command("api-crash-points"),
        notifier=command("notifier-crash-points"),
        afterwards=points.every_point_was_met,
        dies=True,
        kills_workers=True,
    ),
    Drill(
        "killed-policy-hold",
        services.notifier_killed,
        settings=(("CRASH_POLICY", "hold"),),
        may_fail="possibly sent",
        kills_workers=True,
        afterwards=services.held_were_sent_once,
    ),
    NOTIFIER_STOPPED,
    Drill(
        "rolling-restart",
        services.rolling_restart,
        LoadPlan(seconds=25, follows_readiness=True),
        settings=_IN_ORDER,
        afterwards=services.nobody_noticed,
        late=5.0,
    ),
    UPGRADE,
    replace(UPGRADE, name="rollback", faults=upgrade.back, place=releases.with_our_schema, older_first=False),
    Drill(
        "flood",
        services.flood,
        LoadPlan(seconds=15, per_second=150, reminder_in=(-3000, -60)),
        settings=(("EMAIL_RATE", "25"),),
    ),
    Drill(
        "poison",
        poison.one_message,
        notifier=command("poison"),
        dies=True,
        may_fail="delivered too often",
        afterwards=poison.only_it_failed,
    ),
    BROKER_KILLED,
    Drill("broker-stopped", broker.stopped, _LONGER),
    Drill(
        "broker-out-of-memory",
        broker.out_of_memory,
        LoadPlan(reminder_in=(-3000, -60)),
        settings=(("EMAIL_RATE", "5"), ("HIGH_PREFETCH", "10")),
    ),
    Drill("broker-full", broker.full),
    Drill("broker-leader-killed", broker.leader_killed, _LONGER, place=places.clustered),
    Drill("database-killed", database.killed),
    Drill("database-stopped", database.stopped, settings=_QUICK_SQL),
    Drill("database-out-of-connections", database.out_of_connections),
    Drill("network-cut", wires.cut, _LONG, settings=_QUICK_SMTP, proxied=True),
    Drill("network-stalled", wires.stalled, _LONGER, settings=(*_QUICK_SMTP, *_QUICK_SQL), proxied=True),
    Drill("network-half-open", wires.half_open, _LONGER, settings=(*_QUICK_SMTP, *_QUICK_SQL), proxied=True),
    Drill("network-slow", wires.slow, proxied=True),
    Drill("mail-server-down", mail.down, _LONGER, afterwards=mail.nothing_was_counted),
    Drill("mail-server-moody", mail.moody, settings=_QUICK_SMTP),
    Drill("mail-server-refusing", mail.refusing, may_fail="", afterwards=mail.requeued_by_hand),
    OPERATOR,
    CHANGES,
    Drill(
        "database-read-only",
        refusals.refuses_writes,
        LoadPlan(seconds=120, per_second=10, with_faults=True),
        unkept=True,
    ),
    CANCELS,
    Drill("database-hangs-up", refusals.hanging_up),
    Drill("database-locked", refusals.locked, _AS_LONG, settings=_QUICK_SQL),
    Drill("database-role-refused", refusals.role_refused, _AS_LONG, before=refusals.with_a_role_of_its_own),
    Drill("database-disk-full", refusals.full, _AS_LONG, place=places.on_a_small_disk),
    Drill("database-promoted", failover.promoted, _AS_LONG, settings=_QUICK_SQL, place=places.with_standby),
    Drill("database-demoted", failover.demoted, _AS_LONG, settings=_QUICK_SQL, place=places.with_standby),
    RESTORED,
    Drill("broker-data-lost", broker_loss.data_lost, _LONG),
    Drill("broker-vhost-deleted", broker_loss.vhost_deleted, settings=_PRODUCTIONS_GRACE, beyond=75),
    Drill(
        "broker-queue-replaced",
        broker_loss.queue_of_another_type,
        may_log=("differs from what we declare, and is used as it is",),
    ),
    Drill("broker-permissions-removed", broker_loss.permissions_removed, _LONG),
    Drill("broker-parts-deleted", broker_loss.parts_deleted, _AS_LONG),
    Drill("odd-bytes", odd_bytes.everywhere, may_die="", may_log=("dead letter recorded",), late=5.0),
    REFUSING_ALL,
    Drill(
        "mail-server-late",
        mail_refusals.late_answers,
        _LONG,
        settings=_QUICK_SMTP,
        may_fail="end of data",
        afterwards=mail_refusals.a_mail_an_attempt,
    ),
    Drill("unkept", unkept.a_bad_day, _AS_LONG, unkept=True, afterwards=unkept.nobody_ended),
)
