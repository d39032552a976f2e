"""The driver of vidi_features.py: `vidi features` on a Spark cluster.

Executors read the pictures and write the parts of the table; the driver lists, plans, and solves for the principal
components. Every stage can be repeated: docs/how-to/spark.md says what happens when something fails.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import pyarrow as pa
from pyspark import SparkConf, SparkContext
from pyspark.traceback_utils import SCCallSiteSync

from .. import library
from ..errors import Conflict, Error, InvalidArgument, NotFound
from ..statistics import Moments, Reduction, solve_pca
from . import manifest as manifests
from . import options as command
from . import plan as plans
from . import tables, work
from .preparation import CALIBRATION, Preparation
from .progress import Progress
from .versions import check_version

_PART_BYTES = 64 << 20
_PARTS_A_CORE = 4  # at least, so that cores end together and those that come later get some
_MOST_SUMS = 256  # partial sums of moments: each holds a triangle of columns


class Summary(NamedTuple):
    listed: int
    pictures: int
    rejected: int
    rows: int
    columns: int
    components: int
    explained: float
    seconds: float


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def start_context() -> SparkContext:
    """The context of spark-submit, or one on this machine. On one machine a task that fails is tried again too, as it is on
    a cluster: Spark's own default there is to give up."""
    SparkContext._ensure_initialized()  # spark-submit's settings are Java's
    settings = SparkConf()
    master = settings.get("spark.master", "local[*]") or "local[*]"
    if master.startswith("local") and "," not in master:
        cores = master[len("local[") : -1] if master.startswith("local[") else "1"
        master = f"local[{cores},4]"
    context = SparkContext.getOrCreate(settings.setAppName("vidi features").setMaster(master))
    context.setLogLevel("WARN")  # so that the lines of progress are seen
    return context


