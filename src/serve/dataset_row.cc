#include "serve/dataset_row.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "model/advice.h"
#include "model/sync_status.h"
#include "serve/html.h"
#include "serve/human_text.h"
#include "serve/outcome_bar.h"
#include "serve/page_state.h"

namespace exporter {
namespace {

// Enough for any honest message; a body of a megabyte has to stay readable.
constexpr std::size_t kMostTextBytes = 600;

void AppendElement(std::string& html, std::string_view tag,
                   std::string_view text) {
  html += '<';
  html += tag;
  html += '>';
  AppendEscaped(html, text);
  html += "</";
  html += tag;
  html += '>';
}

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

void AppendName(std::string& html, const Dataset& dataset) {
  html += "<td>";
  if (!dataset.name.empty()) {
    html += "<b>";
    AppendElement(html, "bdi", dataset.name);
    html += "</b> ";
  }
  AppendElement(html, "code", dataset.key.dataset_id);
  for (const auto& [label, value] : dataset.labels) {
    std::string text = label;
    text += '=';
    text += value;
    html += " <i>";
    AppendElement(html, "bdi", text);
    html += "</i>";
  }
}

void AppendProject(std::string& html, const Dataset& dataset) {
  html += "<td>";
  AppendElement(html, "code", dataset.key.project_id);
  if (!dataset.region.empty()) {
    html += ' ';
    AppendElement(html, "bdi", dataset.region);
  }
}

// The state, and behind a failure what it was when there was an answer.
void AppendState(std::string& html, const Overview::Row& row) {
  html += "<td><em>";
  html += ToText(ToPageState(row));
  html += "</em>";
  if (row.reading.failure && row.last_good) {
    html += " <small>was ";
    html += ToLabel(row.last_good->state);
    html += "</small>";
  }
}

void AppendCount(std::string& html, std::optional<std::int64_t> count) {
  html += "<td>";
  if (count) html += HumanCount(*count);
}

// With the number that it is sorted by.
void AppendSortable(std::string& html, std::int64_t number,
                    std::string_view text) {
  html += "<td data-v=";
  html += std::to_string(number);
  html += '>';
  html += text;
}

void AppendRuntime(std::string& html,
                   std::optional<std::chrono::duration<double>> runtime) {
  if (!runtime) {
    html += "<td>";
    return;
  }
  const double ms = runtime->count() * 1000;
  // A sort key alone: what does not fit is sorted to the end.
  const bool fits = ms >= 0 && ms < 1e18;
  AppendSortable(html, fits ? static_cast<std::int64_t>(ms) : INT64_MAX,
                 HumanSpan(*runtime));
}

void AppendCreated(std::string& html, std::optional<WallTime> created) {
  html += "<td>";
  if (created) html += HumanTime(*created);
}

void AppendAge(std::string& html, std::optional<WallTime> fetched,
               WallTime now) {
  if (!fetched) {
    html += "<td>";
    return;
  }
  AppendSortable(html, (now - *fetched).count(), HumanAge(now - *fetched));
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

// Why there is no answer, and what to do about it.
void AppendFailure(std::string& html, const Error& failure) {
  html += "<td><p><b>";
  html += ToLabel(failure.kind);
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

// What the task itself says was wrong with it.
void AppendTaskFailure(std::string& html, const SyncStatus& status) {
  html += "<td><p><b>task failed</b> ";
  AppendCode(html, "", status.error_code);
  AppendQuote(html, "", status.error_text);
  AppendCode(html, "task ", status.task_id);
  html +=
      "<p><strong>The query went well, the synchronization did not: see the "
      "task in the ModelArts console.</strong>";
}

void AppendUnknownState(std::string& html, const SyncStatus& status) {
  html += "<td><p><b>unknown state</b> ";
  AppendQuote(html, "the cloud says ", status.unknown_word);
  html +=
      "<p><strong>The documentation of the API has no such state: see whether "
      "a newer version of the exporter knows it.</strong>";
}

}  // namespace

void AppendDatasetRow(std::string& html, const Dataset& dataset,
                      const Overview::Row& row, WallTime now) {
  const std::shared_ptr<const SyncStatus>& shown =
      row.reading.status ? row.reading.status : row.last_good;
  static const SyncStatus kNothing;
  const SyncStatus& status = shown ? *shown : kNothing;

  html += "<tr class=";
  html += ToClass(ToPageState(row));
  html += '>';
  AppendName(html, dataset);
  AppendProject(html, dataset);
  AppendState(html, row);
  AppendCount(html, status.total_samples);
  AppendCount(html, status.added_samples);
  AppendCount(html, status.deleted_samples);
  AppendRuntime(html, status.runtime);
  AppendCreated(html, status.created);
  AppendAge(html, row.reading.fetched, now);
  AppendOutcomeBar(html, row.trail);
  if (row.reading.failure) {
    AppendFailure(html, *row.reading.failure);
  } else if (shown && shown->state == SyncState::kFailed) {
    AppendTaskFailure(html, *shown);
  } else if (shown && shown->state == SyncState::kUnknown) {
    AppendUnknownState(html, *shown);
  }
  // An end tag, so that the line feed is no part of the last cell.
  html += "</tr>\n";
}

}  // namespace exporter
