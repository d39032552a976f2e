#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/digest.hpp"
#include "core/parallel.hpp"
#include "core/secrets.hpp"
#include "core/task.hpp"
#include "errors.hpp"
#include "models/folder_state.hpp"
#include "models/load.hpp"
#include "models/repository.hpp"
#include "recognition/recognizer.hpp"
#include "records/remote_kinds.hpp"
#include "registry/registry.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace vidi::python {
namespace {

namespace fs = std::filesystem;

using Recognized = std::vector<Result<records::Prediction>>;

// The value of a field by its type, as vidi's JSON has it (docs/reference/api.md).
nb::object to_python(const std::string& text) { return nb::cast(text); }
nb::object to_python(double number) { return nb::cast(number); }
nb::object to_python(const Uuid& id) { return nb::cast(to_string(id)); }
nb::object to_python(const Digest& digest) { return nb::cast(to_string(digest)); }
nb::object to_python(Timestamp time) { return nb::cast(to_string(time)); }
nb::object to_python(std::chrono::microseconds duration) {
  return nb::cast(static_cast<double>(duration.count()) / 1000);
}
nb::object to_python(const records::Correction& correction) { return nb::cast(correction.label); }

nb::object to_python(const std::vector<records::Candidate>& candidates) {
  nb::list list;
  for (const auto& candidate : candidates) {
    nb::dict item;
    item["label"] = candidate.label;
    item["probability"] = candidate.probability;
    list.append(item);
  }
  return list;
}

nb::object to_python(const std::vector<records::Digit>& digits) {
  nb::list list;
  for (const auto& digit : digits) {
    nb::dict item;
    item["label"] = digit.label;
    item["probability"] = digit.probability;
    item["box"] = nb::make_tuple(digit.box[0], digit.box[1], digit.box[2], digit.box[3]);
    list.append(item);
  }
  return list;
}

template <typename Value>
nb::object to_python(const std::optional<Value>& value) {
  return to_python(*value);
}

// As `Prediction.from_json` takes it.
nb::dict to_dict(const records::Prediction& prediction) {
  nb::dict answer;
  records::for_each_field(prediction, [&](const auto& field, const auto& value) {
    if (!is_in_json(field, prediction)) return;
    const bool is_null = is_null_in_json(field, prediction);
    answer[nb::str(field.name.data(), field.name.size())] = is_null ? nb::none() : to_python(value);
  });
  return answer;
}

// Where predictions are kept that several machines record.
class RemoteRecords {
 public:
  RemoteRecords(const std::string& url, const Secrets& secrets) : store_(open(url, secrets)) {}

  // Waits while the cluster is still looked for.
  Result<void> check(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
      auto checked = run(store_->check());
      const bool can_wait = !checked && checked.error().code == ErrorCode::unavailable;
      if (!can_wait || std::chrono::steady_clock::now() > end) return checked;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  Result<void> append(records::Prediction prediction) { return run(store_->append(std::move(prediction))); }

 private:
  static std::unique_ptr<records::RecordStore> open(const std::string& url, const Secrets& secrets) {
    const auto kinds = records::remote_kinds();
    if (const records::Kind* kind = registry::find(kinds, url)) return kind->open(url, secrets);
    throw std::runtime_error(fmt::format("records '{}': a cluster records in {}", url, registry::forms(kinds, "or")));
  }

  std::unique_ptr<records::RecordStore> store_;
};

// `secrets`: by the keys of the server's settings.
std::shared_ptr<RemoteRecords> open_records(const std::string& url,
                                            const std::map<std::string, std::string, std::less<>>& secrets,
                                            double patience) {
  try {
    const nb::gil_scoped_release released;
    auto opened = std::make_shared<RemoteRecords>(url, Secrets(secrets));
    auto checked = opened->check(std::chrono::milliseconds(static_cast<std::int64_t>(patience * 1000)));
    if (checked) return opened;
    const nb::gil_scoped_acquire acquired;
    raise(checked.error());
  } catch (const std::runtime_error& wrong) {
    raise({ErrorCode::invalid_argument, wrong.what()});
  }
}

struct RecognizerOptions {
  fs::path folder;            // of the model
  std::uint64_t version = 0;  // 0: the latest
  std::size_t threads = 0;    // to infer with; 0: as the model or the program chooses
  recognition::RecognizerOptions recognition;
};

// One model, loaded.
class PictureRecognizer {
 public:
  static Result<std::shared_ptr<PictureRecognizer>> open(const RecognizerOptions& options) {
    const fs::path folder = fs::weakly_canonical(options.folder);
    auto description = models::describe_model(folder);
    if (!description) return forward_error(description);
    if (options.threads != 0) {
      description->threads = options.threads;
      description->streams = 1;
    }
    const auto state = models::look_at_model(folder);
    if (!state || state->versions.empty()) {
      return fail(ErrorCode::not_found, fmt::format("{} holds no version of a model", folder.string()));
    }
    const std::uint64_t version = options.version != 0 ? options.version : state->versions.rbegin()->first;
    if (!state->versions.contains(version)) {
      return fail(ErrorCode::not_found, fmt::format("{} has no version {}", folder.string(), version));
    }
    auto model = models::load_version(folder, version, *description);
    if (!model) return forward_error(model);
    return std::make_shared<PictureRecognizer>(std::move(*model), options.recognition);
  }

