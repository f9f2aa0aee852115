#include "collect/collector.h"

#include <algorithm>
#include <future>
#include <random>
#include <utility>

namespace exporter {
namespace {

// The loop answers at the deadline; this much later it is given up.
constexpr std::chrono::milliseconds kGrace{100};

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

// What is said of `datasets` when the loop did not answer in time.
Collection AllTimedOut(std::shared_ptr<const Catalogue> catalogue,
                       const std::optional<DatasetKey>& only,
                       SteadyDuration budget) {
  const auto error = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kTimeout,
            .message = "not asked within the budget of the scrape"});
  Collection collection{.catalogue = std::move(catalogue),
                        .readings = {},
                        .duration = budget,
                        .budget = budget};
  const auto& datasets = collection.catalogue->datasets;
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    if (only && datasets[i].key != *only) continue;
    Reading reading;
    reading.dataset = i;
    reading.failure = error;
    reading.query_duration = budget;
    collection.readings.push_back(std::move(reading));
  }
  collection.errors = collection.readings.size();
  return collection;
}

}  // namespace

Collector::Collector(const Clock& clock, prometheus::Registry& registry,
                     const std::string& user_agent, CollectorSettings settings)
    : clock_(clock), loop_(clock, registry, user_agent, RandomSeed()) {
  loop_.Apply(std::move(settings));
  Publish();
  thread_ = std::thread([this] { Run(); });
}

Collector::~Collector() { Stop(); }

void Collector::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  loop_.Wake();
  if (!thread_.joinable()) return;
  thread_.join();
  // With the jobs and orders go the promises that somebody waits for.
  std::vector<Job> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(inbox_);
  }
  jobs.clear();
  loop_.DropOrders();
}

void Collector::Run() {
  while (true) {
    std::vector<Job> jobs;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      jobs.swap(inbox_);
    }
    for (const Job& job : jobs) job(loop_);
    loop_.Turn();
    const std::lock_guard lock(mutex_);
    Publish();
  }
}

void Collector::Publish() {
  catalogue_ = loop_.CurrentCatalogue();
  is_ready_ = loop_.IsReady();
  never_listed_ = loop_.NeverListed();
}

void Collector::Post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    inbox_.push_back(std::move(job));
  }
  loop_.Wake();
}

template <typename T>
T Collector::Await(std::function<T(CloudLoop&)> question) {
  auto promise = std::make_shared<std::promise<T>>();
  std::future<T> answer = promise->get_future();
  // The job alone holds the promise: where it is dropped, nobody waits on.
  Post([promise = std::move(promise), question = std::move(question)](
           CloudLoop& loop) { promise->set_value(question(loop)); });
  return answer.get();
}

void Collector::Apply(const std::function<CollectorSettings()>& make) {
  Await<bool>([this, &make](CloudLoop& loop) {
    loop.Apply(make());
    const std::lock_guard lock(mutex_);
    Publish();
    return true;
  });
}

Collection Collector::Collect(SteadyDuration budget) {
  return Order(CurrentCatalogue(), std::nullopt, budget, nullptr);
}

std::optional<Collection> Collector::CollectOne(const DatasetKey& dataset,
                                                SteadyDuration budget,
                                                Trace* trace) {
  const std::shared_ptr<const Catalogue> catalogue = CurrentCatalogue();
  const bool is_known =
      std::any_of(catalogue->datasets.begin(), catalogue->datasets.end(),
                  [&](const Dataset& known) { return known.key == dataset; });
  if (!is_known) return std::nullopt;
  return Order(catalogue, dataset, budget, trace);
}

Collection Collector::Order(std::shared_ptr<const Catalogue> catalogue,
                            const std::optional<DatasetKey>& only,
                            SteadyDuration budget, Trace* trace) {
  const SteadyTime deadline = clock_.SteadyNow() + budget;
  auto promise = std::make_shared<std::promise<Collection>>();
  const auto told = std::make_shared<Trace>();
  std::future<Collection> answer = promise->get_future();
  ScrapeOrder order{.deadline = deadline,
                    .budget = budget,
                    .only = only,
                    .trace = trace == nullptr ? nullptr : told,
                    .done = [promise = std::move(promise)](Collection result) {
                      promise->set_value(std::move(result));
                    }};
  Post([order = std::move(order)](CloudLoop& loop) mutable {
    loop.Begin(std::move(order));
  });
  if (answer.wait_for(budget + kGrace) != std::future_status::ready) {
    return AllTimedOut(std::move(catalogue), only, budget);
  }
  try {
    Collection collection = answer.get();
    // The loop let go of the trace before it kept its promise.
    if (trace != nullptr) *trace = std::move(*told);
    return collection;
  } catch (const std::future_error&) {  // The loop was stopped.
    return AllTimedOut(std::move(catalogue), only, budget);
  }
}

Overview Collector::Look() {
  return Await<Overview>([](CloudLoop& loop) { return loop.Look(); });
}

bool Collector::IsReady() {
  const std::lock_guard lock(mutex_);
  return is_ready_;
}

std::map<std::string, std::string> Collector::NeverListed() {
  const std::lock_guard lock(mutex_);
  return never_listed_;
}

std::shared_ptr<const Catalogue> Collector::CurrentCatalogue() {
  const std::lock_guard lock(mutex_);
  return catalogue_;
}

}  // namespace exporter
