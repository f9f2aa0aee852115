"""How many connections the exporter opens to a gateway that speaks HTTP/2, where each
carries many requests, and to one that does not; and what one of them costs that freezes."""

import asyncio
import contextlib
import threading
import unittest

from behind import Exporter, Simulator, config, outcome, probe
from gateways import HAProxy, Nginx
from intermediary import ESTABLISHED, connections, wait_until

DATASETS = 1000
MOST = 16  # One for 100 requests at once, and some more.


@contextlib.contextmanager
def behind(gateway, http2, **options):
    with Simulator("--datasets", str(DATASETS), "--latency", "200ms") as cloud:
        with gateway(cloud, http2=http2, **options) as front:
            with Exporter(config(front.url, DATASETS, concurrency=DATASETS, timeout="20s")) as exporter:
                yield front, exporter


class ConnectionsTest(unittest.TestCase):
    def check(self, gateway, warm):
        with behind(gateway, http2=True) as (front, exporter):
            if warm:
                self.assertTrue(probe(exporter))
            for _ in range(3):
                outcome(exporter).must_be_whole(DATASETS)
                self.assertLessEqual(connections(exporter.process.pid, front.port), MOST)

    def test_a_thousand_queries_of_nginx(self):
        self.check(Nginx, warm=False)

    def test_a_thousand_queries_of_haproxy(self):
        self.check(HAProxy, warm=False)

    def test_a_thousand_queries_after_a_single_one(self):
        self.check(Nginx, warm=True)

    def test_a_gateway_that_closed_all_between_two_scrapes(self):
        with behind(Nginx, http2=True, idle_seconds=1) as (front, exporter):
            for _ in range(2):
                outcome(exporter).must_be_whole(DATASETS)
                self.assertLessEqual(connections(exporter.process.pid, front.port), MOST)
                wait_until(lambda: connections(exporter.process.pid, front.port, ESTABLISHED) == 0,
                           "the end of idle connections")

    def test_a_gateway_that_speaks_otherwise_than_before(self):
        with behind(Nginx, http2=True) as (front, exporter):
            outcome(exporter).must_be_whole(DATASETS)
            for http2 in (False, True):
                front.kill()
                front.choose_protocols(http2)
                front.start()
                for _ in range(2):
                    last = outcome(exporter)
                    self.assertEqual(last.good, DATASETS, last)
                if http2:  # Those that began before the first one told are kept, too.
                    self.assertLess(connections(exporter.process.pid, front.port), 300)
                else:
                    self.assertGreater(connections(exporter.process.pid, front.port), 300)


class Relay:
    """Passes bytes on to 127.0.0.1:`port`, on connections of its own. What `frozen`
    says of a connection, by its number, holds it up; the kernel acknowledges."""

    def __init__(self, port):
        self.target, self.accepted, self.frozen = port, 0, None
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024))
        self.port = self.server.sockets[0].getsockname()[1]
        self.carried = {}  # Bytes from the client, by connection.
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def serve(self, reader, writer):
        number, self.accepted = self.accepted, self.accepted + 1
        self.carried[number] = 0
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        ways = [self.carry(number, reader, far_writer, True), self.carry(number, far_reader, writer, False)]
        await asyncio.gather(*ways, return_exceptions=True)

    async def carry(self, number, reader, writer, outwards):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if outwards:
                    self.carried[number] += len(data)
                while number == self.frozen:
                    await asyncio.sleep(0.01)
                writer.write(data)
                await writer.drain()
        writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


class OneFrozenTest(unittest.TestCase):
    """Of some connections that are all busy, one freezes, while the others bring replies."""

    AT_ONCE = 300

    def behind(self):
        """A relay before nginx, and an exporter that asks there."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        cloud = stack.enter_context(Simulator("--datasets", str(DATASETS), "--latency", "50ms"))
        front = stack.enter_context(Nginx(cloud, http2=True))
        relay = Relay(front.port)
        stack.callback(relay.stop)
        text = config(f"https://127.0.0.1:{relay.port}", DATASETS, concurrency=self.AT_ONCE, timeout="5s")
        return relay, stack.enter_context(Exporter(text))

    def test_costs_one_scrape(self):
        relay, exporter = self.behind()
        for _ in range(2):
            outcome(exporter).must_be_whole(DATASETS)
        before = dict(relay.carried)
        outcome(exporter).must_be_whole(DATASETS)
        used = [number for number, size in relay.carried.items() if size > before[number]]
        self.assertGreater(len(used), 1)
        relay.frozen = used[0]
        first = outcome(exporter)
        second = outcome(exporter)
        self.assertEqual(second.good, DATASETS, second)
        # Those who were on it, and nobody who came later.
        self.assertLessEqual(sum(first.request_failures.values()), 100, first)
        relay.frozen = None


if __name__ == "__main__":
    unittest.main()
