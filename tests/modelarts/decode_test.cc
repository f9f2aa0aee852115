#include "modelarts/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// `fields` and a status, as a reply's body.
std::string With(const std::string& fields) {
  return R"({"status":"RUNNING",)" + fields + "}";
}

Result<SyncStatus> Decode(std::string_view body) {
  return DecodeSyncStatus(body, DurationUnit::kSeconds);
}

TEST(DecodeSyncStatusTest, ReadsTheOneReplyTheReferenceShows) {
  const auto status =
      Decode(R"({"status":"COMPLETED","dataset_id":"gfghHSokody6AJigS5A"})");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kCompleted);
  EXPECT_FALSE(status->total_samples);
  EXPECT_FALSE(status->added_samples);
  EXPECT_FALSE(status->deleted_samples);
  EXPECT_FALSE(status->created);
  EXPECT_FALSE(status->runtime);
  EXPECT_EQ(status->task_id, "");
  EXPECT_EQ(status->error_code, "");
  EXPECT_EQ(status->error_text, "");
  EXPECT_EQ(status->unknown_word, "");
}

TEST(DecodeSyncStatusTest, ReadsEveryFieldOfTheReference) {
  const auto status = Decode(R"({
    "dataset_id": "another",
    "status": "FAILED",
    "total_sample_count": 9223372036854775807,
    "add_sample_count": 9007199254740993,
    "deleted_sample_count": 0,
    "create_time": 1606114833874,
    "duration_time": 37,
    "task_id": "T1",
    "error_code": "ModelArts.4360",
    "error_msg": "Sync \"data\"\nsource \u00e4\ud83d\ude00 error"})");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kFailed);
  EXPECT_EQ(status->total_samples, INT64_MAX);
  EXPECT_EQ(status->added_samples, 9007199254740993);  // No double holds it.
  EXPECT_EQ(status->deleted_samples, 0);
  EXPECT_EQ(status->created, WallTime(1606114833874ms));
  EXPECT_EQ(status->runtime, 37s);
  EXPECT_EQ(status->task_id, "T1");
  EXPECT_EQ(status->error_code, "ModelArts.4360");
  EXPECT_EQ(status->error_text,
            "Sync \"data\"\nsource \xC3\xA4\xF0\x9F\x98\x80 error");
}

TEST(DecodeSyncStatusTest, KnowsAllSixStates) {
  for (const SyncState state : kAllSyncStates) {
    const auto status =
        Decode(R"({"status":")" + std::string(ToLabel(state)) + "\"}");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->state, state);
  }
}

TEST(DecodeSyncStatusTest, TakesTheUnitOfTheDurationFromTheCaller) {
  constexpr char kBody[] = R"({"status":"RUNNING","duration_time":1500})";

  EXPECT_EQ(DecodeSyncStatus(kBody, DurationUnit::kSeconds)->runtime, 1500s);
  EXPECT_EQ(DecodeSyncStatus(kBody, DurationUnit::kMilliseconds)->runtime,
            1500ms);
}

TEST(DecodeSyncStatusTest, TakesAStatusItDoesNotKnowAsUnknownAndKeepsTheWord) {
  const auto status = Decode(R"({"status":"PAUSED"})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, SyncState::kUnknown);
  EXPECT_EQ(status->unknown_word, "PAUSED");

  EXPECT_EQ(Decode(R"({"status":"completed"})")->state, SyncState::kUnknown);
  EXPECT_EQ(Decode(R"({"status":""})")->state, SyncState::kUnknown);
}

TEST(DecodeSyncStatusTest, TakesNullForAbsent) {
  const auto status =
      Decode(With(R"("total_sample_count":null,"add_sample_count":null,
              "deleted_sample_count":null,"create_time":null,
              "duration_time":null,"task_id":null,"error_code":null,
              "error_msg":null,"dataset_id":null)"));

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kRunning);
  EXPECT_FALSE(status->total_samples);
  EXPECT_FALSE(status->created);
  EXPECT_FALSE(status->runtime);
  EXPECT_EQ(status->task_id, "");
}

TEST(DecodeSyncStatusTest, IgnoresFieldsItDoesNotKnow) {
  const auto status =
      Decode(With(R"("dataset_id":7,"new":{"status":3,"total_sample_count":"x"},
              "list":[{"status":null},1e300,-1],"float":0.5,"yes":true)"));

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kRunning);
  EXPECT_FALSE(status->total_samples);
}

TEST(DecodeSyncStatusTest, LetsTheLastOfTwoAlikeCount) {
  const auto status = Decode(
      R"({"status":"NEW","status":"RUNNING",
          "total_sample_count":1,"total_sample_count":null,
          "task_id":"a","task_id":"b"})");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kRunning);
  EXPECT_EQ(status->unknown_word, "");
  EXPECT_FALSE(status->total_samples);
  EXPECT_EQ(status->task_id, "b");

  EXPECT_FALSE(Decode(R"({"status":"RUNNING","status":null})"));
}

