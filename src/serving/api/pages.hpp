#pragma once
// The pages that people see. They work without JavaScript; everything that comes from outside is escaped.

#include <optional>
#include <string>
#include <vector>

#include "api/application.hpp"
#include "api/information.hpp"
#include "http/message.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

struct FormPage {
  std::string title;
  std::string action;   // the path that the form posts to
  std::string field;    // the name of its file field
  std::string message;  // shown above the form; empty: none
};

// The ten newest that the request may see, newest first; empty when the records cannot be read now.
Task<std::vector<records::Prediction>> latest_predictions(Application& application, const http::Request& request);

// The page at /, with the answer to what has just been sent.
std::string home_page(const std::optional<records::Prediction>& answer, const std::vector<records::Prediction>& latest,
                      const ShownInformation& shown = {});
std::string form_page(const FormPage& page);
std::string prediction_page(const records::Prediction& prediction, const ShownInformation& shown = {});
std::string message_page(const std::string& title, const std::string& message);

// With the headers that keep a page from loading anything that is not vidi's.
http::Response html_response(std::string html);

}  // namespace vidi::api
