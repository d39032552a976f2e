"""The Python package as its users have it: the wheel, and what computes in the process."""

import pickle
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile

import numpy
import pytest
from harness.features import FRUITS, features, make_pictures
from harness.server import MODELS, ROOT, binary

pa = pytest.importorskip("pyarrow")
pytest.importorskip("vidi._native", reason="the Python package is not installed (scripts/python.sh --install)")

import duckdb  # noqa: E402
import vidi  # noqa: E402

BACKBONE = ROOT / "backbones/efficientnet-lite0"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), 30)


@pytest.fixture(scope="module")
def extractor():
    return vidi.FeatureExtractor(BACKBONE, threads=2)


def table(out, column):
    found = duckdb.sql(f"SELECT image, {column} FROM read_parquet('{out}/{column}/*.parquet') ORDER BY image").fetchall()
    return [image for image, _ in found], numpy.array([row for _, row in found], numpy.float32)


def test_the_wheel_carries_what_it_needs(tmp_path, report):
    """Unpacked anywhere, it works with nothing of this project beside it, whatever else is in the process."""
    wheels = list((ROOT / "build/python").glob("*.whl"))
    if not wheels:
        pytest.skip("no wheel was made: scripts/python.sh")
    place = tmp_path / "elsewhere"
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(place)
        names = wheel.namelist()
    (place / "vidi/lib/vidi-pdf").chmod(0o755)
    assert not [name for name in names if "arrow" in name or "libssl" in name or "libcrypto" in name or "libstdc" in name]
    # What is asked for is there, or the machine's own as Python's is.
    own = {path.name for path in place.rglob("*.so*")}
    given = re.compile(r"(ld-linux-x86-64|lib(c|m|dl|rt|pthread|resolv|util|z|ssl|crypto|gcc_s|stdc\+\+))\.so\.\d+")
    asked = set()
    for path in [*place.rglob("*.so*"), place / "vidi/lib/vidi-pdf"]:
        dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
        asked |= set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    assert not [name for name in asked - own if not given.fullmatch(name)]
    folder = str(ROOT).encode()
    assert not [path for path in place.rglob("*") if path.is_file() and folder in path.read_bytes()]
    program = f"""
import sys
sys.path.insert(0, {str(place)!r})
import numpy, pyarrow, pyarrow.fs, pyarrow.parquet, pandas
import vidi
assert vidi.__file__.startswith({str(place)!r}), vidi.__file__
import ssl, sqlite3, urllib.request
answer = vidi.Recognizer("fruits").predict({str(FRUITS / "lemon.jpg")!r})
extractor = vidi.FeatureExtractor("efficientnet-lite0", threads=1)
rows = extractor.features([{str(FRUITS / "lemon.jpg")!r}])
print(answer.result, rows.shape, pyarrow.compute.sum(pyarrow.array([1, 2])).as_py(), numpy.linalg.eigvalsh(numpy.eye(3)).sum())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Lemon (1, 1280) 3 3.0\n"
    assert done.stderr == ""
    report(f"{wheels[0].name}: {wheels[0].stat().st_size / 1e6:.1f} MB; {done.stdout.strip()}")


def test_it_recognizes_as_the_program_does(tmp_path):
    files = sorted(FRUITS.glob("*.jpg"))
    recognizer = vidi.Recognizer(MODELS / "fruits")
    command = [binary(), "predict", "--models", MODELS, "--model", "fruits", *files]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    answers = recognizer.predict(files)
    for file, each, line in zip(files, answers, printed, strict=True):
        name, result, confidence = line.split("\t")
        assert (name, result) == (str(file), each.result)
        assert float(confidence) == pytest.approx(each.confidence, abs=1e-4)
    alone = recognizer.predict(files[0].read_bytes())
    # Pictures that are inferred together may differ in their last bits.
    assert alone.confidence == pytest.approx(answers[0].confidence, abs=1e-5)
    assert [each.label for each in alone.candidates[:2]] == [each.label for each in answers[0].candidates[:2]]
    assert recognizer.name == "fruits" and "Lemon" in recognizer.labels
    each = recognizer.predict_each([files[0], tmp_path / "missing.png", b"no picture"])
    assert each[0].result == answers[0].result
    assert isinstance(each[1], vidi.NotFound) and isinstance(each[2], vidi.Undecodable)
    with pytest.raises(vidi.Undecodable, match="the 10 bytes are no picture"):
        recognizer.predict([files[0], b"no picture"])
    with pytest.raises(vidi.NotFound, match="nosuchmodel"):
        vidi.Recognizer("nosuchmodel")


def test_features_are_those_of_the_program(pictures, extractor, tmp_path):
    out = tmp_path / "out"
    features(pictures, out, "--pca", 5, backbone=BACKBONE)
    images, wanted = table(out, "features")
    rows = extractor.features(pictures / image for image in images)
    assert rows.dtype == numpy.float32 and rows.shape == (30, extractor.columns)
    assert numpy.array_equal(rows, wanted)
    # The scaler and the components, counted in two parts that went through bytes.
    parts = [vidi.Moments(extractor.columns).update(part) for part in (rows[:11], rows[11:])]
    merged = pickle.loads(pickle.dumps(parts[0])).merge(vidi.Moments.from_bytes(parts[1].to_bytes()))
    assert merged.rows == 30
    assert numpy.allclose(merged.covariance, numpy.cov(rows.astype(float).T), atol=1e-9)
    reduction = pickle.loads(pickle.dumps(vidi.solve_pca(merged, 5)))
    _, reduced = table(out, "features_pca")
    assert numpy.allclose(reduction.transform(rows), reduced, rtol=1e-5, atol=1e-5)
    loadings = numpy.array(duckdb.sql(f"SELECT loadings FROM '{out}/pca.parquet' ORDER BY component").fetchall())[:, 0]
    assert numpy.allclose(reduction.components, loadings, atol=1e-9)


def test_record_batches(pictures, extractor):
    files = sorted(pictures.rglob("*.jpg"))[:6]
    content = [file.read_bytes() for file in files]
    content[2], content[4] = b"no picture", None
    for kind in (pa.binary(), pa.large_binary()):
        whole = pa.RecordBatch.from_arrays(
            [pa.array(range(6)), pa.array(content, kind)], names=["number", "content"]
        )
        batch = whole.slice(1, 4)  # what it is cut from is not looked at
        answer = extractor(batch)
        assert answer.schema.names == ["number", "reason", "detail", "features"]
        assert answer.column("number").to_pylist() == [1, 2, 3, 4]
        assert answer.column("reason").to_pylist() == [None, "unsupported", None, "unsupported"]
        assert answer.column("features").is_null().to_pylist() == [False, True, False, True]
        assert answer.column("features").type == pa.list_(pa.field("item", pa.float32(), nullable=False), 1280)
        wanted = extractor.features([files[1], files[3]])
        got = answer.column("features").drop_null().flatten().to_numpy().reshape(2, -1)
        assert numpy.array_equal(got, wanted)
        answer.validate(full=True)
    empty = extractor(whole.slice(0, 0))
    assert empty.num_rows == 0
    lists, _ = extractor.extract(whole.slice(0, 1))
    values = lists.flatten()
    del lists, whole, batch, answer
    assert numpy.array_equal(values.to_numpy(), extractor.features([files[0]])[0])  # outlives what it came with
    variants = vidi.FeatureExtractor(BACKBONE, threads=1, variants=3)
    repeated = variants(pa.RecordBatch.from_pydict({"path": ["a", "b"], "content": content[:2]}), key="path")
    assert repeated.column("path").to_pylist() == ["a"] * 3 + ["b"] * 3
    assert repeated.column("variant").to_pylist() == [0, 1, 2] * 2


def test_what_is_wrong(extractor, pictures):
    first = next(iter(sorted(pictures.rglob("*.jpg"))))
    with pytest.raises(vidi.InvalidArgument, match="has no column 'content'"):
        extractor(pa.RecordBatch.from_pydict({"bytes": [b""]}))
    with pytest.raises(vidi.InvalidArgument, match="column 'content' has Arrow's format 'l'"):
        extractor(pa.RecordBatch.from_pydict({"content": [1]}))
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        extractor.extract([b""])
    with pytest.raises(vidi.NotFound):
        vidi.FeatureExtractor("nosuchbackbone")
    with pytest.raises(vidi.InvalidArgument, match="precision 'f16' is not known"):
        vidi.FeatureExtractor(BACKBONE, "f16")
    with pytest.raises(vidi.UnsupportedMedia):
        extractor.features([first, b"no picture"])
    with pytest.raises(vidi.InvalidArgument, match="the value in row 1, column 2 is nan"):
        vidi.Moments(3).update([[1.0, 2, 3], [4, 5, float("nan")]])
    with pytest.raises(vidi.InvalidArgument, match="over what a double can hold"):
        vidi.Moments(1).update([[1e308], [1e308]])
    with pytest.raises(vidi.InvalidArgument, match="2 columns"):
        vidi.Moments(3).update([[1.0, 2]])
    with pytest.raises(vidi.InvalidArgument):
        vidi.Moments.from_bytes(b"nothing")
    with pytest.raises(vidi.InvalidArgument, match="at least 2 rows"):
        vidi.solve_pca(vidi.Moments(3))
    assert isinstance(vidi.InvalidArgument("x"), ValueError)


def test_doubles_keep_their_digits():
    numbers = 1e6 + numpy.random.default_rng(7).normal(size=(500, 4))
    moments = vidi.Moments(4).update(numbers)
    assert numpy.allclose(moments.covariance, numpy.cov(numbers.T), rtol=1e-9)


def test_others_work_meanwhile(pictures, extractor):
    """Python's lock is released: a thread that counts goes on while features are made."""
    files = sorted(pictures.rglob("*.jpg")) * 4
    steps, done = [], threading.Event()

    def count():
        while not done.is_set():
            steps.append(time.monotonic())
            time.sleep(0.001)

    counting = threading.Thread(target=count)
    counting.start()
    began = time.monotonic()
    extractor.features(files)
    ended = time.monotonic()
    done.set()
    counting.join()
    meanwhile = [step for step in steps if began < step < ended]
    assert len(meanwhile) > 20


def test_the_guide(tmp_path):
    """The examples of docs/how-to/python.md that need no server, as they stand there."""
    guide = (ROOT / "docs/how-to/python.md").read_text()
    examples = [text for text in re.findall(r"```python\n(.*?)```", guide, re.S) if "Client(" not in text]
    assert len(examples) == 2
    for picture in FRUITS.glob("*.jpg"):
        shutil.copy(picture, tmp_path)
    for example in examples:
        done = subprocess.run(
            [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "Lemon" in done.stdout or "features" in done.stdout
