#include "modelarts/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// `fields` and a status, as a reply's body.
std::string With(const std::string& fields) {
  return R"({"status":"RUNNING",)" + fields + "}";
}

Result<SyncStatus> Decode(std::string_view body,
                          DurationUnit unit = DurationUnit::kSeconds) {
  auto reply = DecodeSyncStatus(body, unit);
  if (!reply) return Fail(reply.error());
  return std::move(reply->status);
}

// The fields of `body` that are odd.
std::vector<std::string> OddIn(std::string_view body) {
  const auto reply = DecodeSyncStatus(body, DurationUnit::kSeconds);
  if (!reply) return {reply.error().message};
  std::vector<std::string> names;
  for (const OddField& field : reply->odd) names.emplace_back(field.field);
  return names;
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
    "total_sample_count": 9223372036854775806,
    "add_sample_count": 9007199254740993,
    "deleted_sample_count": 0,
    "create_time": 1606114833874,
    "duration_time": 37,
    "task_id": "T1",
    "error_code": "ModelArts.4360",
    "error_msg": "Sync \"data\"\nsource \u00e4\ud83d\ude00 error"})");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->state, SyncState::kFailed);
  EXPECT_EQ(status->total_samples, INT64_MAX - 1);
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

  EXPECT_EQ(Decode(kBody, DurationUnit::kSeconds)->runtime, 1500s);
  EXPECT_EQ(Decode(kBody, DurationUnit::kMilliseconds)->runtime, 1500ms);
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

TEST(DecodeSyncStatusTest, WantsATextAsStatus) {
  for (const char* body :
       {R"({})", R"({"status":null})", R"({"status":3})",
        R"({"status":["RUNNING"]})", R"({"status":{"status":"RUNNING"}})",
        R"({"status":false})"}) {
    SCOPED_TRACE(body);
    const auto status = Decode(body);

    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::kMalformed);
    EXPECT_THAT(status.error().message, HasSubstr("'status'"));
  }
}

TEST(DecodeSyncStatusTest, LetsAnOddFieldCostItselfAlone) {
  const struct {
    const char* field;
    const char* value;
  } kCases[] = {
      // A count in quotes is odd: the reference says Long, and guessing at
      // "1,000" or "12k" is not ours.
      {"total_sample_count", R"("12")"},
      {"total_sample_count", R"("")"},
      {"total_sample_count", "12.5"},
      {"total_sample_count", "1e300"},
      {"total_sample_count", "9007199254740993.0"},
      {"total_sample_count", "1e999"},
      {"add_sample_count", "NaN"},
      {"duration_time", "Infinity"},
      {"create_time", "-Infinity"},
      {"total_sample_count", "9223372036854775808"},
      {"total_sample_count", "99999999999999999999999"},
      {"total_sample_count", "-9223372036854775809"},
      {"add_sample_count", "true"},
      {"add_sample_count", R"({"count":3,"add_sample_count":4})"},
      {"deleted_sample_count", "[]"},
      {"deleted_sample_count", "[1,[2]]"},
      {"create_time", "253402300800000"},
      {"create_time", "1606114833874000000"},
      {"create_time", R"("2020-11-23")"},
      {"create_time", "false"},
      {"duration_time", "0.5"},
      {"duration_time", "25.2"},
      {"duration_time", R"("120")"},
      {"duration_time", "9223372036854775806"},
      {"task_id", "7"},
      {"task_id", "false"},
      {"error_code", "4360"},
      {"error_code", R"(["ModelArts.4360"])"},
      {"error_msg", R"({"detail":"x"})"},
      {"error_msg", "0"},
  };
  const auto fine = Decode(R"({"status":"FAILED"})");
  for (const auto& [field, value] : kCases) {
    const std::string body =
        R"({")" + std::string(field) + "\":" + value + R"(,"status":"FAILED"})";
    SCOPED_TRACE(body);

    ASSERT_TRUE(Decode(body)) << Decode(body).error().message;
    EXPECT_EQ(*Decode(body), *fine);
    EXPECT_THAT(OddIn(body), ElementsAre(field));
  }
}

TEST(DecodeSyncStatusTest, ReadsTheFieldsBesideAnOddOne) {
  const auto status =
      Decode(R"({"status":"FAILED","error_code":"ModelArts.4360",)"
             R"("duration_time":25.2,"total_sample_count":120})");

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->error_code, "ModelArts.4360");
  EXPECT_EQ(status->total_samples, 120);
  EXPECT_FALSE(status->runtime);
}

