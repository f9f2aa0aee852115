#include "collect/collector.h"

#include <future>
#include <random>
#include <utility>

namespace exporter {
namespace {

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

Collector::Collector(const Clock& clock, prometheus::Registry& registry,
                     const std::string& user_agent, CollectorSettings settings)
    : loop_(clock, registry, user_agent, RandomSeed()) {
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
  // With the jobs go the promises that somebody waits for, and the orders.
  std::vector<Job> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(inbox_);
  }
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
    Publish();
  }
}

void Collector::Publish() {
  auto catalogue = loop_.CurrentCatalogue();
  const bool is_ready = loop_.IsReady();
  auto never_listed = loop_.NeverListed();
  // What stood there before goes without the lock: readers do not wait for it.
  const std::lock_guard lock(mutex_);
  catalogue_.swap(catalogue);
  is_ready_ = is_ready;
  never_listed_.swap(never_listed);
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
    Publish();
    return true;
  });
}

void Collector::Collect(ScrapeOrder order) {
  Post([order = std::move(order)](CloudLoop& loop) mutable {
    loop.Begin(std::move(order));
  });
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
