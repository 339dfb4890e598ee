#!/usr/bin/python3
"""Paho (Debian's python3-paho-mqtt) against tenond."""
import pathlib
import queue
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker  # noqa: E402

try:
    import paho.mqtt.client as mqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.subscribeoptions import SubscribeOptions
except ImportError:
    mqtt = None

WAIT_S = 15


class Client:
    """A paho client whose callbacks become queues."""

    def __init__(self, port, client_id="", version=None, clean=True, will=None, expiry=None, keepalive=60, connect=True):
        version = version or mqtt.MQTTv5
        if version == mqtt.MQTTv5:
            self.paho = mqtt.Client(client_id, protocol=version)
        else:
            self.paho = mqtt.Client(client_id, protocol=version, clean_session=clean)
        self.connected, self.got, self.acked = queue.Queue(), queue.Queue(), queue.Queue()
        self.subscribed, self.gone = queue.Queue(), queue.Queue()
        self.paho.on_connect = lambda c, u, flags, rc, *p: self.connected.put((flags, rc))
        self.paho.on_message = lambda c, u, m: self.got.put(m)
        self.paho.on_publish = lambda c, u, mid, *p: self.acked.put(mid)
        self.paho.on_subscribe = lambda c, u, mid, codes, *p: self.subscribed.put(codes)
        self.paho.on_disconnect = lambda c, u, rc, *p: self.gone.put(getattr(rc, "value", rc))
        if will:
            self.paho.will_set(**will)
        kwargs = {}
        if version == mqtt.MQTTv5:
            kwargs["clean_start"] = clean
            if expiry is not None:
                kwargs["properties"] = Properties(PacketTypes.CONNECT)
                kwargs["properties"].SessionExpiryInterval = expiry
        self.paho.connect("127.0.0.1", port, keepalive=keepalive, **kwargs)
        self.paho.loop_start()
        self.flags, self.code = self.connected.get(timeout=WAIT_S) if connect else (None, None)

    def subscribe(self, *args, **kwargs):
        self.paho.subscribe(*args, **kwargs)
        return self.subscribed.get(timeout=WAIT_S)

    def publish(self, topic, payload, qos=1, **kwargs):
        self.paho.publish(topic, payload, qos=qos, **kwargs)
        if qos:
            self.acked.get(timeout=WAIT_S)

    def next(self):
        return self.got.get(timeout=WAIT_S)

    def cut(self):
        """Ends the connection without DISCONNECT."""
        self.paho.loop_stop()
        sock = self.paho.socket()
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def close(self):
        self.paho.disconnect()
        self.gone.get(timeout=WAIT_S)
        self.paho.loop_stop()


