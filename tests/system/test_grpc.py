"""The Open Inference Protocol over gRPC, spoken by Triton's own client."""

import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy
import pytest
import tritonclient.grpc as triton
from google.protobuf import descriptor_pb2, descriptor_pool
from harness.client import Client
from harness.pictures import CLEAR_DIGITS, digit_file, digit_png, encode, mnist, mnist_png
from harness.server import MODELS, ROOT, Server, digit_models, run_vidi
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

FLAGS = ("--grpc-listen", "127.0.0.1:0", "--model", "digits-softmax")
PROTOS = ROOT / "src/serving/grpc/proto"
HEALTH = "/grpc.health.v1.Health"
SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), *FLAGS, models=MODELS) as running:
        yield running


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.grpc_address) as connected:
        yield connected


@pytest.fixture
def stub(server):
    """The client's generated code, for requests that the client itself would not make."""
    with grpc.insecure_channel(server.grpc_address, options=[("grpc.max_send_message_length", -1)]) as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


def rows(*indices):
    """MNIST's test pictures as the models take them."""
    return (mnist()[0][list(indices), :, :, None] / numpy.float32(255)).astype(numpy.float32)


def tensor(values, datatype="FP32", name="image"):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


def pictures(*files):
    return tensor(numpy.array(files, dtype=object), "BYTES")


def typed_request(values, model="digits-softmax"):
    """A request with its values one by one."""
    request = service_pb2.ModelInferRequest(model_name=model)
    request.inputs.add(name="image", datatype="FP32", shape=values.shape).contents.fp32_contents.extend(values.ravel())
    return request


def likeliest(answer, output="probabilities"):
    return answer.as_numpy(output)[:, :10].argmax(axis=1).tolist()


def refusal(call, *arguments, **more):
    with pytest.raises(InferenceServerException) as caught:
        call(*arguments, **more)
    return caught.value.status().removeprefix("StatusCode."), caught.value.message()


def stub_refusal(call, request, **more):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, **more)
    return caught.value.code().name, caught.value.details()


def record(server, identifier):
    with Client(server.url) as http:
        answer = http.get(f"/api/predictions/{identifier}")
        assert answer.status == 200, answer.text
        return answer.json


# Every message, field and method that both have


def our_descriptors(folder):
    path = folder / "protocol.binpb"
    files = ["inference.proto", "health.proto"]
    subprocess.run(["protoc", f"-I{PROTOS}", "-o", path, "--include_imports", *files], cwd=PROTOS, check=True)
    return {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file}


def messages_of(messages, prefix=""):
    for message in messages:
        yield f"{prefix}{message.name}", message
        yield from messages_of(message.nested_type, f"{prefix}{message.name}.")


def as_proto(descriptor):
    proto = descriptor_pb2.FileDescriptorProto()
    descriptor.CopyToProto(proto)
    return proto


def test_the_wire_is_that_of_the_real_client(tmp_path):
    ours = our_descriptors(tmp_path)["inference.proto"]
    theirs = [as_proto(service_pb2.DESCRIPTOR), as_proto(model_config_pb2.DESCRIPTOR)]
    their_messages = {name: message for file in theirs for name, message in messages_of(file.message_type)}
    fields = 0
    for name, message in messages_of(ours.message_type):
        assert name in their_messages
        their_fields = {field.name: field for field in their_messages[name].field}
        their_numbers = {field.number for field in their_messages[name].field}
        for field in message.field:
            other = their_fields[field.name]
            same = ("number", "type", "label", "type_name")
            assert [getattr(field, key) for key in same] == [getattr(other, key) for key in same], (name, field.name)
            assert field.HasField("oneof_index") == other.HasField("oneof_index"), (name, field.name)
            fields += 1
        assert {field.number for field in message.field} <= their_numbers
    assert fields > 80
    values = {value.name: value.number for file in theirs for enum in file.enum_type for value in enum.value}
    assert all(values[value.name] == value.number for enum in ours.enum_type for value in enum.value)
    their_methods = {method.name: method for method in theirs[0].service[0].method}
    assert ours.service[0].name == theirs[0].service[0].name and ours.package == theirs[0].package
    for method in ours.service[0].method:
        method.ClearField("options")
        their_methods[method.name].ClearField("options")
        assert method == their_methods[method.name]


