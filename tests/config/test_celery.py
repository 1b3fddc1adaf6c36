from datetime import timedelta

from django.conf import settings

from config.celery import app, sweep_at_once


def test_a_task_is_acknowledged_late_and_only_json_travels():
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)
    assert conf.task_ignore_result
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert (conf.worker_prefetch_multiplier, conf.timezone) == (1, "UTC")


def test_a_message_comes_back_only_after_the_longest_task_has_ended():
    conf = app.conf
    limits = (conf.task_soft_time_limit, conf.task_time_limit)
    assert limits == (240, 300)
    assert conf.broker_transport_options["visibility_timeout"] == conf.visibility_timeout == 600


def test_beat_sends_the_sweep_and_long_work_in_intervals_and_drops_ticks_nobody_took():
    assert app.conf.beat_schedule == {
        "sweep": {
            "task": "outreach.tasks.sweep",
            "schedule": timedelta(seconds=settings.SWEEP_SECONDS),
            "options": {"expires": settings.SWEEP_SECONDS},
        },
        "go-on": {
            "task": "deals.tasks.go_on",
            "schedule": timedelta(seconds=settings.SWEEP_SECONDS),
            "options": {"expires": settings.SWEEP_SECONDS},
        },
        "read-mail": {
            "task": "outreach.tasks.read_mail",
            "schedule": timedelta(seconds=settings.READ_SECONDS),
            "options": {"expires": settings.READ_SECONDS},
        },
        "file-mail": {
            "task": "outreach.tasks.file_mail",
            "schedule": timedelta(minutes=1),
            "options": {"expires": 60},
        },
        "read-calendars": {
            "task": "outreach.tasks.read_calendars",
            "schedule": timedelta(minutes=1),
            "options": {"expires": 60},
        },
        "pass-on": {
            "task": "outreach.tasks.pass_on",
            "schedule": timedelta(seconds=10),
            "options": {"expires": 10},
        },
        "make-digests": {
            "task": "outreach.tasks.make_digests",
            "schedule": timedelta(minutes=1),
            "options": {"expires": 60},
        },
        "forget": {
            "task": "outreach.tasks.forget",
            "schedule": timedelta(hours=1),
            "options": {"expires": 3600},
        },
        "refresh-holidays": {
            "task": "deals.tasks.refresh_holidays",
            "schedule": timedelta(hours=1),
            "options": {"expires": 3600},
        },
        "learn": {
            "task": "outreach.tasks.learn",
            "schedule": timedelta(hours=1),
            "options": {"expires": 3600},
        },
    }


def test_what_beat_sends_are_tasks_that_the_worker_knows():
    app.loader.import_default_modules()

    assert {"outreach.tasks.sweep", "deals.tasks.go_on"} <= set(app.tasks)


def test_beat_asks_for_a_sweep_as_soon_as_it_starts():
    with app.connection_for_write() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        queue.clear()

        sweep_at_once()

        message = queue.get(timeout=10)
        message.ack()
        queue.close()
    assert message.headers["task"] == "outreach.tasks.sweep"
