-- RabbitMQ 4 says of nearly every dead letter that it came before, so each is looked for among those that are kept. Without an
-- index, a flood of them would read all of them for each.

-- step outside a transaction: build dead_letters_by_body
CREATE INDEX CONCURRENTLY dead_letters_by_body ON dead_letters (md5(body));
