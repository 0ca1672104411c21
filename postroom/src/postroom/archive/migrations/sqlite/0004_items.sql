-- What lists of messages are sorted and looked up by.

CREATE INDEX email_messages_sent_utc ON email_messages (sent_utc, id);
CREATE INDEX email_messages_thread_id ON email_messages (thread_id);
CREATE INDEX email_dedupe_decisions_email_id ON email_dedupe_decisions (email_id);