def test_health_has_the_protocols_names(tmp_path):
    # Of grpc/grpc, src/proto/grpc/health/v1/health.proto.
    health = our_descriptors(tmp_path)["health.proto"]
    assert (health.package, health.service[0].name) == ("grpc.health.v1", "Health")
    assert [(method.name, method.server_streaming) for method in health.service[0].method] == [
        ("Check", False),
        ("Watch", True),
    ]
    fields = {(name, field.name, field.number) for name, m in messages_of(health.message_type) for field in m.field}
    assert fields == {("HealthCheckRequest", "service", 1), ("HealthCheckResponse", "status", 1)}
    statuses = health.message_type[1].enum_type[0].value
    assert [(value.name, value.number) for value in statuses] == [
        ("UNKNOWN", 0),
        ("SERVING", SERVING),
        ("NOT_SERVING", NOT_SERVING),
        ("SERVICE_UNKNOWN", SERVICE_UNKNOWN),
    ]


# Questions about the server and its models


def test_it_lives_and_is_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("digits")
    assert client.is_model_ready("digits", "1")


def test_what_it_is(client):
    metadata = client.get_server_metadata(as_json=True)
    assert metadata["name"] == "vidi"
    assert metadata["version"]
    assert {"classification", "model_repository", "statistics"} <= set(metadata["extensions"])


def test_what_a_model_takes(client):
    metadata = client.get_model_metadata("digits-softmax", as_json=True)
    assert metadata["versions"] == ["1"]
    assert metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": ["-1", "28", "28", "1"]}]
    assert metadata["outputs"][0]["name"] == "probabilities"
    config = client.get_model_config("digits-softmax", as_json=True)["config"]
    assert config["input"] == [{"name": "image", "data_type": "TYPE_FP32", "dims": ["28", "28", "1"]}]
    assert config["max_batch_size"] >= 1000


def test_the_models_there_are(client):
    index = client.get_model_repository_index(as_json=True)["models"]
    assert {(model["name"], model["version"], model["state"]) for model in index} == {
        (name, "1", "READY") for name in ("digits", "digits-cnn", "digits-softmax", "fruits")
    }


@pytest.mark.parametrize(
    ("name", "version", "known"),
    [("digit", "", "digits-cnn"), ("digits-cnn", "9", "there are: 1"), ("", "", "digits-cnn")],
)
def test_an_unknown_model_is_named_with_those_that_there_are(client, name, version, known):
    for call in (client.get_model_metadata, client.get_model_config, client.is_model_ready):
        status, message = refusal(call, name, version)
        assert status == "NOT_FOUND"
        assert f"'{version or name}'" in message and known in message
    status, message = refusal(client.infer, name, [tensor(rows(4))], version)
    assert status == "NOT_FOUND" and known in message


# Inference


def test_rows_are_answered_and_recorded(server, client):
    answer = client.infer("digits-softmax", [tensor(rows(4, 2, 1))], request_id="mine", headers={"x-vidi-user": "ann"})
    response = answer.get_response()
    assert likeliest(answer) == [4, 1, 2]
    assert (response.id, response.model_name, response.model_version) == ("mine", "digits-softmax", "1")
    identifiers = response.parameters["predictions"].string_param.split(",")
    assert [record(server, identifier)["result"] for identifier in identifiers] == ["4", "1", "2"]
    assert record(server, identifiers[0])["user"] == "ann"
    assert record(server, identifiers[0])["image"] is None