TEST(DecodeSyncStatusTest, TakesAFloatWithoutAFractionForItsInteger) {
  const auto status =
      Decode(With(R"("total_sample_count":12.0,"add_sample_count":1e3,
              "deleted_sample_count":-0.0,"create_time":1.606114833874e12)"));

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->total_samples, 12);
  EXPECT_EQ(status->added_samples, 1000);
  EXPECT_EQ(status->deleted_samples, 0);
  EXPECT_EQ(status->created, WallTime(1606114833874ms));
  EXPECT_EQ(Decode(With(R"("duration_time":12.0)"))->runtime, 12s);
}

TEST(DecodeSyncStatusTest, TakesWhatCloudsSayForNotYetKnownAsAbsent) {
  const auto fine = Decode(R"({"status":"QUEUING"})");
  for (const char* value :
       {"0", "-1", "-62135596800000", "-62135596800", "9223372036854775807",
        "-9223372036854775808", "253402300799999", "253402214400000", "0.0",
        "null"}) {
    for (const char* field : {"create_time", "duration_time"}) {
      const std::string body =
          R"({"status":"QUEUING",")" + std::string(field) + "\":" + value + "}";
      SCOPED_TRACE(body);

      ASSERT_TRUE(Decode(body)) << Decode(body).error().message;
      EXPECT_EQ(*Decode(body), *fine);
      EXPECT_THAT(OddIn(body), IsEmpty());
    }
  }
  for (const char* value : {"-1", "9223372036854775807"}) {
    const std::string body = R"({"status":"QUEUING","total_sample_count":)" +
                             std::string(value) + R"(,"add_sample_count":)" +
                             value + R"(,"deleted_sample_count":)" + value +
                             "}";
    EXPECT_EQ(*Decode(body), *fine) << body;
    EXPECT_THAT(OddIn(body), IsEmpty());
  }
}

TEST(DecodeSyncStatusTest, TakesADurationOfZeroOfATaskThatWasCreated) {
  EXPECT_EQ(
      Decode(With(R"("duration_time":0,"create_time":1606114833874)"))->runtime,
      0s);
  EXPECT_FALSE(Decode(With(R"("duration_time":0,"create_time":0)"))->runtime);
}

TEST(DecodeSyncStatusTest, TakesAZeroThatIsACount) {
  const auto status =
      Decode(With(R"("total_sample_count":0,"add_sample_count":0,)"
                  R"("deleted_sample_count":0)"));

  EXPECT_EQ(status->total_samples, 0);
  EXPECT_EQ(status->added_samples, 0);
  EXPECT_EQ(status->deleted_samples, 0);
}

TEST(DecodeSyncStatusTest, TellsSecondsFromMillisecondsInACreationTime) {
  EXPECT_EQ(Decode(With(R"("create_time":1606114833)"))->created,
            WallTime(1606114833s));
  EXPECT_EQ(Decode(With(R"("create_time":99999999999)"))->created,
            WallTime(99999999999s));
  EXPECT_EQ(Decode(With(R"("create_time":100000000000)"))->created,
            WallTime(100000000000ms));
}

TEST(DecodeSyncStatusTest, MendsTextThatIsNoUtf8) {
  const struct {
    const char* received;
    const char* read;
  } kCases[] = {
      {"caf\xE9", "caf\uFFFD"},                            // Latin-1
      {"\xCD\xAC\xB2\xBD ok", "\u036C\uFFFD\uFFFD ok"},    // GBK
      {"\xD5\x5C\xC4\xE3.", "\uFFFD\uFFFD\uFFFD\uFFFD."},  // GBK, with a "\"
      {"ends \xD5\x5C", "ends \uFFFD"},
      {"cut \xE5\xAD", "cut \uFFFD\uFFFD"},
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xC0\xAF", "\uFFFD\uFFFD"},
      {"cannot read \\ud83d", "cannot read \uFFFD"},
      {"\\ud83d\\u0041\\ude00",
       "\uFFFD"
       "A\uFFFD"},
      {"\\ud83d\\ud83d\\ude00", "\uFFFD\U0001F600"},
      {"\xE9 \\ud83d\\ude00\\n\\\\", "\uFFFD \U0001F600\n\\"},
      {"C:\\data\\x",
       "C:\uFFFD"
       "data\uFFFDx"},
      {"half \\u12", "half \uFFFDu12"},
      {"line\none\ttwo", "line one two"},
  };
  for (const auto& [received, read] : kCases) {
    const std::string body = R"({"error_msg":")" + std::string(received) +
                             R"(","status":"FAILED","total_sample_count":7})";
    SCOPED_TRACE(body);
    const auto status = Decode(body);

    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->state, SyncState::kFailed);
    EXPECT_EQ(status->error_text, read);
    EXPECT_EQ(status->total_samples, 7);
  }
}

