#pragma once
// What a model's information file says about an answer (models/information.hpp), as JSON for programs and as text for
// the pages. Thread-safe.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "models/repository.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// The languages that a client reads (RFC 5646), the most wished for first: those of ?language=, or else of
// Accept-Language (RFC 9110, 12.5.4).
std::vector<std::string> asked_languages(const http::Request& request);

// The prediction in JSON, and what its model tells: `information` of the answer; `reason` of no answer. In every
// language; with ?language= (a tag or several, separated by commas) in the one that suits best. `asked` is that query.
// A model that is no longer served tells nothing.
nlohmann::ordered_json to_json(const records::Prediction& prediction, const models::Repository& models,
                               std::string_view asked = {});
nlohmann::ordered_json to_json(const records::Prediction& prediction, const models::Repository& models,
                               const http::Request& request);

// What a page says about an answer beside the label itself, in one language that its reader asked for.
struct PageInformation {
  std::string language;                                    // of the texts; empty: there are none
  std::string reason;                                      // of no answer; empty: as it was recorded
  std::string name;                                        // of the answer
  std::string about;                                       // sentences; empty: none
  std::vector<std::pair<std::string, std::string>> facts;  // heading and text
};

// Empty where the model that made the prediction is no longer served, or knows nothing about the answer.
PageInformation page_information(const records::Prediction& prediction, const models::Repository& models,
                                 const http::Request& request);

}  // namespace vidi::api