def test_values_one_by_one_are_answered_one_by_one(client, stub):
    response = stub.ModelInfer(typed_request(rows(4)))
    assert not response.raw_output_contents
    expected = client.infer("digits-softmax", [tensor(rows(4))]).as_numpy("probabilities")
    assert numpy.array_equal(numpy.float32(response.outputs[0].contents.fp32_contents), expected[0])


def test_a_client_may_ask_for_the_other_form(stub):
    request = typed_request(rows(4))
    request.parameters["binary_data_output"].bool_param = True
    response = stub.ModelInfer(request)
    assert response.raw_output_contents and not response.outputs[0].HasField("contents")
    request.inputs[0].ClearField("contents")
    request.raw_input_contents.append(rows(4).tobytes())
    request.parameters["binary_data_output"].bool_param = False
    response = stub.ModelInfer(request)
    assert response.outputs[0].contents.fp32_contents and not response.raw_output_contents


def test_pixels_are_scaled_by_the_server(client):
    pixels = mnist()[0][[4, 2], :, :, None]
    answer = client.infer("digits-softmax", [tensor(numpy.ascontiguousarray(pixels), "UINT8")])
    expected = client.infer("digits-softmax", [tensor(rows(4, 2))])
    assert numpy.allclose(answer.as_numpy("probabilities"), expected.as_numpy("probabilities"), atol=1e-6)


def test_encoded_pictures_are_answered_recorded_and_kept(server, client):
    files = [digit_png("4"), digit_file("JPEG", "7"), mnist_png(CLEAR_DIGITS["0"])]
    answer = client.infer("digits", [pictures(*files)])
    assert answer.as_numpy("result").tolist() == [b"4", b"7", b"0"]
    assert answer.as_numpy("confidence").min() > 0.5
    with Client(server.url) as http:
        for identifier, file in zip(answer.as_numpy("id"), files, strict=True):
            assert http.get(f"/uploads/{identifier.decode()}/image").body == file


def test_pictures_as_values_one_by_one(stub):
    request = service_pb2.ModelInferRequest(model_name="digits")
    request.inputs.add(name="image", datatype="BYTES", shape=[1]).contents.bytes_contents.append(digit_png("7"))
    request.outputs.add(name="result")
    response = stub.ModelInfer(request)
    assert response.outputs[0].contents.bytes_contents == [b"7"]


def test_committed_pictures(client):
    """Files of the tests' data, in the formats that they come in."""
    for path in sorted((ROOT / "tests/data/pictures").glob("*.png"))[:20]:
        answer = client.infer("digits", [pictures(path.read_bytes())])
        assert answer.as_numpy("result").shape == (1,), path


def test_the_likeliest_classes(client):
    wanted = [triton.InferRequestedOutput("probabilities", class_count=3)]
    answer = client.infer("digits-softmax", [tensor(rows(4, 2))], outputs=wanted)
    classes = answer.as_numpy("probabilities")
    assert classes.shape == (2, 3)
    best = [text.decode().split(":") for text in classes[:, 0]]
    assert [(index, label) for _, index, label in best] == [("4", "4"), ("1", "1")]
    assert all(float(value) > 0.5 for value, _, _ in best)


def test_only_the_outputs_that_are_asked_for(client):
    wanted = [triton.InferRequestedOutput("id"), triton.InferRequestedOutput("confidence")]
    answer = client.infer("digits-softmax", [tensor(rows(4))], outputs=wanted)
    assert [output.name for output in answer.get_response().outputs] == ["id", "confidence"]


def test_statistics_count(make_server):
    with triton.InferenceServerClient(make_server(*FLAGS).grpc_address) as client:
        for _ in range(3):
            client.infer("digits-softmax", [tensor(rows(4, 2))])
        refusal(client.infer, "digits-softmax", [tensor(rows(4)[:, :27])])
        (sums,) = client.get_inference_statistics("digits-softmax").model_stats
        assert (sums.inference_count, sums.inference_stats.success.count, sums.inference_stats.fail.count) == (6, 3, 1)
        assert sums.inference_stats.success.ns > 0 and sums.last_inference > 0
        assert refusal(client.get_inference_statistics, "none")[0] == "NOT_FOUND"