TEST(DecodeSyncStatusTest, IsNotKeptFromAStateByAnythingInOtherFields) {
  for (const char* field :
       {"\"owner\":\"\xC3\xC5\"", "\"x\":NaN", "\"x\":1e999", "\"x\":-1e99999",
        "\"\xE9\":1", "\"x\":{\"y\":[\"\\ude00\"]}"}) {
    SCOPED_TRACE(field);
    EXPECT_TRUE(Decode(With(field)));
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
        R"({"status":"RUNNING","x":nan})",
        R"({'status':'RUNNING'})",
        R"({"status":"RUNNING","secret":1e999)",
        "<html>secret</html>",
        "secret",
        "{\"status\":\"RUNNING\",\"x\":\"\xFF secret\"",
        "{\"status\":\"RUNNING\",\"x\":\"\xFF secret}",
        "{\"status\":\"RUNNING\",\xFF:1}",
        "\xFF{\"status\":\"RUNNING\"}",
        R"({"status":"RUNNING","x":secret\ud800})",
        "{\"status\":\"RUNNING\",\"x\":\"\\"}) {
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
  EXPECT_TRUE(IsUtf8(status->unknown_word) && IsUtf8(status->error_text));
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

TEST(DecodeDatasetListTest, WantsAListOfDatasets) {
  const struct {
    const char* body;
    const char* field;
  } kCases[] = {
      {R"({})", "'datasets'"},
      {R"({"datasets":{}})", "'datasets'"},
      {R"({"datasets":"none"})", "'datasets'"},
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

TEST(DecodeDatasetListTest, SkipsARowWithoutAUsableIdAndCountsIt) {
  for (const std::string& row :
       {std::string("{}"), std::string("1"), std::string("null"),
        std::string(R"("b")"), std::string(R"([{"dataset_id":"no"}])"),
        std::string(R"({"dataset_id":null,"dataset_name":"x"})"),
        std::string(R"({"dataset_id":""})"),
        std::string(R"({"dataset_id":7,"dataset_name":5})"),
        std::string(R"({"dataset_id":{"dataset_id":"no"}})"),
        std::string(R"({"dataset_id":"a\ud83d"})"),
        "{\"dataset_id\":\"" + std::string(1000, 'x') + "\"}"}) {
    SCOPED_TRACE(row);
    const auto page = DecodeDatasetList(
        R"({"datasets":[{"dataset_id":"a","dataset_name":"cats"},)" + row +
        R"(,{"dataset_id":"c","dataset_type":1}]})");

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(page->datasets, ElementsAre(ListedDataset{"a", "cats", ""},
                                            ListedDataset{"c", "", "1"}));
    EXPECT_EQ(page->skipped, 1U);
    ASSERT_EQ(page->odd.size(), 1U);
    EXPECT_EQ(page->odd[0].field, "dataset_id");
    EXPECT_EQ(page->odd[0].dataset_id, "");
  }
}

TEST(DecodeDatasetListTest, LetsAnOddNameOrTypeCostItselfAlone) {
  const auto page = DecodeDatasetList(
      R"({"total_number":3,"datasets":[
          {"dataset_name":5,"dataset_id":"a","dataset_type":0},
          {"dataset_id":"b","dataset_name":"cats","dataset_type":[1,{}]},
          {"dataset_id":"c","dataset_name":"dogs","dataset_type":1.0},
          {"dataset_id":"d","dataset_name":"cut )"
      "\xE5\xAD\"}]}");

  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(
      page->datasets,
      ElementsAre(ListedDataset{"a", "", "0"}, ListedDataset{"b", "cats", ""},
                  ListedDataset{"c", "dogs", "1"},
                  ListedDataset{"d", "cut \uFFFD\uFFFD", ""}));
  EXPECT_THAT(page->odd,
              ElementsAre(OddField{"dataset_name", "is no text", "a"},
                          OddField{"dataset_type", "is no text", "b"}));
}

TEST(DecodeDatasetListTest, ReadsTheTotalWhereThereIsOne) {
  EXPECT_EQ(DecodeDatasetList(R"({"total_number":12,"datasets":[]})")->total,
            12);
  for (const char* total : {"-1", "null", R"("12")", "1e300"}) {
    const auto page = DecodeDatasetList(R"({"datasets":[],"total_number":)" +
                                        std::string(total) + "}");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, std::nullopt) << total;
  }
}

}  // namespace
}  // namespace exporter
