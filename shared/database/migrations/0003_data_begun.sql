-- Written under CRASH_POLICY=hold only, just before a mail is handed over. Constant default: no rewrite of the table.
ALTER TABLE jobs ADD COLUMN data_begun boolean NOT NULL DEFAULT false;