def test_what_vidi_records_lists_comes_from_here(make_server, tmp_path):
    server = make_server(*FLAGS)
    with triton.InferenceServerClient(server.grpc_address) as client:
        answer = client.infer("digits-softmax", [tensor(rows(4, 2))])
    server.stop()
    done = run_vidi("records", "--data", server.folder / "data", "--format", "json", folder=tmp_path)
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    identifiers = answer.get_response().parameters["predictions"].string_param.split(",")
    assert {row["id"]: row["result"] for row in listed} == dict(zip(identifiers, ["4", "1"], strict=True))


def test_the_example_of_the_documentation(server, tmp_path):
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs/reference/grpc.md").read_text(), re.DOTALL).group(1)
    (tmp_path / "four.png").write_bytes(digit_png("4"))
    (tmp_path / "example.py").write_text(example.replace("localhost:8001", server.grpc_address))
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    result, identifier = done.stdout.split()
    assert (result, record(server, identifier)["result"]) == ("4", "4")


# Bad input


def raw_request(content, datatype="FP32", shape=(1, 28, 28, 1), name="image", copies=1):
    request = service_pb2.ModelInferRequest(model_name="digits-softmax")
    request.inputs.add(name=name, datatype=datatype, shape=shape)
    request.raw_input_contents.extend([content] * copies)
    return request


ROW = numpy.zeros(784, numpy.float32).tobytes()


