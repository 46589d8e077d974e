-- Before the code that writes it. All AMQP properties of a message that could not be worked on; the columns beside it
-- are those that people look for. Text is exact, with escapes for what is no text: see shared/storable.py (escaped).
ALTER TABLE dead_letters ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';
