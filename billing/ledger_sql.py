"""The ledger's statements by hand, for the reason given in `billing.budgets.balances`."""

RATE = "p.input, COALESCE(p.cached_input, p.input), COALESCE(p.cache_write, p.input), p.output"
PRICE = f"""
SELECT p.id, {RATE},
    (SELECT amount FROM billing_hold WHERE reference = %s),
    EXISTS (SELECT 1 FROM billing_ledgerentry WHERE reference = %s)
FROM billing_price p
WHERE p.model = %s AND p.service_tier = %s AND p.effective_from <= %s
ORDER BY p.effective_from DESC
LIMIT 1
"""  # noqa: S608  # of two constants
HOLD = """
INSERT INTO billing_hold
    (reference, purpose, tier, conversation, visitor, model, service_tier, price_id, amount,
     worst_case, windows, called_at, expires_at, compared_with)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# With the price to bill by: of the model asked, or of its snapshot that answered, in the service
# tier that answered; else the one that was reserved at. Another name in the answer is another
# server's word for it, and no price of ours. And with the model that it is compared with.
HELD = f"""
SELECT h.id, h.amount, h.worst_case, h.windows, h.model, h.service_tier,
    p.id, p.model, p.service_tier, {RATE}, {RATE.replace("p.", "c.")}
FROM billing_hold h
JOIN billing_price p ON p.id = COALESCE(
    (
        SELECT r.id
        FROM billing_price r
        WHERE (r.model = h.model OR (r.model = %s AND h.model = %s))
            AND r.service_tier = COALESCE(NULLIF(%s, ''), h.service_tier)
            AND r.effective_from <= h.called_at
        ORDER BY r.model = %s DESC, r.effective_from DESC
        LIMIT 1
    ),
    h.price_id
)
LEFT JOIN billing_price c ON c.id = (
    SELECT r.id
    FROM billing_price r
    WHERE r.model = h.compared_with AND r.service_tier = h.service_tier
        AND r.effective_from <= h.called_at
    ORDER BY r.effective_from DESC
    LIMIT 1
)
WHERE h.reference = %s
"""  # noqa: S608  # of two constants
ENTRY = f"""
INSERT INTO billing_ledgerentry
    (reference, purpose, tier, conversation, visitor, model_requested, called_at, reserved, windows,
     price_id, input_rate, cached_input_rate, cache_write_rate, output_rate,
     model_returned, service_tier, request_id, outcome, settled_at,
     input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
     estimated, estimated_because, price_assumed, amount, compared_amount)
SELECT h.reference, h.purpose, h.tier, h.conversation, h.visitor, h.model, h.called_at, h.amount,
    h.windows, p.id, {RATE}, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
FROM billing_hold h, billing_price p
WHERE h.id = %s AND p.id = %s
"""  # noqa: S608  # of two constants
