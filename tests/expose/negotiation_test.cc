#include "expose/negotiation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

void ExpectFormat(std::string_view accept, Format format) {
  EXPECT_EQ(NegotiateFormat(accept), format) << '"' << accept << '"';
}

// As these programs send it: Debian 12's, 13's and forky's Prometheus and both
// VictoriaMetrics were asked, Telegraf's is from its source.
TEST(NegotiateFormatTest, AnswersWhatScrapersAskFor) {
  constexpr std::string_view kProtobuf =
      "application/vnd.google.protobuf;proto=io.prometheus.client."
      "MetricFamily;encoding=delimited";
  const struct {
    const char* scraper;
    std::string accept;
    Format format;
  } kCases[] = {
      {"Prometheus 2.5",
       "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;"
       "q=0.5,*/*;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 2.42",
       "application/openmetrics-text;version=1.0.0,application/"
       "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
       "*/*;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 2.42 with native histograms",
       std::string(kProtobuf) +
           ",application/openmetrics-text;version=1.0.0;q=0.8,application/"
           "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;"
           "q=0.5,*/*;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 2.53",
       "application/openmetrics-text;version=1.0.0;q=0.5,application/"
       "openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,"
       "*/*;q=0.2",
       Format::kOpenMetrics},
      {"Prometheus 2.53 with native histograms",
       std::string(kProtobuf) +
           ";q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,"
           "application/openmetrics-text;version=0.0.1;q=0.3,text/plain;"
           "version=0.0.4;q=0.2,*/*;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 3.0",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;"
       "version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;"
       "q=0.2,/;q=0.1",
       Format::kOpenMetrics},
      {"Prometheus 3.5",
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;"
       "version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;"
       "q=0.3,*/*;q=0.2",
       Format::kOpenMetrics},
      {"Prometheus that wants text", "text/plain;version=0.0.4;q=0.2,/;q=0.1",
       Format::kText},
      {"One that reads OpenMetrics 2.0",
       "application/openmetrics-text;version=2.0.0;escaping=allow-utf-8;q=0.7,"
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;"
       "version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;"
       "q=0.3,*/*;q=0.2",
       Format::kOpenMetrics2},
      {"VictoriaMetrics 1.79 and 1.145",
       "text/plain;version=0.0.4;q=1,*/*;q=0.1", Format::kText},
      {"Telegraf",
       std::string(kProtobuf) + ";q=0.7,text/plain;version=0.0.4;q=0.3",
       Format::kText},
      {"curl", "*/*", Format::kText},
  };
  for (const auto& [scraper, accept, format] : kCases) {
    SCOPED_TRACE(scraper);
    ExpectFormat(accept, format);
  }
}

TEST(NegotiateFormatTest, AnswersTextUnlessOpenMetricsIsNamed) {
  constexpr char kBrowser[] =
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
      "image/webp,*/*;q=0.8";
  for (const char* accept :
       {"", " ", ",", ",,;,", "*/*", "*/*;q=0.1", "text/*", "text/plain",
        "text/html", "image/png", "*/*;q=0", "application/json",
        "application/vnd.google.protobuf", kBrowser}) {
    ExpectFormat(accept, Format::kText);
  }
}

TEST(NegotiateFormatTest, TakesTheFormatOfHigherQuality) {
  ExpectFormat("text/plain;q=0.4,application/openmetrics-text;q=0.5",
               Format::kOpenMetrics);
  ExpectFormat("text/plain;q=0.5,application/openmetrics-text;q=0.4",
               Format::kText);
  ExpectFormat("application/openmetrics-text;q=0.999,text/plain",
               Format::kText);
  ExpectFormat("application/openmetrics-text;q=0.001", Format::kOpenMetrics);
  ExpectFormat("*/*;q=0.9,application/openmetrics-text;q=0.8", Format::kText);
}

TEST(NegotiateFormatTest, TakesTheFirstNamedOfTheSameQuality) {
  ExpectFormat("application/openmetrics-text,text/plain", Format::kOpenMetrics);
  ExpectFormat("text/plain,application/openmetrics-text", Format::kText);
  ExpectFormat("application/openmetrics-text,text/plain;version=0.0.4",
               Format::kOpenMetrics);
  ExpectFormat("*/*,application/openmetrics-text", Format::kOpenMetrics);
  ExpectFormat("text/*,application/openmetrics-text", Format::kOpenMetrics);
  ExpectFormat("application/*,text/plain", Format::kText);
}

