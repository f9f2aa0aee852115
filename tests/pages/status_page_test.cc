#include "pages/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "model/advice.h"
#include "pages/sample_overview.h"
#include "support/whole_body.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string Render(const Overview& overview,
                   const PageContext& context = SampleContext()) {
  return WholeBody(
      RenderStatusPage(std::make_shared<const Overview>(overview), context));
}

std::size_t Count(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

// The part of a page between the tags of its table.
std::string_view TableOf(std::string_view page) {
  const std::size_t begin = page.find("<tbody>");
  return page.substr(begin, page.find("</table>") - begin);
}

TEST(StatusPageTest, ShowsEveryDataset) {
  const Overview overview = SmallOverview();

  const std::string page = Render(overview);

  EXPECT_EQ(Count(TableOf(page), "<tr "), overview.rows.size());
  for (const Dataset& dataset : overview.catalogue->datasets) {
    EXPECT_THAT(page, HasSubstr("<code>" + std::string(dataset.key.dataset_id) +
                                "</code>"));
  }
}

TEST(StatusPageTest, ShowsTheValuesOfAnAnswer) {
  const std::string page = Render(SmallOverview());

  EXPECT_THAT(
      page,
      HasSubstr("<tr class=completed><td><b><bdi>street-signs</bdi></b> "
                "<code>gfghHSokody6AJigS5A</code> "
                "<i><bdi>team=perception</bdi></i> <i><bdi>tier=gold</bdi></i>"
                "<td><code>77b6a44cba5143ab91d13ab9a8ff44fd</code> "
                "<bdi>cn-north-4</bdi>"
                "<td><em>COMPLETED</em>"
                "<td>1,204,331<td>120<td>4"
                "<td data-v=37000>37 s<td>2023-12-31 10:00:00"
                "<td data-v=12000>12 s<td title=\"50 COMPLETED\">"));
}

TEST(StatusPageTest, TellsWhatMaxStaleBridges) {
  Overview overview = SmallOverview();
  overview.rows.front().reading.bridged = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kTimeout, .message = "no reply within 5s"});

  const std::string page = Render(overview);

  EXPECT_THAT(page, HasSubstr("<p><b>last query: timeout</b> "
                              "<p><bdi>no reply within 5s</bdi>"));
  EXPECT_THAT(page, HasSubstr("Until max_stale has passed"));
}

TEST(StatusPageTest, TellsWhichProjectCannotBeListedAndWhy) {
  Overview overview = UnaskedOverview();
  overview.listing_failures.push_back(
      {.project_id = "p<1>",
       .error = std::make_shared<const Error>(
           Error{.kind = ErrorKind::kForbidden,
                 .message = "HTTP 403 ModelArts.4336: No right.",
                 .http_status = 403,
                 .code = "ModelArts.4336",
                 .cloud_text = "No right."})});

  const std::string page = Render(overview);

  EXPECT_THAT(page, HasSubstr("<b>listing the datasets of project p&lt;1&gt; "
                              "fails: forbidden</b> <span>HTTP 403</span>"));
  EXPECT_THAT(page, HasSubstr("modelarts:dataset:listDatasets"));
  EXPECT_EQ(Count(Render(UnaskedOverview()), "<li>"), 0U);
}

TEST(StatusPageTest, HoldsNotKnownForNoneNowhere) {
  Overview overview;
  overview.catalogue = std::make_shared<Catalogue>();
  const std::string none = "No dataset is configured or discovered here.";
  EXPECT_THAT(Render(overview), HasSubstr(none));

  overview.never_listed = {"p<1>", "q"};
  overview.listing_failures.push_back(
      {.project_id = "q",
       .error = std::make_shared<const Error>(
           Error{.kind = ErrorKind::kTimeout, .message = "no reply"})});
  const std::string page = Render(overview);

  EXPECT_THAT(page, Not(HasSubstr(none)));
  EXPECT_THAT(page, HasSubstr("No dataset is known before the first listing."));
  EXPECT_THAT(page, HasSubstr("<li><p><b>the datasets of project p&lt;1&gt; "
                              "are not listed yet</b>"));
  EXPECT_EQ(Count(page, "<li>"), 2U) << "each once";
}

