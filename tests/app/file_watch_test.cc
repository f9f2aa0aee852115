#include "app/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/captured_log.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class FileWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.Write("a.yml", "one");
    folder_.Write("b.yml", "one");
    watch_.Watch(LooksNow({pattern_}));
  }

  static FileLooks LooksNow(const std::vector<std::string>& patterns) {
    FileLooks looks;
    for (const auto& pattern : patterns) looks[pattern] = LookAt(pattern);
    return looks;
  }

  TempFolder folder_;
  const std::string pattern_ = folder_.path() + "/*.yml";
  FileWatch watch_;
  SteadyTime now_ = SteadyTime(1h);
};

TEST_F(FileWatchTest, SeesNothingWhereNothingHappens) {
  EXPECT_FALSE(watch_.Changed(now_));
  folder_.Write("c.txt", "of no pattern");
  EXPECT_FALSE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesAFileWrittenInPlaceOnce) {
  folder_.Write("a.yml", "another");
  EXPECT_TRUE(watch_.Changed(now_));
  EXPECT_FALSE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesAFileOfEqualSizeRenamedOver) {
  std::filesystem::rename(folder_.Write("a.yml.new", "two"),
                          folder_.path() + "/a.yml");
  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesFilesThatComeAndGo) {
  folder_.Write("c.yml", "");
  EXPECT_TRUE(watch_.Changed(now_));
  std::filesystem::remove(folder_.path() + "/b.yml");
  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesThatAnEmptyFolderCannotBeReadAnyMore) {
  const std::string empty = folder_.path() + "/empty";
  std::filesystem::create_directory(empty);
  watch_.Watch(LooksNow({empty + "/*.yml"}));

  std::filesystem::remove(empty);
  std::filesystem::create_symlink("empty", empty);

  EXPECT_TRUE(watch_.Changed(now_));
  EXPECT_FALSE(watch_.Changed(now_));
}

// As Kubernetes replaces a ConfigMap: file -> ..data/file, ..data -> a folder.
TEST_F(FileWatchTest, SeesASymlinkBehindASymlinkThatPointsElsewhere) {
  const std::string root = folder_.path();
  for (const std::string& version : {"v1"s, "v2"s}) {
    std::filesystem::create_directory(root + "/" + version);
    folder_.Write(version + "/mounted.yml", "same");
  }
  std::filesystem::create_symlink("v1", root + "/..data");
  std::filesystem::create_symlink("..data/mounted.yml", root + "/mounted.yml");
  ASSERT_TRUE(watch_.Changed(now_));

  std::filesystem::create_symlink("v2", root + "/..data_tmp");
  std::filesystem::rename(root + "/..data_tmp", root + "/..data");

  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesAChangeBetweenTheLookAndTheWatch) {
  const FileLooks looks = LooksNow({pattern_});
  folder_.Write("a.yml", "another");
  watch_.Watch(looks);
  EXPECT_TRUE(watch_.Changed(now_));
  EXPECT_FALSE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, SeesFilesOfARefusedConfigurationUntilTheNextOne) {
  const std::string refused = folder_.Write("refused.txt", "one");
  watch_.WatchRefused(LooksNow({refused, pattern_}));
  EXPECT_FALSE(watch_.Changed(now_));
  folder_.Write("refused.txt", "another");
  EXPECT_TRUE(watch_.Changed(now_));
  folder_.Write("a.yml", "another");
  EXPECT_TRUE(watch_.Changed(now_));
  EXPECT_FALSE(watch_.Changed(now_));

  watch_.WatchRefused({});
  folder_.Write("refused.txt", "a third one");
  EXPECT_FALSE(watch_.Changed(now_));
  folder_.Write("a.yml", "a third one");
  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, BeginsAnewWithOtherPatterns) {
  folder_.Write("a.yml", "another");
  watch_.Watch(LooksNow({folder_.path() + "/b.yml"}));
  EXPECT_FALSE(watch_.Changed(now_));
  folder_.Write("a.yml", "and another");
  EXPECT_FALSE(watch_.Changed(now_));
  folder_.Write("b.yml", "another");
  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, HoldsAPatternThatMatchesNothingAnyLonger) {
  testing::internal::CaptureStderr();
  std::filesystem::remove(folder_.path() + "/a.yml");
  std::filesystem::remove(folder_.path() + "/b.yml");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(watch_.Changed(now_ + i * 1s));
  }
  const std::string log = CapturedLog();
  EXPECT_NE(log.find("level=warn"), std::string::npos) << log;
  EXPECT_NE(log.find("pattern=" + pattern_), std::string::npos) << log;
  EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;

  EXPECT_FALSE(watch_.Changed(now_ + 5min - 1s));
  EXPECT_TRUE(watch_.Changed(now_ + 5min));
  EXPECT_FALSE(watch_.Changed(now_ + 6min));
}

TEST_F(FileWatchTest, HoldsEveryChangeWhileAPatternMatchesNothing) {
  const std::string other = folder_.Write("other.yaml", "one");
  watch_.Watch(LooksNow({pattern_, other}));
  std::filesystem::remove(folder_.path() + "/a.yml");
  std::filesystem::remove(folder_.path() + "/b.yml");
  folder_.Write("other.yaml", "another");
  EXPECT_FALSE(watch_.Changed(now_));

  folder_.Write("a.yml", "written again");
  EXPECT_TRUE(watch_.Changed(now_ + 1s));

  std::filesystem::remove(folder_.path() + "/a.yml");
  EXPECT_FALSE(watch_.Changed(now_ + 4min));
  EXPECT_FALSE(watch_.Changed(now_ + 9min - 1s));
  EXPECT_TRUE(watch_.Changed(now_ + 9min));
}

TEST_F(FileWatchTest, HoldsNoFileThatIsNamed) {
  watch_.Watch(LooksNow({folder_.path() + "/a.yml"}));
  std::filesystem::remove(folder_.path() + "/a.yml");

  EXPECT_TRUE(watch_.Changed(now_));
}

TEST_F(FileWatchTest, HoldsNothingThatWasReadOnPurpose) {
  std::filesystem::remove(folder_.path() + "/a.yml");
  std::filesystem::remove(folder_.path() + "/b.yml");
  EXPECT_FALSE(watch_.Changed(now_));

  watch_.Watch(LooksNow({pattern_}));  // As a reload does.
  folder_.Write("a.yml", "new");

  EXPECT_TRUE(watch_.Changed(now_ + 1s));
}

}  // namespace
}  // namespace exporter
