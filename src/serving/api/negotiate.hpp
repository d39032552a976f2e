#pragma once
// In which form a client wants its answer.

#include "http/message.hpp"

namespace vidi::api {

enum class AnswerForm { text, json, html };

// By the Accept header: HTML for browsers, JSON for whom asks for it and for every path under /api/, else text.
AnswerForm answer_form(const http::Request& request);

// The error in the client's form, with its status; Retry-After where trying again can help, WWW-Authenticate with 401.
// Every error of an endpoint goes out through this.
// `request` is null when it could not be parsed.
http::Response error_response(const http::Request* request, const Error& error);

// For metrics, log and traces: what the answer says went wrong, when it is not made by error_response().
void note_error(const http::Request& request, const Error& error);

}  // namespace vidi::api
