"""Parts of statements that pages about the threshold and about trials share."""

# A reply was decided on, sent to the provider, and charged by its own reference with a number.
CALLS = """
FROM billing_ledgerentry e
JOIN routing_routedecision d
    ON d.reference = RTRIM(RTRIM(e.reference, '0123456789'), ':')
WHERE e.called_at >= %s AND e.reference LIKE 'reply:%%'
"""
# What such calls are charged without the provider's word on tokens, and the tokens of all.
CHARGED = """
    SUM(CASE WHEN e.estimated THEN e.amount ELSE 0 END),
    SUM(CASE WHEN e.input_tokens > e.cached_tokens + e.cache_write_tokens
        THEN e.input_tokens - e.cached_tokens - e.cache_write_tokens ELSE 0 END),
    SUM(e.cached_tokens), SUM(e.cache_write_tokens), SUM(e.output_tokens)
"""
# A person came to the conversation `c`, or was asked for.
WITH_PERSON = """
    c.handled_by_id IS NOT NULL OR c.wants_person_since IS NOT NULL
    OR EXISTS (SELECT 1 FROM chat_message s WHERE s.conversation_id = c.id AND s.role = 'staff')
"""
