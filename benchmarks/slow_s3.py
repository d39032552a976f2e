"""Whether the processor waits for a slow S3: `vidi features` from a bucket that takes 20 ms longer to answer.

    .venv/bin/python3 benchmarks/slow_s3.py IMAGES [--pictures 1000] [--milliseconds 20] [--rounds 3]

IMAGES holds folders of JPEG files. They are in a real S3 server behind a relay, which hands on at once or holds back all that
the server says, as if it were far away. A folder, the prompt bucket and the slow one take turns; server and relay use the
same processors, so it is with the prompt bucket that the slow one is compared. Medians of the rounds, and of their ratios."""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path

import pyarrow.fs
from features import choose, run, vidi

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

from harness.services import S3_KEYS, s3, s3_files, why_not  # noqa: E402

BACKBONES = (
    ("resnet50, f32", ["--backbone", "resnet50", "--weights", "none", "--seed", "7"]),
    ("resnet50, bf16", ["--backbone", "resnet50", "--weights", "none", "--seed", "7", "--precision", "bf16"]),
    ("efficientnet-lite0, bf16", ["--backbone", str(ROOT / "backbones/efficientnet-lite0"), "--precision", "bf16"]),
)


class Relay:
    """Hands what comes to its port to a server, and the server's answers back `delay` seconds late. Their order stays."""

    def __init__(self, address, delay):
        host, port = address.rsplit(":", 1)
        self.server, self.delay = (host, int(port)), delay
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    async def _hand_on(self, reader, writer, delay):
        loop, waiting = asyncio.get_running_loop(), asyncio.Queue()

        async def read():
            while piece := await reader.read(1 << 16):
                waiting.put_nowait((loop.time() + delay, piece))
            waiting.put_nowait((loop.time() + delay, None))

        reading = asyncio.create_task(read())
        try:
            while True:
                due, piece = await waiting.get()
                await asyncio.sleep(due - loop.time())
                if piece is None:
                    break
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            reading.cancel()
            writer.close()

    async def _serve(self, reader, writer):
        back, forth = await asyncio.open_connection(*self.server)
        await asyncio.gather(self._hand_on(reader, forth, 0), self._hand_on(back, writer, self.delay))

    def __enter__(self):
        self.thread.start()
        starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self.loop)
        self.listener = starting.result()
        self.address = "127.0.0.1:{}".format(self.listener.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def features(source, out, flags, pictures):
    """Pictures a second, from start to end."""
    _, seconds, _ = run([vidi(), "features", source, "--out", out, *flags], **S3_KEYS)
    shutil.rmtree(out)
    return pictures / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--milliseconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if reason := why_not("s3"):
        sys.exit(reason)
    # Not in /tmp, which may be memory: a bucket's objects are files.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        for index, path in enumerate(choose(arguments.images, arguments.pictures, folder).read_text().splitlines()):
            copy = folder / "pictures" / Path(path).parent.name / f"{index:06}.jpg"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        late = arguments.milliseconds / 1000
        with s3(folder / "s3") as server, Relay(server.address, 0) as prompt, Relay(server.address, late) as slow:
            pyarrow.fs.copy_files(str(folder / "pictures"), "pictures/all", destination_filesystem=s3_files(server))
            sources = [folder / "pictures"]
            sources += [f"s3://pictures/all?endpoint=http://{relay.address}" for relay in (prompt, slow)]
            print("| pictures a second | folder | prompt bucket | slow bucket | slow to prompt |")
            print("|---|---|---|---|---|")
            for title, flags in BACKBONES:
                rounds = [
                    [features(source, folder / "out", flags, arguments.pictures) for source in sources]
                    for _ in range(arguments.rounds)
                ]
                rates = " | ".join(f"{statistics.median(rate):.1f}" for rate in zip(*rounds, strict=True))
                share = statistics.median(rate / other for _, other, rate in rounds)
                print(f"| {title} | {rates} | {share:.2f} |", flush=True)


if __name__ == "__main__":
    main()
