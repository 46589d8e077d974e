-- Before the code that writes them. The rate at which a notifier may send, as its heartbeats say it: the forecast tells
-- by it when the mails of the coming hours will leave. Null: of an older release, or without EMAIL_RATE.
ALTER TABLE process_heartbeats ADD COLUMN email_rate float8, ADD COLUMN email_rate_is_shared boolean;