@pytest.mark.parametrize(
    ("request_of", "words"),
    [
        (lambda: raw_request(ROW, name="picture"), ["'picture'", "'image'"]),
        (lambda: raw_request(ROW, "FP31"), ["'FP31'", "FP32"]),
        (lambda: raw_request(ROW, "INT32"), ["INT32", "FP32"]),
        (lambda: raw_request(ROW * 2, "FP64"), ["FP64", "FP32"]),
        (lambda: raw_request(ROW[:-1]), ["3136", "3135"]),
        (lambda: raw_request(ROW + b"1234"), ["3136", "3140"]),
        (lambda: raw_request(b""), ["3136", "0 came"]),
        (lambda: raw_request(ROW, shape=(1, 784)), ["[1,784]", "[-1,28,28,1]"]),
        (lambda: raw_request(ROW, shape=()), ["0 dimensions"]),
        (lambda: raw_request(ROW, shape=(-1, 28, 28, 1)), ["-1"]),
        (lambda: raw_request(ROW, shape=(0, 28, 28, 1)), ["dimension 0"]),
        (lambda: raw_request(ROW, shape=(2**62, 28, 28, 2**62)), ["more than"]),
        (lambda: raw_request(ROW, copies=2), ["1 inputs", "2 raw_input_contents"]),
        (lambda: raw_request(numpy.full(784, numpy.nan, numpy.float32).tobytes()), ["number"]),
        (lambda: raw_request(b"\x05\0\0\0abc", "BYTES", (1,)), ["5 bytes", "3 are left"]),
        (lambda: raw_request(b"\x05\0", "BYTES", (1,)), ["length of element 0"]),
        (lambda: raw_request(b"\x01\0\0\0a", "BYTES", (2,)), ["2 elements", "1 came"]),
        (lambda: raw_request(b"\x03\0\0\0abc", "BYTES", (1,)), ["picture 0"]),
        (lambda: service_pb2.ModelInferRequest(model_name="digits-softmax"), ["0 inputs", "'image'"]),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(stub, request_of, words):
    status, message = stub_refusal(stub.ModelInfer, request_of())
    assert status == "INVALID_ARGUMENT"
    assert all(word in message for word in words), message


def test_values_in_both_forms_or_in_the_wrong_field(stub):
    request = typed_request(rows(4))
    request.raw_input_contents.append(ROW)
    assert "raw_input_contents" in stub_refusal(stub.ModelInfer, request)[1]
    request = typed_request(rows(4))
    request.inputs[0].contents.int_contents.append(1)
    assert "int_contents" in stub_refusal(stub.ModelInfer, request)[1]
    request.inputs[0].ClearField("contents")
    request.inputs[0].datatype = "UINT8"
    request.inputs[0].contents.uint_contents.extend([256] * 784)
    status, message = stub_refusal(stub.ModelInfer, request)
    assert status == "INVALID_ARGUMENT" and "256" in message and "255" in message


def test_an_unknown_output_and_a_class_count_that_is_none(client, stub):
    status, message = refusal(
        client.infer, "digits-softmax", [tensor(rows(4))], outputs=[triton.InferRequestedOutput("labels")]
    )
    assert status == "INVALID_ARGUMENT" and "'labels'" in message and "probabilities" in message
    request = typed_request(rows(4))
    request.outputs.add(name="probabilities").parameters["classification"].string_param = "3"
    assert "classification" in stub_refusal(stub.ModelInfer, request)[1]


def test_shared_memory_is_refused(client):
    given = triton.InferInput("image", [1, 28, 28, 1], "FP32")
    given.set_shared_memory("region", 3136)
    status, message = refusal(client.infer, "digits-softmax", [given])
    assert status == "INVALID_ARGUMENT" and "shared memory" in message
    assert refusal(client.get_system_shared_memory_status)[0] == "UNIMPLEMENTED"


def test_models_are_unloaded_and_loaded(client):
    client.unload_model("digits")
    try:
        assert refusal(client.is_model_ready, "digits")[0] == "NOT_FOUND"
        assert refusal(client.infer, "digits", [tensor(rows(4))])[0] == "NOT_FOUND"
        states = {each.name: each.state for each in client.get_model_repository_index().models}
        assert states["digits"] == "UNAVAILABLE" and states["digits-cnn"] == "READY"
    finally:
        client.load_model("digits")
    assert client.is_model_ready("digits")
    status, message = refusal(client.load_model, "nothing")
    assert status == "NOT_FOUND" and "nothing" in message


def test_bytes_that_are_no_message(server):
    with grpc.insecure_channel(server.grpc_address) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff" * 100)
        assert caught.value.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)
    with triton.InferenceServerClient(server.grpc_address) as client:
        assert client.is_server_live()


def test_a_message_that_is_too_large(server, client, stub):
    before = server.peak_memory()
    status, message = stub_refusal(stub.ModelInfer, raw_request(bytes(100 << 20)))
    assert status == "RESOURCE_EXHAUSTED" and str(32 << 20) in message
    assert server.peak_memory() - before < 300 << 20
    assert likeliest(client.infer("digits-softmax", [tensor(rows(4))])) == [4]


def test_what_arrives_takes_bounded_memory(make_server):
    """gRPC takes a whole message before it refuses it; all of them together may take what the setting says."""
    server = make_server(*FLAGS, "--grpc-max-memory", "64MiB")
    before = server.peak_memory()
    channels = [
        grpc.insecure_channel(
            server.grpc_address, options=[("grpc.max_send_message_length", -1), ("test.connection", number)]
        )
        for number in range(4)
    ]
    request = raw_request(bytes(150 << 20))
    calls = [service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer.future(request) for channel in channels]
    for call in calls:
        assert call.exception().code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
    for channel in channels:
        channel.close()
    assert server.peak_memory() - before < 200 << 20
    with triton.InferenceServerClient(server.grpc_address) as client:
        assert likeliest(client.infer("digits-softmax", [tensor(rows(4))])) == [4]


# Streams


class Stream:
    """A stream of the real client, and what it is told."""

    def __init__(self, client):
        self.client = client
        self.told = queue.Queue()

    def __enter__(self):
        self.client.start_stream(lambda result, error: self.told.put((result, error)))
        return self

    def __exit__(self, *_):
        self.client.stop_stream()

    def next(self):
        return self.told.get(timeout=60)


def test_a_stream_answers_each_request_in_order(client):
    expected = mnist()[1][:300]
    digits = []
    with Stream(client) as stream:
        for index in range(300):
            client.async_stream_infer("digits-softmax", [tensor(rows(index))], request_id=str(index))
        for index in range(300):
            result, error = stream.next()
            assert error is None and result.get_response().id == str(index)
            digits += likeliest(result)
    assert (numpy.array(digits) == expected).mean() > 0.85


def test_an_error_in_a_stream_is_an_answer(client):
    with Stream(client) as stream:
        client.async_stream_infer("none", [tensor(rows(4))], request_id="1")
        client.async_stream_infer("digits-softmax", [tensor(rows(4))], request_id="2")
        _, error = stream.next()
        assert "'none'" in error.message()
        result, error = stream.next()
        assert error is None and result.get_response().id == "2" and likeliest(result) == [4]


def test_a_stream_that_breaks_off_harms_nobody(server, client):
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        calls = [stub.ModelStreamInfer(iter([typed_request(rows(4))] * 50)) for _ in range(10)]
        for call in calls:
            next(call)
            call.cancel()
    assert likeliest(client.infer("digits-softmax", [tensor(rows(4))])) == [4]


# Load, deadlines, the end


def test_thousands_at_once_each_get_their_own_answer(server):
    count = 6000
    labels = mnist()[1]
    with triton.InferenceServerClient(server.grpc_address) as client:
        alone = {index: client.infer("digits-softmax", [tensor(rows(index))]).as_numpy("probabilities")[0]
                 for index in range(50)}
        told = queue.Queue()
        for index in range(count):
            client.async_infer(
                "digits-softmax",
                [tensor(rows(index))],
                lambda result, error, index=index: told.put((index, result, error)),
                request_id=f"request-{index}",
            )
        right = 0
        identifiers = set()
        for _ in range(count):
            index, result, error = told.get(timeout=120)
            assert error is None, error
            assert result.get_response().id == f"request-{index}"
            if index in alone:
                assert numpy.allclose(result.as_numpy("probabilities")[0], alone[index], atol=1e-5)
            right += likeliest(result) == [labels[index]]
            identifiers.add(result.get_response().parameters["predictions"].string_param)
        assert len(identifiers) == count
        # What the model gets right of those pictures; answers of others would be right one time in ten.
        assert right / count > 0.85


def test_more_than_the_limit_is_refused_at_once(make_server):
    server = make_server(*FLAGS, "--max-requests", "2")
    request = raw_request(ROW * 2000, shape=(2000, 28, 28, 1))
    statuses = []

    def ask(number):
        options = [("test.connection", number)]
        with grpc.insecure_channel(server.grpc_address, options=options) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            for _ in range(10):
                try:
                    stub.ModelInfer(request)
                    statuses.append("OK")
                except grpc.RpcError as error:
                    statuses.append(error.code().name)
                assert stub.ServerLive(service_pb2.ServerLiveRequest()).live

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    assert set(statuses) == {"OK", "UNAVAILABLE"}


def test_what_cannot_be_in_time_is_not_started(make_server):
    server = make_server(*FLAGS, "--threads", "1", "--inline-pixels", "10000000")
    with triton.InferenceServerClient(server.grpc_address) as client:
        told = queue.Queue()
        # Keeps the only thread busy for longer than the others wait.
        long = pictures(*[digit_file("PNG", size=1500)] * 100)
        client.async_infer("digits", [long], lambda result, error: told.put(error))
        time.sleep(0.5)
        with ThreadPoolExecutor(20) as threads:
            asked = [
                threads.submit(refusal, client.infer, "digits-softmax", [tensor(rows(4))], client_timeout=0.3)
                for _ in range(20)
            ]
            assert {one.result()[0] for one in asked} == {"DEADLINE_EXCEEDED"}
        assert told.get(timeout=60) is None
        client.infer("digits-softmax", [tensor(rows(4))])
        (sums,) = client.get_inference_statistics("digits-softmax").model_stats
        assert (sums.inference_stats.success.count, sums.inference_stats.fail.count) == (1, 0)


def test_a_cancelled_request_harms_nobody(client):
    for _ in range(20):
        told = queue.Queue()
        call = client.async_infer("digits-softmax", [tensor(rows(*range(500)))],
                                  lambda result, error, told=told: told.put(error))
        call.cancel()
        error = told.get(timeout=60)
        assert error is None or "CANCELLED" in str(error.status())
    assert likeliest(client.infer("digits-softmax", [tensor(rows(4))])) == [4]


def test_stopping_answers_what_is_in_flight(make_server):
    server = make_server(*FLAGS)
    answered, refused = [], []

    def ask():
        with triton.InferenceServerClient(server.grpc_address) as client:
            while not refused:
                try:
                    answer = client.infer("digits-softmax", [tensor(rows(4))])
                    answered.append(answer.get_response().parameters["predictions"].string_param)
                except InferenceServerException as error:
                    refused.append(error.status())

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(ask) for _ in range(8)]
        time.sleep(1)
        server.stop()
        for one in asked:
            one.result()
    assert answered
    # A call that arrives while gRPC says goodbye may be reset.
    assert "StatusCode.UNAVAILABLE" in refused
    assert set(refused) <= {"StatusCode.UNAVAILABLE", "StatusCode.CANCELLED"}
    server.start()
    for identifier in answered:
        record(server, identifier)
    server.stop()


