#include "collect/health_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/captured_log.h"
#include "support/numbered_name.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::size_t Lines(const std::string& log) {
  return static_cast<std::size_t>(std::ranges::count(log, '\n'));
}

class HealthLogTest : public testing::Test {
 protected:
  HealthLogTest() {
    project_->project_id = "p";
    project_->endpoint = "https://modelarts.example";
    for (std::size_t i = 0; i < 2000; ++i) {
      catalogue_.datasets.push_back({.key = Key(i)});
    }
    testing::internal::CaptureStderr();
  }
  ~HealthLogTest() override {
    testing::internal::GetCapturedStderr();
    ConfigureLog(LogLevel::kInfo, LogFormat::kLogfmt);
  }

  static DatasetKey Key(std::size_t i) { return {"p", NumberedName("d", i)}; }

  void Fails(std::size_t i, ErrorKind kind = ErrorKind::kServerError) {
    log_.Changed({Key(i), project_,
                  std::make_shared<const Error>(Error{
                      .kind = kind,
                      .message = NumberedName("no answer for d", i),
                      .http_status = 500,
                      .request_id = "0123456789abcdef0123456789abcdef"})});
  }
  void IsWell(std::size_t i) { log_.Changed({Key(i), project_, nullptr}); }

  // What is logged at the end of a scrape, `later` than the last.
  std::string Told(SteadyDuration later = 1min) {
    now_ += later;
    log_.Tell(catalogue_, now_);
    std::string told = CapturedLog();
    testing::internal::CaptureStderr();
    return told;
  }

  HealthLog log_;
  Catalogue catalogue_;
  SteadyTime now_{};
  std::shared_ptr<ProjectSettings> project_ =
      std::make_shared<ProjectSettings>();
};

TEST_F(HealthLogTest, TellsOfEachWhereTheyAreFew) {
  for (const std::size_t i : {7, 8, 9}) Fails(i);
  Fails(10, ErrorKind::kNotFound);
  const std::string told = Told();

  EXPECT_EQ(Lines(told), 4U) << told;
  EXPECT_THAT(told,
              HasSubstr("level=warn msg=\"query fails\" project_id=p "
                        "dataset_id=d8 reason=server_error error=\"no answer "
                        "for d8\" http_status=500 "));
  EXPECT_EQ(Told(), "") << "told once";

  IsWell(8);
  EXPECT_THAT(Told(), HasSubstr("level=info msg=\"query works again\" "
                                "project_id=p dataset_id=d8\n"));
}

TEST_F(HealthLogTest, TellsOfManyInOneLineAndNamesWhoFailsAloneInAnother) {
  for (std::size_t i = 0; i < 2000; ++i) {
    if (i != 5) Fails(i);
  }
  Fails(5, ErrorKind::kForbidden);
  const std::string told = Told();

  EXPECT_EQ(Lines(told), 2U) << told;
  EXPECT_THAT(told, HasSubstr("level=warn msg=\"queries fail\" project_id=p "
                              "datasets=\"1999 of 2000\" examples=\"d0, d1, "
                              "d10\" reason=server_error error=\"no answer for "
                              "d0\" "));
  EXPECT_THAT(told, HasSubstr("msg=\"query fails\" project_id=p dataset_id=d5 "
                              "reason=forbidden "));
}

TEST_F(HealthLogTest, NamesThoseThatStayBehindWhenTheOthersAreWellAgain) {
  for (std::size_t i = 0; i < 2000; ++i) Fails(i);
  Told();
  for (std::size_t i = 0; i < 2000; ++i) {
    if (i != 5 && i != 77) IsWell(i);
  }

  EXPECT_THAT(Told(), HasSubstr("level=info msg=\"queries work again\" "
                                "project_id=p datasets=\"1998 of 2000\" "
                                "still_failing=\"2, e.g. d5, d77\"\n"));
}

TEST_F(HealthLogTest, TellsThoseWhoDebugOfEach) {
  ConfigureLog(LogLevel::kDebug, LogFormat::kLogfmt);
  for (std::size_t i = 0; i < 50; ++i) Fails(i);
  const std::string told = Told();

  EXPECT_EQ(Lines(told), 51U);
  EXPECT_THAT(told, HasSubstr("level=debug msg=\"query fails\" project_id=p "
                              "dataset_id=d12 "));
}

TEST_F(HealthLogTest, IsNotFloodedByDatasetsThatFlap) {
  std::size_t bytes = 0;
  for (int change = 0; change < 59; ++change) {
    for (std::size_t i = 0; i < 1998; ++i) {
      change % 2 == 0 ? Fails(i) : IsWell(i);
    }
    const std::string told = Told();
    EXPECT_EQ(Lines(told), 1U) << change;
    bytes += told.size();
  }
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LT(bytes, 100'000U);
}

// Each is probed by itself, so that many scrapes end.
TEST_F(HealthLogTest, IsNotFloodedByProbesOfDatasetsThatFlap) {
  std::size_t bytes = 0;
  for (int change = 0; change < 59; ++change) {
    for (std::size_t i = 0; i < 2000; ++i) {
      change % 2 == 0 ? Fails(i) : IsWell(i);
      log_.Tell(catalogue_, now_ += 30ms);
    }
    bytes += Told(0s).size();
  }
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LT(bytes, 100'000U);
  EXPECT_GT(bytes, 0U);
}

TEST_F(HealthLogTest, TellsLaterWhatWasTooMuchIfItStillHolds) {
  for (std::size_t i = 0; i < 20; ++i) {
    Fails(i);
    EXPECT_EQ(Lines(Told(0s)), 1U);
  }
  Fails(20);
  Fails(21);
  EXPECT_EQ(Told(0s), "");
  IsWell(20);

  EXPECT_THAT(Told(1min), AllOf(HasSubstr("dataset_id=d21 "),
                                Not(HasSubstr("dataset_id=d20 "))));
  IsWell(19);
  EXPECT_THAT(Told(1min), HasSubstr("query works again"));
}

TEST_F(HealthLogTest, HoldsNoDatasetThatIsGoneForFailing) {
  for (std::size_t i = 0; i < 2000; ++i) Fails(i);
  Told();
  catalogue_.datasets.resize(1000);
  for (std::size_t i = 0; i < 1000; ++i) IsWell(i);

  EXPECT_THAT(Told(), HasSubstr("datasets=\"1000 of 1000\" still_failing=0\n"));
}

}  // namespace
}  // namespace exporter
