#include "pages/status_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string_view>

#include "pages/dataset_row.h"
#include "pages/explanation.h"
#include "pages/hash_source.h"
#include "pages/html.h"
#include "pages/human_text.h"
#include "pages/page_state.h"
#include "pages/rows.h"
#include "pages/status_page_assets.h"

namespace exporter {
namespace {

constexpr std::size_t kBytesOfHead = 32'768;

// What is counted over all rows, once.
struct Summary {
  std::size_t Of(PageState state) const {
    return by_state.at(static_cast<std::size_t>(state));
  }

  std::array<std::size_t, kAllPageStates.size()> by_state{};
  std::map<ErrorKind, std::size_t> by_reason;
};

Summary Summarize(const Overview& overview) {
  Summary summary;
  for (const Overview::Row& row : overview.rows) {
    ++summary.by_state.at(static_cast<std::size_t>(ToPageState(row)));
    if (row.reading.failure) ++summary.by_reason[row.reading.failure->kind];
  }
  return summary;
}

// The rows in the order in which they are shown: trouble first.
std::vector<std::size_t> OrderOfRows(const Overview& overview) {
  std::vector<std::size_t> order(overview.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto calm = [&](std::size_t i) {
    return ToPageState(overview.rows[i]) > PageState::kUnknown;
  };
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t i) { return !calm(i); });
  return order;
}

std::string HumanCount(std::size_t count) {
  return exporter::HumanCount(static_cast<std::int64_t>(count));
}

// --- The parts of the page, from top to bottom -----------------------------

void AppendHead(std::string& html, const Overview& overview,
                const Summary& summary) {
  html +=
      "<!doctype html>\n"
      "<html lang=en>\n"
      "<head>\n"
      "<meta charset=utf-8>\n"
      "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=color-scheme content=\"light dark\">\n"
      "<link rel=icon href=\"data:image/svg+xml,%3Csvg "
      "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath "
      "fill='%232a78d6' d='M1 9h3v6H1zm5-4h3v10H6zm5-4h3v14h-3z'/%3E%3C/"
      "svg%3E\">\n"
      "<noscript><meta http-equiv=refresh content=60></noscript>\n"
      "<title>";
  const std::size_t trouble =
      summary.Of(PageState::kUnanswered) + summary.Of(PageState::kFailed);
  if (trouble > 0) html += '(' + HumanCount(trouble) + ") ";
  html += HumanCount(overview.rows.size());
  html += " datasets \xC2\xB7 ModelArts exporter</title>\n<style>";
  html += kStatusStyle;
  html += "</style>\n</head>\n";
}

void AppendLink(std::string& html, std::string_view path,
                std::string_view text) {
  // Relative, so that links hold behind a proxy that puts a prefix in front;
  // with "./", so that no path reads as a scheme.
  html += "<a href=\".";
  AppendEscaped(html, path);
  html += "\">";
  html += text;
  html += "</a>\n";
}

void AppendTop(std::string& html, const PageContext& context) {
  html += "<header>\n<h1>ModelArts exporter</h1>\n<nav>\n";
  AppendLink(html, context.telemetry_path, "Metrics");
  AppendLink(html, "/api/v1/datasets", "JSON");
  AppendLink(html, "/sd", "Service discovery");
  AppendLink(html, "/config", "Configuration");
  html += "</nav>\n</header>\n";
}

void AppendFigure(std::string& html, std::string_view kind,
                  std::string_view term, std::string_view value,
                  std::string_view more) {
  html += "<div";
  if (!kind.empty()) {
    html += " class=";
    html += kind;
  }
  html += "><dt>";
  html += term;
  html += "<dd>";
  html += value;
  html += " <small>";
  html += more;
  html += "</small></div>\n";
}

// "7 unauthorized, 2 timeout"
std::string Reasons(const Summary& summary) {
  std::string text;
  for (const auto& [kind, count] : summary.by_reason) {
    if (!text.empty()) text += ", ";
    text += HumanCount(count);
    text += ' ';
    text += ToLabel(kind);
  }
  return text;
}

void AppendFigures(std::string& html, const Overview& overview,
                   const Summary& summary, const PageContext& context) {
  html += "<dl id=figures>\n";
  AppendFigure(html, "", "Datasets", HumanCount(overview.rows.size()),
               context.shard.count > 1
                   ? "in shard " + std::to_string(context.shard.index) +
                         " of " + std::to_string(context.shard.count)
                   : "");
  const std::size_t unanswered = summary.Of(PageState::kUnanswered);
  AppendFigure(html, unanswered > 0 ? "bad" : "", "Failing queries",
               HumanCount(unanswered), Reasons(summary));
  const std::size_t failed = summary.Of(PageState::kFailed);
  AppendFigure(html, failed > 0 ? "bad" : "", "Failed tasks",
               HumanCount(failed), "");
  if (!overview.last_scrape) {
    AppendFigure(html, "", "Last scrape", "none yet",
                 "let Prometheus scrape; this page asks the cloud nothing");
  } else {
    const std::chrono::milliseconds age = context.now - *overview.last_scrape;
    AppendFigure(html, "", "Last scrape", HumanAge(age) + " ago",
                 HumanTime(*overview.last_scrape) + " UTC");
    AppendFigure(html, "", "Scrape took", HumanSpan(overview.scrape_duration),
                 "of " + HumanSpan(overview.scrape_budget));
  }
  html += "</dl>\n";
}

// All datasets as one bar, a stretch for each state.
void AppendShares(std::string& html, const Summary& summary,
                  std::size_t total) {
  html +=
      "<svg id=shares viewBox=\"0 0 1000 1\" preserveAspectRatio=none "
      "aria-hidden=true>";
  std::size_t before = 0;
  const auto place = [total](std::size_t count) {
    return count * 1000 / std::max<std::size_t>(total, 1);
  };
  for (const PageState state : kAllPageStates) {
    const std::size_t count = summary.Of(state);
    if (count == 0) continue;
    const std::size_t left = place(before);
    before += count;
    // One dataset in thousands still has to be seen.
    const std::size_t width = std::max<std::size_t>(place(before) - left, 4);
    html += "<path class=";
    html += ToClass(state);
    html += " d=\"M" + std::to_string(left) + " 0h" + std::to_string(width) +
            "v1h-" + std::to_string(width) + "z\"/>";
  }
  html += "</svg>\n";
}

// Where discovery is blind, which no row can show.
void AppendListingFailures(std::string& html, const Overview& overview) {
  html += "<ul id=listings>\n";
  for (const auto& [project_id, error] : overview.listing_failures) {
    html += "<li>";
    AppendFailure(html,
                  "listing the datasets of project " + project_id +
                      " fails: " + std::string(ToLabel(error->kind)),
                  *error);
    html += '\n';
  }
  for (const std::string& project_id : overview.never_listed) {
    const bool is_told = std::ranges::any_of(
        overview.listing_failures,
        [&](const auto& failure) { return failure.project_id == project_id; });
    if (is_told) continue;
    html += "<li><p><b>the datasets of project ";
    AppendEscaped(html, project_id);
    html += " are not listed yet</b>\n";
  }
  html += "</ul>\n";
}

// One button for each state; the script makes them filters.
void AppendStates(std::string& html, const Summary& summary) {
  html += "<div id=states role=group aria-label=\"Show only\">\n";
  for (const PageState state : kAllPageStates) {
    const std::size_t count = summary.Of(state);
    html += "<button type=button disabled class=\"";
    html += ToClass(state);
    if (count == 0) html += " none";
    html += "\"><em>";
    html += ToText(state);
    html += "</em> <b>" + HumanCount(count) + "</b></button>\n";
  }
  html += "</div>\n";
}

// Hidden until the script is there to do what it offers.
constexpr std::string_view kControls =
    "<div id=controls hidden>\n"
    "<input id=filter type=search placeholder=\"Filter by any text\" "
    "aria-label=\"Filter by any text\" autocomplete=off spellcheck=false "
    "dir=auto>\n"
    "<select id=order aria-label=\"Sort by\"></select>\n"
    "<output id=shown></output>\n"
    "<span id=news role=status></span>\n"
    "<button id=pause type=button aria-pressed=false>Pause</button>\n"
    "</div>\n";

// The script sorts by the names that stand in data-sort.
constexpr std::string_view kTableHead =
    "<table>\n"
    "<caption>Latest synchronization task of each dataset</caption>\n"
    "<thead><tr>"
    "<th scope=col><span data-sort=name>Name</span> "
    "<span data-sort=dataset>Dataset</span>"
    "<th scope=col><span data-sort=project>Project</span> "
    "<span data-sort=region>Region</span>"
    "<th scope=col><span data-sort=state>State</span>"
    "<th scope=col><span data-sort=samples>Samples</span>"
    "<th scope=col><span data-sort=added>Added</span>"
    "<th scope=col><span data-sort=deleted>Deleted</span>"
    "<th scope=col><span data-sort=runtime>Running time</span>"
    "<th scope=col><span data-sort=created>Created (UTC)</span>"
    "<th scope=col><span data-sort=age>Age</span>"
    "<th scope=col>Last 50 outcomes"
    "<tbody>\n";

void AppendTableEnd(std::string& html, const Overview& overview) {
  html += "</table>\n";
  // Always there, so that a refresh can show or hide it.
  html += overview.rows.empty() ? "<p id=empty>" : "<p id=empty hidden>";
  html += overview.never_listed.empty()
              ? "No dataset is configured or discovered here.</p>\n"
              : "No dataset is known before the first listing.</p>\n";
}

void AppendBottom(std::string& html, const PageContext& context) {
  html += "<footer>modelarts_exporter ";
  AppendEscaped(html, context.version);
  if (!context.revision.empty()) {
    html += " (";
    AppendEscaped(html, context.revision);
    html += ')';
  }
  html += ", up for " + HumanAge(context.now - context.started) +
          ". Looking at this page asks the cloud nothing.</footer>\n";
}

}  // namespace

