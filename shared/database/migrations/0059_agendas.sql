-- Before the code that writes it. Doctors who want one get the agenda of their day by e-mail: where it goes, and when, on the
-- clock of the clinic.
CREATE TABLE agenda_wishes (
    doctor_id  text        PRIMARY KEY REFERENCES doctors ON DELETE CASCADE,
    email      text        NOT NULL,
    send_at    time        NOT NULL,                     -- local to the clinic
    locale     text,                                     -- null: the clinic's first language
    written_at timestamptz NOT NULL DEFAULT now()
);

-- One agenda for a doctor and day, whoever plans it. The job has the first appointment of the day as its appointment.
CREATE TABLE agendas (
    doctor_id text NOT NULL,
    day       date NOT NULL,                             -- of the clinic
    job_id    uuid NOT NULL UNIQUE,
    PRIMARY KEY (doctor_id, day)
);

-- A function, so that the claim of all other jobs has nothing of it in its plan.
CREATE FUNCTION agenda_is_empty(job uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT
          FROM agendas g
          JOIN agenda_wishes w ON w.doctor_id = g.doctor_id
          JOIN appointments a ON a.doctor_id = g.doctor_id AND a.local_date = g.day
         WHERE g.job_id = job AND a.status = 'booked' AND a.starts_at > now() AND a.starts_at < now() + interval '2 days'
    );
END $$;
COMMENT ON FUNCTION agenda_is_empty IS
    'Whether no appointment of the agenda''s day is still to begin, or its doctor wants no agenda any more.';
