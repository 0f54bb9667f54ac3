"""A robot that knows of HQ nothing but its OpenAPI document, let loose on a real HQ.

It starts `doorstep-hq`, enrols two laptops, hands in a record with its file and two that are in conflict, logs in as an
administrator, and lets Schemathesis ask what the document allows and what it does not. Any server error, and any answer
that the document does not name, fails.
`cargo xtask test` runs it with few examples, `cargo xtask soak` with many.
"""

import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

# The public key of the first test vector of RFC 8032: the robot never signs.
DEVICE_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
# BLAKE3 of nothing: a file of no bytes, so that the robot meets an attachment that is whole.
EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
# What is asked of every answer. Answers in time, or to what is not of the shape, are HQ's own tests' business.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
]
START_SECONDS_MAX = 60


def ask(base, method, path, body, token=None, headers=None):
    request = urllib.request.Request(base + path, data=body, method=method, headers=headers or {})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def post(base, path, message, token=None):
    body = json.dumps(message).encode()
    return json.loads(ask(base, "POST", path, body, token, {"Content-Type": "application/json"}))


def secret_of(code):
    raw = base64.urlsafe_b64decode(code.strip().removeprefix("DS1-") + "==")
    return base64.urlsafe_b64encode(raw[:16]).decode().rstrip("=")


def keeper(hq, data, *words):
    return subprocess.run(
        [hq, "--data", data, *words], check=True, capture_output=True, text=True, env={**os.environ, "RUST_LOG": "error"}
    ).stdout


def enrol(hq, data, base):
    code = keeper(hq, data, "enrol", "--branch", "CD", "--engineer", "机器人")
    asked = {
        "protocol": 1,
        "secret": secret_of(code),
        "device_name": "robot",
        "device_key": base64.b64encode(DEVICE_KEY).decode(),
        "app_version": "0.1.0",
    }
    return post(base, "/v1/enrol", asked)


def hand_in(base, laptop):
    """An attachment's record and its bytes, of which there are none."""
    fields = {"branch_id": laptop["branch_id"], "hash": EMPTY, "bytes": 0}
    attachment = op(1, "attachment", "019a0000-0000-7000-8000-000000000001", fields)
    reply = post(base, "/v1/push", {"incarnation": 1, "ops": [attachment]}, laptop["token"])
    assert reply["acks"][0]["outcome"] == "accepted", reply
    size = {"upload-offset": "0", "upload-length": "0"}
    ask(base, "PATCH", f"/v1/attachments/{EMPTY}", b"", laptop["token"], size)


def op(seq, kind, id, fields):
    return {
        "seq": seq,
        "kind": kind,
        "id": id,
        "fields": {name: {"value": value, "base": 0} for name, value in fields.items()},
        "at": "2026-11-23T09:00:00Z",
    }


def be_at_odds(base, first, second):
    """Two laptops give a customer's name two values."""
    for seq, laptop, name in [(2, first, "甲"), (1, second, "乙")]:
        fields = {"branch_id": laptop["branch_id"], "name": name}
        customer = op(seq, "customer", "019a0000-0000-7000-8000-000000000002", fields)
        post(base, "/v1/push", {"incarnation": 1, "ops": [customer]}, laptop["token"])


def administrator(hq, data, base):
    """Logs in as a new account, and says which conflict and which engineer there are."""
    password = keeper(hq, data, "account", "add", "--name", "robot", "--role", "administrator").strip()
    token = post(base, "/v1/admin/login", {"name": "robot", "password": password})["token"]
    first = lambda what: json.loads(ask(base, "GET", f"/v1/admin/{what}", None, token))[what][0]["id"]
    return token, first("conflicts"), first("engineers")


def ready(file, process):
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until:
        if file.exists():
            return json.loads(file.read_text())["address"]
        if process.poll() is not None:
            sys.exit("HQ ended before it was ready")
        time.sleep(0.05)
    sys.exit(f"HQ was not ready within {START_SECONDS_MAX} s")


def robot(options, base, laptop, other, person, scratch):
    config = scratch / "schemathesis.toml"
    token, conflict, engineer = person
    # The other laptop may be switched off and wiped; the robot's own goes on asking. So does the login: its end is left out.
    config.write_text(f"""
[parameters]
"path.hash" = "{EMPTY}"
"path.code" = "{other['device_code']}"
"path.conflict" = "{conflict}"
"path.engineer" = "{engineer}"

[auth.openapi.laptop]
bearer = "{laptop['token']}"

[auth.openapi.account]
bearer = "{token}"

[[operations]]
include-operation-id = "log_out"
enabled = false
""")
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [
        program, "--config-file", config, "run", base + "/openapi.json",
        "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(options.examples),
        "--generation-database", "none",
        "--no-color",
        "--request-timeout", "30",
    ]
    if options.seed is not None:
        command += ["--seed", str(options.seed)]
    return subprocess.run(command, cwd=scratch).returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hq", required=True, help="the program doorstep-hq")
    parser.add_argument("--examples", type=int, default=20, help="most examples of one operation")
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        data, file = scratch / "hq", scratch / "ready.json"
        log = (scratch / "hq.log").open("w")
        serve = [options.hq, "--data", data, "serve", "--http", "--listen", "127.0.0.1:0", "--ready-file", file]
        process = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=log)
        try:
            base = ready(file, process)
            laptop, other = enrol(options.hq, data, base), enrol(options.hq, data, base)
            hand_in(base, laptop)
            be_at_odds(base, laptop, other)
            person = administrator(options.hq, data, base)
            failed = robot(options, base, laptop, other, person, scratch)
            if process.poll() is not None:
                sys.exit("HQ did not survive")
        finally:
            process.terminate()
            process.wait(timeout=30)
        sys.exit(failed)


if __name__ == "__main__":
    main()
