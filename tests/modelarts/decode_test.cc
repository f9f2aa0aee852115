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

TEST(DecodeErrorTest, LooksAtTheStatusFirstAndThenAtTheCode) {
  const struct {
    int status;
    const char* body;
    ErrorKind kind;
  } kCases[] = {
      {400, R"({"error_code":"ModelArts.4352"})", ErrorKind::kNotFound},
      {400, R"({"error_code":"ModelArts.0104"})", ErrorKind::kClientError},
      {400, R"({"error_code":"APIG.0101"})", ErrorKind::kClientError},
      {401, "", ErrorKind::kUnauthorized},
      {401, R"({"error_code":"APIG.0101"})", ErrorKind::kUnauthorized},
      {403, "<html>no</html>", ErrorKind::kForbidden},
      {403, R"({"error_code":"ModelArts.4352"})", ErrorKind::kForbidden},
      {404, "", ErrorKind::kNotFound},
      {404, R"({"error_code":"ModelArts.6623"})", ErrorKind::kNotFound},
      {404, R"({"error_code":"APIG.0101"})", ErrorKind::kApiUnavailable},
      {404, R"({"error_code":"APIGW.0101"})", ErrorKind::kApiUnavailable},
      {404, R"({"error_code":"APIG.0308"})", ErrorKind::kNotFound},
      {404, R"({"error_code":"X.0101"})", ErrorKind::kNotFound},
      {405, "", ErrorKind::kClientError},
      {429, R"({"error_code":"APIG.0308"})", ErrorKind::kThrottled},
      {429, "", ErrorKind::kThrottled},
      {500, R"({"error_code":"ModelArts.4352"})", ErrorKind::kServerError},
      {502, "<html>", ErrorKind::kServerError},
      {504, "", ErrorKind::kServerError},
      {302, "", ErrorKind::kClientError},
      {204, "", ErrorKind::kMalformed},
  };
  for (const auto& [status, body, kind] : kCases) {
    const Error error = DecodeError({status, {}, body});
    EXPECT_EQ(error.kind, kind) << status << ' ' << body;
    EXPECT_EQ(error.http_status, status);
  }
}

TEST(DecodeErrorTest, ReadsEveryKnownForm) {
  const struct {
    const char* body;
    const char* message;
    const char* code;
    const char* text;
    const char* request_id;
  } kCases[] = {
      {R"({"error_code":"ModelArts.4336","error_msg":"no right"})",
       "HTTP 403 ModelArts.4336: no right", "ModelArts.4336", "no right", ""},
      {R"({"error_code":"ModelArts.4336","error_message":"no right"})",
       "HTTP 403 ModelArts.4336: no right", "ModelArts.4336", "no right", ""},
      {R"({"error_msg":"m","error_code":"APIG.0302","request_id":"r1"})",
       "HTTP 403 APIG.0302: m", "APIG.0302", "m", "r1"},
      {R"({"error":{"code":403,"message":"denied","title":"Forbidden"}})",
       "HTTP 403: denied", "", "denied", ""},
      {R"({"error":{"code":"IAM.1","message":"denied"},"request_id":"r"})",
       "HTTP 403 IAM.1: denied", "IAM.1", "denied", "r"},
      {R"({"error_code":4336})", "HTTP 403 4336", "4336", "", ""},
      {R"({"error_code":null,"error_msg":["x"],"error":"y"})", "HTTP 403", "",
       "", ""},
      {R"({"other":{"code":"C","message":"M","error_msg":"N"}})", "HTTP 403",
       "", "", ""},
      {R"({"error_code":"C","error_ms)", "HTTP 403 C", "C", "", ""},
      {"<html>no</html>", "HTTP 403", "", "", ""},
      {"[]", "HTTP 403", "", "", ""},
      {"", "HTTP 403", "", "", ""},
  };
  for (const auto& [body, message, code, text, request_id] : kCases) {
    SCOPED_TRACE(body);
    const Error error = DecodeError({403, {}, body});

    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.cloud_text, text);
    EXPECT_EQ(error.request_id, request_id);
  }
}

