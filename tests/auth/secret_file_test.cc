#include "auth/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "auth/watched.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(ReadSecretFileTest, GivesTheTextWithoutTheNewlinesAtItsEnd) {
  const TempFolder folder;
  const struct {
    std::string text;
    std::string secret;
  } kCases[] = {
      {"s3cret", "s3cret"},
      {"s3cret\n", "s3cret"},
      {"s3cret\r\n", "s3cret"},
      {"s3cret\n\n", "s3cret"},
      {" with blanks ", "with blanks"},
      {"\xEF\xBB\xBFs3cret\t\r\n", "s3cret"},
      {"密码", "密码"},
      {std::string(kMaxSecretBytes, 'x'), std::string(kMaxSecretBytes, 'x')},
  };
  for (const auto& [text, secret] : kCases) {
    SCOPED_TRACE(text.substr(0, 20));
    const Result<Secret> read = ReadSecretFile(folder.Write("secret", text));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->Reveal(), secret);
  }
}

TEST(ReadSecretFileTest, KeepsTheBlanksOfAPassword) {
  const TempFolder folder;
  const std::string path =
      folder.Write("password", "\xEF\xBB\xBF with blanks \n");

  EXPECT_EQ(ReadSecretFile(path, SecretForm::kPassword)->Reveal(),
            " with blanks ");
  EXPECT_EQ(FromFile(path, SecretForm::kPassword)()->Reveal(), " with blanks ");
}

TEST(ReadSecretFileTest, RefusesWhatIsNoSecretAndSaysWhyWithoutQuotingIt) {
  const TempFolder folder;
  const struct {
    std::string text;
    const char* why;
  } kCases[] = {
      {"", "is empty"},
      {"\n", "is empty"},
      {"\xEF\xBB\xBF \n", "is empty"},
      {"hush\nX-Evil: 1", "control character"},
      {"hush\rX-Evil: 1", "control character"},
      {"hush\0hush"s, "control character"},
      {"hush\x7F", "control character"},
      {std::string(kMaxSecretBytes + 1, 'x'), "larger than 64 KiB"},
  };
  for (const auto& [text, why] : kCases) {
    SCOPED_TRACE(why);
    const std::string path = folder.Write("secret", text);
    const Result<Secret> read = ReadSecretFile(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::kCredentials);
    EXPECT_NE(read.error().message.find(path), std::string::npos);
    EXPECT_NE(read.error().message.find(why), std::string::npos)
        << read.error().message;
    EXPECT_EQ(read.error().message.find("hush"), std::string::npos);
  }
}

TEST(ReadSecretFileTest, RefusesWhatCannotBeReadOrIsNoFile) {
  const TempFolder folder;
  const std::string pipe = (folder.path() + "/pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);

  const Result<Secret> missing = ReadSecretFile(folder.path() + "/missing");
  const Result<Secret> from_folder = ReadSecretFile(folder.path() + "/.");
  const Result<Secret> from_pipe = ReadSecretFile(pipe);

  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
  ASSERT_FALSE(from_folder);
  EXPECT_NE(from_folder.error().message.find("Is a directory"),
            std::string::npos);
  ASSERT_FALSE(from_pipe);
  EXPECT_NE(from_pipe.error().message.find("no regular file"),
            std::string::npos);
}

TEST(GivenTest, GivesTheSecretUnlessItCouldNotBeSent) {
  EXPECT_EQ(Given(Secret("s3cret"))()->Reveal(), "s3cret");
  EXPECT_FALSE(Given(Secret())());
  EXPECT_FALSE(Given(Secret("a\nb"))());
}

TEST(FitsHeaderTest, RefusesControlCharactersAndWhatIsTooLong) {
  EXPECT_TRUE(FitsHeader(std::string(32768, 'x')));
  EXPECT_FALSE(FitsHeader(std::string(kMaxSecretBytes + 1, 'x')));
  EXPECT_FALSE(FitsHeader(""));
  EXPECT_FALSE(FitsHeader("a\r\nb"));
  EXPECT_FALSE(FitsHeader("a\0b"s));
}

// How files are really replaced.
class ChangingFileTest : public testing::Test {
 protected:
  std::string AfterASecond(Watched<Secret>& watched) {
    clock_.Advance(1s);
    watched.Refresh(clock_.WallNow());
    return watched.Get() ? watched.Get()->Reveal() : "(none)";
  }

  TempFolder folder_;
  FakeClock clock_;
};

TEST_F(ChangingFileTest, IsSeenWhenWrittenInPlaceAtTheSameLengthAndTime) {
  const std::string path = folder_.Write("secret", "old");
  const auto written = std::filesystem::last_write_time(path);
  Watched<Secret> watched(FromFile(path));
  ASSERT_EQ(AfterASecond(watched), "old");

  folder_.Write("secret", "new");
  std::filesystem::last_write_time(path, written);

  EXPECT_EQ(AfterASecond(watched), "new");
}

TEST_F(ChangingFileTest, IsSeenWhenReplacedByARename) {
  const std::string path = folder_.Write("secret", "old");
  Watched<Secret> watched(FromFile(path));
  ASSERT_EQ(AfterASecond(watched), "old");

  std::filesystem::rename(folder_.Write("secret.tmp", "new"), path);

  EXPECT_EQ(AfterASecond(watched), "new");
}

TEST_F(ChangingFileTest, IsSeenWhenKubernetesSwapsTheLinkOfItsFolder) {
  std::filesystem::create_directory(folder_.path() + "/..1");
  std::filesystem::create_directory(folder_.path() + "/..2");
  folder_.Write("..1/secret", "old");
  folder_.Write("..2/secret", "new");
  std::filesystem::create_symlink("..1", (folder_.path() + "/..data"));
  std::filesystem::create_symlink("..data/secret",
                                  (folder_.path() + "/secret"));
  Watched<Secret> watched(FromFile(folder_.path() + "/secret"));
  ASSERT_EQ(AfterASecond(watched), "old");

  std::filesystem::create_symlink("..2", (folder_.path() + "/..data_tmp"));
  std::filesystem::rename(folder_.path() + "/..data_tmp",
                          (folder_.path() + "/..data"));

  EXPECT_EQ(AfterASecond(watched), "new");
}

TEST_F(ChangingFileTest, IsGoneWhenEmptiedOrRemovedAndComesBack) {
  const std::string path = folder_.Write("secret", "old");
  Watched<Secret> watched(FromFile(path));

  folder_.Write("secret", "");
  EXPECT_EQ(AfterASecond(watched), "(none)");
  std::filesystem::remove(path);
  EXPECT_EQ(AfterASecond(watched), "(none)");
  folder_.Write("secret", "new");
  EXPECT_EQ(AfterASecond(watched), "new");
}

}  // namespace
}  // namespace exporter