TEST(StatusPageTest, PutsTroubleFirstAndKeepsTheOrderOtherwise) {
  const std::string page = Render(SmallOverview());
  std::size_t before = 0;

  for (const char* name :
       {"cats", "faces-consented", "receipts", "drone-footage", "street-signs",
        "lidar-sweeps-2023", "dashcam-rain", "invoices-de", "night-scenes"}) {
    const std::size_t at = page.find("<bdi>" + std::string(name) + "</bdi>");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, before) << name;
    before = at;
  }
}

TEST(StatusPageTest, SaysOfAFailureAllThatHelps) {
  const std::string page = Render(SmallOverview());

  for (const char* part :
       {"<em>query failed</em> <small>was COMPLETED</small>",
        "<b>unauthorized</b> <span>HTTP 401</span>", "<code>APIG.0301</code>",
        "<q><bdi>Incorrect IAM authentication information: decrypt token "
        "fail</bdi></q>",
        "request <code>9b4f6fb9f2a1c0d3e2c7a1b0c9d8e7f6</code>",
        "status: no reply within 5s</bdi>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST(StatusPageTest, RepeatsNoReplyThatIsShownInParts) {
  const auto times_shown = [](const Error& error) {
    Overview overview = UnaskedOverview();
    overview.rows[0].reading.failure = std::make_shared<const Error>(error);
    return Count(Render(overview), "<bdi>" + error.message + "</bdi>");
  };
  const std::array in_parts{
      Error{.kind = ErrorKind::kServerError,
            .message = "HTTP 503",
            .http_status = 503},
      Error{.kind = ErrorKind::kForbidden,
            .message = "HTTP 403 M.1: No right.",
            .http_status = 403,
            .code = "M.1",
            .cloud_text = "No right."},
  };
  for (const Error& error : in_parts) {
    EXPECT_EQ(times_shown(error), 0U) << error.message;
  }
  const std::array whole{
      Error{.kind = ErrorKind::kMalformed,
            .message = "the reply has no valid JSON",
            .http_status = 200},
      Error{.kind = ErrorKind::kCredentials,
            .message = "asking for a token: HTTP 401 M.1",
            .http_status = 401,
            .code = "M.1"},
      Error{.kind = ErrorKind::kServerError,
            .message = "HTTP 503, twice",
            .http_status = 503},
  };
  for (const Error& error : whole) {
    EXPECT_EQ(times_shown(error), 1U) << error.message;
  }
}

TEST(StatusPageTest, SaysWhatToDoForEveryReason) {
  for (const ErrorKind kind : kAllReasons) {
    Overview overview = UnaskedOverview();
    const Error error{.kind = kind, .message = "something"};
    overview.rows[0].reading.failure = std::make_shared<const Error>(error);

    const std::string page = Render(overview);

    EXPECT_THAT(page, HasSubstr("<strong>" + std::string(AdviceFor(error)) +
                                "</strong>"));
    EXPECT_THAT(page, HasSubstr("1 " + std::string(ToLabel(kind))));
  }
}

TEST(StatusPageTest, SaysWhatTheFailedTaskSaid) {
  const std::string page = Render(SmallOverview());

  EXPECT_THAT(page, HasSubstr("<code>ModelArts.4718</code>"));
  EXPECT_THAT(
      page,
      HasSubstr("<q><bdi>The OBS path obs://acme-raw/cats/ does not exist."
                "</bdi></q>"));
  EXPECT_THAT(page, HasSubstr("the cloud says <q><bdi>PAUSED</bdi></q>"));
}

TEST(StatusPageTest, SumsUp) {
  const std::string page = Render(SmallOverview());

  EXPECT_THAT(page, HasSubstr("<dt>Datasets<dd>10 "));
  EXPECT_THAT(page, HasSubstr("<dt>Failing queries<dd>2 "
                              "<small>1 timeout, 1 unauthorized</small>"));
  EXPECT_THAT(page, HasSubstr("<dt>Last scrape<dd>12 s ago "
                              "<small>2024-01-01 11:59:48 UTC</small>"));
  EXPECT_THAT(page, HasSubstr("<dt>Scrape took<dd>1.32 s <small>of 9.5 s"));
  EXPECT_THAT(page, HasSubstr("<em>COMPLETED</em> <b>2</b>"));
  EXPECT_THAT(page, HasSubstr("<title>(3) 10 datasets"));
}

TEST(StatusPageTest, SaysThatThereWasNoScrapeYet) {
  const std::string page = Render(UnaskedOverview());

  EXPECT_THAT(page, HasSubstr("<dt>Last scrape<dd>none yet"));
  EXPECT_THAT(page, HasSubstr("<td><em>not asked yet</em><td><td><td>"));
}

TEST(StatusPageTest, SaysThatThereAreNoDatasets) {
  Overview overview;
  overview.catalogue = std::make_shared<Catalogue>();

  EXPECT_THAT(Render(overview), HasSubstr("No dataset is configured"));
}

TEST(StatusPageTest, NamesItsShardWhereThereAreSeveral) {
  PageContext context = SampleContext();
  EXPECT_THAT(Render(SmallOverview(), context), Not(HasSubstr("shard")));

  context.shard = {.index = 2, .count = 4};

  EXPECT_THAT(Render(SmallOverview(), context), HasSubstr("in shard 2 of 4"));
}

TEST(StatusPageTest, LinksWithoutLeavingThePrefixOfAProxy) {
  PageContext context = SampleContext();
  context.telemetry_path = "/me\"trics";

  const std::string page = Render(SmallOverview(), context);

  for (const char* link :
       {"href=\"./me&quot;trics\"", "href=\"./api/v1/datasets\"",
        "href=\"./sd\"", "href=\"./config\""}) {
    EXPECT_THAT(page, HasSubstr(link));
  }
}

TEST(StatusPageTest, TakesForeignTextForText) {
  const std::string page = Render(HostileOverview());

  EXPECT_EQ(Count(page, "<script>"), 1U);
  EXPECT_EQ(Count(page, "</script>"), 1U);
  for (const char* tag : {"<img", "<h2", "onmouseover=alert(4) x=\"", "<!--",
                          "<svg onload", "\"'>"}) {
    EXPECT_THAT(page, Not(HasSubstr(tag)));
  }
  EXPECT_TRUE(IsUtf8(page));
  EXPECT_EQ(page.find('\0'), std::string::npos);
}

TEST(StatusPageTest, CutsAMessageThatIsTooLongToRead) {
  // 20,000 characters of four bytes each, if they were all there.
  EXPECT_LT(TableOf(Render(HostileOverview())).size(), 10'000U);
}

TEST(StatusPageTest, NeedsNothingFromElsewhere) {
  const std::string page = Render(SmallOverview());

  EXPECT_THAT(page, Not(HasSubstr(" src=")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr(" style=")));
}

TEST(StatusPageTest, StaysSmallForThousandsOfDatasets) {
  const std::string page = Render(LargeOverview(5000, 0));

  EXPECT_LT(page.size(), 5000U * 1024);
}

TEST(StatusPageTest, LetsNothingRunOrLoadButWhatItWrote) {
  const auto headers = StatusPageHeaders();

  const auto policy =
      std::find_if(headers.begin(), headers.end(), [](const auto& header) {
        return header.first == "Content-Security-Policy";
      });

  ASSERT_NE(policy, headers.end());
  EXPECT_THAT(policy->second,
              testing::MatchesRegex(
                  "default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; "
                  "script-src 'sha256-[A-Za-z0-9+/]{43}='; "
                  "connect-src 'self'; img-src data:; base-uri 'none'; "
                  "form-action 'none'; frame-ancestors 'none'"));
}

}  // namespace
}  // namespace exporter
