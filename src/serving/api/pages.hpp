#pragma once
// The pages that people see. They work without JavaScript; everything that comes from outside is escaped.

#include <optional>
#include <string>
#include <vector>

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

// The page at /, with the answer to what has just been sent.
std::string home_page(const std::optional<records::Prediction>& answer, const std::vector<records::Prediction>& latest,
                      const PageInformation& shown = {});
std::string form_page(const FormPage& page);
std::string prediction_page(const records::Prediction& prediction, const PageInformation& shown = {});
std::string message_page(const std::string& title, const std::string& message);

// With the headers that keep a page from loading anything that is not vidi's.
http::Response html_response(std::string html);

}  // namespace vidi::api
