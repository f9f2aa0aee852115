#include "access/content_security_policy.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

constexpr char kPage[] =
    "default-src 'none'; script-src 'sha256-x'; frame-ancestors 'none'; "
    "form-action 'none'";
constexpr char kPageWithout[] =
    "default-src 'none'; script-src 'sha256-x'; form-action 'none'";

TEST(ContentSecurityPolicyTest, KeepsThePageItsOwn) {
  for (const char* configured :
       {"", "default-src 'self'", "script-src 'none'; sandbox", ";,;",
        "report-uri /frame-ancestors", "frame-ancestors-x *"}) {
    EXPECT_EQ(MergePolicies(kPage, configured), kPage) << configured;
  }
}

TEST(ContentSecurityPolicyTest, LetsTheOperatorSayWhoMayFrameIt) {
  const struct {
    const char* configured;
    const char* added;
  } kCases[] = {
      {"frame-ancestors 'self'", ", frame-ancestors 'self'"},
      {"default-src *; Frame-Ancestors\thttps://a.example ;img-src *",
       ", Frame-Ancestors\thttps://a.example"},
      {"frame-ancestors", ", frame-ancestors"},  // Nobody.
      {"frame-ancestors a; frame-ancestors b", ", frame-ancestors a"},
      {"frame-ancestors a, img-src *, frame-ancestors b",
       ", frame-ancestors a, frame-ancestors b"},
  };
  for (const auto& [configured, added] : kCases) {
    EXPECT_EQ(MergePolicies(kPage, configured),
              std::string(kPageWithout) + added)
        << configured;
  }
}

}  // namespace
}  // namespace exporter
