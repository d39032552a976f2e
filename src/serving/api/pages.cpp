#include "api/pages.hpp"

#include <fmt/format.h>

#include <utility>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/html.hpp"

namespace vidi::api {
namespace {

constexpr std::size_t kLatest = 10;

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --line: #8884; --accent: #1668c4; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h1 a { color: inherit; text-decoration: none; }
form { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; display: flex; gap: 1rem; flex-wrap: wrap; }
input[type=file] { flex: 1; } input, button { font: inherit; }
button { background: var(--accent); color: #fff; border: 0; border-radius: .4rem; padding: .4rem 1.2rem; cursor: pointer; }
.answer { display: flex; gap: 1.5rem; align-items: center; margin: 1.5rem 0; flex-wrap: wrap; }
.answer img { max-width: 12rem; max-height: 12rem; min-width: 6rem; image-rendering: pixelated; border: 1px solid var(--line); }
.result { font-size: 4rem; line-height: 1; font-weight: 600; margin: 0; } .reason { margin: 0; }
.message { border-left: .3rem solid #c4162f; padding: .5rem 1rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td img { width: 28px; height: 28px; object-fit: contain; vertical-align: middle; }
.muted { opacity: .7; }
.known { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 1.5rem 0; }
.known h2 { margin: 0; font-size: 1.3rem; } .known > p { margin: .5rem 0 0; }
.known dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: .8rem 0; }
.known dt { font-weight: 600; } .known dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { .known dl { grid-template-columns: 1fr; gap: 0; } .known dd { margin-bottom: .5rem; }
  .result { font-size: 2.6rem; overflow-wrap: anywhere; } }
.explanation { max-width: 100%; border: 1px solid var(--line); }
)css";

std::string layout(std::string_view title, std::string_view content) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">"
      "<style>{}</style></head><body>\n<h1><a href=\"/\">vidi</a></h1>\n{}</body></html>\n",
      escape_html(title), kStyle, content);
}

std::string form(const FormPage& page) {
  return fmt::format(
      "<form action=\"{}\" method=\"post\" enctype=\"multipart/form-data\">"
      "<input type=\"file\" name=\"{}\" accept=\"image/*,.pdf,.txt\" aria-label=\"Picture\" required>"
      "<button type=\"submit\">Recognize</button></form>\n",
      page.action, page.field);
}

std::string percent(double probability) { return fmt::format("{:.1f}&nbsp;%", probability * 100); }

// Lines are separated by a space, pages by a bar.
std::string shown_result(const std::string& result) {
  std::string shown;
  for (const char c : result) {
    if (c == '\f') {
      shown += " | ";
    } else {
      shown += c == '\n' ? ' ' : c;
    }
  }
  return escape_html(shown);
}

// A name is shown in a direction of its own.
std::string shown_name(const std::string& filename) {
  return filename.empty() ? "<span class=\"muted\">no name</span>"
                          : fmt::format("<bdi>{}</bdi>", escape_html(filename));
}

std::string image_tag(const records::Prediction& prediction) {
  if (!prediction.image) return {};
  const std::string id = to_string(prediction.id);
  // A browser shows neither a PDF nor a TXT in a page.
  if (!prediction.media_type.starts_with("image/")) return fmt::format("<a href=\"/uploads/{}/image\">file</a>", id);
  return fmt::format("<img src=\"/uploads/{}/image\" alt=\"the picture\">", id);
}

// A card of what the model tells of its answer.
std::string known_card(const ShownInformation& shown) {
  if (shown.name.empty()) return {};
  std::string facts;
  for (const auto& [heading, text] : shown.facts) {
    facts += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(heading), escape_html(text));
  }
  if (!facts.empty()) facts = fmt::format("<dl>\n{}</dl>\n", facts);
  if (!shown.about.empty()) facts += fmt::format("<p>{}</p>\n", escape_html(shown.about));
  return fmt::format("<section class=\"known\" lang=\"{}\">\n<h2>{}</h2>\n{}</section>\n", escape_html(shown.language),
                     escape_html(shown.name), facts);
}

std::string reason_of(const records::Prediction& prediction, const ShownInformation& shown) {
  if (shown.reason.empty()) return fmt::format("<p class=\"reason\">{}</p>", escape_html(prediction.reason));
  return fmt::format("<p class=\"reason\" lang=\"{}\">{}</p>", escape_html(shown.language), escape_html(shown.reason));
}