TEST(DecodeErrorTest, PrefersTheRequestIdOfTheHeader) {
  const Error error = DecodeError(
      {500, {{"x-request-id", "from\tthe header"}}, R"({"request_id":"b"})"});
  EXPECT_EQ(error.request_id, "from?the header");
}

TEST(DecodeErrorTest, KeepsTheMessageShortAndInOneLine) {
  const Error error = DecodeError(
      {400,
       {},
       R"({"error_code":"a\r\nb","error_msg":"line\r\nforged\u0000)" +
           std::string(100'000, 'x') + "\"}"});

  EXPECT_THAT(error.message, HasSubstr("HTTP 400 a??b: line  forged x"));
  EXPECT_EQ(error.message.size(), 400U);
  EXPECT_EQ(error.cloud_text.size(), 512U);
}

class DecodeRetryAfterTest : public testing::Test {
 protected:
  static constexpr WallTime kNow{
      std::chrono::sys_days(std::chrono::year_month_day(
          std::chrono::year(2024), std::chrono::January, std::chrono::day(1)))};
};

TEST_F(DecodeRetryAfterTest, ReadsTheHeader) {
  const struct {
    const char* header;
    std::optional<std::chrono::milliseconds> pause;
  } kCases[] = {
      {"0", 0s},
      {"7", 7s},
      {"3600", 1h},
      {"3601", 1h},
      {"99999999999999999999999", 1h},
      {"Mon, 01 Jan 2024 00:01:00 GMT", 1min},
      {"Mon, 01 Jan 2024 05:00:00 GMT", 1h},
      {"Sun, 31 Dec 2023 00:00:00 GMT", 0s},
      {"-1", std::nullopt},
      {"1.5", std::nullopt},
      {"soon", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [header, pause] : kCases) {
    EXPECT_EQ(DecodeRetryAfter({429, {{"retry-after", header}}, ""}, kNow),
              pause)
        << header;
  }
  EXPECT_EQ(DecodeRetryAfter({429, {}, ""}, kNow), std::nullopt);
}

TEST_F(DecodeRetryAfterTest, ComparesADateWithTheServersOwnClock) {
  const HttpReply reply{429,
                        {{"Date", "Mon, 01 Jan 2024 09:00:00 GMT"},
                         {"Retry-After", "Mon, 01 Jan 2024 09:00:20 GMT"}},
                        ""};
  EXPECT_EQ(DecodeRetryAfter(reply, kNow), 20s);
}

TEST_F(DecodeRetryAfterTest, ReadsTheGatewaysMessage) {
  const struct {
    const char* message;
    std::optional<std::chrono::milliseconds> pause;
  } kCases[] = {
      {"policy user over ratelimit,limit:200,time:5 minute", 30s},
      {"limit:10,time:1 minute", 6s},
      {"limit:2,time:1 minute", 30s},
      {"limit:0,time:1 minute", 1min},
      {"limit:100,time:1 second", 100ms},
      {"limit:100,time:2 hours", 12min},
      {"limit:1,time:9 day", 1h},
      {"limit:1,time:9223372036854775807 day", 1h},
      {"limit:99999999999999999999,time:1 day", std::nullopt},
      {"limit:200,time:5 fortnight", std::nullopt},
      {"limit:200", std::nullopt},
      {"limit:x,time:5 minute", std::nullopt},
      {"limit:200,time:x minute", std::nullopt},
      {"limit:-1,time:5 minute", std::nullopt},
      {"over the limit", std::nullopt},
  };
  for (const auto& [message, pause] : kCases) {
    const std::string body = R"({"error_code":"APIG.0308","error_msg":")" +
                             std::string(message) + "\"}";
    EXPECT_EQ(DecodeRetryAfter({429, {}, body}, kNow), pause) << message;
  }
}

TEST_F(DecodeRetryAfterTest, PrefersTheHeaderOverTheMessage) {
  const char* kBody = "limit:200,time:5 minute";
  EXPECT_EQ(DecodeRetryAfter({429, {{"Retry-After", "2"}}, kBody}, kNow), 2s);
  EXPECT_EQ(DecodeRetryAfter({429, {{"Retry-After", "soon"}}, kBody}, kNow),
            30s);
}

}  // namespace
}  // namespace exporter
