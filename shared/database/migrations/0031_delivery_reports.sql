-- What became of mails after their server took them: reports of mail servers and providers. A job may be removed before its
-- report, so nothing refers to it by a key. One row a job and event: the same report again changes nothing.
CREATE TABLE delivery_reports (
    id             uuid PRIMARY KEY,
    job_id         uuid        NOT NULL,
    appointment_id uuid        NOT NULL,
    client_id      text        NOT NULL,
    event          text        NOT NULL CHECK (event IN ('returned', 'delayed', 'complained')),
    is_permanent   boolean     NOT NULL,                 -- another mail to this address would come back as well
    status         text,                                 -- RFC 3463, such as 5.1.1
    detail         text        NOT NULL DEFAULT '',      -- may echo an address: never copied into logs or metrics
    source         text        NOT NULL,                 -- who reported: lmtp, api, or a provider's name
    address        text,                                 -- normalised; null where the client has another one by now
    reported_at    timestamptz NOT NULL DEFAULT now(),
    settled_at     timestamptz,                          -- an operator has allowed the address again, or said it is well
    UNIQUE (job_id, event)
);
CREATE INDEX delivery_reports_of_appointment ON delivery_reports (appointment_id);
CREATE INDEX delivery_reports_open ON delivery_reports (address) WHERE address IS NOT NULL AND settled_at IS NULL;
CREATE INDEX delivery_reports_by_age ON delivery_reports (reported_at);