def test_open_streams_and_watches_do_not_hold_up_the_end(make_server):
    server = make_server(*FLAGS)
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        hold = threading.Event()

        def requests():
            yield typed_request(rows(4))
            hold.wait(60)

        stream = stub.ModelStreamInfer(requests())
        try:
            assert next(stream).infer_response.outputs
            watch = channel.unary_stream(f"{HEALTH}/Watch")(b"")
            assert next(watch)[1] == SERVING
            server.stop()
            assert next(watch)[1] == NOT_SERVING
            for call in (watch, stream):
                with pytest.raises(grpc.RpcError) as caught:
                    next(call)
                assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        finally:
            hold.set()


def test_a_second_signal_ends_it_at_once(make_server):
    server = make_server(*FLAGS)
    with triton.InferenceServerClient(server.grpc_address) as client, Stream(client):
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


# Health, addresses


def test_health_as_load_balancers_ask(server):
    with grpc.insecure_channel(server.grpc_address) as channel:
        check = channel.unary_unary(f"{HEALTH}/Check")
        for service in (b"", b"inference.GRPCInferenceService"):
            assert check(b"\x0a" + bytes([len(service)]) + service) == bytes([8, SERVING])
        assert stub_refusal(check, b"\x0a\x04none")[0] == "NOT_FOUND"
        watch = channel.unary_stream(f"{HEALTH}/Watch")(b"\x0a\x04none")
        assert next(watch) == bytes([8, SERVICE_UNKNOWN])
        watch.cancel()


def test_a_port_that_is_taken_is_an_error_that_names_the_setting(server, tmp_path):
    flags = ("--models", digit_models(), "--listen", "127.0.0.1:0", "--grpc-listen", server.grpc_address)
    done = run_vidi("serve", *flags, folder=tmp_path, timeout=30)
    assert done.returncode != 0
    message = done.stderr.decode()
    assert server.grpc_address in message and "grpc-listen" in message and "in use" in message


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:http-or-so", "::1:8001", "256.0.0.1:1"])
def test_an_address_that_is_none_is_an_error(tmp_path, address):
    flags = ("--models", digit_models(), "--listen", "127.0.0.1:0", "--grpc-listen", address)
    done = run_vidi("serve", *flags, folder=tmp_path, timeout=30)
    assert done.returncode != 0
    assert address in done.stderr.decode()


def test_off_is_off(make_server):
    assert "gRPC" not in make_server("--grpc-listen", "off").log
