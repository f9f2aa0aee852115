#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace exporter {
namespace {

using ::testing::ElementsAre;

TEST(ErrorKindTest, HasTheDocumentedLabelsInTheirOrder) {
  std::vector<std::string_view> labels;
  for (const ErrorKind reason : kAllReasons) labels.push_back(ToLabel(reason));

  EXPECT_THAT(labels, ElementsAre("timeout", "connect", "tls", "unauthorized",
                                  "forbidden", "not_found", "api_unavailable",
                                  "throttled", "rate_limited", "client_error",
                                  "server_error", "malformed", "too_large",
                                  "credentials"));
}

TEST(WhileTest, PutsWhatWeWereDoingInFront) {
  Error error;
  error.kind = ErrorKind::kTimeout;
  error.message = "deadline passed";
  error.http_status = 504;

  const Error outer = While("listing datasets", error);

  EXPECT_EQ(outer.message, "listing datasets: deadline passed");
  EXPECT_EQ(outer.kind, ErrorKind::kTimeout);
  EXPECT_EQ(outer.http_status, 504);
}

}  // namespace
}  // namespace exporter
