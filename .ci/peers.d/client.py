"""Real clients of Python's: client.py LIBRARY METHOD-OR-HOW ADDRESS.

Each makes requests, one after the other, logs what it takes for the replies, and exits with
status 1 if the last one failed or, where they may not be made again, any.
"""
import asyncio
import http.client
import sys
import time

REQUESTS = 4
PAUSE = 0.05  # what has come since the last reply is known by then
PATIENCE = 0.3


def httpclient(how, addr):
    c = http.client.HTTPConnection(addr, timeout=PATIENCE)

    def ask(i):
        try:
            c.request(how, f"/user/{i}")
            return c.getresponse().read().decode()
        except Exception:
            c.close()  # without it the next request is CannotSendRequest
            raise
    return ask


def urllib3(how, addr):
    import urllib3
    pool = urllib3.HTTPConnectionPool(*addr.split(":"), timeout=PATIENCE)
    return lambda i: pool.request(how, f"/user/{i}").data.decode()


def requests(how, addr):
    import requests
    s = requests.Session()
    return lambda i: s.request(how, f"http://{addr}/user/{i}", timeout=PATIENCE).text


def redis(how, addr):
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    host, port = addr.split(":")
    more = {"retry": Retry(NoBackoff(), 1), "retry_on_error": [redis.ConnectionError]} if how == "retries" else {}
    r = redis.Redis(host, int(port), socket_timeout=PATIENCE, decode_responses=True, **more)
    return lambda i: r.get(f"user:{i}")


def aredis(how, addr):
    """redis-py's asyncio: a request that is cancelled (CVE-2023-28858)."""
    import redis.asyncio
    host, port = addr.split(":")
    r = redis.asyncio.Redis(host=host, port=int(port), decode_responses=True)
    loop = asyncio.new_event_loop()
    return lambda i: loop.run_until_complete(asyncio.wait_for(r.get(f"user:{i}"), PATIENCE))


def main(library, how, addr):
    ask = globals()[library](how, addr)
    name = "get user:%d" if library in ("redis", "aredis") else how + " /user/%d"
    failed = []
    for i in range(REQUESTS):
        reply = ""
        try:
            reply = ask(i)
        except Exception as e:
            print(repr(e), file=sys.stderr)
            failed.append(i)
        print(name % i, reply, sep="\t", flush=True)
        time.sleep(PAUSE)
    sys.exit(bool(failed) if how == "POST" else REQUESTS - 1 in failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