class Job:
    """One run of the command on a cluster."""

    def __init__(self, prepared: Preparation, context: SparkContext, began: float) -> None:
        self.prepared = prepared
        self.options = prepared.options
        self.source = prepared.source
        self.out = prepared.out
        self.context = context
        self.began = began
        self.threads = int(context.getConf().get("spark.task.cpus", "1") or 1)
        self.timings: Dict[str, float] = {}
        self.bill: Dict[str, Any] = {}
        self.manifest: Dict[str, Any] = prepared.manifest
        self.reduction = prepared.reduction
        if self.source.is_bucket:
            self.count_requests(list_requests=prepared.lists)

    def count_requests(self, **more: int) -> None:
        manifests.add(self.bill, "s3", more)

    # What is to be done

    def part_pictures(self, columns: int, pictures: int) -> int:
        """Of an earlier run; as asked; or so many that a part has about 64 MB at most, and every core gets several."""
        kept = self.manifest.get("settings", {}).get("part_pictures", 0)
        if kept and not self.options.part_pictures:
            return int(kept)
        if self.options.part_pictures:
            return int(self.options.part_pictures)
        row = columns * 4 * (1 + self.options.augment)
        most = max(64, min(_PART_BYTES // row, 16_384))
        cores: int = self.context.defaultParallelism
        return int(max(16, min(most, math.ceil(pictures / (_PARTS_A_CORE * cores)))))

    def prepare_out(self, settings: Dict[str, Any]) -> None:
        """The manifest, and the backbone that executors take."""
        before = self.manifest
        self.manifest = {
            "vidi": library.native.__version__,
            "state": "running",
            "settings": settings,
            "runs": before.get("runs", 0) + 1,
            "began": before.get("began", manifests.now()),
        }
        for key in ("precision", "timings", "bill"):
            if key in before:
                self.manifest[key] = before[key]
        if self.prepared.calibration and not self.out.exists(CALIBRATION):
            self.out.write(CALIBRATION, self.prepared.calibration)
        if not (self.out.exists("backbone/model.toml") and self.out.exists("backbone/1/model.onnx")):
            with tempfile.TemporaryDirectory() as folder:
                self.prepared.extractor.save_backbone(folder)
                for name in ("1/model.onnx", "model.toml"):
                    self.out.write(f"backbone/{name}", Path(folder, name).read_bytes())
        manifests.write(self.out, self.manifest)

    # The stages

    @contextmanager
    def named(self, text: str) -> Iterator[None]:
        """What Spark's page calls the jobs and stages of the block, in place of a line of this file."""
        self.context.setJobGroup("vidi", f"vidi features: {text}", interruptOnCancel=True)
        self.context._jsc.setCallSite(text)
        SCCallSiteSync._spark_stack_depth += 1  # PySpark names a stage where the depth is 0
        try:
            yield
        finally:
            SCCallSiteSync._spark_stack_depth -= 1
            self.context._jsc.setCallSite(None)

    def make_features(self, plan: plans.Plan, described: work.Work) -> None:
        began = time.monotonic()
        counters = {name: self.context.accumulator(0) for name in ("pictures", "rejects", "bytes")}
        described.counters.update(counters)
        pictures = sum(len(part.entries) for part in plan.parts)
        rows = [(part.number, plans.pack(part)) for part in plan.parts]
        listing = self.context.parallelize(rows, len(rows))
        failure: List[Error] = []

        def check(rejected: int) -> None:
            if self.options.max_rejects is not None and rejected > self.options.max_rejects and not failure:
                failure.append(
                    InvalidArgument(
                        f"{rejected} pictures are rejected, and at most {self.options.max_rejects} may be (--max-rejects)"
                    )
                )
                self.context.cancelJobGroup("vidi")

        def count() -> Tuple[int, int]:
            return int(counters["pictures"].value), int(counters["rejects"].value)

        try:
            name = f"features of {pictures:,} pictures in {len(plan.parts):,} parts"
            with self.named(name), Progress(plan.known + pictures, plan.known, count, check):
                done = listing.mapPartitions(work.make_parts(described)).collect()
        except Exception:
            if failure:
                raise failure[0] from None
            raise
        check(sum(row['rejected'] for row in done))
        if failure:
            raise failure[0]
        self.timings["features_s"] = time.monotonic() - began
        for name in ("reading", "computing", "writing"):
            self.timings[f"{name}_s"] = sum(row[name] for row in done)
        if self.source.is_bucket:
            self.count_requests(get_requests=sum(row['gets'] for row in done), bytes_in=sum(row['bytes_read'] for row in done))
        self.count_output(sum(row['puts'] for row in done), sum(row['bytes_written'] for row in done))

    def count_output(self, files: int, written: int, gets: int = 0, read: int = 0) -> None:
        self.bill["disk_bytes"] = self.bill.get("disk_bytes", 0) + written
        if self.out.is_bucket:
            self.count_requests(put_requests=files, bytes_out=written, get_requests=gets, bytes_in=read)

    def over_parts(self, numbers: Sequence[int], most: int) -> Any:
        """The numbers of parts, spread evenly over tasks."""
        return self.context.parallelize(list(numbers), max(1, min(len(numbers), most)))

    def count_parts(self, numbers: Sequence[int], described: work.Work) -> work.Counted:
        began = time.monotonic()
        sums = min(_MOST_SUMS, self.context.defaultParallelism)
        with self.named(f"moments of {len(numbers):,} parts"):
            sums_of_parts = self.over_parts(numbers, sums).mapPartitions(
                work.count_parts(described, self.reduction is None)
            )
            counted: work.Counted = sums_of_parts.treeReduce(work.merge_counted)
        self.timings["moments_s"] = time.monotonic() - began
        self.count_output(0, 0, 2 * counted.parts, counted.bytes_read)
        return counted

    def solve(self, moments: Moments) -> Reduction:
        began = time.monotonic()
        reduction = solve_pca(moments, self.options.pca)
        self.timings["solving_s"] = time.monotonic() - began
        return reduction

    def transform(self, numbers: Sequence[int], described: work.Work, reduction: Reduction) -> None:
        began = time.monotonic()
        apply = work.transform_parts(described, reduction)
        with self.named(f"scaler and {len(reduction.components)} components of {len(numbers):,} parts"):
            done = self.over_parts(numbers, len(numbers)).mapPartitions(apply).collect()
        self.timings["transforming_s"] = time.monotonic() - began
        self.count_output(len(done), sum(written for _, written in done), len(done))

    # The end

    def write_small(self, name: str, data: Any) -> None:
        self.out.write(name, data)
        self.count_output(1, len(data))

    def write_rejects(self, rejects: Iterable[Tuple[int, str, str, str]]) -> None:
        rows = [row[1:] for row in sorted(rejects)]
        columns = list(zip(*rows)) if rows else [(), (), ()]
        table = pa.table([pa.array(list(column), pa.string()) for column in columns], tables.REJECTS)
        self.write_small("rejects.parquet", tables.write(table))

    def machines(self) -> int:
        """That executors run on."""
        status = self.context._jsc.sc().statusTracker().getExecutorInfos()
        return max(1, len({info.host() for info in status}))

    def add_to_bill(self, pictures: int) -> float:
        seconds = time.monotonic() - self.began
        machines = self.machines()
        manifests.add(self.manifest, "bill", {**self.bill, "instance_seconds": seconds * machines})
        self.manifest["bill"].update(pictures=pictures, machines=machines)
        manifests.add(self.manifest, "timings", {**self.timings, "total_s": seconds})
        return seconds

    def run(self) -> Optional[Summary]:
        """None: there was nothing to do."""
        extractor, entries = self.prepared.extractor, self.prepared.entries
        finished = self.manifest.get("state") == "finished"
        settings = manifests.settings_of(self.options, extractor, self.part_pictures(extractor.columns, len(entries)))
        if self.manifest:
            manifests.compare(self.manifest["settings"], settings)
        elif self.options.append:
            raise NotFound(f"{self.out.name} holds no job that pictures could be added to")
        written = plans.written_parts(self.out)
        if written and not self.manifest:
            raise Conflict(f"{self.out.name} holds parts without a manifest.json: give another output")
        plan = plans.make_plan(entries, written, settings["part_pictures"], finished)
        if finished and not plan.parts:
            return None
        if finished and not self.options.append:
            raise Conflict(
                f"{self.out.name} is finished; since then {plan.added} pictures are new and {plan.changed} have changed: "
                "--append adds them"
            )
        described = work.Work(
            source=self.source,
            out=self.out,
            backbone_sha256=settings["backbone_sha256"],
            columns=extractor.columns,
            precision=self.options.precision,
            threads=self.threads,
            batch=self.options.batch,
            variants=1 + self.options.augment,
            variants_seed=self.options.augment_seed,
            max_bytes=self.options.max_bytes,
            max_pixels=self.options.max_pixels,
            patience=self.options.patience,
            labels_are_needed=bool(self.options.labels),
            keep_scaled=self.options.keep_scaled,
        )
        self.prepare_out(settings)
        columns, execution = extractor.columns, extractor.description["execution"]
        self.timings["starting_s"] = time.monotonic() - self.began
        with ThreadPoolExecutor(1) as pool:
            checking = pool.submit(self.prepared.check_precision)  # while executors work
            if plan.parts:
                self.make_features(plan, described)
            check = checking.result()
            if check is not None:
                self.manifest["precision"] = check
        del extractor, self.prepared.extractor
        numbers = sorted(set(plan.written) | {part.number for part in plan.parts})
        counted = self.count_parts(numbers, described)
        return self.finish(plan, numbers, counted, described, columns, execution)

    def finish(
        self,
        plan: plans.Plan,
        numbers: Sequence[int],
        counted: work.Counted,
        described: work.Work,
        columns: int,
        execution: str,
    ) -> Summary:
        if counted.rows == 0:
            raise InvalidArgument(f"all {counted.pictures} pictures of {self.options.source} were rejected")
        if self.reduction is None and counted.moments is not None:
            self.write_small("moments.bin", counted.moments.to_bytes())
            if self.options.pca:
                self.reduction = self.solve(counted.moments)
        reduction = self.reduction
        if reduction is not None:
            self.write_small("scaler.parquet", tables.write(tables.scaler_table(reduction)))
            self.write_small("pca.parquet", tables.write(tables.pca_table(reduction)))
            self.transform(numbers, described, reduction)
        self.write_rejects(counted.rejects)
        components = len(reduction.components) if reduction is not None else 0
        explained = float(reduction.explained_variance_ratio.sum()) if reduction is not None else 0.0
        pictures = counted.pictures - len(counted.rejects)
        self.manifest.update(
            state="finished",
            finished=manifests.now(),
            counts={
                "listed": counted.pictures,
                "features": pictures,
                "rejected": len(counted.rejects),
                "rows": counted.rows,
                "parts": len(numbers),
            },
            features={"columns": columns, "components": components, "explained_variance_ratio": explained},
            execution=execution,
            spark={
                "version": self.context.version,
                "application": self.context.applicationId,
                "master": self.context.master,
                "cores": self.context.defaultParallelism,
            },
        )
        seconds = self.add_to_bill(pictures)
        manifests.write(self.out, self.manifest)
        return Summary(
            counted.pictures, pictures, len(counted.rejects), counted.rows, columns, components, explained, seconds
        )


def print_summary(summary: Summary, job: Job) -> None:
    rejected = f"{summary.rejected:,} rejected"
    if summary.rejected:
        rejected += " (rejects.parquet says why)"
    print(f"{summary.listed:,} pictures of {job.options.source}: {summary.pictures:,} done, {rejected}")
    reduced = ""
    if summary.components:
        reduced = f"; {summary.components} components with {100 * summary.explained:.1f} % of the variance"
    print(f"{summary.rows:,} rows of {summary.columns:,} features in {job.options.out}{reduced}")
    times = job.timings
    print(f"time: {summary.seconds:.1f} s")
    names = ("starting", "features", "moments", "solving", "transforming")
    print("  " + ", ".join(f"{name} {times[f'{name}_s']:.1f} s" for name in names if f"{name}_s" in times))


def main(words: Optional[Sequence[str]] = None, context: Optional[SparkContext] = None) -> int:
    """The command, on a context of its own or that one. Returns its exit status: 0, 2 (the command is wrong), 1 (it failed),
    130 (it was stopped)."""
    began = time.monotonic()
    started = context
    try:
        options = command.parse(words)
        check_version()
        with ThreadPoolExecutor(1) as pool:
            SparkContext._ensure_initialized()
            settings = dict((context.getConf() if context else SparkConf()).getAll())
            preparing = pool.submit(lambda: Preparation(options, settings).run())
            started = context or start_context()
            job = Job(preparing.result(), started, began)
        summary = job.run()
        if summary is None:
            print(f"nothing to do: the features of all pictures are in {options.out}")
        else:
            print_summary(summary, job)
        return 0
    except (InvalidArgument, Conflict, NotFound) as wrong:
        note(f"vidi: {wrong}")
        return 2
    except Error as failed:
        note(f"vidi: {failed}")
        return 1
    except KeyboardInterrupt:
        if started is not None:
            started.cancelAllJobs()
        note("stopped: the same command goes on from here")
        return 130
    finally:
        if context is None and started is not None:
            started.stop()


if __name__ == "__main__":
    sys.exit(main())