BodySource RenderStatusPage(std::shared_ptr<const Overview> overview,
                            const PageContext& context) {
  const Summary summary = Summarize(*overview);
  std::string head;
  head.reserve(kBytesOfHead);
  AppendHead(head, *overview, summary);
  head +=
      "<body data-refresh=" + std::to_string(context.refresh.count()) + ">\n";
  AppendTop(head, context);
  head += "<main>\n";
  AppendFigures(head, *overview, summary, context);
  AppendListingFailures(head, *overview);
  AppendShares(head, summary, overview->rows.size());
  AppendStates(head, summary);
  head += kControls;
  head += kTableHead;

  std::string tail;
  AppendTableEnd(tail, *overview);
  tail += "</main>\n";
  AppendBottom(tail, context);
  tail += "<script>";
  tail += kStatusScript;
  tail += "</script>\n</body>\n</html>\n";

  std::vector<std::size_t> order = OrderOfRows(*overview);
  const std::size_t count = order.size();
  auto append = [overview = std::move(overview), order = std::move(order),
                 now = context.now](std::string& html, std::size_t row) {
    const std::size_t i = order[row];
    AppendDatasetRow(html, overview->catalogue->datasets.at(i),
                     overview->rows[i], now);
  };
  return MakeRows(std::move(head), count, std::move(append), std::move(tail));
}

std::vector<std::pair<std::string, std::string>> StatusPageHeaders() {
  static const std::string kPolicy =
      "default-src 'none'; style-src " + HashSource(kStatusStyle) +
      "; script-src " + HashSource(kStatusScript) +
      "; connect-src 'self'; img-src data:; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'";
  return {{"Content-Security-Policy", kPolicy},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cache-Control", "no-store"}};
}

}  // namespace exporter
