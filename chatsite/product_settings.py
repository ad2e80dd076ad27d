"""What this product can be set to, beside Django's own settings: `settings` takes all of it.

What differs between machines is read from the environment here.
"""

from chatsite import env

# Behind a proxy that speaks HTTPS: cookies become Secure and its X-Forwarded-* is believed.
BEHIND_HTTPS = env.flag("BEHIND_HTTPS")
# Proxies in front of the site, each of which adds an address to X-Forwarded-For; that of the
# outermost, where it saw the customer, is believed.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", int(BEHIND_HTTPS), 0, 10)
PORT = env.number("PORT", 8000, 1, 65535)
# In links that leave the site.
SITE_URL = env.url("SITE_URL", f"http://localhost:{PORT}", {"http", "https"}).rstrip("/")

# Until the owner names the shop in the admin.
SITE_NAME = env.text("SITE_NAME", "Customer service")
# Who knows the name by now, for the packages that know nothing of the shop.
NAME_OF_SITE = "chatsite.shop.current_shop.name"
# What a message that an operator tries means, and whom to tell that examples of hazards changed.
TURN_OF_MESSAGE = "chatsite.knowledge.embeddings.question_embeddings.turn_of"
EXAMPLES_CHANGED = "chatsite.knowledge.embeddings.embeddings.ask_for_missing"

# The provider. Without a key and without a base URL, the demo model on loopback is the provider.
OPENAI_API_KEY = env.api_key("OPENAI_API_KEY")
# Reads what the provider bills, each night and for `manage.py reconcile`; the site does nothing
# else with it.
OPENAI_ADMIN_KEY = env.api_key("OPENAI_ADMIN_KEY")
DEMO_PORT = env.number("DEMO_PORT", 8010, 1, 65535)
DEMO_MODEL = not OPENAI_API_KEY and not env.text("OPENAI_BASE_URL")
OPENAI_BASE_URL = env.url(
    "OPENAI_BASE_URL",
    f"http://127.0.0.1:{DEMO_PORT}/v1" if DEMO_MODEL else "https://api.openai.com/v1",
    {"http", "https"},
)
# Where articles and questions are turned into vectors; the provider itself where this is empty.
EMBEDDINGS_BASE_URL = env.url("EMBEDDINGS_BASE_URL", "", {"http", "https"})

# Days after its last words that a conversation is erased; 0: never. Amounts stay on the ledger.
KEEP_CONVERSATIONS_DAYS = env.number("KEEP_CONVERSATIONS_DAYS", 0, 0, 36_500)
# Card numbers, e-mail addresses and telephone numbers leave as placeholders for the provider.
MASK_PERSONAL_DATA = env.flag("MASK_PERSONAL_DATA", True)

# Answers that one worker process holds open at once; what is beyond waits for a free place.
ANSWERS_PER_WORKER = env.number("ANSWERS_PER_WORKER", 500, 1, 5000)
# Seconds that a worker told to stop gives its open answers before it hands them on.
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 65, 0, 600)
# Files that customers and staff send along: of one file, of one message, of one visitor or network
# address in an hour, and of all of them.
ATTACHMENT_MEGABYTES = env.number("ATTACHMENT_MEGABYTES", 10, 1, 100)
ATTACHMENT_MEGAPIXELS = env.number("ATTACHMENT_MEGAPIXELS", 50, 1, 200)
ATTACHMENT_PAGES = env.number("ATTACHMENT_PAGES", 100, 1, 5000)
ATTACHMENTS_PER_MESSAGE = env.number("ATTACHMENTS_PER_MESSAGE", 5, 1, 20)
ATTACHMENTS_PER_VISITOR = env.number("ATTACHMENTS_PER_VISITOR", 20, 1, 1_000_000)
ATTACHMENTS_PER_ADDRESS = env.number("ATTACHMENTS_PER_ADDRESS", 100, 1, 1_000_000)
ATTACHMENTS_GIGABYTES = env.number("ATTACHMENTS_GIGABYTES", 5, 1, 1_000_000)
# Characters of one message, whoever writes it. At 4 a token an eighth of the smallest context.
MESSAGE_LENGTH = 4000
# Messages a minute from one visitor, and from one network address.
ASKS_PER_VISITOR = env.number("ASKS_PER_VISITOR", 20, 1, 1_000_000)
ASKS_PER_ADDRESS = env.number("ASKS_PER_ADDRESS", 120, 1, 1_000_000)
# Requests a minute by one access token.
CALLS_PER_TOKEN = env.number("CALLS_PER_TOKEN", 600, 1, 1_000_000)
# Sockets of one network address on a web process, which has 1,024 file descriptors by default.
SOCKETS_PER_ADDRESS = env.number("SOCKETS_PER_ADDRESS", 500, 1, 1_000_000)

# Connections of one network address to a web process that faces the internet itself.
CONNECTIONS_PER_ADDRESS = env.number("CONNECTIONS_PER_ADDRESS", 1000, 1, 1_000_000)

# People answer in the admin: a customer whom no model can answer is told that one of them will.
PEOPLE_ANSWER = env.flag("PEOPLE_ANSWER")
# What else goes with a deleted conversation: functions of chat.actions.delete_conversation.Deleted.
DELETED_WITH_CONVERSATIONS = [
    "chatsite.offline.provider_file_deletion.with_conversations",
    "chatsite.webhooks.outbox.with_conversations",
    "chatsite.widget.signed_in_customers.with_conversations",
]
# Says to operators what a budget's ladder does: a function of the Ladder in
# billing.budgets.cost_saving_steps.
LADDER_IN_WORDS = "chatsite.answering.budget_allowance.in_words"
# And what thresholds make of the traffic that sets a budget's pace: of its history and the time.
TRAFFIC_AT_THRESHOLDS = "chatsite.tuning.threshold.budget_outlook.traffic"

# Cheap answers that the strong model judges each night, in a batch at half the price. The provider
# is sent these conversations once more, so that a site says so itself.
JUDGED_PER_NIGHT = env.number("JUDGED_PER_NIGHT", 0, 0, 500)
# Whom alerts about costs are sent to, beside the admin that always shows them.
ALERT_EMAILS = env.emails("ALERT_EMAILS")
# Who gets the report of each month; as a rule, those who get the alerts.
REPORT_EMAILS = env.emails("REPORT_EMAILS") or ALERT_EMAILS
ALERT_WEBHOOK_URL = env.url("ALERT_WEBHOOK_URL", "", {"http", "https"})
ALERT_WEBHOOK_SECRET = env.signing_secret("ALERT_WEBHOOK_SECRET", is_needed=ALERT_WEBHOOK_URL != "")
# Where it is posted that a customer asks for a person, and that nobody has come; signed.
TEAM_WEBHOOK_URL = env.url("TEAM_WEBHOOK_URL", "", {"http", "https"})
TEAM_WEBHOOK_SECRET = env.signing_secret("TEAM_WEBHOOK_SECRET", is_needed=TEAM_WEBHOOK_URL != "")
# Webhooks that operators add may lead into the owner's own network, too.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.flag("WEBHOOKS_TO_PRIVATE_ADDRESSES")
# Where customers' replies to mail arrive, as reply@shop.example: what people answer then also goes
# to the address that a customer leaves, from reply+...@shop.example.
REPLY_ADDRESS = env.email("REPLY_ADDRESS")
# The mailbox of that address.
IMAP = env.mailbox("IMAP_URL")
