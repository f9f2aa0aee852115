"""Runs the real simulator for a test, on a port that it picks itself."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.parse

BINARY = os.environ.get("MODELARTS_SIMULATOR", "modelarts_simulator")
PROJECT = "%032x" % 0


class Answer:
    def __init__(self, reply):
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    def json(self):
        return json.loads(self.body)


class Simulator:
    """The program with these arguments, until the end of the `with` block."""

    def __init__(self, *arguments):
        self.arguments = [BINARY, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on (https?)://([^:]+):(\d+)\n", line)
        assert match, f"the simulator said {line!r}"
        self.tls = match[1] == "https"
        self.host, self.port = match[2], int(match[3])
        return self

    def __exit__(self, *exception):
        early = self.process.poll()
        assert early is None, f"the simulator ended too early, with {early}"
        self.process.terminate()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        if exception == (None, None, None):
            assert status == 0, f"the simulator ended with {status}"

    def ask(self, path, method="GET", headers=None, body=None):
        if self.tls:
            trusting = ssl._create_unverified_context()
            line = http.client.HTTPSConnection(self.host, self.port, timeout=20, context=trusting)
        else:
            line = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            line.request(method, path, body=body, headers=headers or {})
            return Answer(line.getresponse())
        finally:
            line.close()

    def status(self, dataset, project=PROJECT, headers=None):
        return self.ask(status_path(dataset, project), headers=headers)

    def control(self, action, method="POST", body=None, **parameters):
        query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
        answer = self.ask(f"/simulator/{action}?{query}", method=method, body=body)
        assert answer.status == 200, answer.body
        return answer

    def counters(self, query=""):
        return self.ask("/simulator/counters" + query).json()

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=20)


def status_path(dataset, project=PROJECT):
    return f"/v2/{project}/datasets/{urllib.parse.quote(dataset, safe='')}/sync-data/status"


def status_bytes(dataset):
    """The request for a dataset's status, to be sent on a socket."""
    return f"GET {status_path(dataset)} HTTP/1.1\r\nHost: simulator\r\n\r\n".encode()


def main():
    unittest.main(verbosity=2, argv=[sys.argv[0]])
