"""What is known of customers who signed in goes with the last of their conversations."""

from chatsite.chat.models import Conversation
from chatsite.offline.provider_file_deletion import Deleted
from chatsite.widget.models import Customer


def with_conversations(deleted: Deleted) -> None:
    """The conversations are still there; whoever has others stays known."""
    ids = [int(reference.partition(":")[2]) for reference in deleted.conversations]
    theirs = Conversation.objects.filter(id__in=ids).values("visitor")
    others = Conversation.objects.exclude(id__in=ids).values("visitor")
    Customer.objects.filter(visitor__in=theirs).exclude(visitor__in=others).delete()
