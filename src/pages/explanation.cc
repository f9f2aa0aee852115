#include "pages/explanation.h"

#include "model/advice.h"
#include "pages/html.h"
#include "pages/human_text.h"

namespace exporter {
namespace {

// Enough for any honest message; a body of a megabyte has to stay readable.
constexpr std::size_t kMostTextBytes = 600;

// A code, behind a word that says what it is; nothing when there is none.
void AppendCode(std::string& html, std::string_view label,
                std::string_view text) {
  if (text.empty()) return;
  html += "<span>";
  html += label;
  AppendElement(html, "code", Shorten(text, kMostTextBytes));
  html += "</span> ";
}

// The cloud's own words. The quotation marks stand outside of what may turn the
// direction of writing.
void AppendQuote(std::string& html, std::string_view label,
                 std::string_view text) {
  if (text.empty()) return;
  html += "<span>";
  html += label;
  html += "<q>";
  AppendElement(html, "bdi", Shorten(text, kMostTextBytes));
  html += "</q></span> ";
}

// Whether our message says anything but what the cloud replied, which is shown
// in parts: "HTTP 403 ModelArts.4336: No permission."
bool SaysMoreThanTheReply(const Error& failure) {
  std::string reply = "HTTP " + std::to_string(failure.http_status);
  if (!failure.code.empty()) {
    reply += ' ';
    reply += failure.code;
  }
  if (!failure.message.starts_with(reply)) return true;
  const auto rest = std::string_view(failure.message).substr(reply.size());
  return !rest.empty() &&
         (failure.cloud_text.empty() || !rest.starts_with(": "));
}

}  // namespace

void AppendFailure(std::string& html, std::string_view lead,
                   const Error& failure) {
  html += "<p><b>";
  AppendEscaped(html, lead);
  html += "</b> ";
  if (failure.http_status != 0) {
    html += "<span>HTTP " + std::to_string(failure.http_status) + "</span> ";
  }
  AppendCode(html, "", failure.code);
  AppendQuote(html, "", failure.cloud_text);
  AppendCode(html, "request ", failure.request_id);
  if (SaysMoreThanTheReply(failure)) {
    html += "<p>";
    AppendElement(html, "bdi", Shorten(failure.message, kMostTextBytes));
  }
  html += "<p><strong>";
  html += AdviceFor(failure);
  html += "</strong>";
}

void AppendTaskFailure(std::string& html, const SyncStatus& status) {
  html += "<p><b>task failed</b> ";
  AppendCode(html, "", status.error_code);
  AppendQuote(html, "", status.error_text);
  AppendCode(html, "task ", status.task_id);
  html +=
      "<p><strong>The query went well, the synchronization did not: see the "
      "task in the ModelArts console.</strong>";
}

void AppendUnknownState(std::string& html, const SyncStatus& status) {
  html += "<p><b>unknown state</b> ";
  AppendQuote(html, "the cloud says ", status.unknown_word);
  html +=
      "<p><strong>The documentation of the API has no such state: see whether "
      "a newer version of the exporter knows it.</strong>";
}

}  // namespace exporter