std::string answer(const records::Prediction& prediction, const ShownInformation& shown) {
  const std::string result =
      prediction.result
          ? fmt::format("<p class=\"result\">{}</p><p>{} sure, by {}</p>", shown_result(*prediction.result),
                        percent(prediction.confidence), escape_html(prediction.model))
          : fmt::format("<p class=\"result\">–</p>{}", reason_of(prediction, shown));
  return fmt::format(
      "<section class=\"answer\" aria-label=\"Answer\">{}<div>{}<p class=\"muted\">{}</p></div></section>\n{}",
      image_tag(prediction), result, shown_name(prediction.filename), known_card(shown));
}

std::string table_row(const records::Prediction& prediction) {
  return fmt::format("<tr><td>{}</td><td><a href=\"/uploads/{}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                     image_tag(prediction), to_string(prediction.id), shown_result(prediction.result.value_or("-")),
                     prediction.result ? percent(prediction.confidence) : "", shown_name(prediction.filename),
                     to_string(prediction.time).substr(0, 19));
}

std::string latest_table(const std::vector<records::Prediction>& latest) {
  if (latest.empty()) return "<p class=\"muted\">Nothing has been recognized yet.</p>\n";
  std::string rows;
  for (const records::Prediction& prediction : latest) rows += table_row(prediction);
  return fmt::format(
      "<h2>Latest</h2>\n<table><thead><tr><th></th><th>Result</th><th>Sure</th><th>Name</th><th>Time (UTC)</th></tr>"
      "</thead><tbody>\n{}</tbody></table>\n",
      rows);
}

std::string detail(std::string_view name, const std::string& value) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, value);
}

}  // namespace

Task<std::vector<records::Prediction>> latest_predictions(Application& application, const http::Request& request) {
  if (request.identity().role == Role::anonymous) co_return std::vector<records::Prediction>();
  records::Query query;
  query.user = only_user(request);
  query.limit = kLatest;
  auto page = co_await application.recorder.records().list(std::move(query));
  if (!page) co_return std::vector<records::Prediction>();
  co_return std::move(page->predictions);
}

std::string home_page(const std::optional<records::Prediction>& answered,
                      const std::vector<records::Prediction>& latest, const ShownInformation& shown) {
  std::string content = form({.title = {}, .action = "/predict", .field = "file", .message = {}});
  if (answered) content += answer(*answered, shown);
  return layout("vidi", content + latest_table(latest));
}

std::string form_page(const FormPage& page) {
  std::string content;
  if (!page.message.empty())
    content += fmt::format("<p class=\"message\" role=\"alert\">{}</p>\n", escape_html(page.message));
  return layout(page.title, content + form(page));
}

std::string prediction_page(const records::Prediction& prediction, const ShownInformation& shown) {
  std::string content = answer(prediction, shown) + "<table><tbody>\n";
  content += detail("Time (UTC)", to_string(prediction.time));
  content += detail("Name", shown_name(prediction.filename));
  content += detail("Model", escape_html(prediction.model + " " + prediction.version));
  if (!prediction.user.empty()) content += detail("User", escape_html(prediction.user));
  for (const records::Candidate& candidate : prediction.candidates) {
    content += detail("Candidate", shown_result(candidate.label) + ", " + percent(candidate.probability));
  }
  if (prediction.correction) content += detail("Corrected to", escape_html(prediction.correction->label));
  content += detail("Picture", prediction.image ? to_string(*prediction.image) : std::string("none"));
  content += detail("Identifier", to_string(prediction.id));
  content += "</tbody></table>\n";
  if (prediction.image) {
    content += fmt::format(
        "<h2>What the model saw</h2>\n<img class=\"explanation\" src=\"/uploads/{}/explanation\" "
        "alt=\"the picture with the digits found in it\">\n",
        to_string(prediction.id));
  }
  return layout("Prediction " + to_string(prediction.id), content + "<p><a href=\"/\">Another picture</a></p>\n");
}

std::string message_page(const std::string& title, const std::string& message) {
  return layout(title, fmt::format("<p class=\"message\" role=\"alert\">{}</p>\n<p><a href=\"/\">Back</a></p>\n",
                                   escape_html(message)));
}

http::Response html_response(std::string html) {
  http::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(html);
  response.headers = {{"Content-Security-Policy",
                       "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'self'; "
                       "base-uri 'none'; frame-ancestors 'none'"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "same-origin"}};
  return response;
}

}  // namespace vidi::api