TEST(DecodeSyncStatusTest, NamesTheFieldAtFault) {
  const struct {
    const char* body;
    const char* field;
  } kCases[] = {
      {R"({})", "'status'"},
      {R"({"status":null})", "'status'"},
      {R"({"status":3})", "'status'"},
      {R"({"status":["RUNNING"]})", "'status'"},
      {R"({"status":{"status":"RUNNING"}})", "'status'"},
      // A count in quotes is refused: the reference says Long, and guessing at
      // "1,000" or "12k" is not ours.
      {R"({"status":"RUNNING","total_sample_count":"12"})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":12.0})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":1e3})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":-1})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":9223372036854775808})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":99999999999999999999999})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","total_sample_count":-9223372036854775809})",
       "'total_sample_count'"},
      {R"({"status":"RUNNING","add_sample_count":true})", "'add_sample_count'"},
      {R"({"status":"RUNNING","deleted_sample_count":[]})",
       "'deleted_sample_count'"},
      {R"({"status":"RUNNING","create_time":-1})", "'create_time'"},
      {R"({"status":"RUNNING","create_time":253402300800000})",
       "'create_time'"},
      {R"({"status":"RUNNING","create_time":"2020-11-23"})", "'create_time'"},
      {R"({"status":"RUNNING","duration_time":-3})", "'duration_time'"},
      {R"({"status":"RUNNING","duration_time":9223372036854775807})",
       "'duration_time'"},
      {R"({"status":"RUNNING","duration_time":0.5})", "'duration_time'"},
      {R"({"status":"RUNNING","task_id":7})", "'task_id'"},
      {R"({"status":"RUNNING","error_code":4360})", "'error_code'"},
      {R"({"status":"RUNNING","error_msg":{}})", "'error_msg'"},
  };
  for (const auto& [body, field] : kCases) {
    SCOPED_TRACE(body);
    const auto status = Decode(body);

    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::kMalformed);
    EXPECT_THAT(status.error().message, HasSubstr(field));
  }
}

TEST(DecodeSyncStatusTest, SurvivesWhatIsNotAnObjectAndQuotesNothing) {
  for (const std::string body :
       {"",
        " ",
        "null",
        "[]",
        "7",
        "{",
        R"({"status":3})",
        R"([{"status":"RUNNING"}])",
        R"("RUNNING")",
        R"({"status":"RUNNING")",
        R"({"status":"RUNNING"} x)",
        R"({"status":"RUNNING",})",
        R"({"status":"RUNNING","x":NaN})",
        R"({'status':'RUNNING'})",
        R"({"status":"RUNNING","secret":1e999})",
        "<html>secret</html>",
        "secret",
        "{\"status\":\"RUNNING\",\"x\":\"\xFF secret\"}",
        "{\"status\":\"\xED\xA0\x80\"}",
        "{\"status\":\"\xC0\xAF\"}",
        R"({"status":"\ud800"})",
        "{\"status\":\"RUN\nNING\"}"}) {
    SCOPED_TRACE(body);
    const auto status = Decode(body);

    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::kMalformed);
    EXPECT_EQ(status.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(status.error().message.find('\n'), std::string::npos);
  }
}