TEST(NegotiateFormatTest, MatchesAWildcardOverOneFormat) {
  ExpectFormat("application/*", Format::kOpenMetrics);
  ExpectFormat("application/*;q=0.2,text/*;q=0.1", Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, LetsTheMoreSpecificOfTwoOffersCount) {
  ExpectFormat("text/plain;q=0,*/*", Format::kOpenMetrics);
  ExpectFormat("application/openmetrics-text;q=0,*/*", Format::kText);
  ExpectFormat("application/openmetrics-text;q=0.1,*/*;q=0.5", Format::kText);
  ExpectFormat(
      "application/openmetrics-text;version=1.0.0,"
      "application/openmetrics-text;q=0",
      Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, LetsTheBetterOfTwoEqualOffersCount) {
  ExpectFormat(
      "application/openmetrics-text;q=0.9,application/openmetrics-text;q=0.1,"
      "text/plain;q=0.5",
      Format::kOpenMetrics);
  ExpectFormat(
      "application/openmetrics-text;q=0.1,application/openmetrics-text;q=0.9,"
      "text/plain;q=0.5",
      Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, NeverAnswersWhatIsRefused) {
  for (const char* zero : {"0", "0.0", "0.000", "00", "0."}) {
    const std::string accept =
        std::string("application/openmetrics-text;q=") + zero;
    ExpectFormat(accept, Format::kText);
  }
}

TEST(NegotiateFormatTest, AnswersTheVersionThatIsNamed) {
  ExpectFormat("application/openmetrics-text;version=1.0.0",
               Format::kOpenMetrics);
  ExpectFormat("application/openmetrics-text;version=\"1.0.0\"",
               Format::kOpenMetrics);
  for (const char* accept :
       {"application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text; version=2.0.0; charset=utf-8",
        "application/openmetrics-text;charset=utf-8;version=\"2.0.0\";q=0.1",
        "application/openmetrics-text;version=2.0.0;escaping=underscores",
        "APPLICATION/OPENMETRICS-TEXT;VERSION=2.0.0",
        " application/openmetrics-text ;\tversion = 2.0.0 ; q = 1 ",
        "*/*,application/openmetrics-text;version=2.0.0",
        "application/*,application/openmetrics-text;version=2.0.0",
        "text/plain;q=0.9,application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;version=2.0.0;q=0.5,*/*;q=0.4"}) {
    ExpectFormat(accept, Format::kOpenMetrics2);
  }
  ExpectFormat("text/plain;version=1.0.0,application/openmetrics-text;q=0.1",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, AnswersTheOldestVersionUnlessAnotherIsNamed) {
  for (const char* accept :
       {"application/openmetrics-text", "application/openmetrics-text;version",
        "application/openmetrics-text;version=",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=2",
        "application/openmetrics-text;version=2.0",
        "application/openmetrics-text;version=2.0.0-rc0",
        "application/openmetrics-text;version=02.0.0",
        "application/openmetrics-text;version=3.0.0",
        "application/openmetrics-text;version=0.0.4",
        "application/openmetrics-text;version=\"2.0.0",
        "application/openmetrics-text;versions=2.0.0",
        "application/openmetrics-text;x=\"version=2.0.0\"",
        "application/openmetrics-text;version=3.0.0,text/plain",
        "application/*;version=1.0.0"}) {
    ExpectFormat(accept, Format::kOpenMetrics);
  }
  for (const char* wildcard :
       {"*/*;version=2.0.0", "application/*;version=2.0.0",
        "application/*;version=3.0.0", "text/plain;version=2.0.0"}) {
    ExpectFormat(wildcard, Format::kText);
  }
}

TEST(NegotiateFormatTest, ChoosesAmongVersionsAsAmongFormats) {
  constexpr char kFirst[] = "application/openmetrics-text;version=1.0.0";
  constexpr char kSecond[] = "application/openmetrics-text;version=2.0.0";
  const auto offers = [](std::string a, const char* a_quality, std::string b,
                         const char* b_quality) {
    return std::move(a) + a_quality + "," + std::move(b) + b_quality;
  };
  ExpectFormat(offers(kFirst, "", kSecond, ""), Format::kOpenMetrics);
  ExpectFormat(offers(kSecond, "", kFirst, ""), Format::kOpenMetrics2);
  ExpectFormat(offers(kFirst, ";q=0.4", kSecond, ";q=0.5"),
               Format::kOpenMetrics2);
  ExpectFormat(offers(kSecond, ";q=0.4", kFirst, ";q=0.5"),
               Format::kOpenMetrics);
  ExpectFormat(offers(kSecond, ";q=0.4", "text/plain", ";q=0.5"),
               Format::kText);
  ExpectFormat(offers("application/openmetrics-text", "", kSecond, ";q=0.5"),
               Format::kOpenMetrics);
  ExpectFormat(offers("application/openmetrics-text", ";q=0.5", kSecond, ""),
               Format::kOpenMetrics2);
}

TEST(NegotiateFormatTest, RefusesAVersionAlone) {
  ExpectFormat("application/openmetrics-text;version=2.0.0;q=0", Format::kText);
  ExpectFormat(
      "application/openmetrics-text;version=2.0.0;q=0,application/"
      "openmetrics-text;q=0.1",
      Format::kOpenMetrics);
  ExpectFormat(
      "application/openmetrics-text;q=0,application/openmetrics-text;"
      "version=2.0.0",
      Format::kOpenMetrics2);
  ExpectFormat("application/openmetrics-text;version=3.0.0;q=0,application/*",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, TakesAKnownVersionRatherThanGuessAtAnUnknownOne) {
  ExpectFormat(
      "application/openmetrics-text;version=2.1.0,application/"
      "openmetrics-text;version=2.0.0;q=0.5,text/plain;q=0.4",
      Format::kOpenMetrics2);
  ExpectFormat(
      "application/openmetrics-text;version=2.1.0,application/"
      "openmetrics-text;version=2.0.0;q=0,text/plain;q=0.4",
      Format::kOpenMetrics);
  ExpectFormat(
      "application/openmetrics-text;version=0.0.1;q=0.9,application/"
      "openmetrics-text;version=1.0.0;q=0.3,text/plain;q=0.5",
      Format::kText);
}

TEST(NegotiateFormatTest, ReadsNamesInAnyCaseAndBlanksAnywhere) {
  ExpectFormat("Application/OpenMetrics-Text; Version=1.0.0; Q=1",
               Format::kOpenMetrics);
  ExpectFormat(" \tapplication/openmetrics-text \t; version = 1.0.0\t;q= 0.5 ,",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, PassesOverParametersItDoesNotKnow) {
  ExpectFormat("application/openmetrics-text;charset=utf-8;a;=;;b=\"x,y;z\"",
               Format::kOpenMetrics);
  ExpectFormat(R"(application/openmetrics-text;b="\",text/plain;\"";q=0.5)",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, TakesNothingInQuotesForAMember) {
  ExpectFormat(R"(*/*;a=",application/openmetrics-text,")", Format::kText);
  ExpectFormat(R"(*/*;a="\",application/openmetrics-text,")", Format::kText);
  ExpectFormat(R"(*/*;a=",application/openmetrics-text)", Format::kText);
  ExpectFormat(R"(application/openmetrics-text;a=";q=0;")",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, PassesOverMalformedMembers) {
  for (const char* member : {"/;q=0.1",
                             "*",
                             "*;q=1",
                             "/",
                             "a/",
                             "/b",
                             ";",
                             ";q=1",
                             "=",
                             "\"",
                             "application/openmetrics-text;q=",
                             "application/openmetrics-text;q=.",
                             "application/openmetrics-text;q=2",
                             "application/openmetrics-text;q=1.1",
                             "application/openmetrics-text;q=-1",
                             "application/openmetrics-text;q=1e0",
                             "application/openmetrics-text;q=nan",
                             "application/openmetrics-text;q=0,5",
                             "application/openmetrics-text;q=\"1\"",
                             "*/openmetrics-text",
                             "application/openmetrics-text/1",
                             "application openmetrics-text"}) {
    ExpectFormat(member, Format::kText);
    if (member[0] == '"') continue;  // Quotes what follows as well.
    ExpectFormat(std::string(member) + ",application/openmetrics-text;q=0.5",
                 Format::kOpenMetrics);
  }
}

TEST(NegotiateFormatTest, ReadsQualitiesAsClientsWriteThem) {
  ExpectFormat("text/plain;q=.4,application/openmetrics-text;q=.5",
               Format::kOpenMetrics);
  ExpectFormat("text/plain;q=0.9999,application/openmetrics-text;q=1.",
               Format::kOpenMetrics);
}

TEST(NegotiateFormatTest, TakesTimeLinearInAHostileHeader) {
  for (const std::string_view piece :
       {",", ";", "\"", "\"\\", "*/*,", "a/b;", "text/plain;q=0.1,", "=", "/",
        "application/openmetrics-text;version=\"", "q=0."}) {
    std::string accept;
    while (accept.size() < 1'000'000) accept += piece;

    const auto begin = std::chrono::steady_clock::now();
    NegotiateFormat(accept);

    // Quadratic time would be minutes.
    EXPECT_LT(std::chrono::steady_clock::now() - begin,
              std::chrono::seconds(10))
        << piece;
  }
}

TEST(ContentTypeTest, NamesFormatVersionAndCharset) {
  EXPECT_EQ(ContentType(Format::kText),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(Format::kOpenMetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_EQ(ContentType(Format::kOpenMetrics2),
            "application/openmetrics-text; version=2.0.0; charset=utf-8");
}

}  // namespace
}  // namespace exporter
