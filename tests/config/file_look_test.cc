#include "config/file_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_folder.h"

namespace exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(MatchesTest, TellsNoFilesFromAFolderThatCannotBeRead) {
  const TempFolder folder;
  const std::string b = folder.Write("b.yml", "");
  const std::string a = folder.Write("a.yml", "");
  // A folder that not even root can read.
  std::filesystem::create_symlink("loop", folder.path() + "/loop");

  EXPECT_THAT(Matches(folder.path() + "/*.yml"), Optional(ElementsAre(a, b)));
  EXPECT_THAT(Matches(a), Optional(ElementsAre(a)));
  EXPECT_THAT(Matches(folder.path() + "/*.none"), Optional(IsEmpty()));
  EXPECT_THAT(Matches(folder.path() + "/none"), Optional(IsEmpty()));
  EXPECT_THAT(Matches(a + "/*.yml"), Optional(IsEmpty()));
  EXPECT_EQ(Matches(folder.path() + "/none/*.yml"), std::nullopt);
  EXPECT_EQ(Matches(folder.path() + "/loop/*.yml"), std::nullopt);
}

}  // namespace
}  // namespace exporter
