#include "collect/query_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/captured_log.h"
#include "support/numbered_name.h"

namespace exporter {
namespace {

// What is logged of answers with these words, one after the other.
std::string LogOf(const std::vector<std::string>& words) {
  QueryLog log;
  testing::internal::CaptureStderr();
  for (const std::string& word : words) {
    SyncStatus status;
    status.unknown_word = word;
    log.Answered({"p", "d0"}, status);
  }
  return CapturedLog();
}

TEST(QueryLogTest, TellsOfAWordThatIsNotDocumentedOnce) {
  const std::string log = LogOf({"PAUSED", "", "PAUSED"});

  EXPECT_THAT(log, testing::HasSubstr(
                       "msg=\"the API says a status that is not documented\" "
                       "status=PAUSED project_id=p dataset_id=d0\n"));
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

TEST(QueryLogTest, TellsOfAnOddFieldOnceForEachDataset) {
  const OddField field = {"create_time", "is no integer", ""};
  QueryLog log;
  testing::internal::CaptureStderr();
  log.WasOdd({"p", "a"}, field);
  log.WasOdd({"p", "a"}, field);
  log.WasOdd({"p", "b"}, field);
  log.WasOdd({"p", "a"}, {"task_id", "is no text", ""});
  log.WasOdd({"p", ""}, {"dataset_id", "is missing", ""});
  log.WasOdd({"p", ""}, {"dataset_id", "is no text", ""});
  const std::string told = CapturedLog();

  EXPECT_THAT(told, testing::HasSubstr(
                        "msg=\"the API says an odd field, which counts as "
                        "absent\" field=create_time what=\"is no integer\" "
                        "project_id=p dataset_id=a\n"));
  EXPECT_THAT(told, testing::HasSubstr(
                        "msg=\"the API lists a dataset without a usable id, "
                        "which is left out\" field=dataset_id what=\"is "
                        "missing\" project_id=p\n"));
  EXPECT_EQ(std::ranges::count(told, '\n'), 4);
}

TEST(QueryLogTest, IsNotFloodedByACloudThatMakesUpWords) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i <= 100; ++i) words.push_back(NumberedName("W", i));

  EXPECT_EQ(std::ranges::count(LogOf(words), '\n'), 100);
}

}  // namespace
}  // namespace exporter
