#include "api/pages.hpp"

#include <fmt/format.h>

#include <utility>

#include "api/answer.hpp"
#include "api/html.hpp"
#include "api/pages_style.hpp"

namespace vidi::api {
namespace {

std::string layout(std::string_view title, std::string_view content) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">"
      "<style>{}</style></head><body>\n<h1><a href=\"/\">vidi</a></h1>\n{}</body></html>\n",
      escape_html(title), pages_style(), content);
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
std::string known_card(const PageInformation& shown) {
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

std::string reason_of(const records::Prediction& prediction, const PageInformation& shown) {
  if (shown.reason.empty()) return fmt::format("<p class=\"reason\">{}</p>", escape_html(prediction.reason));
  return fmt::format("<p class=\"reason\" lang=\"{}\">{}</p>", escape_html(shown.language), escape_html(shown.reason));
}

std::string answer(const records::Prediction& prediction, const PageInformation& shown) {
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

std::string home_page(const std::optional<records::Prediction>& answered,
                      const std::vector<records::Prediction>& latest, const PageInformation& shown) {
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

std::string prediction_page(const records::Prediction& prediction, const PageInformation& shown) {
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
