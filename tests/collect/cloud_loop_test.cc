#include "collect/cloud_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/log.h"
#include "support/captured_log.h"
#include "support/fake_credentials.h"
#include "support/numbered_name.h"
#include "support/test_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Turns the loop on the test's own thread.
class CloudLoopTest : public testing::Test {
 protected:
  void Configure(std::size_t datasets, MemoryLimits memory = {},
                 std::size_t concurrency = 32) {
    project_->project_id = "p";
    project_->endpoint = cloud_.Url();
    project_->transport = std::make_shared<const Transport>();
    project_->credentials = std::make_shared<FakeCredentials>();
    project_->account = "account";
    CollectorSettings settings;
    settings.projects = {project_};
    settings.memory = memory;
    settings.concurrency = concurrency;
    for (std::size_t i = 0; i < datasets; ++i) {
      settings.datasets.push_back({.key = {"p", NumberedName("d", i)}});
    }
    loop_.Apply(std::move(settings));
  }

  // `done` ends the turn, which would else wait for the next event.
  void Begin(std::optional<DatasetKey> only,
             std::function<void(Collection)> done,
             std::shared_ptr<Trace> trace = nullptr) {
    const SteadyTime now = clock_.SteadyNow();
    loop_.Begin({.began = now,
                 .deadline = now + 10s,
                 .only = std::move(only),
                 .trace = std::move(trace),
                 .done = [this, done = std::move(done)](Collection result) {
                   done(std::move(result));
                   loop_.Wake();
                 }});
  }
  void TurnUntil(const std::function<bool()>& done) {
    const SteadyTime give_up = clock_.SteadyNow() + 20s;
    while (!done() && clock_.SteadyNow() < give_up) loop_.Turn();
    EXPECT_TRUE(done());
  }

  // The trace of a probe that is told from beginning to end.
  Trace Probe(const DatasetKey& dataset) {
    const auto trace = std::make_shared<Trace>();
    bool done = false;
    const auto end = [&](const Collection&) { done = true; };
    Begin(dataset, end, trace);
    TurnUntil([&] { return done; });
    return *trace;
  }

  double Metric(const std::string& name) {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      const auto& metric = family.metric.front();
      return metric.gauge.value + metric.counter.value;
    }
    return -1;
  }

  SystemClock clock_;
  prometheus::Registry registry_;
  TestCloud cloud_;
  std::shared_ptr<ProjectSettings> project_ =
      std::make_shared<ProjectSettings>();
  CloudLoop loop_{clock_, registry_, "test/1", 1};
};

TEST_F(CloudLoopTest, CountsBeforeItAnswers) {
  Configure(3);
  bool done = false;
  Begin(std::nullopt, [&](const Collection&) {
    done = true;
    EXPECT_EQ(Metric("modelarts_exporter_api_requests_in_flight"), 0);
    EXPECT_EQ(Metric("modelarts_exporter_cache_requests_total"), 3);
  });
  TurnUntil([&] { return done; });
}

TEST_F(CloudLoopTest, TellsOfAnAnswerFromMemory) {
  Configure(
      1,
      {.min_interval_active = 1h, .min_interval_settled = 1h, .max_stale = 0s});
  EXPECT_THAT(Probe({"p", "d0"}), SizeIs(2));  // Asked, and answered.

  EXPECT_THAT(Probe({"p", "d0"}),
              ElementsAre(AllOf(HasSubstr("not asked, as min_interval wants"),
                                HasSubstr(" s ago: GET " + cloud_.Url()),
                                HasSubstr("/datasets/d0/"))));
}

TEST_F(CloudLoopTest, TellsThoseWhoJoinAQueryAndThemAlone) {
  std::promise<void> all_wait;
  cloud_.Make("d0", [go = all_wait.get_future().share()](Connection& c) {
    go.wait();
    c.Reply(200, TestCloud::kCompleted);
  });
  Configure(1);
  int done = 0;
  const auto first = std::make_shared<Trace>();
  const auto second = std::make_shared<Trace>();
  const auto end = [&](const Collection&) { ++done; };
  Begin(DatasetKey{"p", "d0"}, end, first);
  loop_.Wake();
  loop_.Turn();
  Begin(DatasetKey{"p", "d0"}, end, second);
  all_wait.set_value();
  TurnUntil([&] { return done == 2; });

  EXPECT_THAT(*first, ElementsAre(HasSubstr("asked: GET "),
                                  HasSubstr("HTTP 200 after ")));
  EXPECT_THAT(*second,
              ElementsAre(AllOf(HasSubstr("joined the query"),
                                HasSubstr("s ago: GET " + cloud_.Url())),
                          HasSubstr("HTTP 200 after ")));
}

TEST_F(CloudLoopTest, TellsASlowQueryThatItIsCutAndAskedAgain) {
  std::promise<void> has_others;
  cloud_.Make("d0", [go = has_others.get_future().share()](Connection& c) {
    go.wait();
    c.Reply(200, TestCloud::kCompleted);
  });
  Configure(2, {}, 1);
  int done = 0;
  const auto slow = std::make_shared<Trace>();
  const auto end = [&](const Collection&) { ++done; };
  Begin(DatasetKey{"p", "d0"}, end, slow);
  loop_.Wake();
  loop_.Turn();
  Begin(DatasetKey{"p", "d1"}, [&](const Collection&) { ++done; });
  TurnUntil([&] { return done == 1; });
  has_others.set_value();
  TurnUntil([&] { return done == 2; });

  EXPECT_THAT(*slow, ElementsAre(HasSubstr("asked: GET "),
                                 HasSubstr("cut as slow: others wait"),
                                 HasSubstr("asked: GET "),
                                 HasSubstr("HTTP 200 after ")));
}

TEST_F(CloudLoopTest, TellsOfARenewal) {
  Configure(1);
  dynamic_cast<FakeCredentials&>(*project_->credentials).renewal_due = true;

  EXPECT_THAT(Probe({"p", "d0"}).front(),
              HasSubstr("renewing the credentials"));
}

TEST_F(CloudLoopTest, QuotesThePageThatCameInPlaceOfAState) {
  cloud_.Make("d0", [](Connection& c) {
    c.Reply(200, "<html><title>Log in &amp; go on</title></html>",
            "Server: portal\r\n");
  });
  Configure(1);

  EXPECT_THAT(Probe({"p", "d0"}).back(),
              HasSubstr("page \"Log in & go on\", server \"portal\""));
}

TEST_F(CloudLoopTest, LogsEachQueryForThoseWhoDebugAlone) {
  cloud_.Make("d1", [](Connection& c) { c.Reset(); });
  Configure(2);
  project_->timeout = 1s;
  const auto logged = [this] {
    testing::internal::CaptureStderr();
    Probe({"p", "d0"});
    Probe({"p", "d1"});
    return CapturedLog();
  };

  EXPECT_THAT(logged(), testing::Not(HasSubstr("query ended")));
  ConfigureLog(LogLevel::kDebug, LogFormat::kLogfmt);
  const std::string log = logged();
  ConfigureLog(LogLevel::kInfo, LogFormat::kLogfmt);

  EXPECT_THAT(log, HasSubstr("level=debug msg=\"query ended\" project_id=p "
                             "dataset_id=d0 url=" +
                             cloud_.Url()));
  EXPECT_THAT(log, testing::ContainsRegex(" http_status=200 seconds=0\\.0"));
  EXPECT_THAT(log, testing::ContainsRegex("dataset_id=d1 .* reason=connect "
                                          "error=\"the line to 127.0.0.1"));
}

}  // namespace
}  // namespace exporter