  PictureRecognizer(std::shared_ptr<const models::LoadedModel> model, recognition::RecognizerOptions options)
      : model_(std::move(model)), repository_({model_}), recognizer_(repository_, std::move(options)) {}

  [[nodiscard]] const models::LoadedModel& model() const { return *model_; }

  // Whoever asks decodes; what is asked together is inferred together.
  Result<records::Prediction> recognize(recognition::Upload upload) {
    const auto began = std::chrono::steady_clock::now();
    const recognition::Upload asked = std::move(upload);
    auto prediction = run(recognizer_.recognize(asked, model_->description.name));
    if (!prediction) return prediction;
    prediction->latency =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    prediction->image.reset();  // nobody keeps the picture
    return prediction;
  }

 private:
  std::shared_ptr<const models::LoadedModel> model_;
  models::Repository repository_;
  recognition::Recognizer recognizer_;
};

std::shared_ptr<PictureRecognizer> open_recognizer(const nb::dict& options) {
  RecognizerOptions read;
  read.folder = nb::cast<std::string>(options["folder"]);
  read.version = nb::cast<std::uint64_t>(options["version"]);
  read.threads = nb::cast<std::size_t>(options["threads"]);
  read.recognition.candidates = nb::cast<std::size_t>(options["candidates"]);
  read.recognition.limits.max_bytes = nb::cast<std::size_t>(options["max_bytes"]);
  read.recognition.limits.max_pixels = nb::cast<std::uint64_t>(options["max_pixels"]);
  read.recognition.pdf.renderer = nb::cast<std::string>(options["pdf_renderer"]);
  read.recognition.pdf.library = nb::cast<std::string>(options["pdf_library"]);
  auto opened = [&] {
    const nb::gil_scoped_release released;
    return PictureRecognizer::open(read);
  }();
  return value_or_raise(std::move(opened));
}

// A picture as it is asked about: (bytes, filename or None, identifier or None).
recognition::Upload read_upload(nb::handle picture, const std::string& user) {
  const auto bytes = nb::cast<nb::bytes>(picture[0]);
  const ByteView view{static_cast<const std::byte*>(bytes.data()), bytes.size()};
  auto upload =
      recognition::new_upload(Bytes(view.begin(), view.end()), nb::cast<std::optional<std::string>>(picture[1]));
  upload.user = user;
  const auto id = nb::cast<std::optional<std::string>>(picture[2]);
  if (!id) return upload;
  const auto parsed = parse_uuid(*id);
  if (!parsed) raise({ErrorCode::invalid_argument, fmt::format("'{}' is no UUID", *id)});
  upload.id = *parsed;
  upload.time = time_of(*parsed);
  return upload;
}

Result<void> keep(RemoteRecords& records, const Recognized& recognized) {
  std::vector<Result<void>> kept(recognized.size());
  constexpr std::size_t kInFlight = 32;
  in_parallel(kInFlight, recognized.size(), [&](std::size_t i) {
    if (recognized[i]) kept[i] = records.append(*recognized[i]);
  });
  for (Result<void>& one : kept) {
    if (!one) return one;
  }
  return {};
}

// A dictionary for each picture, or the exception that it caused.
nb::list recognize(PictureRecognizer& self, const nb::list& pictures, const std::string& user, std::size_t threads,
                   RemoteRecords* records) {
  std::vector<recognition::Upload> uploads;
  for (const nb::handle picture : pictures) uploads.push_back(read_upload(picture, user));
  Recognized recognized(uploads.size());
  Result<void> kept;
  {
    const nb::gil_scoped_release released;
    in_parallel(std::max<std::size_t>(threads, 1), uploads.size(),
                [&](std::size_t i) { recognized[i] = self.recognize(std::move(uploads[i])); });
    if (records != nullptr) kept = keep(*records, recognized);
  }
  value_or_raise(std::move(kept));
  nb::list answers;
  const nb::object from_code = nb::module_::import_("vidi.errors").attr("from_code");
  for (const auto& prediction : recognized) {
    if (prediction) {
      answers.append(to_dict(*prediction));
    } else {
      answers.append(from_code(std::string(name(prediction.error().code)), prediction.error().message));
    }
  }
  return answers;
}

}  // namespace

void bind_recognition(nb::module_& module) {
  nb::class_<RemoteRecords>(module, "RemoteRecords").def(nb::new_(&open_records), "url"_a, "secrets"_a, "patience"_a);
  nb::class_<PictureRecognizer>(module, "Recognizer")
      .def(nb::new_(&open_recognizer), "options"_a)
      .def("recognize", &recognize, "pictures"_a, "user"_a, "threads"_a, "records"_a.none())
      .def_prop_ro("name", [](const PictureRecognizer& self) { return self.model().description.name; })
      .def_prop_ro("version", [](const PictureRecognizer& self) { return self.model().version; })
      .def_prop_ro("labels", [](const PictureRecognizer& self) { return self.model().description.labels; });
}

}  // namespace vidi::python