@unittest.skipUnless(mqtt, "python3-paho-mqtt is not installed")
class Paho(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        cls.port = cls.broker.port

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__()

    def in_each_version(self, check):
        for name, version in (("3.1", mqtt.MQTTv31), ("3.1.1", mqtt.MQTTv311), ("5.0", mqtt.MQTTv5)):
            with self.subTest(version=name):
                check(name, version)

    def test_many_messages_of_each_qos_arrive_once_and_in_order(self):
        def check(name, version):
            sub = Client(self.port, f"many-sub-{name}", version)
            pub = Client(self.port, f"many-pub-{name}", version)
            for qos in (0, 1, 2):
                topic = f"many/{name}/{qos}"
                sub.subscribe(topic, qos)
                for i in range(200):
                    pub.publish(topic, str(i), qos)
                got = [sub.next() for _ in range(200)]
                self.assertEqual([m.payload.decode() for m in got], [str(i) for i in range(200)])
                self.assertEqual({m.qos for m in got}, {qos})
            self.assertTrue(sub.got.empty())
            sub.close()
            pub.close()

        self.in_each_version(check)

    def test_will_is_sent_when_the_connection_breaks_and_not_after_disconnect(self):
        def check(name, version):
            watcher = Client(self.port, f"watch-{name}", version)
            watcher.subscribe(f"will/{name}/#", 1)
            will = {"topic": f"will/{name}/polite", "payload": "wrong", "qos": 1}
            Client(self.port, f"polite-{name}", version, will=will).close()
            will = {"topic": f"will/{name}/cut", "payload": "gone", "qos": 1, "retain": True}
            Client(self.port, f"cut-{name}", version, will=will).cut()
            got = watcher.next()
            self.assertEqual((got.topic, got.payload), (f"will/{name}/cut", b"gone"))
            late = Client(self.port, f"late-{name}", version)
            late.subscribe(f"will/{name}/#", 1)
            kept = late.next()
            self.assertEqual((kept.topic, kept.retain), (f"will/{name}/cut", 1))
            watcher.close()
            late.close()

        self.in_each_version(check)

    def test_persistent_session_keeps_qos_1_and_2_over_a_broken_connection(self):
        def check(name, version):
            expiry = 300 if version == mqtt.MQTTv5 else None
            first = Client(self.port, f"stay-{name}", version, clean=False, expiry=expiry)
            first.subscribe([(f"stay/{name}/1", 1), (f"stay/{name}/2", 2)] if version != mqtt.MQTTv5 else
                            [(f"stay/{name}/1", SubscribeOptions(1)), (f"stay/{name}/2", SubscribeOptions(2))])
            first.cut()
            pub = Client(self.port, f"stay-pub-{name}", version)
            for i in range(50):
                pub.publish(f"stay/{name}/{1 + i % 2}", str(i), qos=1 + i % 2)
            again = Client(self.port, f"stay-{name}", version, clean=False, expiry=expiry)
            present = again.flags["session present"] if isinstance(again.flags, dict) else again.flags
            self.assertEqual(bool(present), name != "3.1")
            got = [again.next() for _ in range(50)]
            # The client hands on a QoS 2 message when it is released, so the order holds within each QoS.
            for qos in (1, 2):
                self.assertEqual([int(m.payload) for m in got if m.qos == qos], list(range(qos - 1, 50, 2)))
            again.close()
            pub.close()

        self.in_each_version(check)

    def test_second_connection_with_the_same_id_takes_over(self):
        """[MQTT-3.1.4-3]: the older one gets DISCONNECT 0x8E."""
        older = Client(self.port, "twin")
        older.paho.reconnect_delay_set(60, 60)
        newer = Client(self.port, "twin")
        self.assertEqual(older.gone.get(timeout=WAIT_S), 0x8E)
        older.paho.loop_stop()
        newer.subscribe("twin/t", 1)
        newer.publish("twin/t", "me")
        self.assertEqual(newer.next().payload, b"me")
        newer.close()

    def test_v5_properties_reach_the_receiver_unchanged_and_in_order(self):
        sub, pub = Client(self.port, "props-sub"), Client(self.port, "props-pub")
        sub.subscribe("props", 1)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "text/plain"
        properties.ResponseTopic = "answer/here"
        properties.CorrelationData = b"\x00\x01"
        properties.MessageExpiryInterval = 100
        properties.UserProperty = [("b", "1"), ("a", "2"), ("b", "3")]
        pub.publish("props", "p", properties=properties)
        got = sub.next().properties
        self.assertEqual(got.ContentType, "text/plain")
        self.assertEqual(got.ResponseTopic, "answer/here")
        self.assertEqual(got.CorrelationData, b"\x00\x01")
        self.assertEqual(got.UserProperty, [("b", "1"), ("a", "2"), ("b", "3")])
        self.assertLessEqual(got.MessageExpiryInterval, 100)
        sub.close()
        pub.close()

    def test_no_local_and_subscription_identifier_and_retain_as_published(self):
        client, other = Client(self.port, "options"), Client(self.port, "options-other")
        properties = Properties(PacketTypes.SUBSCRIBE)
        properties.SubscriptionIdentifier = 77
        client.subscribe("options/t", options=SubscribeOptions(1, noLocal=True, retainAsPublished=True),
                         properties=properties)
        client.publish("options/t", "own")
        other.publish("options/t", "other", retain=True)
        got = client.next()
        self.assertEqual((got.payload, got.retain, got.properties.SubscriptionIdentifier), (b"other", 1, [77]))
        client.close()
        other.close()

    def test_shared_subscription_gives_each_message_to_one_member(self):
        members = [Client(self.port, f"member-{i}") for i in range(3)]
        for member in members:
            member.subscribe("$share/crew/jobs", 1)
        pub = Client(self.port, "boss")
        for i in range(60):
            pub.publish("jobs", str(i))
        end = Client(self.port, "end")
        end.subscribe("end", 1)
        got = []
        while len(got) < 60:
            for member in members:
                while not member.got.empty():
                    got.append(member.got.get().payload.decode())
            if len(got) < 60:  # a round trip on another connection passes the time without guessing it
                end.publish("end", "tick")
                end.next()
        self.assertEqual(sorted(got, key=int), [str(i) for i in range(60)])
        for client in members + [pub, end]:
            client.close()

    def test_shutdown_tells_v5_clients(self):
        with Broker() as broker:
            client = Client(broker.port, "told")
            client.paho.reconnect_delay_set(60, 60)
            self.assertEqual(broker.stop(), 0)
            self.assertEqual(client.gone.get(timeout=WAIT_S), 0x8B)
            client.paho.loop_stop()


if __name__ == "__main__":
    unittest.main()
