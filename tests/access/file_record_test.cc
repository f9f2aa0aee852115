#include "access/file_record.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_folder.h"

namespace exporter {
namespace {

constexpr std::size_t kMax = 1024;

TEST(FileRecordTest, HoldsWhileAllFilesSayTheSame) {
  const TempFolder folder;
  FileRecord record;
  EXPECT_EQ(record.Read(folder.Write("a", "1"), kMax)->text, "1");
  EXPECT_FALSE(record.Read(folder.path() + "/none", kMax));
  EXPECT_TRUE(record.StillHolds());

  folder.Write("a", "1");  // Written again, with the same in it.
  EXPECT_TRUE(record.StillHolds());

  folder.Write("a", "2");
  EXPECT_FALSE(record.StillHolds());
}

TEST(FileRecordTest, DoesNotHoldWhenAFileComesOrGoes) {
  const TempFolder folder;
  FileRecord there;
  FileRecord missing;
  (void)there.Read(folder.Write("there", ""), kMax);
  (void)missing.Read(folder.path() + "/missing", kMax);

  std::filesystem::remove(folder.path() + "/there");
  folder.Write("missing", "");

  EXPECT_FALSE(there.StillHolds());
  EXPECT_FALSE(missing.StillHolds());
}

}  // namespace
}  // namespace exporter
