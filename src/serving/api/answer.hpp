#pragma once
// A prediction as clients get it.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "http/message.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// The fields that docs/reference/api.md lists, in its order.
nlohmann::ordered_json to_json(const records::Prediction& prediction);

// "识别结果: 4" and a newline; lines of a result are joined by a space; "-" when there is no result.
std::string to_text(const records::Prediction& prediction);

// The result as one line: "-" when there is none.
std::string result_line(const records::Prediction& prediction);

http::Response json_response(const nlohmann::ordered_json& body, int status = 200);

// The same of a body that is JSON already.
http::Response json_text(std::string body);

}  // namespace vidi::api
