#include "pages/dataset_row.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "model/sync_status.h"
#include "pages/explanation.h"
#include "pages/html.h"
#include "pages/human_text.h"
#include "pages/outcome_bar.h"
#include "pages/page_state.h"

namespace exporter {
namespace {

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
    html += "<td>";
    AppendFailure(html, ToLabel(row.reading.failure->kind),
                  *row.reading.failure);
  } else if (row.reading.bridged) {
    html += "<td>";
    AppendFailure(
        html, "last query: " + std::string(ToLabel(row.reading.bridged->kind)),
        *row.reading.bridged);
    html += "<p>Until max_stale has passed, the answer before it counts.";
  } else if (shown && shown->state == SyncState::kFailed) {
    html += "<td>";
    AppendTaskFailure(html, *shown);
  } else if (shown && shown->state == SyncState::kUnknown) {
    html += "<td>";
    AppendUnknownState(html, *shown);
  }
  // An end tag, so that the line feed is no part of the last cell.
  html += "</tr>\n";
}

}  // namespace exporter