TEST(DecodeSyncStatusTest, LooksNoDeeperThanItMust) {
  const auto nested = [](std::size_t depth) {
    return With(R"("x":)" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_TRUE(Decode(nested(31)));
  EXPECT_FALSE(Decode(nested(32)));
  EXPECT_FALSE(Decode(nested(500'000)));
  EXPECT_FALSE(Decode(std::string(1'000'000, '[')));
}

TEST(DecodeSyncStatusTest, CutsWhatIsTooLongBetweenTwoCharacters) {
  std::string umlauts = "x";
  for (int i = 0; i < 1000; ++i) umlauts += "\xC3\xA4";
  const auto status = Decode(
      "{\"status\":\"" + umlauts + "\",\"error_msg\":\"" + umlauts +
      "\",\"error_code\":\"" + umlauts + "\",\"task_id\":\"" + umlauts + "\"}");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->unknown_word.size(), 63U);
  EXPECT_EQ(status->error_text.size(), 511U);
  EXPECT_EQ(status->task_id.size(), 255U);
  EXPECT_TRUE(IsUtf8(status->unknown_word + status->error_text));
  EXPECT_LE(status->error_code.size(), 128U);
}

TEST(DecodeSyncStatusTest, LeavesOnlyPrintableAsciiInACode) {
  EXPECT_EQ(
      Decode(With(R"("error_code":"a\n\u00e4\u0000\u007fz")"))->error_code,
      "a?????z");
}

TEST(DecodeDatasetListTest, ReadsAPage) {
  const auto page = DecodeDatasetList(R"({
    "total_number": 2,
    "datasets": [
      {"dataset_id": "a", "dataset_name": "cats", "dataset_type": 0,
       "status": 1, "labels": [{"dataset_id": "no", "x": [1]}],
       "next_version": {"dataset_id": "no"}},
      {"dataset_type": "100", "dataset_id": "b"},
      {"dataset_id": "c", "dataset_name": null, "dataset_type": null}
    ],
    "more": [{"dataset_id": "no"}]})");

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(page->datasets, ElementsAre(ListedDataset{"a", "cats", "0"},
                                          ListedDataset{"b", "", "100"},
                                          ListedDataset{"c", "", ""}));
}

TEST(DecodeDatasetListTest, ReadsAnEmptyPage) {
  EXPECT_TRUE(DecodeDatasetList(R"({"total_number":0,"datasets":[]})")
                  ->datasets.empty());
  EXPECT_TRUE(DecodeDatasetList(R"({"datasets":null})")->datasets.empty());
}

TEST(DecodeDatasetListTest, NamesTheFieldAtFault) {
  const struct {
    const char* body;
    const char* field;
  } kCases[] = {
      {R"({})", "'datasets'"},
      {R"({"datasets":{}})", "'datasets'"},
      {R"({"datasets":"none"})", "'datasets'"},
      {R"({"datasets":[1]})", "dataset"},
      {R"({"datasets":[{}]})", "'dataset_id'"},
      {R"({"datasets":[{"dataset_id":""}]})", "'dataset_id'"},
      {R"({"datasets":[{"dataset_id":7}]})", "'dataset_id'"},
      {R"({"datasets":[{"dataset_id":"a","dataset_name":7}]})",
       "'dataset_name'"},
      {R"({"datasets":[{"dataset_id":"a","dataset_type":[]}]})",
       "'dataset_type'"},
      {"", "JSON"},
      {"[]", "object"},
  };
  for (const auto& [body, field] : kCases) {
    SCOPED_TRACE(body);
    const auto page = DecodeDatasetList(body);

    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().kind, ErrorKind::kMalformed);
    EXPECT_THAT(page.error().message, HasSubstr(field));
  }
}

TEST(DecodeDatasetListTest, TakesNoPartOfAnIdForTheId) {
  EXPECT_FALSE(DecodeDatasetList("{\"datasets\":[{\"dataset_id\":\"" +
                                 std::string(1000, 'x') + "\"}]}"));
}

}  // namespace
}  // namespace exporter
