#include "base/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace exporter {
namespace {

using ::testing::MatchesRegex;

TEST(VersionTest, IsThreeNumbers) {
  EXPECT_THAT(std::string(Version()), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(VersionTest, NamesTheCommitAndTheCompiler) {
  EXPECT_THAT(std::string(Revision()), MatchesRegex("[0-9a-f]{7,40}|unknown"));
  EXPECT_THAT(std::string(Compiler()), MatchesRegex("[A-Za-z]+ [0-9.]+"));
}

}  // namespace
}  // namespace exporter
