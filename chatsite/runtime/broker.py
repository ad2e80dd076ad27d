"""The broker: kombu's Redis transport, without acknowledging what needs it not.

It acknowledges also what a queue without acknowledgements gave out: an exchange with Redis for
nothing. Where the connection that brought a task is closed by then, as a thread takes the task up
while Redis restarts, that ended the worker with an AttributeError.
"""

from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import QoS as RedisQoS
from kombu.transport.redis import Transport as RedisTransport


class QoS(RedisQoS):
    def ack(self, delivery_tag: str) -> None:
        if self._delivered and delivery_tag in self._delivered:
            super().ack(delivery_tag)


class Channel(RedisChannel):
    QoS = QoS


class Transport(RedisTransport):
    Channel = Channel
