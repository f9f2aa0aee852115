#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temp_folder.h"

namespace exporter {
namespace {

TEST(ReadFileTest, GivesEveryByte) {
  const TempFolder folder;
  std::string text(200'000, 'x');
  text += std::string("\0\r\n", 3);

  const Result<FileText> file = ReadFile(folder.Write("f", text), 1U << 20U);

  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->text, text);
}

TEST(ReadFileTest, TakesAFileThatIsJustSmallEnough) {
  const TempFolder folder;
  const std::string path = folder.Write("f", std::string(2048, 'x'));

  EXPECT_TRUE(ReadFile(path, 2048));
  const Result<FileText> larger = ReadFile(path, 2047);

  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().message, "is larger than 1 KiB");
}

TEST(ReadFileTest, SaysWhoMayReadIt) {
  const TempFolder folder;
  const std::string path = folder.Write("f", "x");

  chmod(path.c_str(), 0644);
  EXPECT_TRUE(ReadFile(path, 9)->others_may_read);
  chmod(path.c_str(), 0640);
  EXPECT_FALSE(ReadFile(path, 9)->others_may_read);
}

TEST(ReadFileTest, SaysWhyNot) {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);

  EXPECT_EQ(ReadFile(folder.path() + "/none", 9).error().message,
            "cannot be read: No such file or directory");
  EXPECT_EQ(ReadFile(folder.path(), 9).error().message,
            "cannot be read: Is a directory");
  EXPECT_EQ(ReadFile(pipe, 9).error().message, "is no regular file");
  EXPECT_EQ(ReadFile("/dev/zero", 9).error().message, "is no regular file");
}

}  // namespace
}  // namespace exporter
