"""How this is usually written: a paho callback, `json`, one insert and one commit a message, and an answer.

`python -m tests.bench.ingest_naive PORT FILE`. It is the peer of `vilina ingest run` in the bench, and does less: it
checks nothing, adds nothing up, and acknowledges to the broker before anything is on disk.
"""

import json
import sqlite3
import sys
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main(port: int, file: str) -> None:
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE report (counter, boot, seq, end, line, entered, left)")

    def arrived(client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        said: dict[str, Any] = json.loads(message.payload)
        for line in said["lines"]:
            db.execute(
                "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    said["counter"],
                    said["boot"],
                    said["seq"],
                    said["end"],
                    line["line"],
                    line["entered"],
                    line["left"],
                ),
            )
        done = {"boot": said["boot"], "first": said["seq"], "last": said["seq"]}
        client.publish(message.topic.replace("/report", "/ack"), json.dumps({"committed": [done]}), qos=1)

    client = paho.Client(CallbackAPIVersion.VERSION2, "naive", protocol=paho.MQTTv5)
    client.on_message = arrived
    client.connect("127.0.0.1", port)
    client.subscribe("vilina/v1/square/+/report", qos=1)
    print("connected", flush=True)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
