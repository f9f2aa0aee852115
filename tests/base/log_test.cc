#include "base/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/captured_log.h"

namespace exporter {
namespace {

constexpr WallTime kTime{std::chrono::milliseconds(1'704'067'200'123)};

std::string Logfmt(std::string_view message, std::vector<LogField> fields) {
  return FormatLogfmt(kTime, LogLevel::kInfo, message, fields);
}
std::string Json(std::string_view message, std::vector<LogField> fields) {
  return FormatJson(kTime, LogLevel::kWarn, message, fields);
}

TEST(FormatLogfmtTest, QuotesWhereNeeded) {
  EXPECT_EQ(Logfmt("Listening", {{"address", "[::]:10877"},
                                 {"note", "two words"},
                                 {"empty", ""},
                                 {"pair", "a=b"},
                                 {"quote", "a\"b"},
                                 {"path", "a\\b"},
                                 {"name", "数据"}}),
            "ts=2024-01-01T00:00:00.123Z level=info msg=Listening "
            "address=[::]:10877 note=\"two words\" empty=\"\" pair=\"a=b\" "
            "quote=\"a\\\"b\" path=\"a\\\\b\" name=\"数据\"");
}

TEST(FormatLogfmtTest, CannotBeForgedFromOutside) {
  EXPECT_EQ(Logfmt("x", {{"k", "a\nlevel=error\r\t\x01\x7F\xFF"}}),
            "ts=2024-01-01T00:00:00.123Z level=info msg=x "
            "k=\"a\\nlevel=error\\r\\t\\u0001\\u007f\xEF\xBF\xBD\"");
}

TEST(FormatJsonTest, IsOneObjectALine) {
  EXPECT_EQ(Json("Query failed", {{"reason", "tls"}}),
            R"({"ts":"2024-01-01T00:00:00.123Z","level":"warn",)"
            R"("msg":"Query failed","reason":"tls"})");
}

TEST(FormatJsonTest, IsReadBackByteForByte) {
  std::string hostile = "\"\\/{}[]:,\xE6\x95\xB0";
  for (char c = 1; c < 0x20; ++c) hostile += c;

  const std::string line = Json(hostile, {{"k", hostile}});

  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["msg"], hostile);
  EXPECT_EQ(json["k"], hostile);
}

TEST(LogTest, CountsAndWritesWhatIsImportantEnough) {
  ConfigureLog(LogLevel::kWarn, LogFormat::kJson);
  const std::uint64_t info_before = LoggedMessages(LogLevel::kInfo);
  const std::uint64_t error_before = LoggedMessages(LogLevel::kError);

  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "not this");
  Log(LogLevel::kError, "this", {{"key", "value"}});
  const std::string written = CapturedLog();
  ConfigureLog(LogLevel::kInfo, LogFormat::kLogfmt);

  EXPECT_EQ(LoggedMessages(LogLevel::kInfo), info_before);
  EXPECT_EQ(LoggedMessages(LogLevel::kError), error_before + 1);
  ASSERT_TRUE(written.ends_with("}\n")) << written;
  const auto json = nlohmann::json::parse(written);
  EXPECT_EQ(json["msg"], "this");
  EXPECT_EQ(json["key"], "value");
}

TEST(LogTest, SaysBeforehandWhatIsWritten) {
  ConfigureLog(LogLevel::kWarn, LogFormat::kLogfmt);
  EXPECT_FALSE(Logs(LogLevel::kInfo));
  EXPECT_TRUE(Logs(LogLevel::kWarn));
  ConfigureLog(LogLevel::kDebug, LogFormat::kLogfmt);
  EXPECT_TRUE(Logs(LogLevel::kDebug));
  ConfigureLog(LogLevel::kInfo, LogFormat::kLogfmt);
}

}  // namespace
}  // namespace exporter
